"""How callbacks may legally be signed."""

from collections.abc import Mapping

from screentest_contracts.contract import Contract, Signature
from screentest_contracts.signatures import Message, sign, write_secret
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Hooks


def _rule(contract: Contract) -> Signature | None:
    return contract.callback.signature if contract.callback else None


def _twice(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    """While a secret is being changed: the signature with the old one comes first."""
    made, separator = sign(rule, secret, message), rule.separator or " "
    old = sign(rule, write_secret(rule, "an-old-secret"), message)[rule.header].split(separator)
    parts = made[rule.header].split(separator)
    at = next(i for i, part in enumerate(rule.value.split(separator)) if "{{signature}}" in part)
    return {**made, rule.header: separator.join([*parts[:at], old[at], *parts[at:]])}


def _loud(rule: Signature, secret: str, message: Message, attempt: int) -> Mapping[str, str]:
    return {name.upper(): value for name, value in sign(rule, secret, message).items()}


vary(
    "callback-signed-twice",
    "a callback is signed with an old secret, too",
    applies=lambda contract: (rule := _rule(contract)) is not None and rule.separator is not None,
    hooks=Hooks(sign=_twice),
)
vary(
    "callback-headers-in-capitals",
    "the headers that sign a callback are written in capitals",
    applies=lambda contract: _rule(contract) is not None,
    hooks=Hooks(sign=_loud),
)
