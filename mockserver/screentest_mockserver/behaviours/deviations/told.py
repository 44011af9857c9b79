"""What answers tell beside a task's state: copies of the request, amounts, times to come, reasons; and what refusals
leave behind."""

from collections.abc import Iterator
from typing import Any

import orjson

from screentest_contracts.contract import Contract, Model, Role, StatusClass
from screentest_contracts.location import MATCH, MISSING, replaced, resolve, segments
from screentest_contracts.reading import bodies_of, selected
from screentest_contracts.template import Slot, Template
from screentest_contracts.times import write_time
from screentest_mockserver.behaviours.deviations.edit import (
    change,
    has_hole,
    in_query,
    in_receipt,
    operation_of,
    put,
    template_of,
    templates,
)
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import refuse
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer, Headers

# -- copies and amounts -------------------------------------------------------------------------------------------


def _other_copies(view: BodyHookContext, body: Any) -> Any:
    template = template_of(view)
    for slot in _copies(view.contract, template) if template is not None else ():
        value = resolve(body, segments(slot.pointer))
        if value is not MISSING and value is not None:
            body = put(body, slot.pointer, "640x96" if not slot.whole else 97 if isinstance(value, int) else "another")
    return body


def _copies(contract: Contract, template: Template) -> list[Slot]:
    """The places of a body that repeat what some model's request says."""
    from screentest_contracts.requirements.shown import COPIES, can_be_asked  # a mock seldom needs them to start

    return [slot for slot in template.slots_named(*COPIES) if can_be_asked(contract, slot)]


def _has_copies(role: Role) -> Any:
    return lambda contract: any(_copies(contract, template) for template in templates(contract, role))


register(
    Deviation(
        "receipt-other-copies",
        "a receipt repeats another prompt, size or member than was sent",
        ("create.*.echo",),
        _has_copies(Role.CREATE),
        hooks=Hooks(body=in_receipt(_other_copies)),
        also=("create.schema", "create.alias.*"),
    )
)
register(
    Deviation(
        "query-other-copies",
        "the query repeats another prompt, size or member than was sent",
        ("query.*.echo",),
        _has_copies(Role.QUERY),
        hooks=Hooks(body=in_query()(_other_copies)),
        also=("query.schema", "list.items", "query.*.present"),
    )
)


def _double(view: BodyHookContext, body: Any) -> Any:
    return change(view, body, ("charge",), lambda hole, value: value * 2)


for _name, _role, _hook in (("receipt", Role.CREATE, in_receipt(_double)), ("query", Role.QUERY, in_query()(_double))):
    register(
        Deviation(
            f"{_name}-charges-double",
            "an amount is twice the documented price",
            (f"{_role}.*.amount",),
            has_hole(_role, "charge"),
            hooks=Hooks(body=_hook),
            also=("list.items", "create.alias.*"),
        )
    )

# -- before and at the end ----------------------------------------------------------------------------------------


def _early(view: BodyHookContext, body: Any) -> Any:
    """Every start and end is told from the first query on."""
    if view.task is None or view.state is None:
        return body
    contract, known = view.contract, template_of(view)
    profile = contract.profiles[view.task.model.profile]
    operation = operation_of(view)
    names = ("started", "finished") if view.state.status_class is StatusClass.QUEUED else ("finished",)
    for readings in bodies_of(profile, operation).values():
        for slot in selected(readings).slots_named(*names):
            other = known.slot_at(slot.pointer) if known is not None else None
            if slot.whole and (other is None or other.hole.name == slot.hole.name):
                body = put(body, slot.pointer, write_time(view.task.created, slot.hole.form))
    return body


register(
    Deviation(
        "times-before-they-happen",
        "a task has a start and an end while it waits",
        ("query.*.unset",),
        hooks=Hooks(body=in_query(StatusClass.QUEUED, StatusClass.RUNNING)(_early)),
        also=("query.schema", "query.times.order", "query.*.stable", "query.*.absent", "list.items"),
    )
)


def _no_words(view: BodyHookContext, body: Any) -> Any:
    template = template_of(view)
    for slot in template.slots_named("reason", "reason_code") if template is not None else ():
        if resolve(body, segments(slot.pointer)) is not MISSING:
            body = put(body, slot.pointer, "")
    return body


register(
    Deviation(
        "failure-with-empty-reason",
        'the reason of a failed task is ""',
        ("query.failed.reason",),
        hooks=Hooks(body=in_query(StatusClass.FAILED)(_no_words)),
        also=("query.*.present", "query.schema", "query.status-code", "query.status.*", "query.ends", "list.items"),
    )
)

# -- what a mode can do without -----------------------------------------------------------------------------------


