"""Who gets the bytes of a result and for how long, and what is said of that."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from screentest_contracts.contract import Role, StatusClass
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, in_query, put_at
from screentest_mockserver.behaviours.deviations.registry import BodyHookContext, Deviation, register
from screentest_mockserver.behaviours.deviations.result import FILE, on_file, task_of
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock
    from screentest_mockserver.tasks.store import Task


def _unguarded(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    task = task_of(mock, request)
    if made.status == 401 and task is not None:
        name = mock.contract.key_header.encode()
        headers = [each for each in request.headers if each[0] != name]
        headers.append((name, (mock.contract.key_prefix + mock.credential()).encode()))
        again = Request(request.method, request.path, request.query, headers, request.body, request.base)
        return mock.media(again, task.id) if request.path.startswith("/media/") else mock.handle(again)
    return made


register(
    Deviation(
        "bytes-without-key",
        "the bytes are given without a key",
        ("result.auth", "auth.content.missing-key"),
        answer=_unguarded,
        applies=lambda c: c.link.auth == "required" and c.key_query is None,
        also=("auth.content.*",),
    )
)


def _short_life(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    life = mock.contract.link.life or 0
    if mock.elapsed(task) - task.plan.end > life / 2:
        return Answer(403, [(b"content-type", b"text/plain")], b"expired", task.id)
    return made


on_file(
    "short-link-life",
    "the result's address works half as long as documented",
    ("result.link.life",),
    _short_life,
    applies=lambda c: c.link.life is not None,
    also=FILE,
)


def _short_retention(mock: "ProviderMock", operation: Any, task_id: str, task: "Task | None") -> "Task | None":
    rule = mock.contract.retention
    assert rule is not None
    return None if task is not None and mock.elapsed(task) > rule.task / 2 else task


register(
    Deviation(
        "short-retention",
        "a task is forgotten after half of the documented time",
        ("query.retention",),
        find=_short_retention,
        applies=lambda c: c.retention is not None,
        also=("result.link.life", "error.*.link-expired", "error.*.expired-task", "auth.*.foreign-task"),
    )
)


def _stated(view: BodyHookContext, body: Any) -> Any:
    """The link states an end that is a third of its life too early."""
    link = view.mock.contract.link

    def earlier(hole: Any, value: Any) -> Any:
        head, _, tail = value.partition(f"{link.expiry_query}=")
        stated, amp, rest = tail.partition("&")
        if not stated.isdecimal():
            return value
        unit = 1000 if link.expiry_form == "epoch-ms" else 1
        return f"{head}{link.expiry_query}={int(stated) - int((link.life or 0) / 3) * unit}{amp}{rest}"

    return change(view, body, ("link",), earlier)


register(
    Deviation(
        "link-states-other-end",
        "the address states another end than the documented one",
        ("result.link.expiry",),
        body=in_query(StatusClass.SUCCEEDED)(_stated),
        applies=lambda c: c.link.expiry_query is not None and (c.link.expiry_form or "epoch").startswith("epoch"),
    )
)


def _elsewhere(view: BodyHookContext, body: Any) -> Any:
    return change(
        view,
        body,
        ("link",),
        lambda hole, value: (
            f"{view.task.base if view.task else ''}/media/{view.task.id if view.task else ''}/video.mp4"
        ),
    )


register(
    Deviation(
        "link-is-not-content",
        "the result's address is not the content operation",
        ("result.link.content",),
        body=in_query(StatusClass.SUCCEEDED)(_elsewhere),
        also=("query.schema", "result.auth"),
    )
)


def _renewed(view: BodyHookContext, body: Any) -> Any:
    """Another path at every look: whoever kept the first address holds a dead one."""
    assert view.task is not None
    count = view.mock.notes[view.task.id] = view.mock.notes.get(view.task.id, 0) + 1
    name = quote(view.task.id, safe="")
    return change(
        view,
        body,
        ("link",),
        lambda hole, value: value.replace(name, f"{name}-{count}"),
    )


register(
    Deviation(
        "result-changes",
        "an ended task shows another address at every look",
        ("query.status.terminal",),
        body=in_query(StatusClass.SUCCEEDED)(_renewed),
        applies=has_hole(Role.QUERY, "link"),
        also=("result.*", "callback.body", "query.alias.*", "error.*"),
    )
)


def _reason_changes(view: BodyHookContext, body: Any) -> Any:
    assert view.task is not None
    count = view.mock.notes[view.task.id] = view.mock.notes.get(view.task.id, 0) + 1
    return change(view, body, ("reason",), lambda hole, value: f"{value} ({count})")


register(
    Deviation(
        "reason-changes",
        "a failed task gives another reason at every look",
        ("query.status.terminal",),
        body=in_query(StatusClass.FAILED)(_reason_changes),
        applies=has_hole(Role.QUERY, "reason"),
        also=("query.alias.*",),
    )
)


def _other_file(view: BodyHookContext, body: Any) -> Any:
    """A query's success with ids beside the task's own that lead nowhere."""
    for operations in view.mock.contract.roles.values():
        shown = operations[0].shown_id
        if shown is not None:
            body = put_at(body, shown.at, "1")
    return body


register(
    Deviation(
        "result-id-leads-nowhere",
        "the id with which a finished task's result is asked for is nobody's",
        ("result.link", "result.fetch"),
        body=in_query(StatusClass.SUCCEEDED)(
            lambda view, body: body if view.role is Role.RESULT else _other_file(view, body)
        ),
        applies=lambda contract: any(operations[0].shown_id for operations in contract.roles.values()),
        also=("query.schema",),
    )
)
