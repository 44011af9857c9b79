"""What the holes of a document's templates stand for in the mock."""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from screentest_contracts.contract import Contract, Operation, Role, has_values
from screentest_contracts.frames import FRAME_RATE, frame_size
from screentest_contracts.generate import derived, generate
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.template import Context
from screentest_mockserver.state.facts import HeaderRow
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.tasks.video import make_video
from screentest_mockserver.wire.answer import Headers


class TaskContext:
    """The values of one task at one moment."""

    __slots__ = ("call", "contract", "state", "task")

    def __init__(self, call: Call, task: Task, state: State) -> None:
        self.call = call
        self.contract: Contract = call.facts.contract
        self.task = task
        self.state = state

    def hole(self, name: str, argument: str) -> Any:
        return _TASK[name](self, argument)

    def after(self, seconds: float | None) -> float | None:
        """The time when so many seconds of the task's life have passed."""
        return None if seconds is None else self.task.created + seconds / self.call.speed

    def finished(self) -> float | None:
        """When the task ended or will have ended: links state their own end before that is reached, too."""
        return self.after(self.state.finished)

    def link(self) -> Any:
        link = self.contract.link.make.render(LinkContext(self))
        scenario = self.task.scenario
        return link if scenario is None or not scenario.moves_link else self._moved(str(link), scenario)

    def _moved(self, link: str, scenario: Scenario) -> str:
        """The address as a scenario has it."""
        if scenario.elsewhere:
            link = self.second_origin(link)
        if scenario.strict and "?" not in link:
            link += f"?signature={derived('hex:32', self.task.id, 'link signature')}"
        if scenario.stale:
            shown = self.call.notes.count(f"link {self.task.id}", 0)
            link += f"{'&' if '?' in link else '?'}generation={max(shown, 1)}"
        return link

    def second_origin(self, address: str) -> str:
        """An address of the mock at its second origin, where it has one."""
        other, base = self.call.facts.second_origin, urlsplit(self.task.base)
        return address.replace(f"{base.scheme}://{base.netloc}", other, 1) if other else address

    def size(self) -> tuple[int, int]:
        _, ratio, resolution = self.task.meant
        return frame_size(ratio, resolution)


class LinkContext:
    """As `TaskContext`, but every random value belongs to the task: a link is the same in each answer."""

    __slots__ = ("inner",)

    def __init__(self, inner: TaskContext) -> None:
        self.inner = inner

    def hole(self, name: str, argument: str) -> Any:
        if name == "random":
            return derived(argument, self.inner.task.id, f"link {argument}")
        return self.inner.hole(name, argument)


def _updated(context: TaskContext) -> float:
    state, task = context.state, context.task
    if state.finished is not None:
        return task.created + state.finished / context.call.speed
    return task.created + (state.started or 0.0) / context.call.speed


def _failure(context: TaskContext, *, code: bool) -> str | None:
    if context.state.status_class.value not in {"failed", "cancelled", "expired"}:
        return None
    wanted, failures = context.task.plan.failure, context.contract.failures
    failure = next((row for row in failures if row.code == wanted), failures[0] if failures else None)
    if failure is None:
        return "failed" if code else "The task failed."
    return failure.code if code else failure.message


def charge_of(context: TaskContext, scale: str = "") -> float | None:
    """The price of a task, times a scale; None where the document has none."""
    model, (duration, _, resolution) = context.task.model, context.task.wanted
    for price in context.contract.prices_of(model):
        if not price.is_of_tier(model, resolution) or not price.holds(model.schema, context.task.request):
            continue
        factor = {"second": duration, "video": 1.0}.get(price.per)
        if factor is None:
            factor = _tokens(context) / 1e6
        charge = round(price.amount * factor * float(scale or 1), 6)
        return _whole(charge) if scale else charge
    return None


def _tokens(context: TaskContext) -> int:
    width, height = context.size()
    return int(width * height * _frames(context) / 1024)


def _frames(context: TaskContext) -> int:
    return int(context.task.wanted[0] * FRAME_RATE) + 1


def _file(context: TaskContext) -> bytes | None:
    """The video, once there is one."""
    if context.state.status_class.value != "succeeded":
        return None
    seconds, ratio, resolution = context.call.hooks.video(*context.task.meant)
    width, height = frame_size(ratio, resolution)
    return make_video(width=width, height=height, seconds=seconds).data


def _file_digest(context: TaskContext, algorithm: str) -> str | None:
    data = _file(context)
    return None if data is None else hashlib.new(algorithm, data).hexdigest()


def _seed(context: TaskContext) -> Any:
    seed = context.task.seed
    if seed is None or context.task.model.leaves_open("seed", seed):
        return derived("integer:1:2147483647", context.task.id, "seed")
    return seed


def _prompt(context: TaskContext) -> Any:
    at = context.task.model.request.prompt
    value = MISSING if at is None or context.task.request is None else at.find(context.task.request)
    return None if value is MISSING else value


def _request(context: TaskContext, pointer: str) -> Any:
    value = MISSING if context.task.request is None else resolve(context.task.request, segments(pointer))
    return None if value is MISSING else value


def _word(context: TaskContext) -> Any:
    wire = context.contract.lifecycle.statuses[context.state.status].wire
    return None if wire is MISSING else wire


def _queue_position(context: TaskContext) -> int:
    """How many tasks are before this one: 3 at first, falling, 0 once it runs."""
    if context.state.status_class.value != "queued":
        return 0
    phase = context.task.plan.phases[0]
    left = phase.end - (context.call.now - context.task.created) * context.call.speed
    span = phase.end - phase.start
    return 3 if math.isinf(span) else math.ceil(3 * max(left, 0) / span) if span else 0


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number


