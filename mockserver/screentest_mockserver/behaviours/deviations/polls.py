"""Polls: which find no task, and which are answered otherwise than with the task."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations.edit import in_query, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _vanishes(call: Call, task_id: str, task: Task | None) -> Task | None:
    gone = task is not None and call.role is Role.QUERY and call.elapsed(task) > task.plan.end / 2
    return None if gone else task


def _late(call: Call, task_id: str, task: Task | None) -> Task | None:
    early = task is not None and call.role is Role.QUERY and call.notes.count(f"seen {task_id}") == 1
    return None if early else task


register(
    Deviation(
        "task-vanishes",
        "from half of its life on, a task is unknown",
        ("query.status-code",),
        hooks=Hooks(find=_vanishes),
        also=("*.retention", "list.*", "callback.body", "error.*", "auth.*", "create.alias.*"),
    )
)
register(
    Deviation(
        "first-poll-unknown",
        "the first poll finds no such task",
        ("query.status-code",),
        hooks=Hooks(find=_late),
        applies=lambda c: not c.polling.grace,
        also=("create.alias.*", "query.*", "list.*", "error.*", "auth.*", "cancel.*", "delete.*"),
    )
)


register(
    Deviation(
        "unknown-for-too-long",
        "a task is unknown for twice as long as it may be",
        ("query.status-code",),
        hooks=Hooks(find=lambda call, task_id, task: unknown_until(call, task, 2.0)),
        applies=lambda c: c.polling.grace > 0,
        also=("create.alias.*", "query.*", "list.*", "error.*", "auth.*", "cancel.*", "delete.*", "result.*"),
    )
)


def unknown_until(call: Call, task: Task | None, share: float) -> Task | None:
    """The task as a query finds it, once some share of the time is over for which it may be unknown."""
    early = task is not None and call.elapsed(task) < share * call.contract.polling.grace
    return None if early and call.role is Role.QUERY else task


_POLLS = (
    "query.*",
    "list.*",
    "callback.*",
    "result.*",
    "error.*",
    "create.alias.*",
    "create.*.answers",
    "cancel.*",
    "delete.*",
    "batch.*",
)
"""What may notice that polls break now and then."""


def _poll_answer(number: int, status: int, body: bytes) -> Any:
    """Every `number`-th poll of a task that is known is answered so."""

    def hook(call: Call, answer: Answer) -> Answer:
        if answer.status == 200 and answer.task_id:
            polls = call.notes.count(f"polls {answer.task_id}") if call.role is Role.QUERY else 1
            if call.role is Role.QUERY and polls % number == 0:
                return Answer(status, answer.headers, body or answer.body, answer.task_id)
        return answer

    return hook


register(
    Deviation(
        "poll-server-errors",
        "every second poll is answered 500",
        ("query.status-code",),
        hooks=Hooks(answer=_poll_answer(2, 500, b'{"error":"internal"}')),
        also=_POLLS,
    )
)
register(
    Deviation(
        "query-other-status-code",
        "queries are answered 203",
        ("query.status-code",),
        hooks=Hooks(answer=_poll_answer(1, 203, b"")),
        also=("*",),
    )
)
register(
    Deviation(
        "query-not-json",
        "every second poll is answered with a web page",
        ("query.schema", "query.status-code"),
        hooks=Hooks(answer=_poll_answer(2, 200, b"<html>busy</html>")),
        also=_POLLS,
    )
)


def _no_envelope(view: BodyHookContext, body: Any) -> Any:
    for reading in view.contract.success[Role.QUERY].readings:
        for location, _ in reading.equals:
            body = put_at(body, location, MISSING)
    return body


def _other_envelope(view: BodyHookContext, body: Any) -> Any:
    for reading in view.contract.success[Role.QUERY].readings:
        for location, _ in reading.equals:
            body = put_at(body, location, "done" if isinstance(location.find(body), str) else 77)
    return body


def _has_envelope(contract: Contract) -> bool:
    """Whether an answer says that the call worked in a member other than the status."""
    status = set(contract.lifecycle.status_at.pointers)
    return any(
        not status & set(location.pointers)
        for reading in contract.success[Role.QUERY].readings
        for location, _ in reading.equals
    )


register(
    Deviation(
        "envelope-missing",
        "answers lack the member that says that the call worked",
        ("query.status-code",),
        applies=_has_envelope,
        hooks=Hooks(body=in_query()(_no_envelope)),
        also=("query.*", "callback.*", "create.alias.*", "result.answer.*"),
    )
)
register(
    Deviation(
        "envelope-changed",
        "the member that says that a call worked holds another word",
        ("query.status-code",),
        applies=_has_envelope,
        hooks=Hooks(body=in_query()(_other_envelope)),
        also=("query.*", "callback.*", "create.alias.*", "result.answer.*"),
    )
)
