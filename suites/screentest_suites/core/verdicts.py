"""Verdicts and their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from screentest_contracts.requirements import Requirement
from screentest_suites.core.exchange import Exchange


class Result(StrEnum):
    """How a requirement came out."""

    PASSED = "passed"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    ERROR = "error"


class Skip(StrEnum):
    """Why nothing could be said; the closed list of reasons."""

    NOT_OBSERVED = "not observed"
    NEEDS_SPEND = "needs spend"
    NEEDS_SECOND_KEY = "needs a second key"
    NEEDS_CALLBACK = "needs a callback address"
    NEEDS_CLOCK = "needs clock control"
    TOO_LATE = "asked too late"
    BLOCKED = "blocked by"


class NotObservedError(Exception):
    """A request was not made, or its answer is not to be had, through no fault of the target: a check that needed it
    is skipped with this reason."""

    def __init__(self, skip: Skip, detail: str = "") -> None:
        super().__init__(skip, detail)
        self.skip = skip
        self.detail = detail


@dataclass(frozen=True)
class Evidence:
    """One observation: what was seen, what was expected, and the exchanges that show it."""

    seen: str
    expected: str = ""
    exchanges: Sequence[Exchange] = ()


@dataclass(frozen=True)
class Finding:
    """What a check says: `result` with its reason and evidence."""

    result: Result
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    judged: int = 0


def passed(judged: int = 1, *evidence: Evidence) -> Finding:
    """The requirement held in all `judged` observations."""
    return Finding(Result.PASSED, "", evidence, judged)


def failed(seen: str, expected: str = "", exchanges: Sequence[Exchange] = ()) -> Finding:
    """The requirement was broken."""
    return Finding(Result.FAILED, seen, (Evidence(seen, expected, tuple(exchanges)),), 1)


def skipped(reason: Skip, detail: str = "") -> Finding:
    """Nothing could be said."""
    return Finding(
        Result.SKIPPED, f"{reason}: {detail}" if detail and reason is not Skip.BLOCKED else f"{reason} {detail}".strip()
    )


@dataclass(frozen=True)
class Verdict:
    """A requirement and how it came out."""

    requirement: Requirement
    provider: str
    finding: Finding

    @property
    def id(self) -> str:
        """Qualified: `NAME:query.status.known`."""
        return f"{self.provider}:{self.requirement.id}"

    @property
    def result(self) -> Result:
        return self.finding.result

    @property
    def fails_run(self) -> bool:
        """Only a broken MUST does."""
        return self.result is Result.FAILED and self.requirement.level == "MUST"
