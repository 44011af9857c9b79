"""How callbacks may legally be signed, and when they may be repeated."""

from collections.abc import Mapping
from itertools import pairwise

import orjson

from screentest_contracts.contract import Callback, Contract, Signature
from screentest_contracts.signatures import Message, key_set, sign, write_secret
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.wire.answer import Answer


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


def _with_other_keys(call: Call, made: Answer) -> Answer:
    """A key that is not used any more, and one of a kind that has nothing to do with it."""
    if call.facts.keys_path and call.operation is None and call.request.path == call.facts.keys_path:
        old = orjson.loads(key_set("an old key"))["keys"]
        other = [{"kty": "EC", "crv": "P-256", "kid": "other", "x": "AA", "y": "AA"}]
        made.body = orjson.dumps({"keys": [*old, *other, *orjson.loads(made.body)["keys"]]})
    return made


vary(
    "callback-keys-several",
    "the key set has an old key and one of another kind, too",
    applies=lambda contract: (rule := _rule(contract)) is not None and bool(rule.keys_url),
    hooks=Hooks(answer=_with_other_keys),
)
vary(
    "callback-headers-in-capitals",
    "the headers that sign a callback are written in capitals",
    applies=lambda contract: _rule(contract) is not None,
    hooks=Hooks(sign=_loud),
)


def _since_the_first(rule: Callback, attempt: int, acknowledged: bool, wait: float | None) -> float | None:
    """The waits of the document, each counted from the first attempt."""
    before = rule.retries[attempt - 2] if attempt > 1 else 0.0
    return None if wait is None else wait - before


vary(
    "callback-retries-since-the-first",
    "a callback is repeated so many seconds after its first attempt as the document says",
    applies=lambda contract: (
        (rule := contract.callback) is not None
        and len(rule.retries) > 1
        and all(earlier < later for earlier, later in pairwise(rule.retries))
    ),
    hooks=Hooks(wait=_since_the_first),
)


vary(
    "callback-challenged-each-time",
    "an address is challenged before each callback",
    applies=lambda contract: contract.callback is not None and contract.callback.handshake is not None,
    hooks=Hooks(challenges=lambda known: True),
)
