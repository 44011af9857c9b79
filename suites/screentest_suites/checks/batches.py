"""Queries for several tasks at once: which tasks they show, and what they tell of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from screentest_contracts.contract import BatchRule, Role
from screentest_contracts.reading import CallOutcome, id_text, judge_call
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.lives import LIFE, judge_life
from screentest_suites.checks.probes import fresh_task
from screentest_suites.checks.registry import Violation, check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.credential import GOOD, SECOND, Credential
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

MOST = 4
"""Tasks that are asked for at once."""


@dataclass(frozen=True)
class Asked:
    """A query for several tasks, with a query of each alone before and after it; `backwards` is one for the same tasks
    in the other order, None where no order is promised."""

    rule: BatchRule
    traces: tuple[Trace, ...]
    exchange: Exchange
    backwards: Exchange | None

    @property
    def ids(self) -> list[str]:
        """The ids that were asked for."""
        return [each.task_id for each in self.traces]


@check(kinds.BATCH_STATUS_CODE)
def judge_status(session: Session, requirement: Requirement[None]) -> Finding:
    """It is answered, as a success is."""
    made = asked(session)
    if isinstance(made, Finding):
        return made
    success = session.contract.success[Role.BATCH]
    if not success.holds(made.exchange.status, made.exchange.json):
        seen = made.exchange.error or f"answered {made.exchange.status}"
        return failed(seen, f"answered {success.made}", (made.exchange,))
    return passed()


@check(kinds.BATCH_SCHEMA)
def judge_schema(session: Session, requirement: Requirement[None]) -> Finding:
    """The answer is the documented one."""
    made = asked(session)
    if isinstance(made, Finding):
        return made
    violation = schema_violation(session.contract.roles[Role.BATCH][0], made.exchange)
    if violation is None:
        return passed()
    query = session.contract.roles[Role.QUERY][0]
    if any(schema_violation(query, poll.exchange) for trace in made.traces for poll in trace.polls[-2:]):
        return skipped(Skip.NOT_OBSERVED, "queries of one task alone break their schema, too")
    return failed(violation.seen, violation.expected, violation.exchanges)


@check(kinds.BATCH_ITEMS)
def judge_items(session: Session, requirement: Requirement[None]) -> Finding:
    """Each task is there once, and no other is."""
    made = asked(session)
    if isinstance(made, Finding):
        return made
    ids = _ids_of(made.rule, made.exchange)
    if not all(_shows_its_id(made.rule, trace) for trace in made.traces):
        return skipped(Skip.NOT_OBSERVED, "queries of one task alone show another id, too")
    if ids is None:
        return failed(f"no list at {str(made.rule.items) or 'the top'}", "a list of tasks", (made.exchange,))
    for identity in dict.fromkeys([*made.ids, *ids]):
        if ids.count(identity) != made.ids.count(identity):
            seen = f"{identity or 'an item without an id'} is there {ids.count(identity)} times"
            return failed(seen, f"each of {', '.join(made.ids)} once", (made.exchange,))
    return passed(len(ids))


@check(kinds.BATCH_LIFE)
def judge_items_as_polls(session: Session, requirement: Requirement[None]) -> Finding:
    """An item between two queries of its task alone is as a query between them."""
    made = asked(session)
    if isinstance(made, Finding):
        return made
    judged, items = 0, _items_by_id(made.rule, made.exchange)
    for trace in made.traces:
        if trace.task_id not in items:
            continue
        before, after = trace.polls[-2:]
        body = made.rule.answer_with(before.exchange.json, items[trace.task_id])
        text = orjson.dumps(body)
        shown = replace(
            made.exchange, sent=before.exchange.sent, status=before.exchange.status, body=text, size=len(text)
        )
        trace_with = replace(trace, polls=[*trace.polls[:-1], Poll(before.operation, shown), after])
        judgement = judge_life(session, requirement, trace_with, trace, LIFE)
        if isinstance(judgement, Violation):
            return failed(judgement.seen, judgement.expected, (made.exchange, before.exchange))
        judged += 1
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no task was shown")


@check(kinds.BATCH_ORDER)
def judge_order(session: Session, requirement: Requirement[None]) -> Finding:
    """Asked for in one order and in the other, the items come in it."""
    made = asked(session)
    if isinstance(made, Finding):
        return made
    if len(made.ids) < 2 or made.backwards is None:
        return skipped(Skip.NOT_OBSERVED, "there is one task only")
    for wanted, exchange in ((made.ids, made.exchange), (made.ids[::-1], made.backwards)):
        ids = _ids_of(made.rule, exchange)
        if ids != wanted:
            return failed(f"in this order: {', '.join(ids or ())}", f"as asked for: {', '.join(wanted)}", (exchange,))
    return passed(2)


@check(kinds.BATCH_UNKNOWN)
def judge_unknown(session: Session, requirement: Requirement[None]) -> Finding:
    """Beside a task that is there, an id that nobody knows is told as documented."""
    made = asked(session)
    if isinstance(made, Finding):
        return made
    mine, rule = _present(session, made), made.rule
    exchange = ask(session, [session.unknown_id(), mine])
    if not session.contract.success[Role.BATCH].holds(exchange.status, exchange.json):
        return failed(exchange.error or f"answered {exchange.status}", "the task that is known", (exchange,))
    items = _items_of(rule, exchange) or []
    others = [item for item in items if id_text(rule.id_at.find(item)) != mine]
    if len(items) - len(others) != 1:
        return failed(f"the known task is there {len(items) - len(others)} times", "once", (exchange,))
    wanted = 0 if rule.unknown_item is None else 1
    if len(others) != wanted:
        return failed(f"{len(others)} further items", f"{wanted} for the id that nobody knows", (exchange,))
    wrong = [] if rule.unknown_item is None else rule.unknown_item.mismatches(others[0])
    if wrong:
        pointer, expected, found = wrong[0]
        return failed(f"{pointer} is {found!r} for an id that nobody knows", repr(expected), (exchange,))
    return passed(len(items))


@check(kinds.BATCH_OWNER)
def judge_owner(session: Session, requirement: Requirement[None]) -> Finding:
    """Another account is shown nothing of a task."""
    if (missing := unusable(session, "second")) is not None:
        return missing
    made = asked(session)
    if isinstance(made, Finding):
        return made
    mine = _present(session, made)
    exchange = ask(session, [mine], SECOND)
    accepted = judge_call(session.contract, Role.BATCH, exchange.status, exchange.json) is CallOutcome.ACCEPTED
    if accepted and mine in _items_by_id(made.rule, exchange) and not _tells_unknown(made.rule, exchange):
        return failed(f"it shows {mine}", "nothing of another account's task", (exchange,))
    return passed()


def asked(session: Session) -> Asked | Finding:
    """Several tasks, some of which have ended, asked for at once; made once."""
    return session.once("batch", lambda: _make(session))


def ask(session: Session, ids: Sequence[str], credential: Credential = GOOD) -> Exchange:
    """A query for these tasks."""
    operation = session.contract.roles[Role.BATCH][0]
    return session.send(Role.BATCH, session.request(operation, tasks=tuple(ids), credential=credential))


def _make(session: Session) -> Asked | Finding:
    rule, traces, model = session.contract.batch, list(session.living_bases()[: MOST - 1]), session.any_model()
    if rule is None or model is None:
        return skipped(Skip.NOT_OBSERVED)
    if not session.options.metered:
        fresh = session.start(model, model.base)  # one that has not ended
        traces += [fresh] if isinstance(fresh, Trace) else []
    if not traces:
        return skipped(Skip.NOT_OBSERVED, "there is no task to ask for")
    for trace in traces:
        session.poll(trace)
    ids = [trace.task_id for trace in traces]
    exchange, backwards = ask(session, ids), ask(session, ids[::-1]) if rule.ordered else None
    for trace in traces:
        session.poll(trace)
    return Asked(rule, tuple(traces), exchange, backwards)


def _present(session: Session, made: Asked) -> str:
    """The id of a task that is there now: in virtual time those that were asked for may have expired meanwhile."""
    fresh = fresh_task(session) if session.target.steering is not None else made.traces[0]
    if not isinstance(fresh, Trace):
        return made.ids[0]
    session.poll(fresh)  # until it is known
    return fresh.task_id


def _items_of(rule: BatchRule, exchange: Exchange) -> list[Any] | None:
    items = rule.items.find(exchange.json)
    return items if isinstance(items, list) else None


def _ids_of(rule: BatchRule, exchange: Exchange) -> list[str] | None:
    """The ids of the items, "" where one has none; None where there is no list."""
    items = _items_of(rule, exchange)
    return None if items is None else [id_text(rule.id_at.find(item)) or "" for item in items]


def _shows_its_id(rule: BatchRule, trace: Trace) -> bool:
    """Whether the last query of a task alone shows its id where an item has it."""
    return id_text(rule.id_at.find(rule.item_of(trace.polls[-1].exchange.json))) == trace.task_id


def _items_by_id(rule: BatchRule, exchange: Exchange) -> dict[str, Any]:
    return {id_text(rule.id_at.find(item)) or "": item for item in _items_of(rule, exchange) or ()}


def _tells_unknown(rule: BatchRule, exchange: Exchange) -> bool:
    """Whether every item says that its id is unknown."""
    template = rule.unknown_item
    return template is not None and not any(template.mismatches(item) for item in _items_of(rule, exchange) or ())
