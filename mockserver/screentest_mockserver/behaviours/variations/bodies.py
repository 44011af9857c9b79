"""What receipts and queries say of tasks."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.reading import bodies_of, respelled
from screentest_mockserver.behaviours.deviations.edit import (
    RUNNING,
    change,
    in_query,
    in_receipt,
    operation_of,
    put,
    put_at,
    template_of,
)
from screentest_mockserver.behaviours.deviations.members import due
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import BodyHookContext, Hooks
from screentest_mockserver.state.render import TaskContext

# -- bodies -------------------------------------------------------------------------------------------------------


def _fits(view: BodyHookContext, body: Any) -> bool:
    """Whether a body still is one of the documented schema."""
    contract, lifecycle = view.contract, view.contract.lifecycle
    operation = operation_of(view)
    response = operation.response(contract.success[view.role].made)
    body = respelled(lifecycle, body, lifecycle.status_at, operation.id)  # as it is written after the hook
    return response is None or all(validator.is_valid(body) for validator in response.validators.values())


def _legal(hook: Callable[[BodyHookContext, Any], Any]) -> Callable[[BodyHookContext, Any], Any]:
    """The hook's body where the schema admits it, else the usual one."""

    def body(view: BodyHookContext, old: Any) -> Any:
        new = hook(view, old)
        return new if _fits(view, new) else old

    return body


_EXTRA = {"x_trace": "abc", "x_region": None, "x_cost": {"units": 3, "parts": [1, 2]}, "x_url_count": 0}


def _extra(view: BodyHookContext, body: Any) -> Any:
    if isinstance(body, list):  # of several tasks
        return [_extra(view, each) for each in body]
    return {**body, **_EXTRA}


def _extra_inside(view: BodyHookContext, body: Any) -> Any:
    if isinstance(body, list):
        return [_extra_inside(view, each) for each in body]
    for key, value in body.items():
        if isinstance(value, dict) and value:
            body = {**body, key: {**value, "x_detail": {"seen": True}}}
    return body


def _for_absent(value: Any) -> Any:
    """What must be absent is there, but empty."""

    def body(view: BodyHookContext, old: Any) -> Any:
        if view.task is None:
            return old
        for row in view.contract.presence:
            speaks = row.on == ("receipt",) if view.role is Role.CREATE else row.on != ("receipt",) and due(row, view)
            if speaks and not row.present and resolve(old, segments(row.pointer)) is MISSING:
                new = put(old, row.pointer, value)
                old = new if _fits(view, new) else old
        return old

    return body


def _unpromised(view: BodyHookContext, body: Any) -> Any:
    """Without the members that no promise names and the schema does not require."""
    contract = view.contract
    if view.task is None or view.role not in (Role.CREATE, Role.QUERY):
        return body
    kept = {*contract.id.at.pointers, *contract.lifecycle.status_at.pointers, *contract.link.at.pointers}
    kept |= {location.pointers[0] for reading in contract.success[view.role].readings for location in reading.present}
    kept |= {location.pointers[0] for reading in contract.success[view.role].readings for location, _ in reading.equals}
    template = template_of(view)
    kept |= {slot.pointer for slot in template.slots_named("reason", "reason_code")} if template is not None else set()
    kept |= {pointer for asset in contract.assets.values() if not asset.optional for pointer in asset.at.pointers}
    for row in contract.presence:
        if row.present and (row.on == ("receipt",) or due(row, view)):
            kept.add(row.pointer)
    for key in list(body):
        new = {name: value for name, value in body.items() if name != key}
        if not any(pointer == f"/{key}" or pointer.startswith(f"/{key}/") for pointer in kept) and _fits(view, new):
            body = new
    return body


vary("unknown-members", "answers hold members that nobody documented", hooks=Hooks(body=_legal(_extra)))
vary(
    "unknown-members-inside",
    "objects within answers hold members that nobody documented",
    hooks=Hooks(body=_legal(_extra_inside)),
)
vary("null-for-absent", "members without a value are there as null", hooks=Hooks(body=_for_absent(None)))
vary("empty-text-for-absent", 'members without a value are there as ""', hooks=Hooks(body=_for_absent("")))
vary("empty-list-for-absent", "members without a value are there as []", hooks=Hooks(body=_for_absent([])))
vary("empty-object-for-absent", "members without a value are there as {}", hooks=Hooks(body=_for_absent({})))
vary("leaves-out-optional-members", "members that no promise names are left out", hooks=Hooks(body=_unpromised))


