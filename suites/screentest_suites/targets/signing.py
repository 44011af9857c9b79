"""Requests that are signed, at the last moment: what is kept of a request, or planned, never holds a token.

Until then `HIDDEN` stands where its token goes, and `SentRequest.key` tells whose: an account's role, or `!` and the
flaw that the good account's token is to have (`screentest_contracts.tokens.FLAWS`).
"""

import time
from collections.abc import Mapping

import click

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.tokens import make_token
from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.redact import HIDDEN

Headers = tuple[tuple[str, str], ...]


def credential(contract: Contract, keys: Mapping[str, str], key: str) -> str:
    """What a request shows for a key until it is sent: a literal after `=`, the account's key, or HIDDEN."""
    if key.startswith("="):
        return key[1:]
    return keys[key] if contract.token is None else HIDDEN


def signed(contract: Contract, sent: SentRequest, keys: Mapping[str, str], now: float) -> Headers:
    """The headers of a request, with a fresh token where it needs one."""
    rule = contract.token
    if rule is None or not sent.key or sent.key.startswith("="):
        return sent.headers
    flaw = sent.key[1:] if sent.key.startswith("!") else ""
    token = make_token(rule, keys["good" if flaw else sent.key], now, flaw)
    return tuple(
        (name, contract.key_prefix + token if name.lower() == contract.key_header else value)
        for name, value in sent.headers
    )


def print_token(provider: str, account: str, flaw: str) -> None:
    """`screentest token`. Raises UsageError."""
    from screentest_suites.targets import setup

    contract = load_contract(provider)
    if contract.token is None:
        raise UsageError(f"{contract.title} signs no requests", f"its key is used as it is: ${contract.key_variable}")
    keys = setup.keys(contract)
    if account not in keys:
        raise UsageError(f"{setup.variables(contract)[account]} is not set", "export it, or choose another --account")
    click.echo(make_token(contract.token, keys[account], time.time(), flaw))