def _optional(model: Model) -> Iterator[tuple[str, ...]]:
    """What the minimal request has, and could do without."""

    def inside(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, member in value.items() if isinstance(value, dict) else ():
            yield (*path, name)
            yield from inside(member, (*path, name))

    without = ((path, replaced(model.base, path, MISSING)) for path in inside(model.base, ()))
    return (path for path, body in without if model.validator.is_valid(body) and model.takes(body))


def _demands(model: Model, body: Any) -> str | None:
    return next((".".join(path) for path in _optional(model) if resolve(body, path) is MISSING), None)


register(
    Deviation(
        "demands-optional-members",
        "a request without an optional member of the example is refused",
        ("create.*.optional", "create.*.optional.assumed"),
        hooks=Hooks(refuses=_demands),
        also=("create.*", "error.create.*"),
    )
)

# -- what has to be accepted -----------------------------------------------------------------------------------------


def _has_accepted_side(contract: Contract) -> bool:
    return any(each.side == "accept" for model in contract.models.values() for each in model.constraints)


def _accepted_side(model: Model, body: Any) -> str | None:
    """A member that is judged by what is to be accepted, and differs from that of the minimal request."""
    for each in model.constraints:
        path = tuple("0" if part == "*" else part for part in each.path)
        if each.side == "accept" and resolve(body, path) not in (MISSING, resolve(model.base, path)):
            return each.name
    return None


register(
    Deviation(
        "refuses-what-is-accepted",
        "where only the accepted side of a limit is documented, nothing but the minimal request is accepted",
        ("create.*.accepted", "create.*.accepted.assumed"),
        also=("create.*", "result.*"),
        applies=_has_accepted_side,
        hooks=Hooks(refuses=_accepted_side),
    )
)


def _minimal(model: Model, body: Any) -> str | None:
    return "prompt" if body.keys() == model.base.keys() else None  # not ==: a reference to a file differs


register(
    Deviation(
        "refuses-minimal-requests",
        "a request with only what is required is refused",
        ("create.accepted",),
        also=("*",),
        hooks=Hooks(refuses=_minimal),
    )
)


# -- refusals that leave something behind -------------------------------------------------------------------------


def _refused_yet_made(call: Call, answer: Answer) -> Answer:
    """The task of an invalid request is kept, and its create refused."""
    if call.role is not Role.CREATE or not answer.task_id or call.operation is None:
        return answer
    try:
        body = orjson.loads(call.request.body)
    except orjson.JSONDecodeError:
        return answer
    model = call.contract.model_of(call.operation, body)
    if model is None or model.validator.is_valid(body):
        return answer
    return refuse(call, Refusal(Role.CREATE, "invalid-body", detail="the request is invalid"))


register(
    Deviation(
        "refused-yet-made",
        "an invalid request is refused, and its task listed",
        ("error.create.*.leaves-nothing",),
        lambda contract: contract.listing is not None and not contract.roles[Role.CREATE][0].form_only,
        hooks=Hooks(accepts=lambda contract, member, keyword, body: True, answer=_refused_yet_made),
        also=("list.*", "error.create.*", "create.*", "callback.*"),
    )
)


def _note(call: Call, task: Task) -> Task:
    call.notes.put("made", task.id)
    return task


def _with_id(call: Call, refusal: Refusal, status: int, body: Any, headers: Headers) -> tuple[int, Any, Headers]:
    made = call.notes.get("made")
    if refusal.role is Role.CREATE and isinstance(body, dict) and made is not None:
        body = put(body, call.contract.id.at.pointers[0], made)
    return status, body, headers


def _without_id(contract: Contract) -> bool:
    """Whether no refusal has a member where receipts have the id, which is the whole of one there."""
    if any(MATCH in at for at in contract.id.at.pointers):
        return False
    bodies = [reading.body for row in contract.error_rows() for reading in row.readings if reading.body is not None]
    places = {at for body in bodies for at in (*(slot.pointer for slot in body.slots), *dict(body.literals))}
    return not places & set(contract.id.at.pointers)


register(
    Deviation(
        "refusal-with-id",
        "a refused create hands out a task's id",
        ("error.create.*.leaves-nothing",),
        _without_id,
        hooks=Hooks(task=_note, refusal=_with_id),
        also=("error.create.*", "auth.create.*", "create.*"),
    )
)


def _with_charge(call: Call, refusal: Refusal, status: int, body: Any, headers: Headers) -> tuple[int, Any, Headers]:
    if refusal.role is Role.CREATE and isinstance(body, dict):
        for template in templates(call.contract, Role.CREATE):
            for slot in template.slots_named("charge"):
                body = put(body, slot.pointer, 17)
    return status, body, headers


register(
    Deviation(
        "refusal-charges",
        "a refused create tells of an amount",
        ("error.create.*.leaves-nothing",),
        has_hole(Role.CREATE, "charge"),
        hooks=Hooks(refusal=_with_charge),
        also=("error.create.*", "auth.create.*", "create.*"),
    )
)
