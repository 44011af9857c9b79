"""What the query says of a task: values, forms, members that are there or not."""

from typing import Any

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.template import Hole
from screentest_contracts.times import write_time
from screentest_mockserver.behaviours.deviations.edit import RUNNING, change, has_hole, in_query, put, slots
from screentest_mockserver.behaviours.deviations.receipt import TIMES, other_progress, other_time
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Hooks


def _query(
    name: str,
    about: str,
    breaks: tuple[str, ...],
    hook: Any,
    *classes: StatusClass,
    applies: Applies = everywhere,
    also: tuple[str, ...] = (),
) -> None:
    also = (*also, "list.items")  # which are then shown otherwise than by the query
    register(Deviation(name, about, breaks, hooks=Hooks(body=in_query(*classes)(hook)), applies=applies, also=also))


# -- progress -----------------------------------------------------------------------------------------------------

_PROGRESS = has_hole(Role.QUERY, "progress")
_SHAPES = ("query.schema", "query.*.present")


def _progress(number: float) -> Any:
    def written(hole: Hole, value: Any) -> Any:
        shapes = {"percent": f"{number:g}%", "string": f"{number:g}", "fraction": number / 100}
        return shapes.get(hole.form, int(number) if float(number).is_integer() else number)

    return lambda view, body: change(view, body, ("progress",), written)


def _falling(view: BodyHookContext, body: Any) -> Any:
    share = 0.0 if view.task is None else min(view.call.elapsed(view.task) / max(view.task.plan.end, 1e-9), 1)
    return _progress(int(90 - 80 * share))(view, body)


def _half(hole: Hole, value: Any) -> Any:
    return {"percent": "about 12%", "string": "half", "fraction": "half"}.get(hole.form, 12.5)


_query(
    "progress-in-other-form",
    "progress has another type",
    ("query.*.form",),
    lambda v, b: change(v, b, ("progress",), other_progress),
    applies=_PROGRESS,
    also=_SHAPES,
)
_query(
    "progress-not-whole",
    "progress is no whole number, or no number at all",
    ("query.*.form",),
    lambda v, b: change(v, b, ("progress",), _half),
    applies=_PROGRESS,
    also=_SHAPES,
)
_query(
    "progress-over-100",
    "progress reaches 150 percent",
    ("query.*.form",),
    _progress(150),
    *RUNNING,
    applies=_PROGRESS,
    also=(*_SHAPES, "query.progress.*"),
)
_query("progress-falls", "progress falls from poll to poll", ("query.progress.monotonic",), _falling, *RUNNING)
_query(
    "progress-100-early",
    "progress is 100 percent while the task runs",
    ("query.progress.complete",),
    _progress(100),
    *RUNNING,
)
_query(
    "progress-never-100",
    "progress is 99 percent at the end",
    ("query.progress.success",),
    _progress(99),
    StatusClass.SUCCEEDED,
)

# -- times --------------------------------------------------------------------------------------------------------


def _moved(seconds: float) -> Any:
    """A time that lies that many seconds after the task's creation."""

    def hook(view: BodyHookContext, body: Any, names: tuple[str, ...]) -> Any:
        if view.task is None:
            return body
        created = view.task.created
        return change(view, body, names, lambda hole, value: write_time(created + seconds, hole.form))

    return hook


def _now(view: BodyHookContext, body: Any) -> Any:
    now = view.call.now
    return change(view, body, ("created", "submitted"), lambda hole, value: write_time(now - 1, hole.form))


