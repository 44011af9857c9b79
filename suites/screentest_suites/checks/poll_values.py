"""Times, progress and other values in the polls of one task."""

from typing import Any

from screentest_contracts.contract import Contract, StatusClass
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.reading import id_text, selected
from screentest_contracts.requirements import Member, MemberValue, Requirement, kinds
from screentest_contracts.template import TIMES, Hole
from screentest_contracts.times import is_integer, precision, read_date
from screentest_suites.checks.polls import profile_of, shown, slots_of, value_at
from screentest_suites.checks.registry import Judgement, Violation, trace_check
from screentest_suites.core.exchange import Exchange, Poll, Trace

SKEW = 90.0
"""Seconds by which a vendor's clock may be ahead of the Date header of its own answers, or of ours."""

SLACK = 2.0
"""Seconds by which two operations may differ about one moment."""


@trace_check(kinds.QUEUE_POSITION)
def judge_queue(contract: Contract, requirement: Requirement[Member], trace: Trace) -> Judgement:
    """The place in the queue is a whole number and never rises."""
    before: tuple[int, Poll] | None = None
    judged = 0
    for poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, "queue_position"):
            if slot.pointer != requirement.subject.pointer or value is MISSING or value is None:
                continue
            judged += 1
            if not is_integer(value) or value < 0:
                return Violation(f"{slot.pointer} is {value!r}", "a whole number from 0", (poll.exchange,))
            if before is not None and value > before[0]:
                seen = f"{slot.pointer} rose from {before[0]} to {value}"
                return Violation(seen, "never rises", (before[1].exchange, poll.exchange))
            before = (value, poll)
    return judged


