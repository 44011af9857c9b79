"""Lists of tasks."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.location import MISSING, Location, resolve, segments
from screentest_contracts.template import Hole, Slot, write_progress
from screentest_contracts.times import write_time
from screentest_mockserver.behaviours.deviations.edit import put, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.wire.answer import Answer


def change_items(view: BodyHookContext, body: Any, new: Callable[[list[Any]], Any]) -> Any:
    """The list's items, changed."""
    rule = view.contract.listing
    if view.role is not Role.LIST or rule is None:
        return body
    items = rule.items.find(body)
    return put_at(body, rule.items, new(items)) if isinstance(items, list) else body


def _list(
    name: str,
    about: str,
    breaks: tuple[str, ...],
    new: Callable[[list[Any]], Any],
    applies: Applies = everywhere,
    also: tuple[str, ...] = (),
) -> None:
    register(
        Deviation(
            name,
            about,
            breaks,
            hooks=Hooks(body=lambda view, body: change_items(view, body, new)),
            applies=applies,
            also=also,
        )
    )


_list(
    "list-without-newest",
    "a list lacks the newest task",
    ("list.contains",),
    lambda items: items[1:],
    also=("list.*",),
)
_list(
    "list-oldest-first",
    "a list begins with the oldest task",
    ("list.newest-first",),
    lambda items: items[::-1],
    also=("list.*.order", "list.pages.whole"),
)
_list(
    "list-empty",
    "a list is always empty",
    ("list.contains",),
    lambda items: [],
    also=("list.*",),
)
_list(
    "list-as-object",
    "a list is an object by number",
    ("list.schema", "list.contains"),
    lambda items: {str(index): item for index, item in enumerate(items)},
    also=("list.*",),
)
_list(
    "list-exceeds-limit",
    "a list has one task more than `limit`",
    ("list.limit",),
    lambda items: [*items, *items[-1:]],
    also=("list.pages.whole", "list.*.order"),
)


def _ended(view: BodyHookContext, body: Any) -> Any:
    contract = view.contract
    if contract.listing is None:
        return body
    at: Location = contract.listing.status_at
    word = next(
        contract.lifecycle.word(name, "list")
        for name, status in contract.lifecycle.statuses.items()
        if status.status_class is StatusClass.FAILED
    )
    return change_items(view, body, lambda items: [put_at(item, at, word) for item in items])


register(
    Deviation(
        "list-other-status",
        "a list shows every task as failed",
        ("list.contains",),
        hooks=Hooks(body=_ended),
        also=("list.schema", "list.items"),
    )
)


def _each_ended(
    name: str,
    about: str,
    change: Callable[[Contract, Any], Any],
    applies: Applies = everywhere,
    also: tuple[str, ...] = (),
) -> None:
    """Changes how lists show tasks that have ended."""

    def body(view: BodyHookContext, value: Any) -> Any:
        contract = view.contract
        rule = contract.listing

        def changed(item: Any) -> Any:
            status = None if rule is None else contract.lifecycle.read(item, rule.status_at, "list")
            return change(contract, item) if status is not None and status.status_class.terminal else item

        return change_items(view, value, lambda items: [changed(item) for item in items])

    register(Deviation(name, about, ("list.items",), hooks=Hooks(body=body), applies=applies, also=also))


def _stale(contract: Contract, item: Any) -> Any:
    rule, lifecycle = contract.listing, contract.lifecycle
    running = (name for name, each in lifecycle.statuses.items() if each.status_class is StatusClass.RUNNING)
    word = lifecycle.word(next(running), "list")
    return item if rule is None else put_at(item, rule.status_at, word)


def _hole(*names: str) -> Callable[[Contract], list[Slot]]:
    """Where an item that has a shape of its own holds one of these."""

    def slots(contract: Contract) -> list[Slot]:
        bodies = (body for profile in contract.profiles.values() for body in profile.every_item if body.selected)
        slots = [slot for body in bodies for slot in body.template.slots_named(*names) if slot.whole]
        return list({slot.pointer: slot for slot in slots}.values())

    return slots


def _in_items(name: str, about: str, holes: tuple[str, ...], new: Callable[[Hole, Any], Any]) -> None:
    slots = _hole(*holes)

    def change(contract: Contract, item: Any) -> Any:
        for slot in slots(contract):
            value = resolve(item, segments(slot.pointer))
            item = item if value is MISSING else put(item, slot.pointer, new(slot.hole, value))
        return item

    _each_ended(name, about, change, applies=lambda contract: contract.listing is not None and bool(slots(contract)))


_each_ended(
    "list-stale", "a list shows tasks that have ended as running", _stale, also=("list.schema", "list.*.filter")
)
_in_items("list-item-other-model", "a list names another model", ("model",), lambda hole, value: f"{value}-2")
_in_items(
    "list-item-other-created",
    "a list has tasks made an hour earlier",
    ("created", "submitted"),
    lambda hole, value: write_time(hole.read(value) - 3600, hole.form),
)
_in_items(
    "list-item-old-progress",
    "a list shows the progress that a task began with",
    ("progress",),
    lambda hole, value: write_progress(0, hole.form),
)


def _one_model_less(view: BodyHookContext, body: Any) -> Any:
    rule = view.contract.listing
    gone = next(iter(view.contract.models))
    if rule is None or len(view.contract.models) < 2:
        return body
    tasks = {task.id: task.model.name for task in view.tasks}
    return change_items(view, body, lambda items: [i for i in items if tasks.get(str(rule.id_at.find(i))) != gone])


register(
    Deviation(
        "list-without-a-model",
        "a list leaves out the tasks of one model",
        ("list.items",),
        hooks=Hooks(body=_one_model_less),
        applies=lambda contract: contract.listing is not None and len(contract.models) > 1,
        also=("list.*",),
    )
)


def _no_ids(view: BodyHookContext, body: Any) -> Any:
    rule = view.contract.listing
    if rule is None:
        return body
    return change_items(view, body, lambda items: [put_at(item, rule.id_at, MISSING) for item in items])


register(
    Deviation(
        "list-without-ids",
        "listed tasks have no id",
        ("list.contains", "list.schema"),
        hooks=Hooks(body=_no_ids),
        also=("list.*",),
    )
)


def _broken(call: Call, answer: Answer) -> Answer:
    if call.role is Role.LIST and answer.status < 300:
        return Answer(500, answer.headers, b'{"error":"internal"}')
    return answer


register(
    Deviation(
        "list-server-error",
        "the list answers 500",
        ("list.status-code",),
        hooks=Hooks(answer=_broken),
        also=("error.list.schema", "error.list.server-error.body"),
    )
)
