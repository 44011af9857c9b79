"""The known name that an unknown one most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def alike(name: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.6) -> list[str]:
    """The `count` known names at most that are most like `name`, the nearest first."""
    return get_close_matches(name, list(known), n=count, cutoff=cutoff)


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that is most like `name`, or None. `cutoff`: how alike, from 0 (anything) to 1 (the same)."""
    return next(iter(alike(name, known, count=1, cutoff=cutoff)), None)


def did_you_mean(name: str, known: Iterable[str], otherwise: str, *, cutoff: float = 0.6) -> str:
    """`did you mean <the nearest>?` as the hint of an error, or `otherwise` where no known name is near."""
    near = nearest(name, known, cutoff=cutoff)
    return otherwise if near is None else f"did you mean {near}?"
