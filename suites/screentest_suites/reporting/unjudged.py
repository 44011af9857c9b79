"""What a run could not judge, and what would unlock it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from screentest_suites.core.verdicts import BEYOND_BASES, OUT_OF_SIGHT, UNPRICED, Skip

NOT_SEEN: Final = "what they speak of was not seen"
WHY: Final[Mapping[Skip, str]] = {
    Skip.NEEDS_SPEND: "they cost money, and the budget did not pay for them",
    Skip.NEEDS_SECOND_KEY: "they need another account's key",
    Skip.NEEDS_CALLBACK: "they need an address that the server can call back",
    Skip.NEEDS_CLOCK: "they need a clock that can be moved",
    Skip.TOO_LATE: "they were asked when the task or file may have expired",
    Skip.NO_ANSWER: "the server did not answer",
    Skip.OUT_OF_TIME: "time ran out",
    Skip.BLOCKED: "they rest on what is not there or failed",
    Skip.NOT_OBSERVED: NOT_SEEN,
}
UNSUPPORTED: Final = "the server has nothing of the kind"


NO_PRICE: Final = "no price is known of the tasks that they ask for"
PAID_ONCE: Final = "a run with a budget pays for nothing beside one task of each model"


@dataclass(frozen=True)
class Cause:
    """Requirements that were not judged for the same cause, in the words of the report; `ids`, MUSTs first."""

    told: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Unjudged:
    """Requirements that were not judged for one reason: `count`, of which `musts` are MUSTs; `why` in words; `causes`,
    the most frequent first: what blocks them, or was not seen. `skip` is None where the server has nothing to judge."""

    skip: Skip | None
    count: int
    musts: int
    why: str
    causes: tuple[Cause, ...]

    @property
    def details(self) -> tuple[str, ...]:
        """The causes in words."""
        return tuple(each.told for each in self.causes if each.told)

    @property
    def ids(self) -> tuple[str, ...]:
        """The requirements."""
        return tuple(name for each in self.causes for name in each.ids)

    @property
    def told(self) -> str:
        """How many, and why."""
        musts = " MUST" if self.musts == self.count else f" ({self.musts} MUST)" if self.musts else ""
        return f"{self.count}{musts}: {self.why}"


def unjudged_groups(rows: Iterable[Mapping[str, Any]]) -> list[Unjudged]:
    """The requirements of a report that were not judged, by reason, the most frequent first."""
    found: dict[tuple[Skip | None, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["verdict"] == "unsupported":
            found.setdefault((None, UNSUPPORTED), []).append(row)
        elif row["verdict"] == "skipped":
            reason = _skip(row["reason"])
            found.setdefault((reason, _why(row["reason"], reason)), []).append(row)
    groups = []
    for (skip, why), members in found.items():
        musts = sum(row["level"] == "MUST" for row in members)
        groups.append(Unjudged(skip, len(members), musts, why, _causes(members, skip)))
    return sorted(groups, key=lambda each: -each.count)


def _causes(rows: Iterable[Mapping[str, Any]], skip: Skip | None) -> tuple[Cause, ...]:
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row["level"] != "MUST"):
        found.setdefault(_detail(row["reason"], skip), []).append(row["id"])
    causes = [Cause(told, tuple(ids)) for told, ids in found.items()]
    return tuple(sorted(causes, key=lambda each: -len(each.ids)))


def _skip(reason: str) -> Skip:
    return next((skip for skip in Skip if reason.startswith(skip)), Skip.NOT_OBSERVED)


def _why(reason: str, skip: Skip) -> str:
    """The reason in words. What no larger budget would pay for stands apart."""
    detail = _detail(reason, skip)
    if skip is Skip.NEEDS_SPEND and detail.startswith(UNPRICED):
        return NO_PRICE
    return PAID_ONCE if skip is Skip.NEEDS_SPEND and detail in BEYOND_BASES else WHY[skip]


def _detail(reason: str, skip: Skip | None) -> str:
    detail = reason.removeprefix(skip or "").lstrip(": ")
    # What follows differs from requirement to requirement, and `screentest explain` tells it.
    return OUT_OF_SIGHT if detail.startswith(OUT_OF_SIGHT) else detail
