"""One difference between two vendors, and how they are sorted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from screentest_contracts.facts import Fact, Mark

TOPICS = (
    *("address", "key", "calls", "models", "request", "receipt", "success", "status", "result", "errors", "progress"),
    *("times", "callbacks", "cancel", "delete", "list", "expiry", "polling", "prices"),
)
"""What is compared, in the order in which a client meets it."""


class Effect(StrEnum):
    """What becomes of a client that does not change: it fails or misreads, gets something else, or need not care."""

    BREAKS = "breaks"
    CHANGES = "changes"
    INFORMS = "informs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `subject`: what it is about; `kind`: renamed, moved, retyped, narrower and so on; `models`: those
    that it concerns, by what they are whatever a vendor calls them; none where it concerns all."""

    topic: str
    effect: Effect
    subject: str
    kind: str
    before: str
    after: str
    text: str = ""
    models: tuple[str, ...] = ()


def ordered(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """What breaks comes first, then by topic as a client meets it. What models share is told once."""
    ranks = list(Effect)
    merged: dict[Difference, list[str]] = {}
    for each in found:
        merged.setdefault(replace(each, models=()), []).extend(each.models)
    unique = [replace(each, models=tuple(dict.fromkeys(models))) for each, models in merged.items()]
    return tuple(sorted(unique, key=lambda each: (ranks.index(each.effect), TOPICS.index(each.topic))))


def shown(value: Any) -> str:
    """A value as a reader of the table wants it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(shown(each) for each in value) or "none"
    return "none" if value is None else str(value)


LONGEST = 120
"""Characters that a table bears."""


def cut(one: str, two: str) -> tuple[str, str]:
    """Two texts that are no longer than a table bears, and still differ where they did."""
    same = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    start = max(same - LONGEST // 2, 0) if max(len(one), len(two)) > LONGEST else 0
    texts = [f"{'...' if start else ''}{text[start:]}" for text in (one, two)]
    first, second = (text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..." for text in texts)
    return first, second


def sureness(fact: Fact) -> str:
    """What is added to a figure that no page of the vendor states."""
    return "" if fact.mark in (Mark.DOCUMENTED, Mark.RECOMMENDED) else f" ({fact.mark})"


def span(seconds: float | None) -> str:
    """`24 h` for 86400; the largest unit that leaves no fraction."""
    if seconds is None:
        return "not stated"
    for size, unit in ((86_400 * 2, "d"), (3600, "h"), (60, "min")):
        step = 86_400 if unit == "d" else size
        if seconds >= size and seconds % step == 0:
            return f"{shown(seconds / step)} {unit}"
    return f"{shown(seconds)} s"
