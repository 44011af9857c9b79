"""What is found under load, as plain data that processes send each other: counts, and a few pieces of evidence."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from screentest_suites.core.verdicts import Evidence, Finding, Result, Skip

KEPT = 3
"""Pieces of evidence that are kept of one requirement, the earliest."""

SHOWN = 6
"""Exchanges of one piece of evidence that are kept, the last ones and the first."""

Show = Callable[[Evidence], dict[str, Any]]
"""Evidence as a report has it, without secrets."""


class Claim(NamedTuple):
    """What only one task can have, such as its id: `owner` has `value`, as `evidence` shows, `at` that moment (epoch
    seconds). `requirement` is broken where another owner has it, too. Evidence is written out where it is wanted."""

    requirement: str
    value: str
    owner: str
    at: float
    evidence: Callable[[], dict[str, Any]]


@dataclass
class Findings:
    """What was found of some tasks. `judged` and `broken` count tasks by the id of a requirement; `evidence` tells of
    the first that broke it; `late` why something was asked too late, `errors` what broke in a check of ours.

    `made` tasks were made, `refused` creates were not accepted, and of others nothing can be said (`unseen`, by
    reason); `ends` counts tasks by their end. `claims` are to be compared with those of all other tasks. `held_up`:
    seconds for which this process was late.
    """

    made: int = 0
    refused: int = 0
    polls: int = 0
    held_up: float = 0.0
    unseen: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    evidence: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)

    def note(self, requirement: str, finding: Finding, show: Show) -> None:
        """Adds what one task shows of a requirement."""
        match finding.result:
            case Result.PASSED:
                self.judged[requirement] += 1
            case Result.FAILED:
                self.judged[requirement] += 1
                kept = self.evidence.get(requirement, ())
                shown = show(_short(finding.evidence[0])) if len(kept) < KEPT else None
                self.note_broken(requirement, shown)
            case Result.ERROR:
                self.errors[requirement] = finding.reason
            case Result.SKIPPED if finding.reason.startswith(Skip.TOO_LATE):
                self.late[requirement] = finding.reason

    def note_broken(self, requirement: str, evidence: dict[str, Any] | None) -> None:
        """Counts a task that breaks a requirement."""
        self.broken[requirement] += 1
        if evidence is not None:
            self.evidence.setdefault(requirement, []).append(evidence)

    def plain(self) -> dict[str, Any]:
        """As data of JSON."""
        counted = {name: dict(getattr(self, name)) for name in _COUNTED}
        return {**vars(self), **counted, "claims": [[*claim[:-1], claim.evidence()] for claim in self.claims]}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "Findings":
        """From `plain`."""
        counted = {name: Counter(plain[name]) for name in _COUNTED}
        claims = [
            Claim(requirement, value, owner, at, partial(dict, evidence))
            for requirement, value, owner, at, evidence in plain["claims"]
        ]
        return cls(**{**plain, **counted, "claims": claims})

    def add(self, other: "Findings") -> None:
        """Adds what was found elsewhere."""
        self.made += other.made
        self.refused += other.refused
        self.polls += other.polls
        self.held_up += other.held_up
        for name in _COUNTED:
            getattr(self, name).update(getattr(other, name))
        self.late |= other.late
        self.errors |= other.errors
        for requirement, more in other.evidence.items():
            known = self.evidence.setdefault(requirement, [])
            known[:] = sorted([*known, *more], key=moment)[:KEPT]
        self.claims += other.claims


_COUNTED = ("unseen", "ends", "judged", "broken")


def moment(evidence: dict[str, Any]) -> float:
    """When what the evidence shows was seen: epoch seconds of its last answer; infinity where it shows none."""
    exchanges = evidence["exchanges"]
    return exchanges[-1]["at"] + exchanges[-1]["seconds"] if exchanges else float("inf")


def written(at: float) -> str:
    """A moment as people read it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _short(evidence: Evidence) -> Evidence:
    exchanges = tuple(evidence.exchanges)
    if len(exchanges) > SHOWN:
        exchanges = (exchanges[0], *exchanges[1 - SHOWN :])
    return Evidence(evidence.seen, evidence.expected, exchanges)


MOST = 200_000
"""Values that are remembered; the oldest are forgotten beyond it."""


class Comparison:
    """Compares the claims of all tasks of a run, which may come from several processes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[str, float]] = {}

    def compare(self, findings: Findings) -> None:
        """Takes the claims out of the findings, and notes those that another task has made before."""
        claims, findings.claims = findings.claims, []
        for claim in claims:
            findings.judged[claim.requirement] += 1
            key = claim.requirement, claim.value
            owner, at = self._known.setdefault(key, (claim.owner, claim.at))
            if owner != claim.owner:
                evidence = claim.evidence()
                evidence["seen"] += f", as another task had at {written(at)}"
                findings.note_broken(claim.requirement, evidence)
                kept = findings.evidence[claim.requirement]
                kept[:] = sorted(kept, key=moment)[:KEPT]
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
