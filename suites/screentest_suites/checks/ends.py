"""What queries say of a task's end: no time of it before it has come, and why a task failed."""

from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.reading import CallOutcome, bodies_of, judge_call, selected
from screentest_contracts.requirements import AskedFailure, Members, MemberValue, Requirement, kinds
from screentest_contracts.requirements.shown import leaves_unset, reasons_of, statuses_before
from screentest_contracts.template import Hole
from screentest_suites.checks.polls import canonical, profile_of, shown
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.core.exchange import Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


@trace_check(kinds.TIME_UNSET)
def judge_unset(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """The time of a start or an end is unset until it has come, in any usual way: null, 0, "", a year before 1970."""
    pointer, name = requirement.subject.pointer, requirement.subject.value
    profile, before, judged = profile_of(contract, trace), statuses_before(contract, name), 0
    for poll, status in shown(contract, trace):
        bodies = bodies_of(profile, contract.operations[poll.operation])
        if status.name not in before or status.name not in bodies:
            continue
        if not leaves_unset(selected(bodies[status.name]), pointer, name):
            continue
        judged += 1
        value = resolve(poll.exchange.json, segments(pointer))
        holes = (selected(each).slot_at(pointer) for each in bodies.values())
        if not is_unset(value, next((slot.hole for slot in holes if slot and slot.hole.name == name), None)):
            seen = f"{pointer} is {value!r} at {status.name}"
            return Violation(seen, f"nothing before the task has {name}", (poll.exchange,))
    return judged


def is_unset(value: Any, hole: Hole | None) -> bool:
    """Whether a member holds no time. What is no time of its form is not judged here."""
    if is_empty(value) or value in (0, "0", "-") or hole is None:
        return True
    try:
        return bool(hole.read(value) <= 0)
    except ValueError:
        return True


@trace_check(kinds.FAILED_REASON)
def judge_reason(contract: Contract, requirement: Requirement[Members], trace: Trace) -> Judgement:
    """A failed task says why. An empty text says nothing."""
    profile, judged = profile_of(contract, trace), 0
    for poll, status in shown(contract, trace):
        readings = bodies_of(profile, contract.operations[poll.operation]).get(status.name, ())
        places = [reasons_of(body.template) for body in readings]
        if status.status_class is not StatusClass.FAILED or not places or not all(places):
            continue  # one documented body of a failed task has no reason
        if not canonical(contract, poll):
            continue
        judged += 1
        if not any(says_something(resolve(poll.exchange.json, segments(at))) for each in places for at in each):
            told = ", ".join(dict.fromkeys(at for each in places for at in each))
            return Violation(f"no reason at {told}", "why the task failed", (trace.created, poll.exchange))
    return judged


@check(kinds.ASKED_FAILURE)
def judge_asked(session: Session, requirement: Requirement[AskedFailure]) -> Finding:
    """A task fails whose request is documented to make it fail, and for the reason that it asks for."""
    contract, failure = session.contract, requirement.subject.failure
    made = session.failing(failure)
    if made is None:
        return skipped(Skip.NOT_OBSERVED, "no model takes the request of the document")
    if not isinstance(made, Trace):
        refused = judge_call(contract, Role.CREATE, made.status, made.json) is CallOutcome.REFUSED
        seen = made.error or f"answered {made.status}"
        return failed(seen, "the create is accepted", (made,)) if refused else skipped(Skip.NOT_OBSERVED, seen)
    if not made.ended:
        return skipped(Skip.NOT_OBSERVED, "the task was not seen to its end")
    poll, status = made.polls[-1], status_in(contract, made.polls[-1].exchange)
    evidence = (made.created, poll.exchange)
    if status is None or status.status_class is not StatusClass.FAILED:
        return failed(f"it ended {status.name if status else 'otherwise'}", "a task that failed", evidence)
    bodies = bodies_of(profile_of(contract, made), contract.operations[poll.operation]).get(status.name, ())
    for slot in (each for body in bodies for each in body.template.slots_named("reason_code") if failure.code):
        value = resolve(poll.exchange.json, segments(slot.pointer))
        if slot.whole and value is not MISSING and str(value) != failure.code:
            return failed(f"{slot.pointer} is {value!r}", repr(failure.code), evidence)
    return passed()


def says_something(value: Any) -> bool:
    """Whether a reason is one: no blank text, and no empty object around it."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not MISSING and not is_empty(value)
