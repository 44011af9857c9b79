"""The status of a task as server-sent events, held to what is judged of polls."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import orjson

from screentest_contracts.contract import EVENT_STREAM, Contract, Role, StatusClass, Stream
from screentest_contracts.location import MISSING
from screentest_contracts.reading import status_of
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.lives import LIFE, judge_life
from screentest_suites.checks.registry import Violation, check
from screentest_suites.core.event_stream import Event, read_events
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Result, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

AFTER = 3
"""Queries after a stream: the first is compared with it, the others show whether queries themselves stay the same."""


@dataclass(frozen=True)
class Streamed:
    """The events of a task, and its trace with the queries before and after them."""

    contract: Contract
    rule: Stream
    trace: Trace
    exchange: Exchange

    @cached_property
    def events(self) -> list[Event]:
        """Every whole event, the closing one among them."""
        return read_events(self.exchange.body)

    @property
    def told(self) -> list[Event]:
        """The events that tell of the task."""
        return [each for each in self.events if each.data != self.rule.closing]

    @cached_property
    def polls(self) -> list[Poll]:
        """What the events tell, as if it had been asked for. Data that is no JSON is left out."""
        query, status = self.contract.roles[Role.QUERY][0].id, self.contract.success[Role.QUERY].made
        answer = replace(self.exchange, status=status, headers=(("content-type", "application/json"),), error="")
        bodies = [each.data.encode() for each in self.told if _json(each) is not MISSING]
        return [Poll(query, replace(answer, body=body, size=len(body))) for body in bodies]

    @property
    def ends(self) -> list[int]:
        """Which of the polls show an end of the task."""
        statuses = [status_in(self.contract, poll.exchange) for poll in self.polls]
        return [index for index, each in enumerate(statuses) if each is not None and each.status_class.terminal]


@check(kinds.STREAM_ANSWER)
def judge_answer(session: Session, requirement: Requirement[None]) -> Finding:
    """The events come, as what they are."""
    made = streamed(session)
    if isinstance(made, Finding):
        return made
    for each in made:
        exchange = each.exchange
        if exchange.status != 200:
            return failed(exchange.error or f"answered {exchange.status}", "200", (each.trace.created, exchange))
        if exchange.media_type != EVENT_STREAM:
            return failed(f"the content type is {exchange.media_type or 'not stated'}", EVENT_STREAM, (exchange,))
    return passed(len(made))


@check(kinds.STREAM_EVENTS)
def judge_events(session: Session, requirement: Requirement[None]) -> Finding:
    """Each event that tells of the task holds an object, and has the name of its class."""
    made = streamed(session)
    if isinstance(made, Finding):
        return made
    judged = 0
    for each in made:
        for event in each.told:
            body = _json(event)
            if body is MISSING:
                return failed(f"the data of an event is {event.data[:80]!r}", "a JSON object", (each.exchange,))
            status = status_of(each.contract, body)
            name = None if status is None else each.rule.events[status.status_class] or "message"
            if name is not None and event.name != name:
                return failed(f"an event is called {event.name!r}", repr(name), (each.exchange,))
            judged += 1
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no event came")


@check(kinds.STREAM_LIFE)
def judge_events_as_polls(session: Session, requirement: Requirement[None]) -> Finding:
    """What the events tell, and a query after them, is the life of one task."""
    made = streamed(session)
    if isinstance(made, Finding):
        return made
    judged = 0
    for each in made:
        trace = replace(each.trace, polls=[*each.polls, each.trace.polls[-AFTER]])
        judgement = judge_life(session, requirement, trace, each.trace, LIFE)
        if isinstance(judgement, Violation):
            return failed(judgement.seen, judgement.expected, judgement.exchanges)
        judged += len(each.polls)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no event came")


@check(kinds.STREAM_END)
def judge_end(session: Session, requirement: Requirement[None]) -> Finding:
    """The task's end is the last that is told of it, and then the stream ends."""
    made = streamed(session)
    if isinstance(made, Finding):
        return made
    found = [each for each in map(_end_problem, made) if each is not None]
    broken = [each for each in found if each.result is Result.FAILED]  # told before a stream that says nothing
    return next(iter(broken or found), passed(len(made)))


def _end_problem(made: Streamed) -> Finding | None:
    """What is wrong with the end of a stream, or why it says nothing."""
    exchange, ends, evidence = made.exchange, made.ends, (made.exchange, made.trace.polls[-1].exchange)
    took, longest = exchange.received_at - exchange.sent_at, made.rule.longest
    if not ends:
        if exchange.error and took >= exchange.sent.waits:
            return skipped(Skip.NOT_OBSERVED, f"no end came in {took:.0f} s")
        if longest is not None and took >= 0.9 * longest:
            return skipped(Skip.NOT_OBSERVED, "the stream was as long as it may be")
        if not exchange.error and status_in(made.contract, made.trace.polls[-1].exchange) is None:
            return skipped(Skip.NOT_OBSERVED, "a query after the stream shows no known status, either")
        return failed(exchange.error or "the stream ended before its task", "an event that shows the end", evidence)
    if exchange.error:
        return failed(f"after the task's end: {exchange.error}", "the end of the stream", evidence)
    rest = len(made.polls) - 1 - ends[0]
    if rest:
        return failed(f"{rest} more of the task after its end", "the end of the stream", evidence)
    closing = [index for index, each in enumerate(made.events) if each.data == made.rule.closing]
    if made.rule.closing is not None and closing != [len(made.events) - 1]:
        seen = "none" if not closing else f"{len(closing)}, the first as event {closing[0] + 1} of {len(made.events)}"
        return failed(f"closing events: {seen}", f"{made.rule.closing!r} as the last", evidence)
    return None


def streamed(session: Session) -> list[Streamed] | Finding:
    """The streams of tasks of their own, made once for all of these requirements."""
    return session.once("streamed", lambda: _make(session))


def _make(session: Session) -> list[Streamed] | Finding:
    contract, model, found = session.contract, session.any_model(), []
    if model is None or contract.stream is None:
        return skipped(Skip.NOT_OBSERVED)
    for scenario in _scenarios(session):
        if scenario:
            session.steer(scenario)
        trace = session.start(model, model.base)
        if not isinstance(trace, Trace):
            return skipped(Skip.NOT_OBSERVED, "a create was not accepted")
        session.poll(trace)  # until it is known
        rule = contract.stream
        headers = () if rule.apart else (("accept", EVENT_STREAM),)
        sent = session.request(rule.operation, task=trace.task_id, headers=headers)
        exchange = session.send(rule.operation.role, replace(sent, waits=session.client.pace.timeout))
        for _ in range(AFTER):
            session.poll(trace)
        found.append(Streamed(contract, rule, trace, exchange))
    return found


def _scenarios(session: Session) -> Iterator[str]:
    """How the tasks end, where that can be chosen."""
    if session.target.steering is None:
        yield ""
        return
    yield "success"
    if any(profile.outcome(StatusClass.FAILED) for profile in session.contract.profiles.values()):
        yield "failure"


def _json(event: Event) -> object:
    """The object that an event holds; MISSING where it holds none."""
    try:
        value = orjson.loads(event.data)
    except orjson.JSONDecodeError:
        return MISSING
    return value if isinstance(value, dict) else MISSING
