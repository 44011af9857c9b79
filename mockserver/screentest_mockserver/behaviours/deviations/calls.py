"""Forms, addresses that a receipt hands out, ids of single answers, queues, pages, deletion."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import FORM, Role, StatusClass
from screentest_contracts.location import resolve, segments
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, in_query, in_receipt, put, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.effects import Effect, TaskChanged, TaskRemoved
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks, Query
from screentest_mockserver.wire.answer import Answer


def _no_forms(call: Call, answer: Answer) -> Answer:
    if call.role is Role.CREATE and (call.request.header(b"content-type") or "").startswith(FORM):
        return Answer(415, [(b"content-type", b"application/json")], b'{"error":{"message":"send JSON"}}')
    return answer


register(
    Deviation(
        "refuses-forms", "a create by a multipart form is refused", ("create.form",), hooks=Hooks(answer=_no_forms)
    )
)


def _elsewhere(view: BodyHookContext, body: Any) -> Any:
    for pointer in view.contract.id.addresses:
        if pointer.startswith("header:"):
            continue
        address = resolve(body, segments(pointer))
        if isinstance(address, str) and view.task is not None:
            body = put(body, pointer, address.replace(view.task.id, f"{view.task.id}x"))
    return body


def _header_elsewhere(call: Call, answer: Answer) -> Answer:
    names = {each.removeprefix("header:").lower().encode() for each in call.contract.id.addresses if each[0] != "/"}
    ours = answer.task_id.encode()
    answer.headers = [
        (name, value.replace(ours, ours + b"9") if name in names and ours else value) for name, value in answer.headers
    ]
    return answer


register(
    Deviation(
        "receipt-addresses-lead-nowhere",
        "the addresses in a receipt are those of another task",
        ("create.*.answers",),
        hooks=Hooks(body=in_receipt(_elsewhere), answer=_header_elsewhere),
    )
)


def _other_id(call: Call, answer: Answer) -> Answer:
    names = {each.name.lower().encode() for each in call.contract.headers if any(each.make.slots_named("answer_id"))}
    answer.headers = [(name, value[::-1] + b"0" if name in names else value) for name, value in answer.headers]
    return answer


register(
    Deviation(
        "answer-ids-disagree",
        "the id of an answer is another one in its header than in its body",
        ("create.*.header", "query.*.header"),
        hooks=Hooks(answer=_other_id),
    )
)


def _longer(view: BodyHookContext, body: Any) -> Any:
    seconds = 0 if view.task is None else int(view.call.elapsed(view.task))
    return change(view, body, ("queue_position",), lambda hole, value: seconds + 1)


register(
    Deviation(
        "queue-grows",
        "the place in the queue rises",
        ("query.*.falls",),
        hooks=Hooks(body=in_query(StatusClass.QUEUED, StatusClass.RUNNING)(_longer)),
        applies=has_hole(Role.QUERY, "queue_position"),
    )
)


def _first_page(call: Call, query: Query) -> Query:
    rule = call.contract.listing if call.role is Role.LIST else None
    names = () if rule is None else rule.paging
    return {name: value for name, value in query.items() if name not in names}


register(
    Deviation(
        "list-first-page-only",
        "every page of a list is the first",
        ("list.pages",),
        hooks=Hooks(query=_first_page),
        also=("list.*",),
    )
)


def _no_cursor(view: BodyHookContext, body: Any) -> Any:
    rule = view.contract.listing
    if view.role is not Role.LIST or rule is None or rule.next_at is None:
        return body
    return put_at(body, rule.next_at, None)


register(
    Deviation(
        "list-without-cursor",
        "no page of a list tells how to ask for the next",
        ("list.pages",),
        hooks=Hooks(body=_no_cursor),
        applies=lambda contract: contract.listing is not None and contract.listing.next_at is not None,
        also=("list.schema",),
    )
)


def _without(kind: type[Effect]) -> Callable[[Call, tuple[Effect, ...]], tuple[Effect, ...]]:
    """A call is answered as ever, and this has no effect."""
    return lambda call, effects: tuple(effect for effect in effects if not isinstance(effect, kind))


register(
    Deviation(
        "delete-keeps-the-task",
        "a deleted task is still there",
        ("cancel.deletes", "delete.works"),
        hooks=Hooks(effects=_without(TaskRemoved)),
        also=("delete.unknown", "delete.unlisted"),
    )
)
register(
    Deviation(
        "cancel-without-effect",
        "a cancelled task goes on",
        ("cancel.works", "delete.cancels"),
        hooks=Hooks(effects=_without(TaskChanged)),
    )
)
register(
    Deviation(
        "no-callback-at-stages",
        "a task calls back at its end only",
        ("callback.delivered.queued", "callback.delivered.running"),
        hooks=Hooks(callback=lambda task, attempt: attempt > 0),
    )
)
