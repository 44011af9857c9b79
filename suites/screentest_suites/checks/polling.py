"""How a task moves, as its polls show it. Pure functions of contract and trace."""

import re
from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import Contract, Copy, Operation, Presence, Profile, Role, Status
from screentest_contracts.location import MISSING, is_empty, pointer_of, resolve, segments
from screentest_contracts.reading import Verdict as CallVerdict
from screentest_contracts.reading import bodies_of, judge_call, link_of, matching_reading, selected, status_of
from screentest_contracts.requirements import Requirement
from screentest_contracts.template import TIMES, Hole, Slot
from screentest_contracts.times import precision
from screentest_suites.checks.receipt import asked, receipt_hole, same
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.exchange import Exchange, Poll, Trace
from screentest_suites.session import Session
from screentest_suites.verdicts import Finding, Skip, failed, passed, skipped

SKEW = 90.0
"""Seconds by which a vendor's clock may be ahead of the Date header of its own answers, or of ours."""


def good_polls(contract: Contract, trace: Trace) -> Iterator[Poll]:
    """The polls that were answered as a success (whatever they say)."""
    statuses = contract.success[Role.QUERY].statuses
    return (poll for poll in trace.polls if poll.exchange.status in statuses and isinstance(poll.exchange.json, dict))


def profile_of(contract: Contract, trace: Trace) -> Profile:
    """How the trace's task moves and looks."""
    return contract.profiles[contract.models[trace.model].profile]


def shown(contract: Contract, trace: Trace) -> Iterator[tuple[Poll, Status]]:
    """The good polls with the status each shows; those with an unknown word are left out."""
    for poll in good_polls(contract, trace):
        status = status_of(contract, poll.exchange.json)
        if status is not None:
            yield poll, status


def slots_of(contract: Contract, trace: Trace, poll: Poll, status: Status, *names: str) -> Iterator[tuple[Slot, Any]]:
    """The whole-value holes of the body that is due at this status, with the values found."""
    operation = contract.operations[poll.operation]
    readings = bodies_of(profile_of(contract, trace), operation).get(status.name)
    if readings:
        for slot in selected(readings).slots_named(*names):
            if slot.whole:
                yield slot, resolve(poll.exchange.json, segments(slot.pointer))


def canonical(contract: Contract, poll: Poll) -> bool:
    """Whether a poll went to an operation that answers in the canonical shape."""
    return not any(poll.operation in profile.views for profile in contract.profiles.values())


