"""What queries say of a task's end: no time of it before it has come, and why a task failed."""

from typing import Any

from screentest_contracts.contract import Contract, StatusClass
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.reading import bodies_of, selected
from screentest_contracts.requirements import Members, MemberValue, Requirement, kinds
from screentest_contracts.requirements.shown import is_to_come, leaves_unset, reasons_of
from screentest_contracts.template import Hole
from screentest_suites.checks.polls import canonical, profile_of, shown
from screentest_suites.checks.registry import Judgement, Violation, trace_check
from screentest_suites.core.exchange import Trace


@trace_check(kinds.TIME_UNSET)
def judge_unset(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """The time of a start or an end is unset until it has come, in any usual way: null, 0, "", a year before 1970."""
    pointer, name = requirement.subject.pointer, requirement.subject.value
    profile, judged = profile_of(contract, trace), 0
    for poll, status in shown(contract, trace):
        bodies = bodies_of(profile, contract.operations[poll.operation])
        if not is_to_come(contract.lifecycle, status, name) or status.name not in bodies:
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


def says_something(value: Any) -> bool:
    """Whether a reason is one: no blank text, and no empty object around it."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not MISSING and not is_empty(value)
