"""The keys of a run: environment variables that hold them, what is wrong with one, and what hides them."""

import os
from collections.abc import Iterable, Mapping

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.redact import Redactor
from screentest_contracts.signatures import secret_key, write_secret
from screentest_contracts.tokens import make_token
from screentest_mockserver.wire.accounts import CALLBACK_SECRET, account_keys
from screentest_suites.targets.target import Target

ACCOUNTS = {"good": "", "second": "_SECOND", "poor": "_POOR", "restricted": "_RESTRICTED"}
"""Accounts by role and what is added to the name of the key's environment variable."""


def variables(contract: Contract) -> dict[str, str]:
    """Environment variables by whose key they hold; `callback`: what callbacks are signed with."""
    found = {role: contract.key_variable + suffix for role, suffix in ACCOUNTS.items()}
    signature = contract.callback.signature if contract.callback is not None else None
    if signature is not None and signature.variable:
        found["callback"] = signature.variable
    return found


def find_keys(contract: Contract, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The keys found in the environment. Raises UsageError when the first one is missing, or a secret is no secret."""
    named = variables(contract)
    found = {role: value for role, name in named.items() if (value := environment.get(name, "").strip())}
    for name in (named[role] for role in ACCOUNTS if role in found):
        value = environment[name]
        if value != value.strip() or not value.isascii() or not value.isprintable():
            what = "there is white space around it, or something in it that is not printable ASCII"
            raise UsageError(f"{name} holds no key: {what}", f"export {name}=... as the vendor shows it")
    usual = account_keys(contract)
    if "good" not in found:
        raise UsageError(
            f"no key for {contract.title}: {contract.key_variable} is not set",
            f"export {contract.key_variable}=...   (for `screentest serve`: {usual['good']})",
        )
    if contract.token is not None:
        for role in (each for each in usual if each in found):
            try:
                make_token(contract.token, found[role], 0.0)
            except ValueError as error:
                hint = f"the access key, a colon, the secret (of `screentest serve`: {usual[role]})"
                raise UsageError(f"{named[role]} holds no key that signs: {error}", hint) from None
    rule = contract.callback.signature if contract.callback else None
    if rule is not None and "callback" in found:
        try:
            secret_key(rule, found["callback"])
        except ValueError as error:
            hint = f"the secret as the vendor shows it (of `screentest serve`: {write_secret(rule, CALLBACK_SECRET)})"
            raise UsageError(f"{rule.variable} holds no secret: {error}", hint) from None
    return found


def redactor(targets: Iterable[Target]) -> Redactor:
    """A redactor that knows every key of a run."""
    return Redactor(key for target in targets for key in target.keys.values())
