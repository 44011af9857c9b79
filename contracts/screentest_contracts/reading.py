"""Reads a vendor's answers by its contract: was the call accepted, what does the task say of itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from screentest_contracts.contract import (
    Bodies,
    Body,
    Contract,
    ErrorReading,
    ErrorRow,
    Lifecycle,
    Operation,
    Profile,
    Role,
    Status,
)
from screentest_contracts.location import MISSING, Location, is_empty, replaced, resolve, segments
from screentest_contracts.template import Hole, Slot, Template

LONGEST_ID = 8192
"""Characters of an id with which it can still be asked for: servers take no longer lines."""


class CallOutcome(StrEnum):
    """What an answer says of the call, by the vendor's own convention."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BROKEN = "broken"


def judge_call(contract: Contract, role: Role, status: int, body: Any) -> CallOutcome:
    """Whether an answer accepts or refuses the call; BROKEN is a server error or no sense at all.

    A create is accepted in substance when it hands out a task id, even under a status nobody documented: the task
    exists and costs money.
    """
    success = contract.success.get(role)
    if success is not None and success.holds(status, body):
        return CallOutcome.ACCEPTED
    if role is Role.CREATE and _shows_end(contract, status, body):
        return CallOutcome.ACCEPTED
    if status >= 500:
        row_statuses = {
            reading.status for row in contract.errors.get((role, "unknown-model"), ()) for reading in row.readings
        }
        return (
            CallOutcome.REFUSED
            if status in row_statuses and error_value(contract, "message", body)
            else CallOutcome.BROKEN
        )
    made_a_task = role is Role.CREATE and 200 <= status < 300 and task_id(contract, body) is not None
    if made_a_task and (success is None or any(reading.body_holds(body) for reading in success.readings)):
        return CallOutcome.ACCEPTED
    if 400 <= status < 500:
        return CallOutcome.REFUSED
    if 200 <= status < 300 and _says_error(contract, role, body):
        return CallOutcome.REFUSED
    return CallOutcome.BROKEN


def _shows_end(contract: Contract, status: int, body: Any) -> bool:
    """Whether the answer to a create that waited shows the end of its task, as a query does."""
    rule, success = contract.wait, contract.success[Role.QUERY]
    if rule is None or status not in rule.statuses or task_id(contract, body) is None:
        return False
    shown = status_of(contract, body)
    ended = shown is not None and shown.status_class.terminal
    return ended and any(reading.body_holds(body) for reading in success.readings)


def _says_error(contract: Contract, role: Role, body: Any) -> bool:
    """Whether a 2xx body is a refusal by the document's convention."""
    success = contract.success.get(role)
    if success is None:
        return False
    if any(not is_empty(location.find(body)) for reading in success.readings for location in reading.absent):
        return True
    return any(
        location.find(body) is not MISSING and location.find(body) not in values
        for reading in success.readings
        for location, values in reading.equals
    )


def task_id(contract: Contract, body: Any) -> str | None:
    """The id in a receipt, or None."""
    return id_text(contract.id.at.find(body))


def id_text(value: Any) -> str | None:
    """An id as it is asked for: some vendors' are numbers in JSON. None for what is no id, or is too long."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID else None


def error_value(contract: Contract, name: str, body: Any) -> Any:
    """The `code`, `message`, `type` or `param` of a refusal; MISSING when it is absent, or no place is documented."""
    location = contract.error_at.get(name)
    return MISSING if location is None else location.find(body)


def status_of(contract: Contract, body: Any, operation: str = "") -> Status | None:
    """The status that a query's body shows, or None for an unknown word. `operation`: the id of the one that gave it,
    which may have words of its own."""
    return contract.lifecycle.read(body, view=operation)


def respelled(lifecycle: Lifecycle, body: Any, at: Location, view: str, *, back: bool = False) -> Any:
    """A body with the word that a view has for the status that it shows by the query's; `back`: the other way round. A
    body that shows no status stays as it is."""
    if view not in lifecycle.words:
        return body
    status = lifecycle.read(body, at, view if back else "")
    if status is None:
        return body
    word = lifecycle.word(status.name, "" if back else view)
    for pointer, _ in list(at.all(body)):
        body = replaced(body, segments(pointer), word)
    return body


def bodies_of(profile: Profile, operation: Operation) -> Bodies:
    """The bodies with which an operation answers for tasks of a profile."""
    if operation.role is Role.RESULT:
        return profile.result
    return profile.views.get(operation.id, profile.bodies)


def selected(bodies: tuple[Body, ...]) -> Template:
    """The template that the mock uses."""
    return next(body.template for body in bodies if body.selected)


@dataclass(frozen=True, slots=True)
class Found:
    """A hole of a body and the value that stands there."""

    pointer: str
    hole: Hole
    value: Any


def holes_in(template: Template, body: Any, *names: str) -> Iterator[Found]:
    """The whole-value holes with these names and what stands in their place (possibly MISSING)."""
    for slot in template.slots_named(*names):
        if slot.whole:
            yield Found(slot.pointer, slot.hole, resolve(body, segments(slot.pointer)))


def slots_by_pointer(bodies: Bodies, *names: str) -> dict[str, Slot]:
    """The whole-value holes with these names over all statuses, by pointer."""
    found: dict[str, Slot] = {}
    for readings in bodies.values():
        for slot in selected(readings).slots_named(*names):
            if slot.whole:
                found.setdefault(slot.pointer, slot)
    return found


def matching_reading(row: ErrorRow, status: int, body: Any) -> ErrorReading | None:
    """The first documented reading whose status and literal members an answer shows."""
    for reading in row.readings:
        if reading.status == status and (reading.body is None or not reading.body.mismatches(body)):
            return reading
    return None


def link_of(contract: Contract, body: Any) -> str | None:
    """The result's address in a body that shows success, or None."""
    value = contract.link.at.find(body)
    return value if isinstance(value, str) and value else None


def location_of(pointer: str) -> Location:
    """A location of one pointer."""
    return Location(pointer)
