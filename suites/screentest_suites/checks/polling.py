"""How a task moves, as its polls show it: status by status, to an end that stays; what tells it twice must agree."""

from typing import Any

from screentest_contracts.contract import Contract, Operation, Role, Status
from screentest_contracts.location import MISSING, first_item, is_empty, replaced, resolve, segments
from screentest_contracts.reading import link_of, matching_reading
from screentest_contracts.requirements import (
    DuplicateMembers,
    OperationName,
    Requirement,
    StatusCopies,
    StatusNames,
    kinds,
)
from screentest_suites.checks.polls import canonical, good_polls, place_of, shown, slots_of, status_at
from screentest_suites.checks.receipt import same
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


@trace_check(kinds.QUERY_STATUS_CODE)
def judge_status_code(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """Queries of an own task are answered, every one of them."""
    allowed = contract.success[Role.QUERY].statuses
    answered = any(poll.exchange.status in allowed for poll in trace.polls)
    judged = errors = 0
    for poll in trace.polls:
        exchange = poll.exchange
        if exchange.error:
            return Violation(exchange.error, "an answer", (trace.created, exchange))
        if exchange.status == 429 or (answered and _owned_up_to(contract, "unavailable", exchange)):
            continue
        if answered and _owned_up_to(contract, "server-error", exchange) and not errors:
            errors += 1  # once in a task's life is no more than the document warns of
            continue
        if exchange.status not in allowed:
            seen = f"answered {exchange.status}"
            return Violation(seen, " or ".join(map(str, allowed)), (trace.created, exchange))
        if not contract.success[Role.QUERY].holds(exchange.status, exchange.json):
            row = contract.error(Role.QUERY, "unknown-task")
            unknown = row is not None and matching_reading(row, exchange.status, exchange.json) is not None
            if unknown or not _only_the_word(contract, exchange):  # an unknown word is another requirement's business
                seen = f"answered {exchange.status} with a body that is no success"
                return Violation(seen, "the task", (trace.created, exchange))
        judged += 1
    if not judged and trace.gave_up and trace.polls:
        return Violation(trace.gave_up, "the task", (trace.created, trace.polls[-1].exchange))
    return judged


def _only_the_word(contract: Contract, exchange: Exchange) -> bool:
    """Whether nothing but an unknown status keeps an answer from being a success."""
    lifecycle, success = contract.lifecycle, contract.success[Role.QUERY]
    if status_in(contract, exchange) is not None:
        return False
    known = (lifecycle.word(name, exchange.sent.operation) for name in lifecycle.statuses)
    words = {str(word): word for word in known if word is not MISSING}
    return any(
        success.holds(exchange.status, replaced(exchange.json, segments(pointer), word))
        for pointer, _ in lifecycle.status_at.all(exchange.json)
        for word in words.values()
    )


def _owned_up_to(contract: Contract, condition: str, exchange: Exchange) -> bool:
    """Whether the answer is a passing weakness as the document has it."""
    rows = contract.errors.get((Role.QUERY, condition), ())
    return any(matching_reading(row, exchange.status, exchange.json) is not None for row in rows)


@trace_check(kinds.QUERY_SCHEMA)
def judge_schema(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
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


@trace_check(kinds.STATUS_KNOWN)
def judge_known(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """Every status is a documented one."""
    judged = 0
    for poll in good_polls(contract, trace):
        if status_at(contract, poll) is None:
            if not canonical(contract, poll) or poll.operation in contract.lifecycle.words:
                continue
            word = contract.lifecycle.status_at.find(poll.exchange.json)
            words = ", ".join(contract.lifecycle.statuses)
            return Violation(f"the status is {word!r}", f"one of {words}", (poll.exchange,))
        judged += 1
    return judged


@trace_check(kinds.ALIAS_WORDS)
def judge_alias_words(contract: Contract, requirement: Requirement[OperationName], trace: Trace) -> Judgement:
    """Every status that an alias tells is one of its own words."""
    lifecycle, judged = contract.lifecycle, 0
    for poll in good_polls(contract, trace):
        if poll.operation == requirement.subject.operation:
            judged += 1
            if status_at(contract, poll) is None:
                word = lifecycle.status_at.find(poll.exchange.json)
                known = (lifecycle.word(name, poll.operation) for name in lifecycle.statuses)
                words = ", ".join(str(each) for each in known if each is not MISSING)
                return Violation(f"the status is {word!r}", f"one of {words}", (poll.exchange,))
    return judged


@trace_check(kinds.STATUS_CASE)
def judge_case(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """Words are written as documented, where another case is understood, too: in receipts as in queries."""
    lifecycle, judged = contract.lifecycle, 0
    first = lifecycle.receipt_at.find(trace.created.json) if lifecycle.receipt_at else None
    if isinstance(first, str) and first not in lifecycle.initial:
        word = next((word for word in lifecycle.initial if word.lower() == first.lower()), None)
        if word is not None:
            return Violation(f"the receipt's status is {first!r}", f"{word!r}", (trace.created,))
    for poll, status in shown(contract, trace):
        word = contract.lifecycle.status_at.find(poll.exchange.json)
        if isinstance(word, str) and canonical(contract, poll):
            judged += 1
            if word != (due := lifecycle.word(status.name, poll.operation)):
                return Violation(f"the status is {word!r}", f"{due!r}", (poll.exchange,))
    return judged


@trace_check(kinds.STATUS_TRANSITIONS)
def judge_transitions(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
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


@trace_check(kinds.STATUS_TERMINAL)
def judge_terminal(contract: Contract, requirement: Requirement[StatusNames], trace: Trace) -> Judgement:
    """After the end nothing changes any more: status, address and reason. A receipt may say that it is the end."""
    end: tuple[Poll, Status] | None = None
    judged = 0
    word = contract.lifecycle.receipt_at.find(trace.created.json) if contract.lifecycle.receipt_at else None
    said = contract.lifecycle.initial.get(word) if isinstance(word, str) else None
    for poll in good_polls(contract, trace):
        status = status_at(contract, poll)
        if said is not None and said.terminal and status is not None and status.status_class is not said:
            seen = f"the receipt said {word!r}, then it was {status.name}"
            return Violation(seen, f"{said} for ever", (trace.created, poll.exchange))
        if status is None and poll.operation in contract.lifecycle.words:
            continue  # the word is another requirement's business
        if end is None:
            if status is not None and status.status_class.terminal:
                end = (poll, status)
                if status.name not in requirement.subject.names:
                    return 0  # another requirement speaks of this end
            continue
        judged += 1
        both = (end[0].exchange, poll.exchange)
        if status is None or status.name != end[1].name:
            word = status.name if status else contract.lifecycle.status_at.find(poll.exchange.json)
            return Violation(f"{end[1].name} was followed by {word!r}", f"{end[1].name} for ever", both)
        if poll.operation != end[0].operation:
            continue
        before, after = link_of(contract, end[0].exchange.json), link_of(contract, poll.exchange.json)
        if (before is None) != (after is None) or (before and after and place_of(before) != place_of(after)):
            return Violation(f"the result was {before!r} and is {after!r}", "the same result", both)
        for name in ("reason", "reason_code"):
            values = [
                [value for slot, value in slots_of(contract, trace, each, end[1], name)] for each in (end[0], poll)
            ]
            if values[0] != values[1]:
                return Violation(f"the {name} was {values[0]} and is {values[1]}", "the same reason", both)
    return judged


@trace_check(kinds.TASK_ENDS)
def judge_ends(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """The task came to an end."""
    if trace.gave_up:
        last = trace.polls[-1].exchange if trace.polls else trace.created
        return Violation(trace.gave_up, "an end", (trace.created, last))
    return int(trace.ended)


@trace_check(kinds.DUPLICATE_MEMBERS_AGREE)
def judge_copies(contract: Contract, requirement: Requirement[DuplicateMembers], trace: Trace) -> Judgement:
    """Copies of one value inside one body agree. The items of a list are parts, not copies."""
    name = requirement.subject.value
    judged = 0
    for poll, status in shown(contract, trace):
        found = list(slots_of(contract, trace, poll, status, name))
        first = {first_item(slot.pointer): (slot.pointer, value) for slot, value in reversed(found)}
        values = [each for each in reversed(first.values()) if not is_empty(each[1])]
        if len(values) > 1:
            judged += 1
            if any(not _agree(name, values[0][1], value) for _, value in values[1:]):
                seen = ", ".join(f"{pointer} is {value!r}" for pointer, value in values)
                return Violation(seen, "the same everywhere", (poll.exchange,))
    return judged


def _agree(name: str, left: Any, right: Any) -> bool:
    if name == "link":
        return place_of(str(left)) == place_of(str(right))
    return left == right or same(left, right)


@trace_check(kinds.STATUS_COPY)
def judge_status_copy(contract: Contract, requirement: Requirement[StatusCopies], trace: Trace) -> Judgement:
    """A nested copy of the status tells the same class."""
    copy = requirement.subject.by_profile.get(contract.models[trace.model].profile)
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


@check(kinds.ALIAS_QUERY)
def judge_alias(session: Session, requirement: Requirement[OperationName]) -> Finding:
    """Two paths to one task tell the same: asked one right after the other, once ended byte for byte in content."""
    contract, alias = session.contract, session.contract.operations[requirement.subject.operation]
    operation: Operation = contract.roles[Role.QUERY][0]
    judged = 0
    for trace in session.living_bases():
        left = session.poll(trace, operation)
        right = session.poll(trace, alias)
        if right.status not in contract.success[Role.QUERY].statuses:
            return failed(f"the alias answers {right.status}", f"as {operation.path}", (left, right))
        status, other = status_in(contract, left), status_in(contract, right)
        judged += 1
        in_view = any(alias.id in profile.views for profile in contract.profiles.values())
        if in_view or status is None or (other is None and alias.id in contract.lifecycle.words):
            continue  # the word is another requirement's business
        if other is None or (status.status_class.terminal and other.name != status.name):
            told = other.name if other is not None else "nothing that is known"
            return failed(f"{operation.path} says {status.name}, the alias {told}", "the same status", (left, right))
        names = ("id", "model", "created", "progress", "link", "reason")
        for slot, value in slots_of(contract, trace, Poll(operation.id, left), status, *names):
            twin = resolve(right.json, segments(slot.pointer))
            same_value = twin == value or (slot.hole.name == "link" and _agree("link", twin, value))
            if status.status_class.terminal and not is_empty(value) and not same_value:
                seen = f"{slot.pointer} is {value!r} on one path and {twin!r} on the other"
                return failed(seen, "the same on both paths", (left, right))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)
