"""Members that must, or must not, be there."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from screentest_contracts.contract import Contract, Operation, Presence, Response, Role, Status, StatusClass
from screentest_contracts.location import (
    MISSING,
    Location,
    first_item,
    is_empty,
    pointer_of,
    replaced,
    resolve,
    segments,
)
from screentest_contracts.reading import bodies_of
from screentest_contracts.requirements import Requirement, kinds
from screentest_contracts.schemas import member_schemas, validator
from screentest_suites.checks.polls import canonical, good_polls, profile_of, shown, slots_of, status_at
from screentest_suites.checks.registry import Judgement, Violation, trace_check
from screentest_suites.core.exchange import Poll, Trace

_FILE = re.compile(r"https?://[^?#\s]+\.(mp4|mov|webm)([?#]|$)", re.IGNORECASE)
_ANY_FILE = re.compile(rb"\.(mp4|mov|webm)|\\u", re.IGNORECASE)
"""What a body has that holds such an address, escaped or not."""


@trace_check(kinds.LINKS_DECLARED)
def judge_links(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """Addresses of video files stand only where the document has an address, or free text: by a body that it prints, in
    any item of a list of which it prints one, or by its schema."""
    judged = 0
    for poll, status in shown(contract, trace):
        judged += 1
        if not _ANY_FILE.search(poll.exchange.body):
            continue
        operation = contract.operations[poll.operation]
        readings = bodies_of(profile_of(contract, trace), operation).get(status.name, ())
        known = {first_item(slot.pointer) for body in readings for slot in body.template.slots}
        known.update(first_item(pointer) for pointer in contract.link.at.pointers)
        for pointer, text in _texts(poll.exchange.json, ""):
            if first_item(pointer) not in known and _FILE.match(text) and not _declared(operation, poll, pointer):
                return Violation(f"{pointer} holds {text[:120]!r}", "no address there", (poll.exchange,))
    return judged


def _declared(operation: Operation, poll: Poll, pointer: str) -> bool:
    """Whether the schema of the answer names the member."""
    response = operation.response(poll.exchange.status)
    return response is not None and any(
        member_schemas(schema, Location(pointer)) for schema in response.schemas.values()
    )


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


_TYPES = {name: validator({"type": name}) for name in ("string", "integer", "number", "boolean", "array", "object")}


def presence_problem(row: Presence, body: Any, operation: Operation, status: int) -> str | None:
    """What is wrong with a member that must (not) be there, or None. `operation` answered with HTTP status `status`."""
    value = resolve(body, segments(row.pointer))
    if not row.present:
        return None if is_empty(value) else f"{row.pointer} is there: {str(value)[:120]!r}"
    if value is None and _may_be_null(row, body, operation.response(status)):
        return None
    if value is MISSING or value is None:
        return f"{row.pointer} is missing"
    if row.type is not None and not _TYPES[row.type].is_valid(value):
        return f"{row.pointer} is {str(value)[:120]!r}"
    return None


def _may_be_null(row: Presence, body: Any, response: Response | None) -> bool:
    """Whether a row that holds at any time speaks of the member and not of its value: the schema demands the member and
    lets it be null."""
    if not {"all", "receipt"} & set(row.on) or response is None or "~json" in row.pointer:
        return False
    path = segments(row.pointer)
    without = replaced(body, path, MISSING)
    with suppress(ValueError):  # nested deeper than a validator goes
        for each in response.validators.values():
            errors = list(each.iter_errors(body))
            here = [error for error in errors if tuple(map(str, error.instance_path)) == path]
            if not here and len(list(each.iter_errors(without))) > len(errors):
                return True
    return False


@trace_check(kinds.PRESENCE)
def judge_presence(contract: Contract, requirement: Requirement[Presence], trace: Trace) -> Judgement:
    """A member is there, or not there, when the document says so."""
    row = requirement.subject
    if row.on == ("receipt",):
        if row.profile is not None and contract.models[trace.model].profile != row.profile:
            return 0
        operation = contract.models[trace.model].operations[0]
        problem = presence_problem(row, trace.created.json, operation, trace.created.status)
        return Violation(problem, _wanted(row), (trace.created,)) if problem else 1
    judged = 0
    for poll in good_polls(contract, trace):
        status = status_at(contract, poll)
        if applies(contract, row, trace, poll, status):
            judged += 1
            answer = poll.exchange
            problem = presence_problem(row, answer.json, contract.operations[poll.operation], answer.status)
            problem = problem or _blank_reason(contract, row, trace, poll, status)
            if problem:
                where = f" at {status.name}" if status else ""
                return Violation(f"{problem}{where}", _wanted(row), (trace.created, poll.exchange))
    return judged


def _blank_reason(contract: Contract, row: Presence, trace: Trace, poll: Poll, status: Status | None) -> str | None:
    """What is wrong with the reason of a failed task where it is there, but says nothing."""
    if not row.present or status is None or status.status_class is not StatusClass.FAILED:
        return None
    slots = slots_of(contract, trace, poll, status, "reason", "reason_code")
    blank = any(slot.pointer == row.pointer and isinstance(value, str) and not value.strip() for slot, value in slots)
    return f"{row.pointer} is empty" if blank else None


def _wanted(row: Presence) -> str:
    return f"{row.type or 'a value'} at {row.pointer}" if row.present else f"nothing at {row.pointer}"
