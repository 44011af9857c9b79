"""What a run could not judge, and what would unlock it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from screentest_contracts.wording import listing
from screentest_suites.core.verdicts import Skip

UNSEEN: Final = "what they speak of was not seen"
WHY: Final[Mapping[Skip, str]] = {
    Skip.NEEDS_SPEND: "they cost money, and the budget did not pay for them",
    Skip.NEEDS_SECOND_KEY: "they need another account's key",
    Skip.NEEDS_CALLBACK: "they need an address that the server can call back",
    Skip.NEEDS_CLOCK: "they need a clock that can be moved",
    Skip.TOO_LATE: "they were asked when the task or file may have expired",
    Skip.NO_ANSWER: "the server did not answer",
    Skip.OUT_OF_TIME: "time ran out",
    Skip.BLOCKED: "they rest on what is not there or failed",
    Skip.NOT_OBSERVED: UNSEEN,
}
UNSUPPORTED: Final = "the server has nothing of the kind"


@dataclass(frozen=True)
class Unjudged:
    """Requirements that were not judged for one reason: `count`, of which `musts` are MUSTs; `why` in words; `details`,
    the most frequent first: what blocks them, or was not seen. `skip` is None where the server has nothing to judge."""

    skip: Skip | None
    count: int
    musts: int
    why: str
    details: tuple[str, ...]

    @property
    def told(self) -> str:
        """How many, and why."""
        musts = " MUST" if self.musts == self.count else f" ({self.musts} MUST)" if self.musts else ""
        shown = self.details if self.skip in (Skip.BLOCKED, Skip.NOT_OBSERVED) else ()
        return f"{self.count}{musts}: {self.why}" + (f": {listing(shown)}" if shown else "")


def unjudged_groups(rows: Iterable[Mapping[str, Any]]) -> list[Unjudged]:
    """The requirements of a report that were not judged, by reason, the most frequent first."""
    found: dict[Skip | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["verdict"] == "unsupported":
            found.setdefault(None, []).append(row)
        elif row["verdict"] == "skipped":
            found.setdefault(_skip(row["reason"]), []).append(row)
    groups = []
    for skip, members in found.items():
        details = Counter(_detail(row["reason"], skip) for row in members)
        told = tuple(detail for detail, _ in details.most_common() if detail)
        musts = sum(row["level"] == "MUST" for row in members)
        groups.append(Unjudged(skip, len(members), musts, UNSUPPORTED if skip is None else WHY[skip], told))
    return sorted(groups, key=lambda each: -each.count)


def _skip(reason: str) -> Skip:
    return next((skip for skip in Skip if reason.startswith(skip)), Skip.NOT_OBSERVED)


def _detail(reason: str, skip: Skip | None) -> str:
    return reason.removeprefix(skip or "").lstrip(": ")
