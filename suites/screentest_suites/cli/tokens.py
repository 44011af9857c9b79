"""`screentest token`: a token as the suites make them."""

import time

import click

from screentest_contracts import load_contract
from screentest_contracts.errors import UsageError
from screentest_contracts.tokens import make_token
from screentest_suites.targets.credentials import find_keys, variables


def print_token(provider: str, account: str, flaw: str) -> None:
    """Prints a fresh token of an account, with a `flaw` or "" for none. Raises UsageError."""
    contract = load_contract(provider)
    if contract.token is None:
        raise UsageError(f"{contract.title} signs no requests", f"its key is used as it is: ${contract.key_variable}")
    keys = find_keys(contract)
    if account not in keys:
        raise UsageError(f"{variables(contract)[account]} is not set", "export it, or choose another --account")
    click.echo(make_token(contract.token, keys[account], time.time(), flaw))
