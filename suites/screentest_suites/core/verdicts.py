"""Verdicts and their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from screentest_contracts.requirements import Requirement
from screentest_suites.core.exchange import Exchange


class Result(StrEnum):
    """How a requirement came out. `ERROR` is a fault of the suite or of a check, never of the server.

    >>> import screentest
    >>> finding = screentest.failed("status 500", "status 200")
    >>> finding.result is screentest.Result.FAILED
    True
    """

    PASSED = "passed"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    ERROR = "error"


class Skip(StrEnum):
    """Why a requirement could not be judged; the closed list of reasons.

    >>> import screentest
    >>> screentest.skipped(screentest.Skip.NEEDS_SECOND_KEY).reason
    'needs a second key'
    >>> screentest.skipped(screentest.Skip.BLOCKED, "create.accepted").reason
    'blocked by create.accepted'
    """

    NOT_OBSERVED = "not observed"
    NEEDS_SPEND = "needs spend"
    NEEDS_SECOND_KEY = "needs a second key"
    NEEDS_CALLBACK = "needs a callback address"
    NEEDS_CLOCK = "needs clock control"
    TOO_LATE = "asked too late"
    NO_ANSWER = "no answer"
    OUT_OF_TIME = "out of time"
    BLOCKED = "blocked by"


UNPRICED = "the document has no price for it"
"""Begins the detail of a request that was not sent since nobody knows what it could cost."""

PAID_IN_VAIN = "one such request was accepted and paid for"
EXTRA_TASK = "a task of its own; one per model is paid for"
EXTRA_FILE = "files of their own; one for each account is uploaded"
BEYOND_BASES = (PAID_IN_VAIN, EXTRA_TASK, EXTRA_FILE)
"""Details of requests that no larger budget pays for."""

OUT_OF_SIGHT = "no outside check can see it"
"""Begins the detail of a requirement that is never judged."""


class NotObservedError(Exception):
    """A request was not made, or its answer is not to be had, through no fault of the target: a check that needed it
    is skipped with this reason."""

    def __init__(self, skip: Skip, detail: str = "") -> None:
        super().__init__(skip, detail)
        self.skip = skip
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.skip}: {self.detail}" if self.detail else self.skip.value


class SilenceError(NotObservedError):
    """A request was not waited for any longer, or not sent: the server has not answered several like it."""

    def __init__(self, detail: str) -> None:
        super().__init__(Skip.NO_ANSWER, detail)


class OutOfTimeError(NotObservedError):
    """The run may take no longer."""

    def __init__(self, detail: str) -> None:
        super().__init__(Skip.OUT_OF_TIME, detail)


@dataclass(frozen=True)
class Evidence:
    """One observation: what was seen, what was expected, and the exchanges that show it. `again`: the command that
    shows it again, without secrets, where the server of the exchanges is gone after the run.

    >>> import screentest
    >>> fell = screentest.Evidence("progress fell from 60 to 40", "progress never falls")
    >>> fell.seen, fell.expected
    ('progress fell from 60 to 40', 'progress never falls')
    >>> screentest.Finding(screentest.Result.FAILED, fell.seen, (fell,), judged=12).evidence[0] is fell
    True
    """

    seen: str
    expected: str = ""
    exchanges: Sequence[Exchange] = ()
    again: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check says: `result` with its reason and evidence. `judged` is how many observations it rests on; `weak`:
    it passed, and what was seen may have another reason.

    >>> import screentest
    >>> finding = screentest.failed("the status is 'done'", "one of pending, processing, completed, failed")
    >>> finding.result, finding.reason, finding.evidence[0].expected
    (<Result.FAILED: 'failed'>, "the status is 'done'", 'one of pending, processing, completed, failed')
    """

    result: Result
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    judged: int = 0
    weak: bool = False


def passed(judged: int = 1, *evidence: Evidence) -> Finding:
    """The requirement held in all `judged` observations.

    >>> import screentest
    >>> finding = screentest.passed(3)
    >>> finding.result, finding.judged
    (<Result.PASSED: 'passed'>, 3)
    """
    return Finding(Result.PASSED, "", evidence, judged)


def failed(seen: str, expected: str = "", exchanges: Sequence[Exchange] = ()) -> Finding:
    """The requirement was broken: what was `seen`, which is the reason, too, what was `expected`, and what shows it.

    >>> import screentest
    >>> target = screentest.EmbeddedTarget(screentest.load_contract("acme.yaml"))
    >>> sent = screentest.SentRequest("GET", f"{target.base_url}/jobs/nothing", credential=screentest.NO_KEY)
    >>> exchange = target.send(sent)
    >>> finding = screentest.failed(f"the answer has status {exchange.status}", "status 404", [exchange])
    >>> finding.reason, finding.evidence[0].exchanges[0].status
    ('the answer has status 401', 401)
    """
    return Finding(Result.FAILED, seen, (Evidence(seen, expected, tuple(exchanges)),), 1)


def skipped(reason: Skip, detail: str = "") -> Finding:
    """The requirement could not be judged, for a reason of the closed list; `detail` is added to it.

    >>> import screentest
    >>> finding = screentest.skipped(screentest.Skip.NOT_OBSERVED, "no task was created")
    >>> finding.result, finding.reason
    (<Result.SKIPPED: 'skipped'>, 'not observed: no task was created')
    """
    return Finding(
        Result.SKIPPED, f"{reason}: {detail}" if detail and reason is not Skip.BLOCKED else f"{reason} {detail}".strip()
    )


@dataclass(frozen=True)
class Verdict:
    """A requirement and how it came out.

    >>> import screentest
    >>> builder = screentest.Builder(screentest.load_contract("acme.yaml"))
    >>> kind = screentest.Kind("acme-tidy", type(None), "that answers are tidy")
    >>> documented = screentest.Fact(screentest.Mark.DOCUMENTED)
    >>> builder.add("query.acme.tidy", kind, "polling", documented, "Answers are tidy.")
    >>> requirement = builder.requirements["query.acme.tidy"]
    >>> verdict = screentest.Verdict(requirement, "acme", screentest.failed("an untidy answer"))
    >>> verdict.id, verdict.fails_run  # a broken MUST
    ('acme:query.acme.tidy', True)
    """

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