@trace_check(kinds.IDENTITY_UNCHANGED)
def judge_stable(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """A value stays what it was from the receipt to the last poll. Times may differ a little between operations."""
    pointer, name = requirement.subject.pointer, requirement.subject.value
    found = _in_receipt(contract, trace, name)
    first = (found[1], trace.created) if found is not None else None
    if name == "id":
        first = (trace.task_id, trace.created)
    before: dict[str, tuple[Any, Exchange]] = {}
    judged = 0
    for poll, status in shown(contract, trace):
        slot, value = value_at(contract, trace, poll, status, pointer, name)
        if slot is None or is_empty(value) or value == 0:
            continue
        read = id_text(value) if name == "id" else _read(slot.hole, value)
        for earlier, slack in ((first, SLACK), (before.get(poll.operation), 0.0)):
            if earlier is not None and not _equal(earlier[0], read, slack if slot.hole.is_time else 0.0):
                seen = f"{pointer} was {earlier[0]!r} and is {value!r}"
                return Violation(seen, "the same in every answer", (earlier[1], poll.exchange))
        judged += first is not None
        first = first or (read, poll.exchange)
        before.setdefault(poll.operation, (read, poll.exchange))
    return judged


@trace_check(kinds.CREATED_MATCHES_RECEIPT)
def judge_as_receipt(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """The first time that a query shows is the receipt's, as far as both forms tell."""
    pointer, name = requirement.subject.pointer, requirement.subject.value
    found = _in_receipt(contract, trace, name)
    for poll, status in shown(contract, trace) if found is not None else ():
        slot, value = value_at(contract, trace, poll, status, pointer, name)
        if found is None or slot is None or is_empty(value) or value == 0:
            continue
        forms = {found[0].form, slot.hole.form}
        slack = 0.0 if len(forms) == 1 else max(map(precision, forms))
        if not _equal(found[1], _read(slot.hole, value), slack):
            seen = f"{pointer} is {value!r}, the receipt's {found[0].name} another time"
            return Violation(seen, "the receipt's time", (trace.created, poll.exchange))
        return 1
    return 0


def _in_receipt(contract: Contract, trace: Trace, name: str) -> tuple[Hole, Any] | None:
    """What the receipt shows of a value; of the time of creation by either of its names."""
    names = ("created", "submitted") if name in {"created", "submitted"} else (name,)
    for due in selected(profile_of(contract, trace).receipt).slots_named(*names):
        value = resolve(trace.created.json, segments(due.pointer)) if due.whole else MISSING
        if not is_empty(value):
            return due.hole, _read(due.hole, value)
    return None


def _read(hole: Hole, value: Any) -> Any:
    try:
        return hole.read(value)
    except ValueError:
        return value


def _equal(left: Any, right: Any, slack: float) -> bool:
    if slack and isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) <= slack
    return bool(left == right)


@trace_check(kinds.QUERY_PROGRESS, kinds.QUERY_TIME)
def judge_form(contract: Contract, requirement: Requirement[Member], trace: Trace) -> Judgement:
    """Progress and times have their form wherever they stand."""
    pointer = requirement.subject.pointer
    names = ("progress",) if requirement.kind == "query-progress" else tuple(TIMES)
    judged = 0
    for poll, status in shown(contract, trace):
        slot, value = value_at(contract, trace, poll, status, pointer, *names)
        if slot is None or value is MISSING or value is None or (value == "" and slot.hole.is_time):
            continue
        if value == 0 and not isinstance(value, bool) and slot.hole.is_time:
            continue
        problem = slot.hole.problem(value)
        if problem:
            return Violation(f"{pointer}: {problem}", slot.hole.form, (poll.exchange,))
        judged += 1
    return judged


@trace_check(kinds.TIMES_ORDER)
def judge_order(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """created <= started <= finished, nothing lies in the future, and no task is older than its request."""
    judged = 0
    asked_at = min(trace.created.sent_at, _date(trace.created) or trace.created.sent_at) - SKEW
    for poll, status in shown(contract, trace):
        found: dict[str, tuple[float, str, float]] = {}
        latest = max(poll.exchange.received_at, _date(poll.exchange) or 0.0) + SKEW
        for slot, value in slots_of(
            contract, trace, poll, status, "created", "submitted", "started", "finished", "updated"
        ):
            if is_empty(value) or value == 0 or slot.hole.problem(value):
                continue
            moment, slack = slot.hole.read(value), precision(slot.hole.form)
            if moment <= 0:
                continue
            if moment > latest:
                return Violation(f"{slot.pointer} lies in the future: {value!r}", "no later than now", (poll.exchange,))
            if slot.hole.name in ("created", "submitted") and moment < asked_at:
                seen = f"{slot.pointer} lies before the request: {value!r}"
                return Violation(seen, "no earlier than the request", (trace.created, poll.exchange))
            event = "created" if slot.hole.name == "submitted" else slot.hole.name
            if event in found and abs(found[event][0] - moment) > 2 + slack and event != "updated":
                seen = f"{slot.pointer} is {value!r} but {found[event][1]} says otherwise"
                return Violation(seen, f"one moment of {event}", (poll.exchange,))
            found.setdefault(event, (moment, slot.pointer, slack))
        for early, late in (("created", "started"), ("started", "finished"), ("created", "finished")):
            if early in found and late in found:
                judged += 1
                slack = max(found[early][2], found[late][2])
                if found[early][0] > found[late][0] + slack:
                    seen = f"{found[early][1]} is after {found[late][1]}"
                    return Violation(seen, f"{early} before {late}", (poll.exchange,))
        judged += len(found)
    return judged


def _date(exchange: Exchange) -> float | None:
    return read_date(exchange.header("date") or "")


@trace_check(
    kinds.PROGRESS_MONOTONIC, unseen="no task was polled twice before its end; --poll-interval SECONDS polls it oftener"
)
def judge_monotonic(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """Progress never falls. What the end shows may be wrong, but proves nothing of what came before it."""
    before: tuple[float, Poll] | None = None
    judged = 0
    for poll, status in shown(contract, trace):
        if status.status_class.value not in {"queued", "running", "succeeded"}:
            continue  # at a failure a vendor may start over at 0 or say 100
        for slot, value in slots_of(contract, trace, poll, status, "progress"):
            if is_empty(value) or slot.hole.problem(value):
                continue
            progress = slot.hole.read(value)
            if before is not None:
                judged += not status.status_class.terminal
                if progress < before[0]:
                    seen = f"progress fell from {before[0]:g} to {progress:g}"
                    return Violation(seen, "progress never falls", (before[1].exchange, poll.exchange))
            before = (progress, poll)
    return judged


@trace_check(kinds.COMPLETE_ONLY_AT_END, kinds.COMPLETE_AT_SUCCESS)
def judge_complete(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """100 percent at success; or not before the end (at which a failure may say 100, too)."""
    at_success = requirement.kind == "promise-progress-complete-at-success"
    judged = 0
    for poll, status in shown(contract, trace):
        due = status.status_class is StatusClass.SUCCEEDED if at_success else not status.status_class.terminal
        if not due:
            continue
        for slot, value in slots_of(contract, trace, poll, status, "progress"):
            if is_empty(value) or slot.hole.problem(value):
                continue
            judged += 1
            if (slot.hole.read(value) == 100) is not at_success:
                expected = "100 percent" if at_success else "less than 100 percent"
                return Violation(f"progress is {value!r} at {status.name}", expected, (poll.exchange,))
    return judged
