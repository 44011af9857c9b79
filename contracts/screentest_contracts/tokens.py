"""Keys that are a pair: an access key, and a secret with which each request gets a short-lived signed token (a JWT).

RFC 7519 with the keyed digests of RFC 7518, by PyJWT; only the time is read from the clock that the caller has, which
for a mock is its own. For who makes tokens, who verifies them, and who tries what a server must refuse.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from screentest_contracts.contract import TokenRule

if TYPE_CHECKING:
    from jwt import PyJWS

FLAWS: Final = {
    "expired": "that has expired",
    "forged": "that another secret has signed",
    "unsigned": "that nobody has signed (alg: none)",
    "stranger": "of an access key that does not exist",
}
"""What can be wrong with a token that is otherwise as it must be."""

LONG_AGO: Final = 3600
"""Seconds since the end of a token that has expired: more than a server forgives a client's clock."""

_KEY = "{{key}}"
_TIME = re.compile(r"\{\{now([+-]\d{1,9})?(\|epoch-ms)?\}\}")


class ExpiredTokenError(ValueError):
    """A token that is not valid yet, or not any more."""


@cache
def _jws() -> "PyJWS":
    """The library, which takes long to import: most documents need none."""
    from jwt import PyJWS
    from jwt.algorithms import HMACAlgorithm

    class AnyLength(HMACAlgorithm):
        def check_key_length(self, key: bytes) -> None:
            """No warning: how long a secret is, is the vendor's business."""

    made = PyJWS()
    for name, digest in (("HS256", AnyLength.SHA256), ("HS384", AnyLength.SHA384), ("HS512", AnyLength.SHA512)):
        made.unregister_algorithm(name)
        made.register_algorithm(name, AnyLength(digest))
    return made


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: who calls, and from when until when it is valid (epoch seconds)."""

    access: str
    start: float
    end: float

    def check(self, now: float) -> None:
        """Raises ExpiredTokenError outside of its time."""
        if not self.start <= now < self.end:
            raise ExpiredTokenError("not valid now")


def key_pair(text: str) -> tuple[str, str]:
    """The access key and the secret in `ACCESS:SECRET`. Raises ValueError, which never tells them."""
    access, _, secret = text.partition(":")
    if not (access and secret):
        raise ValueError("it is not ACCESS:SECRET")
    return access, secret


def make_token(rule: TokenRule, key: str, at: float, flaw: str = "") -> str:
    """A fresh token, or one with a flaw. Raises ValueError for a key that is no pair, which never tells it."""
    from jwt import PyJWTError

    access, secret = key_pair(key)
    if flaw in ("forged", "stranger"):
        secret = "another-secret-" * 5
    if flaw == "stranger":
        access = "no-such-access-key-0000"
    if flaw == "expired":
        at -= (_shift(rule.claims["exp"]) or 0) + LONG_AGO
    claims = orjson.dumps({name: _value(claim, access, at) for name, claim in rule.claims.items()})
    algorithm = "none" if flaw == "unsigned" else rule.algorithm
    try:
        return _jws().encode(claims, "" if flaw == "unsigned" else secret, algorithm, dict(rule.header))
    except PyJWTError as error:  # such as for a public key, with which no vendor signs
        raise ValueError(f"its secret cannot sign: {error}") from None


def read_token(rule: TokenRule, text: str, secrets: Mapping[str, str], overlook: frozenset[str] = frozenset()) -> Token:
    """What a token says, whenever it is valid. `secrets` are by access key; `overlook` holds flaws that are let pass.

    Raises ValueError for one that is malformed, or signed by nobody, by somebody else, or in another way.
    """
    from jwt import PyJWTError

    try:
        found = _jws().decode_complete(text, options={"verify_signature": False})
        claims = orjson.loads(found["payload"])
        access = claims[next(name for name, claim in rule.claims.items() if claim == _KEY)]
        secret, algorithm = secrets[access], found["header"]["alg"]
        if not (algorithm == "none" and "unsigned" in overlook):
            if algorithm != rule.algorithm:
                raise ValueError("another algorithm")
            if "forged" not in overlook:
                _jws().decode(text, secret, [rule.algorithm])
        start = _seconds(rule, claims, "nbf") if "nbf" in claims else float("-inf")
        end = float("inf") if "expired" in overlook else _seconds(rule, claims, "exp")
    except (PyJWTError, ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no token of this vendor: {type(error).__name__}") from None
    return Token(access, start, end)


def rule_problems(node: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """(member, what is wrong, how to mend it) of a document's `x-jwt`, beyond what its schema says."""
    claims = node["claims"]
    for name, claim in claims.items():
        if isinstance(claim, str) and "{{" in claim and claim != _KEY and _shift(claim) is None:
            mend = "{{key}}, {{now}}, {{now+1800}}, {{now-5|epoch-ms}} and so on, or a text without holes"
            yield f"claims/{name}", f"{claim!r} is no claim", mend
    if list(claims.values()).count(_KEY) != 1:
        yield "claims", "one claim must tell the access key", 'for example iss: "{{key}}"'
    if (_shift(claims.get("exp")) or 0) <= 0:
        yield "claims", "no claim `exp` says when a token ends", 'for example exp: "{{now+1800}}"'
    if "nbf" in claims and ((start := _shift(claims["nbf"])) is None or start > 0):
        yield "claims/nbf", "no token could be used at once", 'for example nbf: "{{now-5}}"'


def valid_for(rule: TokenRule) -> float | None:
    """Seconds for which a fresh token is valid."""
    return _shift(rule.claims.get("exp"))


def _shift(claim: Any) -> int | None:
    """Seconds from now to the time that a claim tells; None for one that tells none."""
    hole = _TIME.fullmatch(claim) if isinstance(claim, str) else None
    return None if hole is None else int(hole[1] or 0)


def _unit(claim: Any) -> int:
    """How many of its units are a second."""
    return 1000 if isinstance(claim, str) and claim.endswith("|epoch-ms}}") else 1


def _value(claim: Any, access: str, at: float) -> Any:
    shift = _shift(claim)
    if shift is not None:
        return int((at + shift) * _unit(claim))
    return access if claim == _KEY else claim


def _seconds(rule: TokenRule, claims: Mapping[str, Any], name: str) -> float:
    """A time of RFC 7519 (4.1.4, 4.1.5), which is a number. Raises LookupError or ValueError."""
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is no time")
    return value / _unit(rule.claims.get(name))
