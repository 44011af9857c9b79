"""The answers of the result role, and further addresses of a result."""

from copy import deepcopy
from typing import Any
from urllib.parse import quote

import orjson

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.location import MISSING, pointer_of, resolve, segments
from screentest_contracts.template import TIMES
from screentest_mockserver.behaviours.deviations.edit import BodyHook, change, in_query, put, slots
from screentest_mockserver.behaviours.deviations.members import due
from screentest_mockserver.behaviours.deviations.receipt import other_time
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer

_KIN = ("result.*", "error.content.*", "error.result.*", "create.*.answers")


def _answers(name: str, about: str, breaks: tuple[str, ...], status: int, headers: Any, body: bytes | None) -> None:
    """The answer that shows a result has another status, other headers (None: its own) or another body."""

    def hook(call: Call, answer: Answer) -> Answer:
        if call.role is not Role.RESULT or not answer.body:
            return answer
        if not call.contract.success[Role.RESULT].holds(answer.status, orjson.loads(answer.body)):
            return answer
        shown = answer.headers if headers is None else headers
        return Answer(status, shown, answer.body if body is None else body, answer.task_id)

    register(Deviation(name, about, breaks, hooks=Hooks(answer=hook), also=_KIN))


def _bodies(name: str, about: str, breaks: tuple[str, ...], hook: BodyHook) -> None:
    """The body of the answer that shows a result is changed."""

    def changed(view: BodyHookContext, body: Any) -> Any:
        return hook(view, body) if view.role is Role.RESULT else body

    register(Deviation(name, about, breaks, hooks=Hooks(body=changed), also=("result.answer.*",)))


_answers(
    "result-answered-otherwise",
    "a result is answered 203",
    ("result.answer.status-code",),
    203,
    None,
    None,
)
_answers(
    "result-answer-is-a-page",
    "a result is answered with a web page",
    ("result.answer.status-code", "result.answer.schema"),
    200,
    [(b"content-type", b"text/html")],
    b"<p>Here it is.",
)
_answers(
    "result-answer-called-a-page",
    "the answer that shows a result is called a web page",
    ("result.answer.schema",),
    200,
    [(b"content-type", b"text/html")],
    None,
)


def _other_values(view: BodyHookContext, body: Any) -> Any:
    return change(
        view, body, ("id", "model", "duration", "ratio", "resolution", "seed"), lambda hole, value: "other-99"
    )


def _without_members(view: BodyHookContext, body: Any) -> Any:
    for row in view.contract.presence:
        if row.operation == view.kind and row.present and due(row, view):
            body = put(body, row.pointer, MISSING)
    return body


def _with_members(view: BodyHookContext, body: Any) -> Any:
    for row in view.contract.presence:
        if row.operation == view.kind and not row.present and due(row, view):
            body = put(body, row.pointer, {"x": 1})
    return body


_bodies(
    "result-answer-other-values",
    "the answer that shows a result repeats other values than were asked for",
    ("result.answer.*.echo", "result.answer.*.id"),
    _other_values,
)
_bodies(
    "result-answer-times-in-other-form",
    "a time in the answer that shows a result has another form",
    ("result.answer.*.form",),
    lambda view, body: change(view, body, tuple(TIMES), other_time),
)
_bodies(
    "result-answer-drops-members",
    "members are missing of the answer that shows a result",
    ("result.answer.*.present",),
    _without_members,
)
_bodies(
    "result-answer-with-foreign-members",
    "the answer that shows a result holds what it must not hold",
    ("result.answer.*.absent",),
    _with_members,
)

# -- further addresses --------------------------------------------------------------------------------------------


def _gone(task: Task, link: str) -> str:
    """An address of the same kind at which nothing is."""
    place = link.partition("?")[0]
    for name in (task.id, quote(task.id, safe="")):
        if name in place:
            return place.replace(name, "gone")
    return f"{place}-gone"


def _second_broken(view: BodyHookContext, body: Any) -> Any:
    """Adds a second address, or changes the last of several, to one that leads nowhere."""
    contract, task = view.contract, view.task
    shows = Role.RESULT if Role.RESULT in contract.roles else Role.QUERY
    link = contract.link.at.find(body)
    if task is None or view.role is not shows or not isinstance(link, str):
        return body
    first = next(pointer for pointer, _ in contract.link.at.all(body))
    places = [*contract.link.at.pointers, *(slot.pointer for slot in slots(view, "link"))]
    for pointer in reversed(places):
        parts = segments(pointer)
        at = next((at for at in range(len(parts) - 1, -1, -1) if parts[at].isdecimal()), None)
        items = resolve(body, parts[:at]) if at is not None else MISSING
        if isinstance(items, list) and at is not None:
            body = put(body, pointer_of((*parts[:at], str(len(items)))), deepcopy(items[-1]))
            return put(body, pointer_of((*parts[:at], str(len(items)), *parts[at + 1 :])), _gone(task, link))
        if pointer != first:
            return put(body, pointer, _gone(task, link))
    return body


def _shows_links(contract: Contract) -> bool:
    return bool(contract.link.at.pointers)


register(
    Deviation(
        "second-link-broken",
        "a second address of a result leads nowhere",
        ("result.links",),
        applies=_shows_links,
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED)(_second_broken)),
        also=("query.*", "callback.*", "list.*", "result.answer.*", "create.*.answers"),
    )
)
