"""Receipts: what they say of a new task."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING
from screentest_contracts.template import Hole
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, in_receipt, put, put_at, slots
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Hooks

TIMES = ("created", "submitted", "started", "finished", "updated")


def other_time(hole: Hole, value: Any) -> Any:
    """A time in another form: the other unit, a text instead of a number, or without its zone."""
    form = hole.form
    if form.startswith("epoch"):
        if form.endswith("-string"):
            return int(value)
        return value * 1000 if form == "epoch-s" else value // 1000
    if form.startswith("iso"):
        return str(value)[:19].replace("T", " ")
    return str(value).replace(" ", "T") + "Z"


def other_progress(hole: Hole, value: Any) -> Any:
    """Progress in another form."""
    match hole.form:
        case "percent":
            return int(str(value).rstrip("%"))
        case "fraction":
            return f"{value}"
        case "string":
            return int(value)
    return f"{value}%"


def _receipt(
    name: str, about: str, breaks: tuple[str, ...], hook: Any, applies: Applies = everywhere, also: tuple[str, ...] = ()
) -> None:
    also = (*also, "create.alias.*")
    register(Deviation(name, about, breaks, hooks=Hooks(body=in_receipt(hook)), applies=applies, also=also))


def _without_id(view: BodyHookContext, body: Any) -> Any:
    return put_at(body, view.contract.id.at, MISSING)


_receipt(
    "receipt-without-id", "a create is answered without the task's id", ("create.accepted",), _without_id, also=("*",)
)


def _other_copy(view: BodyHookContext, body: Any) -> Any:
    at = view.contract.id.at
    value = at.find(body)
    return put(body, at.pointers[-1], value[:-1] + ("1" if value[-1] != "1" else "2"))


_receipt(
    "receipt-id-copies-disagree", "two members of a receipt hold different ids", ("create.id.copies",), _other_copy
)


def _initial(word: str | None) -> Any:
    def hook(view: BodyHookContext, body: Any) -> Any:
        contract = view.contract
        if contract.lifecycle.receipt_at is None:
            return body
        value = word or next(
            (
                name
                for name, each in contract.lifecycle.statuses.items()
                if name not in contract.lifecycle.initial and each.status_class.terminal
            ),
            "ended",
        )
        return put_at(body, contract.lifecycle.receipt_at, value)

    return hook


_receipt(
    "receipt-unknown-status",
    "a receipt's status is a word of no list",
    ("create.status.initial",),
    _initial("mystery"),
    also=("create.schema",),
)
_receipt(
    "receipt-ended-status",
    "a receipt says that the task has ended already",
    ("create.status.initial",),
    _initial(None),
    also=("create.schema",),
)
_receipt(
    "receipt-other-model",
    "a receipt names another model",
    ("create.*.echo",),
    lambda view, body: change(view, body, ("model",), lambda hole, value: "another-model"),
    applies=has_hole(Role.CREATE, "model"),
    also=("query.*.stable",),
)
_receipt(
    "receipt-other-values",
    "a receipt shows another duration or shape than was asked for",
    ("create.*.echo",),
    lambda view, body: (
        change(view, body, ("duration",), lambda hole, value: 997)
        if any(slots(view, "duration"))
        else change(view, body, ("ratio", "resolution", "seed"), lambda hole, value: "997")
    ),
    applies=has_hole(Role.CREATE, "duration", "ratio", "resolution", "seed"),
    also=("create.schema",),
)
_receipt(
    "receipt-times-in-other-form",
    "a receipt's time has another unit, type or no zone",
    ("create.*.form",),
    lambda view, body: change(view, body, (*TIMES, "now"), other_time),
    applies=has_hole(Role.CREATE, *TIMES, "now"),
    also=("create.schema", "create.*.present", "query.*.stable"),
)
_receipt(
    "receipt-progress-in-other-form",
    "a receipt's progress has another type",
    ("create.*.form",),
    lambda view, body: change(view, body, ("progress",), other_progress),
    applies=has_hole(Role.CREATE, "progress"),
    also=("create.schema", "create.*.present"),
)
_receipt(
    "receipt-progress-not-zero",
    "a receipt's progress is 7 percent",
    ("create.progress.zero",),
    lambda view, body: change(
        view,
        body,
        ("progress",),
        lambda hole, value: {"percent": "7%", "string": "7", "fraction": 0.07}.get(hole.form, 7),
    ),
)


def _drop(view: BodyHookContext, body: Any) -> Any:
    contract = view.contract
    keep = set(contract.id.at.pointers)
    for row in contract.presence:
        if "receipt" in row.on and row.present and row.pointer not in keep:
            body = put(body, row.pointer, MISSING)
    return body


def _add(view: BodyHookContext, body: Any) -> Any:
    for row in view.contract.presence:
        if "receipt" in row.on and not row.present and row.pointer not in _refusing(view.contract):
            body = put(body, row.pointer, {"x": 1})
    return body


def _refusing(contract: Contract) -> set[str]:
    """The members by which an answer is no success at all."""
    readings = contract.success[Role.CREATE].readings
    return {pointer for reading in readings for location in reading.absent for pointer in location.pointers}


_receipt(
    "receipt-drops-members",
    "members that a receipt promises are missing",
    ("create.*.present",),
    _drop,
    also=("create.*", "query.*.stable"),
    applies=lambda c: any("receipt" in r.on and r.present and r.pointer not in c.id.at.pointers for r in c.presence),
)
_receipt(
    "receipt-with-foreign-members",
    "a receipt holds what it must not hold",
    ("create.*.absent",),
    _add,
    applies=lambda c: any("receipt" in r.on and not r.present and r.pointer not in _refusing(c) for r in c.presence),
    also=("create.schema",),
)
