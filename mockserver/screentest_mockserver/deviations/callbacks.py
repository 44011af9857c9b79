"""Callbacks: whether, how often, when, and with what."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Callback, StatusClass
from screentest_mockserver.deviations.registry import Deviation, View, register

if TYPE_CHECKING:
    from screentest_mockserver.store import Task


def _silent(*classes: StatusClass) -> "Callable[[Task, int], bool]":
    return lambda task, attempt: task.plan.final.status_class not in classes


register(
    Deviation(
        "no-callback-on-success",
        "a success calls nobody back",
        ("callback.delivered.succeeded",),
        callback=_silent(StatusClass.SUCCEEDED),
    )
)
register(
    Deviation(
        "no-callback-on-failure",
        "a failure calls nobody back",
        ("callback.delivered.failed",),
        callback=_silent(StatusClass.FAILED),
    )
)


def _progress_event(view: View, body: Any) -> Any:
    return {"event": "task.done", "task": body} if view.kind == "callback" else body


register(
    Deviation("callback-other-body", "a callback wraps the task in an event", ("callback.body",), body=_progress_event)
)
register(
    Deviation(
        "callback-not-json",
        "a callback carries a form instead of JSON",
        ("callback.body",),
        delivery=lambda method, body: (method, b"status=done"),
    )
)
register(
    Deviation(
        "callback-other-method",
        "a callback comes by another method",
        ("callback.method",),
        delivery=lambda method, body: ("PUT" if method == "POST" else "POST", body),
    )
)


def _stale(view: View, body: Any) -> Any:
    """The callback still shows the task as it ran."""
    task = view.task
    if view.kind != "callback" or task is None:
        return body
    phase = task.plan.phases[-1]
    state = task.plan.at((phase.start + min(phase.end, task.plan.end)) / 2)
    return view.mock.rendered(view.mock.contract.roles[view.role][0], task, state)


register(
    Deviation(
        "callback-stale",
        "a callback shows the task as still running",
        ("callback.body", "callback.delivered.succeeded"),
        body=_stale,
        also=("callback.*",),
    )
)

Wait = Callable[[Callback, int, bool, float | None], float | None]


def _waits(name: str, about: str, breaks: tuple[str, ...], wait: Wait) -> None:
    register(Deviation(name, about, breaks, wait=wait))


_waits(
    "callback-not-retried",
    "a callback that is not acknowledged is not repeated",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None,
)
_waits(
    "callback-retried-too-often",
    "callbacks go on after the last documented attempt",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None if done or attempt > len(rule.retries) + 1 else wait or 1.0,
)
_waits(
    "callback-retried-too-late",
    "the waits between attempts are three times as long",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None if wait is None else wait * 3,
)
_waits(
    "callback-retried-at-once",
    "attempts follow each other without a wait",
    ("callback.retries",),
    lambda rule, attempt, done, wait: None if wait is None else 0.0,
)
_waits(
    "callback-repeated",
    "an acknowledged callback is repeated",
    ("callback.once",),
    lambda rule, attempt, done, wait: 1.0 if done and attempt < 2 else wait,
)
