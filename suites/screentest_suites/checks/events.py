"""Lists and callbacks."""

from itertools import pairwise
from typing import Any

import orjson

from screentest_contracts.contract import Operation, Role, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import status_of
from screentest_contracts.requirements import Requirement
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.exchange import Exchange, Trace
from screentest_suites.session import Session
from screentest_suites.target import EmbeddedTarget, Received
from screentest_suites.verdicts import Finding, Skip, failed, passed, skipped

HOOK = "https://hooks.example.com/done"


def _list(session: Session, query: str = "") -> tuple[Operation, Exchange]:
    operation = session.contract.roles[Role.LIST][0]
    return operation, session.send(Role.LIST, session.request(operation, query=query))


@check("list-status-code")
def judge_list_status(session: Session, requirement: Requirement) -> Finding:
    """The list is answered."""
    _, exchange = _list(session)
    if exchange.status not in session.contract.success[Role.LIST].statuses:
        return failed(exchange.error or f"answered {exchange.status}", "the list", (exchange,))
    return passed()


@check("list-schema")
def judge_list_schema(session: Session, requirement: Requirement) -> Finding:
    """The list validates, with tasks in it."""
    session.any_model()
    operation, exchange = _list(session)
    violation = schema_violation(operation, exchange)
    return failed(violation.seen, violation.expected, violation.exchanges) if violation else passed()


@check("list-contains")
def judge_list_contains(session: Session, requirement: Requirement) -> Finding:
    """A task just made is in the list, and shown as its query shows it."""
    rule = session.contract.listing
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace) or rule is None:
        return skipped(Skip.NOT_OBSERVED)
    _, exchange = _list(session)
    items = rule.items.find(exchange.json)
    if not isinstance(items, list):
        return failed(f"nothing at {rule.items}", "a list of tasks", (exchange,))
    mine = [item for item in items if session.contract.id.at.find(item) == made.task_id]
    if not mine:
        return failed(f"the newest task is not among {len(items)} listed", made.task_id, (made.created, exchange))
    query = session.poll(made)
    status, listed = status_of(session.contract, query.json), status_of(session.contract, mine[0])
    if status is not None and listed is not None and listed.status_class.terminal and listed.name != status.name:
        return failed(f"the list says {listed.name}, the query {status.name}", "the same", (exchange, query))
    return passed(2)


@check("promise-list-limit")
def judge_list_limit(session: Session, requirement: Requirement) -> Finding:
    """`limit` is kept."""
    rule = session.contract.listing
    model = session.any_model()
    if rule is None or model is None or rule.parameter is None:
        return skipped(Skip.NOT_OBSERVED)
    for _ in range(3):
        session.create(model, model.base)
    for limit in (1, 2):
        _, exchange = _list(session, f"{rule.parameter}={limit}")
        items = rule.items.find(exchange.json)
        if not isinstance(items, list) or len(items) != limit:
            count = len(items) if isinstance(items, list) else "no"
            return failed(f"{count} tasks for limit {limit}", f"{limit} tasks", (exchange,))
    return passed(2)


@check("promise-list-newest-first")
def judge_newest_first(session: Session, requirement: Requirement) -> Finding:
    """The task made last is listed first."""
    rule = session.contract.listing
    model = session.any_model()
    if rule is None or model is None:
        return skipped(Skip.NOT_OBSERVED)
    made = []
    for _ in range(2):
        made.append(session.start(model, model.base))
        session.target.sleep(1.1)
    _, exchange = _list(session)
    items = rule.items.find(exchange.json)
    ids = [session.contract.id.at.find(item) for item in items] if isinstance(items, list) else []
    wanted = [trace.task_id for trace in reversed(made) if isinstance(trace, Trace)]
    found = [identity for identity in ids if identity in wanted]
    if len(found) < 2:
        return skipped(Skip.NOT_OBSERVED, "the new tasks are not listed")
    if found != wanted:
        return failed("an older task is listed before a newer one", "newest first", (exchange,))
    return passed()


# -- callbacks ----------------------------------------------------------------------------------------------------


def _called(
    session: Session, mock: EmbeddedTarget, scenario: str, *, status: int = 200
) -> tuple[Trace, list[Received]] | None:
    """A task with a callback address, run to its end and some time beyond, and what arrived."""
    rule = session.contract.callback
    assert rule is not None
    for model in session.models:
        location = model.request.callback_url
        if location is None:
            continue
        body: Any = replaced(model.base, segments(location.pointers[0]), HOOK)
        if not model.validator.is_valid(body):
            continue
        session.steer(scenario)
        mock.received.clear()
        mock.callback_status = status
        try:
            made = session.start(model, body)
            if isinstance(made, Trace):
                session.follow(made, linger=0)
                mock.sleep(sum(rule.retries) + 60)
                session.poll(made)
                return made, list(mock.received)
        finally:
            mock.callback_status = 200
    return None


@check("callback-delivered")
def judge_delivered(session: Session, requirement: Requirement) -> Finding:
    """A task that ends in this class calls back."""
    mock = session.embedded
    if mock is None:
        return skipped(Skip.NEEDS_CALLBACK)
    wanted = StatusClass(requirement.subject)
    called = _called(session, mock, "success" if wanted is StatusClass.SUCCEEDED else "failure")
    if called is None:
        return skipped(Skip.NOT_OBSERVED)
    trace, received = called
    if not received:
        return failed("no callback came", f"one after the task has {wanted}", (trace.created, trace.polls[-1].exchange))
    return passed(len(received))


@check("callback-body")
def judge_callback_body(session: Session, requirement: Requirement) -> Finding:
    """The callback carries what the query answers."""
    mock = session.embedded
    if mock is None:
        return skipped(Skip.NEEDS_CALLBACK)
    called = _called(session, mock, "success")
    if called is None or not called[1]:
        return skipped(Skip.NOT_OBSERVED)
    trace, received = called
    try:
        body = orjson.loads(received[0].body)
    except orjson.JSONDecodeError:
        return failed("the callback's body is not JSON", "the query's body", (trace.created,))
    query = trace.polls[-1].exchange
    if body != query.json:
        return failed("the callback's body differs from the query's", str(query.json)[:300], (trace.created, query))
    return passed()


@check("callback-once")
def judge_once(session: Session, requirement: Requirement) -> Finding:
    """An acknowledged callback is not repeated."""
    mock = session.embedded
    if mock is None:
        return skipped(Skip.NEEDS_CALLBACK)
    called = _called(session, mock, "success", status=204)
    if called is None or not called[1]:
        return skipped(Skip.NOT_OBSERVED)
    trace, received = called
    if len(received) > 1:
        return failed(f"{len(received)} callbacks came", "one", (trace.created,))
    return passed()


@check("callback-retries")
def judge_retries(session: Session, requirement: Requirement) -> Finding:
    """What is not acknowledged comes again after the documented waits, and then no more."""
    mock, rule = session.embedded, session.contract.callback
    if mock is None or rule is None:
        return skipped(Skip.NEEDS_CALLBACK)
    called = _called(session, mock, "success", status=500)
    if called is None or not called[1]:
        return skipped(Skip.NOT_OBSERVED)
    trace, received = called
    waits = [round(later.at - earlier.at, 3) for earlier, later in pairwise(received)]
    if waits != list(rule.retries):
        return failed(f"the waits were {waits}", f"{list(rule.retries)}", (trace.created,))
    return passed(len(received))