_query(
    "times-in-other-form",
    "times have another unit, type or no zone",
    ("query.*.form",),
    lambda v, b: change(v, b, TIMES, other_time),
    applies=has_hole(Role.QUERY, *TIMES),
    also=(*_SHAPES, "query.*.stable", "query.times.order", "result.link.expiry", "result.*.life"),
)
_query(
    "finished-before-created",
    "a task ends an hour before it began",
    ("query.times.order",),
    lambda v, b: _moved(-3600)(v, b, ("finished",)),
    applies=has_hole(Role.QUERY, "finished"),
    also=("result.link.expiry", "result.*.life"),
)
_query(
    "started-before-created",
    "a task starts an hour before it was created",
    ("query.times.order",),
    lambda v, b: _moved(-3600)(v, b, ("started",)),
    applies=has_hole(Role.QUERY, "started"),
)
_query(
    "times-in-the-future",
    "times lie eight hours ahead, as local time does that is written as UTC",
    ("query.times.order",),
    lambda v, b: _moved(8 * 3600)(v, b, TIMES),
    applies=has_hole(Role.QUERY, *TIMES),
    also=("query.*.stable", "result.link.expiry", "result.*.life"),
)
_query(
    "times-in-the-past",
    "times lie eight hours back, as UTC does where local time is documented",
    ("query.times.order",),
    lambda v, b: _moved(-8 * 3600)(v, b, TIMES),
    applies=has_hole(Role.QUERY, "created", "submitted"),
    also=("query.*.stable", "result.link.expiry", "result.*.life"),
)
_query(
    "states-early-end-of-link",
    "an answer states an end of the result's address that is two hours early",
    ("result.*.life",),
    lambda v, b: _moved(-7200)(v, b, ("link_expires",)),
    applies=lambda contract: contract.link.life is not None and has_hole(Role.QUERY, "link_expires")(contract),
    also=("query.times.order",),
)
_query(
    "created-changes-at-success",
    "the time of creation is a second earlier once the task has succeeded",
    ("query.*.stable",),
    lambda v, b: _moved(-1)(v, b, ("created", "submitted")),
    StatusClass.SUCCEEDED,
    applies=has_hole(Role.QUERY, "created", "submitted"),
    also=("query.times.order", "query.alias.*", "query.*.receipt"),
)
_query(
    "created-before-receipt",
    "the time of creation is two seconds earlier than in the receipt",
    ("query.*.receipt",),
    lambda v, b: _moved(-2)(v, b, ("created", "submitted")),
    applies=has_hole(Role.QUERY, "created", "submitted"),
    also=("query.*.stable",),
)
_query(
    "created-changes",
    "the time of creation is that of the last look",
    ("query.*.stable",),
    _now,
    applies=has_hole(Role.QUERY, "created", "submitted"),
    also=("query.times.order", "callback.body"),
)

# -- values -------------------------------------------------------------------------------------------------------

_query(
    "query-other-model",
    "the query names another model",
    ("query.*.echo", "query.*.stable"),
    lambda v, b: change(v, b, ("model",), lambda h, x: "another-model"),
    applies=has_hole(Role.QUERY, "model"),
    also=("query.copies.model", "query.schema"),
)
_query(
    "query-other-id",
    "the query shows another id than the receipt",
    ("query.*.stable",),
    lambda v, b: change(v, b, ("id",), lambda h, x: x + 1 if isinstance(x, int) else x[:-4] + x[-4:][::-1] + "0"),
    applies=has_hole(Role.QUERY, "id"),
    also=("query.schema", "callback.signature", "result.answer.*.id"),
)
_query(
    "query-other-values",
    "the query shows another duration or shape than was asked for",
    ("query.*.echo",),
    lambda v, b: (
        change(v, b, ("duration",), lambda h, x: 997 if isinstance(x, int) else "997")
        if any(slots(v, "duration"))
        else change(v, b, ("ratio", "resolution", "seed"), lambda h, x: "997")
    ),
    applies=has_hole(Role.QUERY, "duration", "ratio", "resolution", "seed"),
    also=("query.copies.*",),
)


def _copy(name: str) -> Any:
    """The last of several copies of a value is another one."""

    def other(value: Any) -> Any:
        if isinstance(value, int | float):
            return value + 3
        if "?" in value:  # another signature would be the same address
            return value.replace("?", "x?", 1)
        return f"{value}7" if value[-1:].isdecimal() else f"{value}x"

    def hook(view: BodyHookContext, body: Any) -> Any:
        at = [slot.pointer for slot in slots(view, name)]
        value = resolve(body, segments(at[-1])) if len(at) > 1 else MISSING
        return body if value is MISSING or value is None or value == "" else put(body, at[-1], other(value))

    return hook


for _name in ("id", "link", "duration"):
    _query(
        f"{_name}-copies-disagree",
        f"two members of one answer hold different values of {_name}",
        (f"query.copies.{_name}",),
        _copy(_name),
        also=("query.*.stable", "query.*.echo", "query.alias.*", "query.schema"),
    )


def _astray(view: BodyHookContext, body: Any) -> Any:
    return {**body, "remixed_from": "https://media.example.com/clip.mp4"}


_query(
    "link-in-undeclared-place",
    "a member that nobody documented holds the address of a video",
    ("query.links.declared",),
    _astray,
    StatusClass.SUCCEEDED,
    also=("query.schema",),
)
