"""Members of the query's answer that are missing, or there when they must not be."""

from typing import Any

from screentest_contracts.contract import Contract, Presence, Role, StatusClass
from screentest_contracts.location import MISSING, resolve, segments
from screentest_mockserver.behaviours.deviations.edit import in_query, operation_of, put, slots
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Hooks


def _query(
    name: str,
    about: str,
    breaks: tuple[str, ...],
    hook: Any,
    *classes: StatusClass,
    applies: Applies = everywhere,
    also: tuple[str, ...] = (),
) -> None:
    also = (*also, "list.items", "result.answer.*")  # which then show it, too, or otherwise than the query
    register(Deviation(name, about, breaks, hooks=Hooks(body=in_query(*classes)(hook)), applies=applies, also=also))


def rows(contract: Contract, *, present: bool) -> list[Presence]:
    """The promises about members of the query's answers."""
    return [row for row in contract.presence if row.on != ("receipt",) and row.present is present]


def due(row: Presence, view: BodyHookContext) -> bool:
    """Whether a row speaks about what is shown now."""
    if view.task is None or view.state is None or row.profile not in (None, view.task.model.profile):
        return False
    if row.operation is not None and row.operation != view.kind:
        return False
    contract = view.contract
    own_shape = view.role is Role.RESULT or any(view.kind in profile.views for profile in contract.profiles.values())
    if row.operation is None and own_shape:
        return False
    return "all" in row.on or view.state.status in row.on or view.state.status_class.value in row.on


def _is(row: Presence, pointers: tuple[str, ...]) -> bool:
    """Whether a row is about one of these places, or something around it."""
    return any(at == row.pointer or at.startswith(f"{row.pointer}/") for at in pointers)


def _vital(contract: Contract) -> tuple[str, ...]:
    places = (*contract.lifecycle.status_at.pointers, *contract.link.at.pointers)
    return (
        *places,
        *(
            pointer
            for (first, *_) in contract.roles.values()
            if first.shown_id
            for pointer in first.shown_id.at.pointers
        ),
        *(location.pointers[0] for reading in contract.success[Role.QUERY].readings for location in reading.present),
        *(location.pointers[0] for reading in contract.success[Role.QUERY].readings for location, _ in reading.equals),
    )


def _dropped(view: BodyHookContext, body: Any) -> Any:
    for row in rows(view.contract, present=True):
        if due(row, view) and not _is(row, _vital(view.contract)):
            body = put(body, row.pointer, MISSING)
    return body


def _retyped(view: BodyHookContext, body: Any) -> Any:
    for row in rows(view.contract, present=True):
        if due(row, view) and row.type is not None and not _is(row, _vital(view.contract)):
            value = resolve(body, segments(row.pointer))
            if value is MISSING:  # dropped along with its parent
                continue
            body = put(body, row.pointer, [value] if row.type != "array" else {"0": value})
    return body


def _droppable(contract: Contract) -> bool:
    return any(not _is(row, _vital(contract)) for row in rows(contract, present=True))


_query(
    "drops-members",
    "members that the query promises are missing",
    ("query.*.present",),
    _dropped,
    applies=_droppable,
    also=("query.*",),
)
_query(
    "members-of-other-type",
    "members of the query's answer are wrapped in a list",
    ("query.*.present",),
    _retyped,
    applies=lambda c: any(r.type and not _is(r, _vital(c)) for r in rows(c, present=True)),
    also=("query.*", "result.link.expiry", "callback.body"),
)


def _reason(contract: Contract, row: Presence) -> bool:
    return not _is(row, contract.link.at.pointers) and all(
        word in ("failed", "cancelled", "expired")
        or (
            word in contract.lifecycle.statuses
            and contract.lifecycle.statuses[word].status_class is not StatusClass.SUCCEEDED
            and contract.lifecycle.statuses[word].status_class.terminal
        )
        for word in row.on
    )


