"""Creates that wait for the end of their task. Like every task beside the shared one, none is paid for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from screentest_contracts.contract import Model, Role, Wait
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import task_id
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.answers import says_nothing
from screentest_suites.checks.lives import BODY, judge_life
from screentest_suites.checks.receipt import judge_initial, judge_schema, judge_status_code
from screentest_suites.checks.registry import Violation, check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

REAL = 10.0
"""Seconds for which a create asks to wait where time is real, at the most."""

ENDS = (0.5, 3.0)
"""When the tasks end, in waits, where that can be chosen."""


@dataclass(frozen=True)
class Waited:
    """An answer to a create that asked to wait for so many seconds; `trace` has the query after it. An answer that is
    no receipt shows the end of the task."""

    seconds: float
    model: Model
    trace: Trace
    ended: bool

    @property
    def answer(self) -> Exchange:
        return self.trace.created

    @property
    def took(self) -> float:
        """Seconds from the request to the end of the answer, our own delays among them."""
        return self.answer.received_at - self.answer.sent_at


@check(kinds.WAIT_ANSWER)
def judge_answer(session: Session, requirement: Requirement[None]) -> Finding:
    """The answer is the ended task as its query shows it, or a receipt of a task that has not ended."""
    waited = _waited(session)
    if isinstance(waited, Finding):
        return waited
    for each in waited:
        judged = _end(session, requirement, each) if each.ended else _receipt(session, requirement, each)
        if judged is not None:
            return failed(judged.seen, judged.expected, judged.exchanges)
    if _broken(session, requirement):
        waited = [each for each in waited if each.ended]  # no receipt was judged
    if not waited:
        return skipped(Skip.NOT_OBSERVED, "no end was shown, and receipts break what they are held to elsewhere")
    return passed(len(waited))


@check(kinds.WAIT_TIME)
def judge_time(session: Session, requirement: Requirement[None]) -> Finding:
    """A receipt comes when the wait is over; where time is virtual, nothing comes later. What delays us makes an
    answer later, never earlier."""
    waited = _waited(session)
    if isinstance(waited, Finding):
        return waited
    for each in waited:
        evidence = (each.answer,)
        if not each.ended and each.took < 0.9 * each.seconds - 1:
            wanted = f"an end, or {each.seconds:g} s of waiting"
            return failed(f"a receipt after {each.took:.1f} s", wanted, evidence)
        if session.target.steering is not None and each.took > 1.1 * each.seconds + 1:
            return failed(f"an answer after {each.took:.1f} s", f"at most {each.seconds:g} s", evidence)
    return passed(len(waited))


def _end(session: Session, requirement: Requirement[None], waited: Waited) -> Violation | None:
    """What is wrong with an answer that shows the end of its task."""
    contract, answer = session.contract, waited.answer
    rule, query = contract.wait, contract.roles[Role.QUERY][0]
    if rule is not None and answer.status not in rule.statuses and not _broken(session, requirement):
        wanted = " or ".join(map(str, rule.statuses))
        return Violation(f"the end was answered {answer.status}", wanted, (answer,))
    shown = schema_violation(waited.model.operations[0], answer)
    if (
        shown is not None
        and not _broken(session, requirement)
        and not any(schema_violation(query, poll.exchange) for poll in waited.trace.polls)
    ):
        return shown  # what queries break, too, is told of them
    as_json = (("content-type", "application/json"),)  # how it was called is told above
    as_poll = Poll(query.id, replace(answer, status=contract.success[Role.QUERY].made, headers=as_json))
    trace = replace(waited.trace, polls=[as_poll, *waited.trace.polls])
    judged = judge_life(session, requirement, trace, waited.trace, BODY)
    return judged if isinstance(judged, Violation) else None


def _receipt(session: Session, requirement: Requirement[None], waited: Waited) -> Violation | None:
    """What is wrong with an answer that does not show the end of its task."""
    contract, answer = session.contract, waited.answer
    if _broken(session, requirement):
        return None
    if answer.status not in contract.success[Role.CREATE].statuses:
        wanted = " or ".join(map(str, contract.success[Role.CREATE].statuses))
        return Violation(f"a receipt was answered {answer.status}", wanted, (answer,))
    for judge in (judge_schema, judge_initial):
        judged = judge(contract, requirement, waited.trace)
        if isinstance(judged, Violation):
            return judged
    after = waited.trace.polls[-1].exchange
    status = status_in(contract, after)
    if session.target.steering is not None and status is not None and status.status_class.terminal:
        return Violation(f"a receipt, and at the same moment it was {status.name}", "the end", (answer, after))
    return None


def _broken(session: Session, requirement: Requirement[None]) -> bool:
    """Whether receipts of the shared tasks break what receipts are held to: that is told of them."""
    judges = (judge_status_code, judge_schema, judge_initial)
    found = (judge(session.contract, requirement, trace) for judge in judges for trace in session.traces())
    return any(isinstance(each, Violation) for each in found)


def _waited(session: Session) -> list[Waited] | Finding:
    """The creates that asked to wait, made once for all of these requirements."""
    return session.once("waited", lambda: _make(session))


def _make(session: Session) -> list[Waited] | Finding:
    model, rule, found = session.any_model(), session.contract.wait, []
    if model is None or rule is None:
        return skipped(Skip.NOT_OBSERVED)
    for seconds in _waits(session, model, rule):
        headers, body = _asking(rule, model, seconds)
        answer = session.create(model, body, headers=headers)
        if says_nothing(answer) and not answer.error:
            return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
        identity = task_id(session.contract, answer.json)
        if answer.error or not session.accepted(answer) or identity is None:
            seen = answer.error or f"answered {answer.status}"
            return failed(f"a create that asks to wait {seconds:g} s: {seen}", "accepted", (answer,))
        trace = Trace(model.name, body, answer, identity)
        status = status_in(session.contract, answer)
        session.poll(trace)
        found.append(Waited(seconds, model, trace, status is not None and status.status_class.terminal))
    return found


def _waits(session: Session, model: Model, rule: Wait) -> Iterator[float]:
    """For how long each create asks to wait. Where that can be chosen, one task ends meanwhile and one does not."""
    if session.target.steering is None:
        yield min(rule.longest, REAL) if rule.chosen else rule.longest
        return
    seconds = rule.longest / 2 if rule.chosen else rule.longest
    typical = session.contract.profiles[model.profile].typical
    for share in ENDS:
        session.steer(f"slow:{share * seconds / typical:.6f}")
        yield seconds


def _asking(rule: Wait, model: Model, seconds: float) -> tuple[tuple[tuple[str, str], ...], Any]:
    """Headers and body of a create that asks to wait."""
    value = rule.written(seconds)
    if rule.at is None:
        return ((str(rule.header), str(value)),), model.base
    return (), replaced(model.base, segments(rule.at.pointers[0]), value)
