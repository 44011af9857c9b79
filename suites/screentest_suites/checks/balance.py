"""What tasks take from the balance: it is read before and after one that has the account for itself."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import Location, resolve, segments
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import Requirement, kinds
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import Slot
from screentest_suites.checks.owed import await_ends, creates_beside, may_cost, most_due, prices_due, without_end
from screentest_suites.checks.registry import check
from screentest_suites.checks.resources import read, read_once
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

_BUSY = "the balance changes although this run does nothing: others use the account"
_QUIET = 1.0
"""Seconds between two looks at a balance that nobody should change."""


@dataclass(frozen=True)
class Weighed:
    """A balance before and after something."""

    before: Exchange
    after: Exchange
    trace: Trace | None = None

    @property
    def evidence(self) -> tuple[Exchange, ...]:
        made = () if self.trace is None else (self.trace.created, *(each.exchange for each in self.trace.polls[-1:]))
        return (self.before, *made, self.after)


@check(kinds.BALANCE_LEFT)
def judge_left(session: Session, requirement: Requirement[None]) -> Finding:
    """There is a number."""
    exchange, slot = read_once(session, Role.BALANCE), session.contract.resources[Role.BALANCE].left
    operation = session.contract.roles[Role.BALANCE][0]
    untold = slot is not None and resolve(exchange.json, segments(slot.pointer)) is None
    if untold and schema_violation(operation, exchange) is None:
        return skipped(Skip.NOT_OBSERVED, "nothing is said of what is left, which the schema allows")
    if slot is None or _amount(slot, exchange) is None:
        place = "" if slot is None else slot.pointer
        return failed(f"{place} is {resolve(exchange.json, segments(place))!r}", "a number", (exchange,))
    return passed()


@check(kinds.BALANCE_CHARGED)
def judge_charged(session: Session, requirement: Requirement[None]) -> Finding:
    """A success costs its price, once, however often it is asked for."""
    found = _of_task(session, "success")
    if isinstance(found, Finding):
        return found
    taken, trace = _taken(session, found), found.trace
    if taken is None or trace is None:
        return skipped(Skip.NOT_OBSERVED)
    due, step = prices_due(session.contract, session.contract.models[trace.model], trace.body), _step(session, found)
    if not due or max(due) <= step:
        return skipped(Skip.NOT_OBSERVED, "the balance is not told finely enough to show the price")
    if any(abs(taken - each) <= max(step, each / 1000) for each in due):
        return passed()
    prices = " or ".join(f"{each:g}" for each in due)
    return _others(session, trace) or failed(f"the balance fell by {taken:g}", f"by {prices}", found.evidence)


@check(kinds.BALANCE_FAILED)
def judge_failed(session: Session, requirement: Requirement[None]) -> Finding:
    """A failure costs nothing, and brings nothing."""
    found = _of_task(session, "failure")
    return found if isinstance(found, Finding) else _unchanged(session, found, "a task that failed")


@check(kinds.BALANCE_REFUSED)
def judge_refused(session: Session, requirement: Requirement[None]) -> Finding:
    """What is refused costs nothing."""
    before = _quiet(session)
    if isinstance(before, Finding):
        return before
    operation = session.models[0].operations[0]
    sent = session.request(operation, body={}) if operation.form_only else session.request(operation, raw=b"[]")
    answer = session.send(Role.CREATE, sent)
    if judge_call(session.contract, Role.CREATE, answer.status, answer.json) is not CallOutcome.REFUSED:
        return skipped(Skip.NOT_OBSERVED, f"no create was refused: {answer.error or answer.status}")
    _settle(session)
    return _unchanged(session, Weighed(before, read(session, Role.BALANCE)), "a create that was refused")


@check(kinds.BALANCE_DELETED)
def judge_deleted(session: Session, requirement: Requirement[None]) -> Finding:
    """A delete of a task that has ended costs nothing, and brings nothing."""
    rule, operation = session.contract.delete, session.contract.operation(Role.DELETE)
    if rule is None or operation is None:
        return skipped(Skip.NOT_OBSERVED)
    found = _of_task(session, "success" if StatusClass.SUCCEEDED in rule.sure_deletes else "failure")
    if isinstance(found, Finding) or found.trace is None:
        return found if isinstance(found, Finding) else skipped(Skip.NOT_OBSERVED)
    before = _quiet(session)
    if isinstance(before, Finding):
        return before
    answer = session.send(Role.DELETE, session.request(operation, task=found.trace.task_id))
    if judge_call(session.contract, Role.DELETE, answer.status, answer.json) is not CallOutcome.ACCEPTED:
        return skipped(Skip.NOT_OBSERVED, f"no task was deleted: {answer.error or answer.status}")
    _settle(session)
    return _unchanged(session, Weighed(before, read(session, Role.BALANCE), found.trace), "a task that was deleted")


@check(kinds.BALANCE_TOTAL)
def judge_total(session: Session, requirement: Requirement[None]) -> Finding:
    """What is taken from one is added to the other."""
    found, slot = _of_task(session, "success"), session.contract.resources[Role.BALANCE].spent
    if isinstance(found, Finding):
        return found
    taken = _taken(session, found)
    spent = [None if slot is None else _amount(slot, each) for each in (found.before, found.after)]
    if taken is None or spent[0] is None or spent[1] is None:
        return skipped(Skip.NOT_OBSERVED)
    if abs(spent[1] - spent[0] - taken) > 2 * _step(session, found):
        seen = f"what is left fell by {taken:g}, what was spent rose by {spent[1] - spent[0]:g}"
        return failed(seen, "one sum before and after", found.evidence)
    return passed()


def _of_task(session: Session, scenario: str) -> Weighed | Finding:
    """A task of its own between two looks at the balance, made once."""
    kept: dict[str, Weighed | Finding] = session.memory.setdefault("weighed", {})
    if scenario not in kept:
        kept[scenario] = _weigh(session, scenario)
    return kept[scenario]


def _weigh(session: Session, scenario: str) -> Weighed | Finding:
    models = [each for each in session.models if session.accepts_base_request(each)]
    model = next((each for each in models if prices_due(session.contract, each, each.base)), next(iter(models), None))
    if model is None:
        return skipped(Skip.NOT_OBSERVED, "no create was accepted")
    if session.target.steering is not None:  # what other checks have made comes to its end
        session.target.sleep(session.client.pace.timeout)
    before = _quiet(session)
    if isinstance(before, Finding):
        return before
    body = model.base if session.steer(scenario) or scenario == "success" else session.failing_request(model)
    if body is None:
        return skipped(Skip.NOT_OBSERVED, "nobody can tell this server to let a task fail")
    made = session.start(model, body, extra=False)  # who says where the balance stands wants it judged
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED, f"the create was answered {made.status}")
    session.follow(made, linger=3)
    ended = session.records.ends.get(made.task_id, ("", ""))[1]
    if ended != ("succeeded" if scenario == "success" else "failed"):
        return skipped(Skip.NOT_OBSERVED, f"the task ended otherwise: {ended or 'it was not seen to its end'}")
    _settle(session)
    after = _quiet(session)
    return after if isinstance(after, Finding) else Weighed(before, after, made)


def _quiet(session: Session) -> Exchange | Finding:
    """The balance, if it stays the same for a moment."""
    slot, first = session.contract.resources[Role.BALANCE].left, read(session, Role.BALANCE)
    session.target.sleep(_QUIET)
    second = read(session, Role.BALANCE)
    amounts = [None if slot is None else _amount(slot, each) for each in (first, second)]
    if None in amounts:
        return skipped(Skip.NOT_OBSERVED, "the balance is not told any more")
    return second if amounts[0] == amounts[1] else skipped(Skip.NOT_OBSERVED, _BUSY)


def _settle(session: Session) -> None:
    """Waits until what was taken shows."""
    virtual = session.target.steering is not None
    session.target.sleep(session.contract.resources[Role.BALANCE].settle / (1 if virtual else session.options.speed))


def _unchanged(session: Session, found: Weighed, what: str) -> Finding:
    taken = _taken(session, found)
    if taken is None:
        return skipped(Skip.NOT_OBSERVED)
    if abs(taken) <= _step(session, found) / 2:
        return passed()
    way = "fell" if taken > 0 else "rose"
    seen = f"the balance {way} by {abs(taken):g} with {what}"
    others = _others(session, found.trace)
    if others is None:
        return failed(seen, "as it was before", found.evidence)
    return _unexplained(session, found, what) or others


def _others(session: Session, trace: Trace | None) -> Finding | None:
    """Other tasks of this run that may have been paid for meanwhile, in real time."""
    if session.target.steering is not None:
        return None
    count = len(without_end(session, creates_beside(session, trace)))
    return skipped(Skip.NOT_OBSERVED, f"{count} other tasks of this run may have cost something") if count else None


def _unexplained(session: Session, found: Weighed, what: str) -> Finding | None:
    """The violation where the balance stays lower, when the other tasks have ended, than what they can have cost by the
    document; None where they may explain it."""
    early = session.contract.resources[Role.BALANCE].early
    made = creates_beside(session, found.trace)
    open_ = without_end(session, made)
    await_ends(session, {name: made[name] for name in open_})
    _settle(session)
    after = _quiet(session)
    if isinstance(after, Finding):
        return None
    whole = replace(found, after=after)
    paid = {
        name: each
        for name, each in creates_beside(session, found.trace).items()
        if each.received_at >= found.before.sent_at or (not early and name in open_)
    }
    most = sum(most_due(session.contract, each) for name, each in paid.items() if may_cost(session, name))
    taken = _taken(session, whole)
    if taken is None or taken <= most + _step(session, found) / 2:
        return None
    seen = f"the balance fell by {taken:g} with {what}, and other tasks cost {most:g} at most"
    return failed(seen, "as it was before, but for what others cost", whole.evidence)


def _taken(session: Session, found: Weighed) -> float | None:
    """By how much the balance fell, in the unit of the prices."""
    slot = session.contract.resources[Role.BALANCE].left
    before, after = (None if slot is None else _amount(slot, each) for each in (found.before, found.after))
    return None if before is None or after is None else round(before - after, 6)


def _amount(slot: Slot, exchange: Exchange) -> float | None:
    """The number at a hole, in the unit of the prices."""
    value = resolve(exchange.json, segments(slot.pointer))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = float(value) / float(slot.hole.argument or 1)
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) else None


def _step(session: Session, found: Weighed) -> float:
    """The least by which two balances can differ as they are told: a hundredth where they are no whole numbers."""
    slot = session.contract.resources[Role.BALANCE].left
    operation = session.contract.roles[Role.BALANCE][0]
    response = operation.response(found.after.status)
    if slot is None or response is None:
        return 1.0
    schemas: list[Mapping[str, Any]] = [
        each for schema in response.schemas.values() for each in member_schemas(schema, Location(slot.pointer))
    ]
    step = 1.0 if any(each.get("type") == "integer" for each in schemas) else 0.01
    return step / float(slot.hole.argument or 1)
