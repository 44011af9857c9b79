"""Faults in what a client takes an answer for."""

from typing import Any

import httpx

from screentest_contracts.contract import StatusClass
from screentest_suites.clients.calls import NoVideoError
from screentest_suites.clients.faults import fault
from screentest_suites.clients.reference import ReferenceClient

_END = ("client.end.*", "client.poll.*")


class _Understands(ReferenceClient):
    """Takes what bodies show for something else."""

    def progress(self, body: Any) -> StatusClass | None:
        return self.instead(super().progress(body))

    def instead(self, found: StatusClass | None) -> StatusClass | None:
        """What it takes a class for."""
        return found


@fault("failure-is-progress", "a failed task is taken for one that runs", "client.poll.ends.failed", also=_END)
class _FailureIsProgress(_Understands):
    def instead(self, found: StatusClass | None) -> StatusClass | None:
        return StatusClass.RUNNING if found is StatusClass.FAILED else found

    def ended(self, task: str, end: StatusClass, answer: httpx.Response) -> None:
        if end is not StatusClass.FAILED:
            super().ended(task, end, answer)
        raise httpx.RemoteProtocolError("the result is not there yet")


@fault(
    "cancelled-is-progress",
    "a cancelled task is taken for one that runs",
    "client.poll.ends.cancelled",
    also=_END,
    applies=lambda c: any(
        s.status_class is StatusClass.CANCELLED
        and any(o.status == n and o.selected for p in c.profiles.values() for os in p.outcomes.values() for o in os)
        for n, s in c.lifecycle.statuses.items()
    ),
)
class _CancelledIsProgress(_Understands):
    def instead(self, found: StatusClass | None) -> StatusClass | None:
        return StatusClass.RUNNING if found is StatusClass.CANCELLED else found


@fault(
    "failure-is-success", "a failed task is taken for a success", "client.end.failed", "client.end.says-why", also=_END
)
class _FailureIsSuccess(_Understands):
    def instead(self, found: StatusClass | None) -> StatusClass | None:
        return StatusClass.SUCCEEDED if found is StatusClass.FAILED else found

    def fetch(self, task: str, body: Any) -> bytes:
        try:
            return super().fetch(task, body)
        except NoVideoError:
            return b"" if super().progress(body) is StatusClass.FAILED else self.again(task, body)

    def again(self, task: str, body: Any) -> bytes:
        """The file of a task that has succeeded after all."""
        raise NoVideoError("no video")


class _TakesWords(_Understands):
    """Makes something of every word, also where the document has an answer without one of its words for a refusal."""

    def shows_task(self, answer: httpx.Response, body: Any) -> bool:
        word = self.contract.lifecycle.status_at.find(body)
        return super().shows_task(answer, body) or (answer.status_code < 300 and isinstance(word, str))


@fault("unknown-word-is-failure", "a status word that is not known ends all", "client.survives.unknown-status")
class _UnknownIsFailure(_TakesWords):
    def instead(self, found: StatusClass | None) -> StatusClass | None:
        if found is None:
            raise NoVideoError("unknown status")
        return found


@fault(
    "unknown-word-is-success",
    "whatever does not run has succeeded",
    "client.survives.unknown-status",
    also=("client.end.*", "client.create.*"),
    applies=lambda c: bool(c.link.at.pointers),
)
class _UnknownIsSuccess(_TakesWords):
    def instead(self, found: StatusClass | None) -> StatusClass | None:
        return StatusClass.SUCCEEDED if found is None else found


@fault(
    "waits-on-unknown-word",
    "a status word that is not known is waited upon without end",
    "client.poll.bounded",
    also=("client.end.*",),
    applies=lambda c: all(isinstance(status.wire, str) for status in c.lifecycle.statuses.values()),
)
class _WaitsOnUnknown(_TakesWords):
    def instead(self, found: StatusClass | None) -> StatusClass | None:
        if found is None:
            self.until = self.wire.now() + self.patience()
        return found


@fault(
    "wants-to-see-it-run",
    "a task that is done by the first poll is not believed",
    "client.survives.immediate",
    also=_END,
)
class _WantsToSeeItRun(_Understands):
    ran = False

    def instead(self, found: StatusClass | None) -> StatusClass | None:
        self.ran = self.ran or found in (StatusClass.RUNNING, StatusClass.QUEUED)
        return found if self.ran or found is not StatusClass.SUCCEEDED else None


@fault(
    "strict-members",
    "an answer with a member that is new ends all",
    "client.accepts.unknown-members",
    also=("client.accepts.*",),
)
class _StrictMembers(ReferenceClient):
    def progress(self, body: Any) -> StatusClass | None:
        if isinstance(body, dict) and "x_trace" in body:
            raise NoVideoError("unexpected member x_trace")
        return super().progress(body)
