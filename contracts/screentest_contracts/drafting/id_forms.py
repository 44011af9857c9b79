"""How ids are made so that they have the form that a pattern gives them."""

import re
from collections.abc import Iterator

from screentest_contracts.generate import alphabet_of

_TOKEN = re.compile(
    r"(?P<anchor>[\^$]|\\[AbZz])"
    r"|(?P<group>\((?:\?:)?(?P<inside>(?:[^()\\]|\\.|\([^()]*\))*)\))"
    r"|(?P<kind>\[\^?\]?(?:[^\]\\]|\\.)*\]|\\[dw]|\.)"
    r"|\\(?P<escaped>[^A-Za-z0-9])"
    r"|(?P<letter>[^\\\[\](){}|?*+])"
)
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|([?*+])")
_KINDS = ("base62", "lower", "hex", "digits")
_ENOUGH = 6
"""Characters by chance that an id needs at least, so that no two are alike."""
_LENGTHS = (24, 16, 32, 12, 20, 8)
"""How long a part is tried to be whose length is open."""


def makes_of(pattern: str) -> Iterator[str]:
    """Ways to make ids that a pattern may take, as `id.forms` writes them; nothing where it is beyond what can be read
    here, or leaves no room for ids that differ."""
    for length in _LENGTHS:
        parts = _parts(pattern, length)
        if parts is None:
            return
        if sum(count for kind, count in parts if kind in _KINDS) >= _ENOUGH:
            yield "".join(f"{{{{random:{kind}:{count}}}}}" if kind in _KINDS else kind * count for kind, count in parts)


def _parts(pattern: str, length: int) -> list[tuple[str, int]] | None:
    """The parts of a text: a kind of random characters or a letter, each with how often it stands there."""
    found: list[tuple[str, int]] = []
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return found if pattern[at] == "|" else None
        at = token.end()
        count = _COUNT.match(pattern, at)
        at = count.end() if count else at
        times = _times(count, length)
        if token["group"] is not None:
            inside = _parts(token["inside"], length)
            if inside is None:
                return None
            found += inside * times
        elif token["kind"] is not None:
            letter = _kind(token["kind"])
            if letter is None:
                return None
            found += [(letter, times)] if times else []
        elif token["anchor"] is None:
            found += [(token["escaped"] or token["letter"], times)]
    return found


def _times(count: re.Match[str] | None, length: int) -> int:
    if count is None:
        return 1
    if count[4] is not None:
        return 0 if count[4] == "?" else length
    least = int(count[1])
    most = int(count[3]) if count[3] else least if count[2] is None else max(least, length)
    return min(max(least, length), most)


def _kind(written: str) -> str | None:
    """The richest kind of random characters that a class of characters takes, else a letter of it."""
    try:
        taken = re.compile(written)
    except re.error:
        return None
    for kind in _KINDS:
        if all(taken.fullmatch(letter) for letter in alphabet_of(kind)):
            return kind
    return next((chr(code) for code in range(33, 127) if taken.fullmatch(chr(code))), None)
