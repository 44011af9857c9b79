"""What deviations and variations do to bodies: find the places that carry a meaning, and change what stands there."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from screentest_contracts.contract import Body, Contract, Operation, Role, StatusClass
from screentest_contracts.location import MATCH, MISSING, Location, group_in, replaced, resolve, segments
from screentest_contracts.reading import bodies_of, selected
from screentest_contracts.template import Hole, Slot, Template
from screentest_mockserver.state.hooks import BodyHookContext

BodyHook = Callable[[BodyHookContext, Any], Any]


def put(body: Any, pointer: str, value: Any) -> Any:
    """A copy of `body` with `value` at `pointer` (`MISSING` removes it), also inside JSON that is kept as text."""
    return _put(body, segments(pointer), value)


def _put(body: Any, parts: tuple[str, ...], value: Any) -> Any:
    if parts and parts[-1].startswith(MATCH):
        text = resolve(body, parts[:-1])
        found = group_in(parts[-1], text) if isinstance(text, str) else None
        if found is None:
            return body
        new = "" if value is MISSING else str(value)
        return _put(body, parts[:-1], text[: found.start(1)] + new + text[found.end(1) :])
    if "~json" not in parts:
        return replaced(body, parts, value)
    cut = parts.index("~json")
    text = resolve(body, parts[:cut])
    if not isinstance(text, str) and value is MISSING:
        return body
    inner = orjson.loads(text) if isinstance(text, str) else {}
    return replaced(body, parts[:cut], orjson.dumps(_put(inner, parts[cut + 1 :], value)).decode())


def put_at(body: Any, location: Location, value: Any) -> Any:
    """`value` wherever the location finds something in `body`."""
    for pointer, _ in list(location.all(body)):
        body = put(body, pointer, value)
    return body


def operation_of(view: BodyHookContext) -> Operation:
    """The operation whose body it is; the canonical one of its role for what no operation of that role answers:
    receipts, callbacks, events, ends of tasks for which their create has waited."""
    return view.contract.operations.get(view.kind) or view.contract.roles[view.role][0]


def template_of(view: BodyHookContext) -> Template | None:
    """The template that a task's body was made from."""
    if view.task is None or view.state is None:
        return None
    contract = view.contract
    profile = contract.profiles[view.task.model.profile]
    if view.role is Role.CREATE:
        return selected(profile.receipt)
    readings: tuple[Body, ...] | None = bodies_of(profile, operation_of(view)).get(view.state.status)
    return None if readings is None else selected(readings)


def slots(view: BodyHookContext, *names: str) -> Iterator[Slot]:
    """The members of a task's body that are one hole with one of these names."""
    template = template_of(view)
    if template is not None:
        yield from (slot for slot in template.slots_named(*names) if slot.whole)


def change(view: BodyHookContext, body: Any, names: tuple[str, ...], new: Callable[[Hole, Any], Any]) -> Any:
    """Replaces the value of every hole with one of these names that is set."""
    for slot in slots(view, *names):
        value = resolve(body, segments(slot.pointer))
        if value is not MISSING and value is not None and value != slot.hole.unset:
            body = put(body, slot.pointer, new(slot.hole, value))
    return body


def in_receipt(hook: BodyHook) -> BodyHook:
    """The hook, for receipts only."""
    return lambda view, body: hook(view, body) if view.role is Role.CREATE else body


def in_query(*classes: StatusClass) -> Callable[[BodyHook], BodyHook]:
    """The hook, for what queries and callbacks say of tasks in these classes (all, when none is given)."""

    def narrow(hook: BodyHook) -> BodyHook:
        def narrowed(view: BodyHookContext, body: Any) -> Any:
            state = view.state
            if view.role not in (Role.QUERY, Role.RESULT) or state is None:
                return body
            return hook(view, body) if not classes or state.status_class in classes else body

        return narrowed

    return narrow


RUNNING = (StatusClass.QUEUED, StatusClass.RUNNING)
"""The classes of a task that has not ended."""


def templates(contract: Contract, role: Role) -> Iterator[Template]:
    """Every selected template of receipts, or of the canonical query's bodies."""
    for profile in contract.profiles.values():
        if role is Role.CREATE:
            yield selected(profile.receipt)
        else:
            yield from (selected(each) for each in bodies_of(profile, contract.roles[Role.QUERY][0]).values())


def has_hole(role: Role, *names: str, forms: tuple[str, ...] = ()) -> Callable[[Contract], bool]:
    """Whether a body of the role has a member with one of these names (and forms)."""

    def applies(contract: Contract) -> bool:
        return any(
            slot.whole and (not forms or slot.hole.form in forms)
            for template in templates(contract, role)
            for slot in template.slots_named(*names)
        )

    return applies
