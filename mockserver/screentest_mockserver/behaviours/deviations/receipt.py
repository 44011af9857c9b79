"""Receipts: what a create answers."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING
from screentest_contracts.template import Hole
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, in_receipt, put, put_at, slots
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.wire.answer import Answer

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
        if row.on == ("receipt",) and row.present and row.pointer not in keep:
            body = put(body, row.pointer, MISSING)
    return body


def _add(view: BodyHookContext, body: Any) -> Any:
    for row in view.contract.presence:
        if row.on == ("receipt",) and not row.present and row.pointer not in _refusing(view.contract):
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
    applies=lambda c: any(r.on == ("receipt",) and r.present and r.pointer not in c.id.at.pointers for r in c.presence),
)
_receipt(
    "receipt-with-foreign-members",
    "a receipt holds what it must not hold",
    ("create.*.absent",),
    _add,
    applies=lambda c: any(r.on == ("receipt",) and not r.present and r.pointer not in _refusing(c) for r in c.presence),
    also=("create.schema",),
)


def _created(call: Call, answer: Answer) -> bool:
    return call.role is Role.CREATE and bool(answer.task_id)


def _other_status(call: Call, answer: Answer) -> Answer:
    if _created(call, answer):
        answer.status = next(
            status for status in (203, 204, 207) if status not in call.contract.success[Role.CREATE].statuses
        )
    return answer


register(
    Deviation(
        "receipt-other-status-code",
        "an accepted create is answered 203",
        ("create.status-code",),
        also=("create.schema", "create.alias.*"),
        hooks=Hooks(answer=_other_status),
    )
)


def _as_text(call: Call, answer: Answer) -> Answer:
    if _created(call, answer):
        answer.headers = [(name, b"text/plain" if name == b"content-type" else value) for name, value in answer.headers]
    return answer


register(
    Deviation(
        "receipt-as-plain-text",
        "a receipt is called text/plain",
        ("create.schema",),
        hooks=Hooks(answer=_as_text),
        also=("create.alias.*",),
    )
)


def _not_json(call: Call, answer: Answer) -> Answer:
    if _created(call, answer):
        answer.body = b"<html>created</html>"
    return answer


register(
    Deviation(
        "receipt-not-json",
        "a create is answered with a web page",
        ("create.accepted",),
        hooks=Hooks(answer=_not_json),
        also=("*",),
    )
)
register(
    Deviation(
        "same-id-twice",
        "every second task gets the id of the one before",
        ("create.id.unique",),
        hooks=Hooks(id=lambda call, made: _second(call, made)),
        also=(
            "create.not-idempotent",
            "create.idempotent*",
            "create.*.answers",
            "query.*.stable",
            "query.*.echo",
            "query.times.order",
            "list.*",
        ),
    )
)


def _second(call: Call, made: str) -> str:
    """Every second id is the one before it."""
    last = call.notes.take("id")
    if last is not None:
        return str(last)
    call.notes.put("id", made)
    return made


def _strange(call: Call, made: str) -> str:
    forms = call.contract.id.forms
    candidates = (f"x-{made[::-1]}", f"~{made}~", "0" + made[1:5])
    return next(text for text in candidates if not any(form.pattern.search(text) for form in forms))


register(
    Deviation(
        "id-of-another-form",
        "ids have a form that nobody documented",
        ("create.id.form",),
        hooks=Hooks(id=_strange),
        also=("*.schema", "error.*.malformed-id", "create.alias.*"),
    )
)


def _same_task(call: Call, answer: Answer) -> Answer:
    """The answer to an equal body of the same moment."""
    if not _created(call, answer):
        return answer
    request = call.request
    name = f"{request.header(call.facts.key_header)} {request.body.decode('latin-1')}"
    earlier = call.notes.get(name)
    if earlier is not None and call.now - earlier[0] < 0.5:
        answer.body = earlier[1].encode("latin-1")
    else:
        call.notes.put(name, [call.now, answer.body.decode("latin-1")])
    return answer


register(
    Deviation(
        "create-is-idempotent",
        "an equal body gets the same task again",
        ("create.not-idempotent",),
        hooks=Hooks(answer=_same_task),
        also=("create.id.unique", "create.idempotent.*", "list.*", "error.query.*"),
    )
)


def _alias(status: int) -> Any:
    def hook(call: Call, answer: Answer) -> Answer:
        if call.operation in call.contract.roles[Role.CREATE][1:]:
            return Answer(status, [(b"content-type", b"application/json")], b"{}")
        return answer

    return hook


def _has_alias(contract: Contract) -> bool:
    return len(contract.roles[Role.CREATE]) > 1


register(
    Deviation(
        "create-alias-unknown",
        "another documented path for creating answers 404",
        ("create.alias.*",),
        hooks=Hooks(answer=_alias(404)),
        applies=_has_alias,
        also=("*",),
    )
)
