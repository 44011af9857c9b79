"""Random-looking values in the forms a document names (`uuid`, `base62:32`, ...), made from any random source."""

import hashlib
import re
from functools import lru_cache
from random import Random

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ALPHABETS = {
    "base62": _BASE62,
    "lower": _BASE62[:10] + _BASE62[36:],
    "hex": "0123456789abcdef",
    "digits": "0123456789",
}


@lru_cache(256)
def _plan(form: str) -> tuple[str, int, int]:
    kind, *rest = form.split(":")
    numbers = [int(number) for number in rest if re.fullmatch(r"-?[0-9]{1,18}", number)]
    if len(numbers) < len(rest):
        kind = ""
    if kind == "uuid" and not numbers:
        return kind, 0, 0
    if kind in _ALPHABETS and len(numbers) == 1 and 0 < numbers[0] <= 256:
        return kind, numbers[0], 0
    if kind == "integer" and len(numbers) == 2 and numbers[0] <= numbers[1]:
        return kind, numbers[0], numbers[1]
    raise ValueError(f"unknown form of value: {form}")


def check_form(form: str) -> None:
    """Raises ValueError when `form` is not one of the vocabulary's."""
    _plan(form)


def generate(form: str, random: Random) -> str | int:
    """A new value of `form` from `random`."""
    kind, first, second = _plan(form)
    if kind == "uuid":
        text = f"{random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"
    if kind == "integer":
        return random.randint(first, second)
    # choices() is the fastest way to a string of independent characters
    return "".join(random.choices(_ALPHABETS[kind], k=first))


def derived(form: str, seed: str, name: str) -> str | int:
    """The value `name` that belongs to `seed` for ever: a pure function, so nothing needs to be stored."""
    digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=16).digest()
    return generate(form, Random(int.from_bytes(digest, "big")))  # noqa: S311 - look-alike values, not secrets