_TASK: dict[str, Callable[[TaskContext, str], Any]] = {
    "id": lambda c, a: c.task.id,
    "task_id": lambda c, a: c.task.id,
    "model": lambda c, a: c.task.named,
    "upstream": lambda c, a: c.task.model.upstream,
    "earlier": lambda c, a: c.task.earlier,
    "status": lambda c, a: _word(c),
    "progress": lambda c, a: c.state.progress,
    "prompt": lambda c, a: _prompt(c),
    "seed": lambda c, a: _seed(c),
    "duration": lambda c, a: _whole(c.task.wanted[0]),
    "ratio": lambda c, a: c.task.wanted[1] or None,
    "resolution": lambda c, a: c.task.wanted[2] or None,
    "width": lambda c, a: c.size()[0],
    "height": lambda c, a: c.size()[1],
    "frames": lambda c, a: _frames(c),
    "tokens": lambda c, a: _tokens(c),
    "request": _request,
    "value": lambda c, a: derived(c.contract.values[a], c.task.id, a),
    "random": lambda c, a: generate(a, c.call.facts.random),
    "answer_id": lambda c, a: c.call.answer_id(a),
    "created": lambda c, a: c.task.created,
    "submitted": lambda c, a: c.task.created,
    "started": lambda c, a: c.after(c.state.started),
    "finished": lambda c, a: c.finished(),
    "updated": lambda c, a: _updated(c),
    "now": lambda c, a: c.call.now,
    "link_expires": lambda c, a: _plus(_link_made(c), c.contract.link.life),
    "task_expires": lambda c, a: _plus(
        c.task.created if c.contract.retention is None or c.contract.retention.since == "created" else c.finished(),
        c.contract.retention.task if c.contract.retention else None,
    ),
    "link": lambda c, a: c.link(),
    "reason": lambda c, a: _failure(c, code=False),
    "reason_code": lambda c, a: _failure(c, code=True),
    "charge": charge_of,
    "queue_position": lambda c, a: _queue_position(c),
    "base": lambda c, a: c.task.base,
    "asset": lambda c, a: _asset(c, a),
    "account": lambda c, a: derived(a, c.task.account.name, "account"),
    "file_size": lambda c, a: len(_file(c) or b"") or None,
    "file_digest": _file_digest,
    "media": lambda c, a: f"{c.task.base}/media/{quote(c.task.id, safe='')}/video",
    "param": lambda c, a: None,
    "detail": lambda c, a: None,
    "items": lambda c, a: None,
}


def _asset(context: TaskContext, name: str) -> str | None:
    """The address of a further file, where the request asked for it."""
    when, task = context.contract.assets[name].when, context.task
    if when and not has_values(when, task.model.schema, task.request):
        return None
    return f"{task.base}/media/{quote(task.id, safe='')}/asset-{name}"


def _link_made(context: TaskContext) -> float | None:
    """When the life of the result's address begins."""
    finished = context.finished()
    renewed = context.contract.link.renewed and finished is not None and finished <= context.call.now
    return context.call.now if renewed else finished


def _plus(moment: float | None, seconds: float | None) -> float | None:
    return None if moment is None or seconds is None else moment + seconds


class ErrorContext:
    """The values of a refusal, or of a list's body; holes that belong to a task are unset."""

    __slots__ = ("call", "values")

    def __init__(self, call: Call, values: Mapping[str, Any]) -> None:
        self.call = call
        self.values = values

    def hole(self, name: str, argument: str) -> Any:
        if name == "random":
            return generate(argument, self.call.facts.random)
        if name == "answer_id":
            return self.call.answer_id(argument)
        if name == "now":
            return self.call.now
        if name == "param" and self.values.get("place"):
            return self.values["place"]
        return self.values.get(name)


# -- whole bodies and headers -------------------------------------------------------------------------------------


def rendered(call: Call, operation: Operation, task: Task, state: State) -> Any:
    """The body with which a query operation shows a task in a state."""
    template = call.facts.body_templates[operation.id, task.model.profile][state.status]
    return template.render(TaskContext(call, task, state))


def document_headers(
    call: Call, role: Role, task: Task | None = None, state: State | None = None, *, refused: bool = False
) -> Headers:
    """The headers that the document gives every answer of a role, or those of refusals; those that tell of a task need
    one."""
    declared = (call.facts.refusal_headers if refused else call.facts.headers).get(role)
    if not declared:
        return []
    if task is None or state is None:
        context: Context = ErrorContext(call, {})
        declared = [row for row in declared if not row.of_task]
    else:
        context = TaskContext(call, task, state)
    return header_values(declared, context)


def header_values(rows: Iterable[HeaderRow], context: Context) -> Headers:
    """Names and values of such headers."""
    return [
        (name, str(make.render(context)).encode("latin-1") if value is None else value) for name, make, _, value in rows
    ]


class FreshContext:
    """The values of an answer that tell nothing of a task."""

    __slots__ = ("ids", "random")

    def __init__(self, random: Random) -> None:
        self.random = random
        self.ids: dict[str, Any] = {}

    def hole(self, name: str, argument: str) -> Any:
        if name == "answer_id" and argument in self.ids:
            return self.ids[argument]
        value = generate(argument, self.random)
        if name == "answer_id":
            self.ids[argument] = value
        return value


def response_headers(
    call: Call, role: Role, status: int, task: Task | None = None, state: State | None = None, *, refused: bool = False
) -> Headers:
    """The same for a JSON answer, with the media type that the document declares for this status."""
    return [*call.facts.media(role, status), *document_headers(call, role, task, state, refused=refused)]