@trace_check("query-status-code")
def judge_status_code(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Queries of an own task are answered, every one of them."""
    allowed = contract.success[Role.QUERY].statuses
    answered = any(poll.exchange.status in allowed for poll in trace.polls)
    judged = 0
    for poll in trace.polls:
        exchange = poll.exchange
        if exchange.error:
            return Violation(exchange.error, "an answer", (trace.created, exchange))
        if exchange.status == 429 or (answered and _unavailable(contract, exchange)):
            continue
        if exchange.status not in allowed:
            seen = f"answered {exchange.status}"
            return Violation(seen, " or ".join(map(str, allowed)), (trace.created, exchange))
        if not contract.success[Role.QUERY].holds(exchange.status, exchange.json):
            row = contract.error(Role.QUERY, "unknown-task")
            unknown = row is not None and matching_reading(row, exchange.status, exchange.json) is not None
            if (
                not unknown
                and status_of(contract, exchange.json) is None
                and contract.lifecycle.status_at.find(exchange.json) is not MISSING
            ):
                continue  # an unknown word is another requirement's business
            seen = f"answered {exchange.status} with a body that is no success"
            return Violation(seen, "the task", (trace.created, exchange))
        judged += 1
    return judged


def _unavailable(contract: Contract, exchange: Exchange) -> bool:
    """Whether the answer is the passing weakness that the document owns up to."""
    rows = contract.errors.get((Role.QUERY, "unavailable"), ())
    return any(matching_reading(row, exchange.status, exchange.json) is not None for row in rows)


@trace_check("query-schema")
def judge_schema(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Every answer validates."""
    judged = 0
    for poll in good_polls(contract, trace):
        violation = schema_violation(contract.operations[poll.operation], poll.exchange)
        if violation:
            return violation
        judged += 1
    for poll in trace.polls:  # a success status without JSON
        exchange = poll.exchange
        if exchange.status in contract.success[Role.QUERY].statuses and not isinstance(exchange.json, dict):
            return schema_violation(contract.operations[poll.operation], exchange) or judged
    return judged


@trace_check("status-known")
def judge_known(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Every status is a documented one."""
    judged = 0
    for poll in good_polls(contract, trace):
        if status_of(contract, poll.exchange.json) is None:
            if not canonical(contract, poll):
                continue
            word = contract.lifecycle.status_at.find(poll.exchange.json)
            words = ", ".join(contract.lifecycle.statuses)
            return Violation(f"the status is {word!r}", f"one of {words}", (poll.exchange,))
        judged += 1
    return judged


@trace_check("status-case")
def judge_case(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Words are written as documented, where another case is understood, too."""
    judged = 0
    for poll, status in shown(contract, trace):
        word = contract.lifecycle.status_at.find(poll.exchange.json)
        if isinstance(word, str) and canonical(contract, poll):
            judged += 1
            if word != status.wire:
                return Violation(f"the status is {word!r}", f"{status.wire!r}", (poll.exchange,))
    return judged


@trace_check("queue-position")
def judge_queue(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """The place in the queue is a whole number and never rises."""
    before: tuple[int, Poll] | None = None
    judged = 0
    for poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, "queue_position"):
            if slot.pointer != requirement.subject or value is MISSING or value is None:
                continue
            judged += 1
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                return Violation(f"{slot.pointer} is {value!r}", "a whole number from 0", (poll.exchange,))
            if before is not None and value > before[0]:
                seen = f"{slot.pointer} rose from {before[0]} to {value}"
                return Violation(seen, "never rises", (before[1].exchange, poll.exchange))
            before = (value, poll)
    return judged


@trace_check("status-transitions")
def judge_transitions(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """No poll shows a status that may not follow the one before."""
    before: tuple[Poll, Status] | None = None
    judged = 0
    for poll, status in shown(contract, trace):
        if before is not None and not before[1].status_class.terminal:
            judged += 1
            if not contract.lifecycle.allows(before[1].name, status.name):
                allowed = ", ".join(sorted(contract.lifecycle.transitions.get(before[1].name, ()))) or "nothing"
                seen = f"{before[1].name} was followed by {status.name}"
                return Violation(seen, f"after {before[1].name}: {allowed}", (before[0].exchange, poll.exchange))
        before = (poll, status)
    return judged


@trace_check("status-terminal")
def judge_terminal(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """After the end nothing changes any more: status, address and reason."""
    end: tuple[Poll, Status] | None = None
    judged = 0
    for poll in good_polls(contract, trace):
        status = status_of(contract, poll.exchange.json)
        if end is None:
            if status is not None and status.status_class.terminal:
                end = (poll, status)
            continue
        judged += 1
        both = (end[0].exchange, poll.exchange)
        if status is None or status.name != end[1].name:
            word = status.name if status else contract.lifecycle.status_at.find(poll.exchange.json)
            return Violation(f"{end[1].name} was followed by {word!r}", f"{end[1].name} for ever", both)
        if poll.operation != end[0].operation:
            continue
        before, after = link_of(contract, end[0].exchange.json), link_of(contract, poll.exchange.json)
        if (before is None) != (after is None) or (before and after and _place(before) != _place(after)):
            return Violation(f"the result was {before!r} and is {after!r}", "the same result", both)
        for name in ("reason", "reason_code"):
            values = [
                [value for slot, value in slots_of(contract, trace, each, end[1], name)] for each in (end[0], poll)
            ]
            if values[0] != values[1]:
                return Violation(f"the {name} was {values[0]} and is {values[1]}", "the same reason", both)
    return judged


def _place(link: str) -> str:
    """A link without its query: signatures may be renewed."""
    return link.partition("?")[0]


@trace_check("task-ends")
def judge_ends(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """The task came to an end."""
    if trace.gave_up:
        last = trace.polls[-1].exchange if trace.polls else trace.created
        return Violation(trace.gave_up, "an end", (trace.created, last))
    return int(trace.ended)


@trace_check("stable")
def judge_stable(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """A value stays what it was from the receipt to the last poll."""
    pointer, name = requirement.subject
    first: tuple[Any, Exchange] | None = None
    bodies = selected(profile_of(contract, trace).receipt)
    for slot in bodies.slots_named(*(("created", "submitted") if name in {"created", "submitted"} else (name,))):
        value = resolve(trace.created.json, segments(slot.pointer)) if slot.whole else MISSING
        if not is_empty(value):
            first = (_read(slot.hole, value), trace.created)
            break
    if name == "id":
        first = (trace.task_id, trace.created)
    judged = 0
    for poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, name):
            if slot.pointer != pointer or is_empty(value) or value == 0:
                continue
            read = _read(slot.hole, value)
            if first is None:
                first = (read, poll.exchange)
                continue
            judged += 1
            if not _equal(first[0], read, slot.hole):
                seen = f"{pointer} was {first[0]!r} and is {value!r}"
                return Violation(seen, "the same in every answer", (first[1], poll.exchange))
    return judged


def _read(hole: Hole, value: Any) -> Any:
    try:
        return hole.read(value)
    except ValueError:
        return value


def _equal(left: Any, right: Any, hole: Hole) -> bool:
    if hole.is_time and isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) <= max(2.0, precision(hole.form))
    return bool(left == right)


@trace_check("query-progress", "query-time")
def judge_form(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Progress and times have their form wherever they stand."""
    pointer = requirement.subject
    names = ("progress",) if requirement.kind == "query-progress" else tuple(TIMES)
    judged = 0
    for poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, *names):
            if slot.pointer != pointer or value is MISSING or value is None or (value == "" and slot.hole.is_time):
                continue
            if value == 0 and not isinstance(value, bool) and slot.hole.is_time:
                continue
            problem = slot.hole.problem(value)
            if problem:
                return Violation(f"{pointer}: {problem}", slot.hole.form, (poll.exchange,))
            judged += 1
    return judged


@trace_check("query-echo")
def judge_echo(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """A value of the request comes back unchanged."""
    pointer, name = requirement.subject
    wanted = asked(contract.models[trace.model], trace.body, name)
    if wanted is None:
        return 0
    judged = 0
    for poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, name):
            if slot.pointer != pointer or value is MISSING or value is None:
                continue
            judged += 1
            if not same(value, wanted):
                return Violation(f"{pointer} is {value!r}", f"{wanted!r}, as asked for", (trace.created, poll.exchange))
    return judged


@trace_check("times-order")
def judge_order(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
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
    from email.utils import parsedate_to_datetime

    text = exchange.header("date")
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (TypeError, ValueError):
        return None


@trace_check("copies")
def judge_copies(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Copies of one value inside one body agree."""
    name, _pointers = requirement.subject
    judged = 0
    for poll, status in shown(contract, trace):
        values = [
            (slot.pointer, value)
            for slot, value in slots_of(contract, trace, poll, status, name)
            if not is_empty(value)
        ]
        if len(values) > 1:
            judged += 1
            if any(not _agree(name, values[0][1], value) for _, value in values[1:]):
                seen = ", ".join(f"{pointer} is {value!r}" for pointer, value in values)
                return Violation(seen, "the same everywhere", (poll.exchange,))
    return judged


def _agree(name: str, left: Any, right: Any) -> bool:
    if name == "link":
        return _place(str(left)) == _place(str(right))
    return left == right or same(left, right)


@trace_check("status-copy")
def judge_status_copy(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """A nested copy of the status tells the same class."""
    copies: dict[str, Copy] = requirement.subject
    copy = copies.get(contract.models[trace.model].profile)
    if copy is None:
        return 0
    judged = 0
    for poll, status in shown(contract, trace):
        word = copy.at.find(poll.exchange.json)
        if is_empty(word) or not canonical(contract, poll):
            continue
        judged += 1
        nested = copy.classes.get(str(word))
        ended = {nested is not None and nested.terminal, status.status_class.terminal}
        if nested is None or (nested is not status.status_class and (len(ended) > 1 or status.status_class.terminal)):
            seen = f"the status is {status.name}, its copy {copy.at} is {word!r}"
            return Violation(seen, "the same class of status", (poll.exchange,))
    return judged


_FILE = re.compile(r"https?://[^?#\s]+\.(mp4|mov|webm)([?#]|$)", re.IGNORECASE)


@trace_check("links-declared")
def judge_links(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Addresses of video files stand only where the document has an address, or free text."""
    judged = 0
    for poll, status in shown(contract, trace):
        readings = bodies_of(profile_of(contract, trace), contract.operations[poll.operation]).get(status.name, ())
        known = {slot.pointer for body in readings for slot in body.template.slots}
        known.update(contract.link.at.pointers)
        judged += 1
        for pointer, text in _texts(poll.exchange.json, ""):
            if pointer not in known and _FILE.match(text):
                return Violation(f"{pointer} holds {text[:120]!r}", "no address there", (poll.exchange,))
    return judged


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, pointer + pointer_of((name,)))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _texts(member, f"{pointer}/{index}")


def applies(contract: Contract, row: Presence, trace: Trace, poll: Poll, status: Status | None) -> bool:
    """Whether a presence row speaks about a poll; of one without a known status only what holds at all of them."""
    if row.profile is not None and contract.models[trace.model].profile != row.profile:
        return False
    if row.operation is not None and poll.operation != row.operation:
        return False
    if row.operation is None and not canonical(contract, poll):
        return False
    if status is None:
        answer = poll.exchange
        return "all" in row.on and contract.success[Role.QUERY].holds(answer.status, answer.json)
    return "all" in row.on or status.name in row.on or status.status_class.value in row.on


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def presence_problem(row: Presence, body: Any) -> str | None:
    """What is wrong with a member that must (not) be there, or None."""
    value = resolve(body, segments(row.pointer))
    if not row.present:
        return None if is_empty(value) else f"{row.pointer} is there: {str(value)[:120]!r}"
    if value is MISSING or value is None:
        return f"{row.pointer} is missing"
    if row.type is not None:
        right = isinstance(value, _TYPES[row.type]) and (row.type == "boolean" or not isinstance(value, bool))
        if not right:
            return f"{row.pointer} is {str(value)[:120]!r}"
    return None


@trace_check("presence")
def judge_presence(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """A member is there, or not there, when the document says so."""
    row: Presence = requirement.subject
    if row.on == ("receipt",):
        if row.profile is not None and contract.models[trace.model].profile != row.profile:
            return 0
        problem = presence_problem(row, trace.created.json)
        return Violation(problem, _wanted(row), (trace.created,)) if problem else 1
    judged = 0
    for poll in good_polls(contract, trace):
        status = status_of(contract, poll.exchange.json)
        if applies(contract, row, trace, poll, status):
            judged += 1
            problem = presence_problem(row, poll.exchange.json)
            if problem:
                where = f" at {status.name}" if status else ""
                return Violation(f"{problem}{where}", _wanted(row), (trace.created, poll.exchange))
    return judged


def _wanted(row: Presence) -> str:
    return f"{row.type or 'a value'} at {row.pointer}" if row.present else f"nothing at {row.pointer}"


@trace_check("promise-progress-monotonic")
def judge_monotonic(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """Progress never falls."""
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
                judged += 1
                if progress < before[0]:
                    seen = f"progress fell from {before[0]:g} to {progress:g}"
                    return Violation(seen, "progress never falls", (before[1].exchange, poll.exchange))
            before = (progress, poll)
    return judged


@trace_check("promise-progress-complete-only-at-end")
def judge_complete(contract: Contract, requirement: Requirement, trace: Trace) -> Judgement:
    """100 percent when, and only when, the task has ended well (a failure may say 100, too)."""
    judged = 0
    for poll, status in shown(contract, trace):
        for slot, value in slots_of(contract, trace, poll, status, "progress"):
            if is_empty(value) or slot.hole.problem(value):
                continue
            judged += 1
            progress, done = slot.hole.read(value), status.status_class.value == "succeeded"
            if done and progress != 100:
                return Violation(f"progress is {value!r} at {status.name}", "100 percent", (poll.exchange,))
            if progress == 100 and not status.status_class.terminal:
                return Violation(f"progress is {value!r} at {status.name}", "less than 100 percent", (poll.exchange,))
    return judged


@check("alias-query")
def judge_alias(session: Session, requirement: Requirement) -> Finding:
    """Two paths to one task tell the same: asked one right after the other, once ended byte for byte in content."""
    contract, alias = session.contract, session.contract.operations[requirement.subject]
    operation: Operation = contract.roles[Role.QUERY][0]
    judged = 0
    for trace in session.living_bases():
        left = session.poll(trace, operation)
        right = session.poll(trace, alias)
        if right.status not in contract.success[Role.QUERY].statuses:
            return failed(f"the alias answers {right.status}", f"as {operation.path}", (left, right))
        status, other = status_of(contract, left.json), status_of(contract, right.json)
        judged += 1
        in_view = any(alias.id in profile.views for profile in contract.profiles.values())
        if in_view or status is None:
            continue
        if other is None or (status.status_class.terminal and other.name != status.name):
            return failed(f"{operation.path} says {status.name}, the alias {other}", "the same status", (left, right))
        names = ("id", "model", "created", "progress", "link", "reason")
        for slot, value in slots_of(contract, trace, Poll(operation.id, left), status, *names):
            twin = resolve(right.json, segments(slot.pointer))
            same_value = twin == value or (slot.hole.name == "link" and _agree("link", twin, value))
            if status.status_class.terminal and not is_empty(value) and not same_value:
                seen = f"{slot.pointer} is {value!r} on one path and {twin!r} on the other"
                return failed(seen, "the same on both paths", (left, right))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)


@check("retention")
def judge_retention(session: Session, requirement: Requirement) -> Finding:
    """A task can still be queried just before its time is up."""
    rule, mock = session.contract.retention, session.embedded
    if mock is None or rule is None:
        return skipped(Skip.NEEDS_CLOCK)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    mock.sleep(rule.task - 5)
    exchange = session.poll(made)
    if not session.contract.success[Role.QUERY].holds(exchange.status, exchange.json):
        seen = f"answered {exchange.status} after {rule.task - 5:g} s"
        return failed(seen, f"the task, for {rule.task:g} s", (made.created, exchange))
    return passed()


@check("cancel-works")
def judge_cancel(session: Session, requirement: Requirement) -> Finding:
    """A fresh task can be cancelled and then says so."""
    contract, operation = session.contract, session.contract.operation(Role.CANCEL)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if operation is None or not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    before = status_of(contract, session.poll(made).json)
    if before is None or contract.cancel is None or before.status_class not in contract.cancel.classes:
        return skipped(Skip.NOT_OBSERVED, "the task was already beyond cancelling")
    answer = session.send(Role.CANCEL, session.request(operation, task=made.task_id))
    after = session.poll(made)
    status = status_of(contract, after.json)
    if answer.status not in contract.success[Role.CANCEL].statuses:
        if status is not None and contract.cancel and status.status_class not in contract.cancel.classes:
            return skipped(Skip.NOT_OBSERVED, "the task was already beyond cancelling")
        return failed(f"answered {answer.status}", "cancelled", (made.created, answer, after))
    if status is None or status.status_class.value != "cancelled":
        return failed(f"the status is then {status.name if status else None}", "cancelled", (answer, after))
    return passed(2)


@check("cancel-deletes")
def judge_delete(session: Session, requirement: Requirement) -> Finding:
    """A task in a class in which it can be deleted is unknown afterwards."""
    contract, operation = session.contract, session.contract.operation(Role.CANCEL)
    rule, model = contract.cancel, session.any_model()
    made = session.start(model, model.base) if model else None
    if operation is None or rule is None or not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    if all(each.terminal for each in rule.deletes):
        session.follow(made, linger=0)
    before = session.poll(made)
    status = status_of(contract, before.json)
    if status is None or status.status_class not in rule.deletes:
        return skipped(Skip.NOT_OBSERVED, "no task could be deleted")
    answer = session.send(Role.CANCEL, session.request(operation, task=made.task_id))
    if answer.status not in contract.success[Role.CANCEL].statuses:
        return failed(f"answered {answer.status} for a task that is {status.name}", "deleted", (before, answer))
    after = session.poll(made)
    if judge_call(contract, Role.QUERY, after.status, after.json) is CallVerdict.ACCEPTED:
        return failed(f"it is still shown: {after.status}", "an unknown task", (answer, after))
    return passed(2)


__all__ = ["good_polls", "receipt_hole", "shown", "slots_of"]