def _other_body(number: int) -> Any:
    """The `number`-th of the other documented readings of a body."""

    def body(view: BodyHookContext, old: Any) -> Any:
        task, state = view.task, view.state
        if task is None or state is None:
            return old
        contract = view.contract
        profile = contract.profiles[task.model.profile]
        if view.role is Role.CREATE:
            readings = profile.receipt
        else:
            operation = operation_of(view)
            readings = bodies_of(profile, operation).get(state.status, ())
        others = [each for each in readings if not each.selected]
        return others[number].template.render(TaskContext(view.call, task, state)) if number < len(others) else old

    return body


for _number in range(2):
    vary(f"body-reading-{_number + 2}", "answers have another documented shape", hooks=Hooks(body=_other_body(_number)))


def _initial(number: int) -> Any:
    def body(view: BodyHookContext, old: Any) -> Any:
        lifecycle = view.contract.lifecycle
        words = list(lifecycle.initial)
        if lifecycle.receipt_at is None or number >= len(words):
            return old
        return put_at(old, lifecycle.receipt_at, words[number])

    return body


for _number in range(3):
    vary(
        f"receipt-word-{_number + 1}",
        "a receipt's status is another documented word",
        hooks=Hooks(body=in_receipt(_legal(_initial(_number)))),
    )


def _tolerated(view: BodyHookContext, body: Any) -> Any:
    lifecycle = view.contract.lifecycle
    state, task = view.state, view.task
    if task is None or state is None or view.call.elapsed(task) > 5:
        return body
    for status in lifecycle.statuses.values():
        if (
            status.tolerated
            and status.status_class is state.status_class
            and lifecycle.allows(status.name, state.status)
        ):
            return put_at(body, lifecycle.status_at, status.wire)
    return body


def _lower(view: BodyHookContext, body: Any) -> Any:
    at = view.contract.lifecycle.status_at
    word = at.find(body)
    return put_at(body, at, word.swapcase()) if isinstance(word, str) else body


vary(
    "tolerated-status",
    "a fresh task's status is a word that is only tolerated",
    hooks=Hooks(body=in_query(*RUNNING)(_legal(_tolerated))),
    applies=lambda c: any(s.tolerated for s in c.lifecycle.statuses.values()),
)
vary(
    "other-case",
    "status words are in the other case, where case does not count",
    hooks=Hooks(body=in_query()(_legal(_lower))),
    applies=lambda c: c.lifecycle.ignore_case,
)

_TEXTS = {
    "chinese-reasons": "内容审核未通过。请修改提示词后重试。",
    "long-reasons": "The request was stopped. " * 200,
    "odd-reasons": 'Line one\nline "two"\t\\ 🎬 \u2028 </script>',
}


def _reason(text: str) -> Callable[[BodyHookContext, Any], Any]:
    return lambda view, body: change(view, body, ("reason",), lambda hole, value: text)


for _name, _text in _TEXTS.items():
    vary(
        _name,
        "a failed task tells its reason in other words",
        hooks=Hooks(body=in_query(StatusClass.FAILED)(_legal(_reason(_text)))),
    )


def _offset(view: BodyHookContext, body: Any) -> Any:
    names = ("created", "submitted", "started", "finished", "updated")
    return change(
        view,
        body,
        names,
        lambda hole, value: value[:-1] + "+00:00" if hole.form.startswith("iso") and value.endswith("Z") else value,
    )


vary("times-with-offset", "times say +00:00 instead of Z", hooks=Hooks(body=_legal(_offset)))

# -- links -----------------------------------------------------------------------------------------------


def _signed(view: BodyHookContext, body: Any) -> Any:
    count = view.call.notes.count("signed")
    return change(view, body, ("link",), lambda hole, value: f"{value}{'&' if '?' in value else '?'}renewed={count}")


def _absolute(view: BodyHookContext, body: Any) -> Any:
    base = view.task.base if view.task else ""
    if view.contract.link.from_origin:
        base = urljoin(base, "/").removesuffix("/")
    return change(view, body, ("link",), lambda hole, value: base + value if value.startswith("/") else value)


def _elsewhere(view: BodyHookContext, body: Any) -> Any:
    base, other = view.task.base if view.task else "", view.call.facts.second_origin or "https://cdn.example.net"
    return change(view, body, ("link",), lambda hole, value: value.replace(base, other, 1))


vary(
    "renewed-signature",
    "the result's address is signed anew at every look",
    hooks=Hooks(body=in_query()(_legal(_signed))),
    applies=lambda c: "link-is-content" not in c.promises,
)
vary(
    "absolute-link",
    "the result's address names the host",
    hooks=Hooks(body=in_query()(_legal(_absolute))),
    applies=lambda c: c.link.make.tree.startswith("/"),
)
vary(
    "result-elsewhere",
    "the bytes are on another host",
    hooks=Hooks(body=in_query()(_legal(_elsewhere))),
    applies=lambda c: c.link.auth == "none" and "{{media}}" in c.link.make.tree,
)
