"""Checks that prove a `Target` or a `Store` of your own: run them in your tests.

>>> import contextlib, screentest
>>> from screentest import testing
>>> contract = screentest.load_contract("acme.yaml")
>>> for check in testing.STORE_CHECKS:
...     check(testing.StoreSubject(screentest.MemoryStore, contract))
>>> with contextlib.closing(screentest.EmbeddedTarget(contract)) as target:
...     harmless = screentest.SentRequest("GET", f"{target.base_url}/nothing", (), None, screentest.NO_KEY)
...     for check in testing.TARGET_CHECKS:
...         check(target, harmless)

A check of a store raises `BrokenStoreError`, one of a target `TargetContractError`, each with what is wrong.
"""

from screentest_mockserver.state.store_contract import CHECKS as STORE_CHECKS
from screentest_mockserver.state.store_contract import BrokenStoreError
from screentest_mockserver.state.store_contract import Subject as StoreSubject
from screentest_suites.targets.contract_checks import TARGET_CHECKS, TargetContractError

__all__ = ["STORE_CHECKS", "TARGET_CHECKS", "BrokenStoreError", "StoreSubject", "TargetContractError"]