def _no_reason(view: BodyHookContext, body: Any) -> Any:
    for row in rows(view.contract, present=True):
        if due(row, view) and _reason(view.contract, row):
            body = put(body, row.pointer, MISSING)
    return body


def _no_link(view: BodyHookContext, body: Any) -> Any:
    for pointer in view.contract.link.at.pointers:
        body = put(body, pointer, MISSING)
    for slot in slots(view, "link"):
        body = put(body, slot.pointer, MISSING)
    return body


_query(
    "failure-without-reason",
    "a failed task does not say why",
    ("query.*.present",),
    _no_reason,
    StatusClass.FAILED,
    applies=lambda c: any(_reason(c, row) for row in rows(c, present=True)),
    also=("query.schema", "query.status-code", "query.status.known", "query.alias.*", "query.failed.reason"),
)
_query(
    "success-without-result",
    "a task that has succeeded shows no address",
    ("result.link", "query.*.present"),
    _no_link,
    StatusClass.SUCCEEDED,
    applies=lambda c: bool(c.link.at.pointers),
    also=("query.schema", "query.copies.*", "query.status.known", "query.alias.*", "content.there"),
)


def _early(view: BodyHookContext, body: Any) -> Any:
    for row in rows(view.contract, present=False):
        if due(row, view) and _is(row, view.contract.link.at.pointers):
            pointer = next(
                at for at in view.contract.link.at.pointers if at == row.pointer or at.startswith(f"{row.pointer}/")
            )
            body = put(body, pointer, "https://media.example.com/early.mp4")
    return body


def _error_of_success(view: BodyHookContext, body: Any) -> Any:
    for row in rows(view.contract, present=False):
        if (
            due(row, view)
            and not _is(row, view.contract.link.at.pointers)
            and not row.pointer.rpartition("/")[2].isdecimal()
        ):
            shown = {"code": "no_fault", "message": "none"} if row.pointer.endswith("error") else "none"
            body = put(body, row.pointer, shown)
    return body


_query(
    "result-before-success",
    "an address is shown before the task has succeeded",
    ("query.*.absent",),
    _early,
    applies=lambda c: any(_is(row, c.link.at.pointers) for row in rows(c, present=False)),
    also=("query.schema", "query.status.terminal", "query.copies.*", "query.alias.*"),
)
_query(
    "shows-what-must-be-absent",
    "members are there at a status that must not have them, such as an error at success",
    ("query.*.absent",),
    _error_of_success,
    also=(
        "query.schema",
        "query.status-code",
        "query.status.*",
        "query.*.form",
        "query.times.order",
        "query.ends",
        "query.alias.*",
    ),
)


def _vital_key(contract: Contract, key: str) -> bool:
    return any(at.split("/")[1] == key for at in (*_vital(contract), *contract.id.at.pointers))


def _typed(schema: Any) -> set[str]:
    """The members that a schema gives a type."""
    found = {
        name for name, member in schema.get("properties", {}).items() if isinstance(member, dict) and "type" in member
    }
    return found.union(*(_typed(part) for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ())))


def _has_misfit(contract: Contract) -> bool:
    response = contract.roles[Role.QUERY][0].response(contract.success[Role.QUERY].made)
    return response is not None and any(
        not _vital_key(contract, name) for schema in response.schemas.values() for name in _typed(schema)
    )


def _misfit(view: BodyHookContext, body: Any) -> Any:
    """The first member that may be changed so, and still leaves the task readable, becomes a list in a list."""
    contract = view.contract
    operation = operation_of(view)
    response = operation.response(contract.success[Role.QUERY].made)
    for key in reversed(body):
        changed = {**body, key: [[]]}
        if (
            not _vital_key(contract, key)
            and response is not None
            and not all(each.is_valid(changed) for each in response.validators.values())
        ):
            return changed
    return body


_query(
    "schema-violated",
    "a member of the query's answer has another shape than in the schema",
    ("query.schema",),
    _misfit,
    applies=_has_misfit,
    also=("query.*", "callback.body"),
)
