"""Random-looking values in the forms a document names (`uuid`, `base62:32`, ...), made from any random source."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from random import Random

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALPHABETS = {
    "base62": _BASE62,
    "lower": _BASE62[:10] + _BASE62[36:],
    "hex": "0123456789abcdef",
    "digits": "0123456789",
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """`size`: how many random bytes a value takes; `alphabet`: the character for each byte; `low`..`high`: integers."""

    kind: str
    size: int
    alphabet: bytes | None = None
    low: int = 0
    high: int = 0


@lru_cache(256)
def _plan(form: str) -> _Plan:
    kind, *rest = form.split(":")
    numbers = [int(number) for number in rest if re.fullmatch(r"-?[0-9]{1,18}", number)]
    if len(numbers) < len(rest):
        kind = ""
    if kind == "uuid" and not numbers:
        return _Plan(kind, 16)
    if kind in _ALPHABETS and len(numbers) == 1 and 0 < numbers[0] <= 256:
        letters = _ALPHABETS[kind].encode("ascii")
        return _Plan(kind, numbers[0], bytes(letters[byte % len(letters)] for byte in range(256)))
    if kind == "integer" and len(numbers) == 2 and numbers[0] <= numbers[1]:
        return _Plan(kind, 16, low=numbers[0], high=numbers[1])
    raise ValueError(f"unknown form of value: {form}")


def alphabet_of(kind: str) -> str:
    """The characters of a form that has any: `hex`, `digits`, `lower`, `base62`."""
    return _ALPHABETS[kind]


def check_form(form: str) -> None:
    """Raises ValueError when `form` is not one of the vocabulary's."""
    _plan(form)


def generate(form: str, random: Random) -> str | int:
    """A new value of `form` from `random`."""
    plan = _plan(form)
    return _written(plan, random.getrandbits(plan.size * 8).to_bytes(plan.size, "big"))


def derived(form: str, seed: str, name: str) -> str | int:
    """The value `name` that belongs to `seed` for ever: a pure function, so nothing needs to be stored."""
    plan = _plan(form)
    return _written(plan, hashlib.shake_128(f"{seed}\0{name}".encode()).digest(plan.size))


def _written(plan: _Plan, noise: bytes) -> str | int:
    # That a few characters or numbers come a little more often than others does not show: these are look-alikes.
    if plan.alphabet is not None:
        return noise.translate(plan.alphabet).decode("ascii")
    if plan.kind == "uuid":
        text = noise.hex()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[noise[8] & 3]}{text[17:20]}-{text[20:]}"
    return plan.low + int.from_bytes(noise, "big") % (plan.high - plan.low + 1)
