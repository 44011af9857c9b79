"""Contracts: what a provider promises, read from its document."""

from screentest_contracts.compile import check_names, load_contract
from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.errors import DocumentError, UsageError
from screentest_contracts.facts import Fact, Level, Mark
from screentest_contracts.raw.files import built_in

__all__ = [
    "Contract",
    "DocumentError",
    "Fact",
    "Level",
    "Mark",
    "Role",
    "StatusClass",
    "UsageError",
    "built_in",
    "check_names",
    "load_contract",
]
