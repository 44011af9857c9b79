"""The known name that an unknown one most likely meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that is most like `name`, or None. `cutoff`: how alike, from 0 (anything) to 1 (the same)."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=cutoff)), None)


def did_you_mean(name: str, known: Iterable[str], otherwise: str, *, cutoff: float = 0.6) -> str:
    """`did you mean <the nearest>?` as the hint of an error, or `otherwise` where no known name is near."""
    near = nearest(name, known, cutoff=cutoff)
    return otherwise if near is None else f"did you mean {near}?"
