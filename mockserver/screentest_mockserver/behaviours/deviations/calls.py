"""Forms, addresses that a receipt hands out, ids of single answers, queues, pages, deletion."""

from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import FORM, Operation, Role, StatusClass
from screentest_contracts.location import resolve, segments
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, in_query, in_receipt, put, put_at
from screentest_mockserver.behaviours.deviations.registry import BodyHookContext, Deviation, register
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock
    from screentest_mockserver.tasks.store import Task


def _no_forms(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    if (request.header(b"content-type") or "").startswith(FORM):
        return Answer(415, [(b"content-type", b"application/json")], b'{"error":{"message":"send JSON"}}')
    return answer


register(Deviation("refuses-forms", "a multipart form is refused", ("create.form",), answer=_no_forms))


def _elsewhere(view: BodyHookContext, body: Any) -> Any:
    for pointer in view.mock.contract.id.addresses:
        if pointer.startswith("header:"):
            continue
        address = resolve(body, segments(pointer))
        if isinstance(address, str) and view.task is not None:
            body = put(body, pointer, address.replace(view.task.id, f"{view.task.id}x"))
    return body


def _header_elsewhere(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    names = {each.removeprefix("header:").lower().encode() for each in mock.contract.id.addresses if each[0] != "/"}
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
        body=in_receipt(_elsewhere),
        answer=_header_elsewhere,
    )
)


def _other_id(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    names = {each.name.lower().encode() for each in mock.contract.headers if any(each.make.slots_named("answer_id"))}
    answer.headers = [(name, value[::-1] + b"0" if name in names else value) for name, value in answer.headers]
    return answer


register(
    Deviation(
        "answer-ids-disagree",
        "the id of an answer is another one in its header than in its body",
        ("create.*.header", "query.*.header"),
        answer=_other_id,
    )
)


def _longer(view: BodyHookContext, body: Any) -> Any:
    assert view.task is not None
    seconds = int(view.mock.elapsed(view.task))
    return change(view, body, ("queue_position",), lambda hole, value: seconds + 1)


register(
    Deviation(
        "queue-grows",
        "the place in the queue rises",
        ("query.*.falls",),
        body=in_query(StatusClass.QUEUED, StatusClass.RUNNING)(_longer),
        applies=has_hole(Role.QUERY, "queue_position"),
    )
)


def _first_page(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    rule, found = mock.contract.listing, mock.route(request.method, request.path)
    if rule is None or found is None or found[0].role is not Role.LIST:
        return answer
    names = tuple(f"{name}=".encode() for name in (rule.page, rule.after, rule.cursor) if name)
    kept = [part for part in request.query.split(b"&") if not part.startswith(names)]
    if len(kept) == len(request.query.split(b"&")):
        return answer
    return mock.handle(Request("GET", request.path, b"&".join(kept), request.headers, request.body, request.base))


register(Deviation("list-first-page-only", "every page of a list is the first", ("list.pages",), answer=_first_page))


def _no_cursor(view: BodyHookContext, body: Any) -> Any:
    rule = view.mock.contract.listing
    if view.role is not Role.LIST or rule is None or rule.next_at is None:
        return body
    return put_at(body, rule.next_at, None)


register(
    Deviation(
        "list-without-cursor",
        "no page of a list tells how to ask for the next",
        ("list.pages",),
        body=_no_cursor,
        applies=lambda contract: contract.listing is not None and contract.listing.next_at is not None,
        also=("list.schema",),
    )
)


def _remember(mock: "ProviderMock", operation: Operation, task_id: str, task: "Task | None") -> "Task | None":
    if operation.role is Role.CANCEL:
        mock.notes["deleted"] = task
    return task


def _restore(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    task = mock.notes.pop("deleted", None)
    if task is not None and mock.store.get(task.id) is None:
        mock.store.add(task)
    return answer


register(
    Deviation(
        "delete-keeps-the-task", "a deleted task is still there", ("cancel.deletes",), find=_remember, answer=_restore
    )
)


def _went_on(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    """A cancel is answered as ever and has no effect."""
    found, task = mock.route(request.method, request.path), mock.notes.pop("cancelled", None)
    if found is not None and found[0].role is Role.CANCEL and task is not None:
        task[0].plan = task[1]
    return answer


def _plan_before(mock: "ProviderMock", operation: Operation, task_id: str, task: "Task | None") -> "Task | None":
    if operation.role is Role.CANCEL and task is not None:
        mock.notes["cancelled"] = (task, task.plan)
    return task


register(
    Deviation(
        "cancel-without-effect", "a cancelled task goes on", ("cancel.works",), find=_plan_before, answer=_went_on
    )
)
register(
    Deviation(
        "no-callback-at-stages",
        "a task calls back at its end only",
        ("callback.delivered.queued", "callback.delivered.running"),
        callback=lambda task, attempt: attempt > 0,
    )
)
