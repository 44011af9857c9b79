"""What the holes of a document's templates stand for in the mock."""

import math
import random
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from screentest_contracts.contract import Contract
from screentest_contracts.frames import FRAME_RATE, frame_size
from screentest_contracts.generate import derived, generate
from screentest_contracts.location import MISSING, resolve, segments
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.store import Task


class ValueSource(random.Random):
    """Randomness for holes; `answer_ids` are the values that belong to the answer being made."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)
        self.answer_ids: dict[str, Any] = {}

    def answer_id(self, form: str) -> Any:
        """The value of `{{answer_id:form}}`: one and the same in headers and body of an answer."""
        if form not in self.answer_ids:
            self.answer_ids[form] = generate(form, self)
        return self.answer_ids[form]


class TaskContext:
    """The values of one task at one moment."""

    __slots__ = ("contract", "now", "random", "speed", "state", "task")

    def __init__(
        self, contract: Contract, task: Task, state: State, now: float, speed: float, source: ValueSource
    ) -> None:
        self.contract = contract
        self.task = task
        self.state = state
        self.now = now
        self.speed = speed
        self.random = source

    def hole(self, name: str, argument: str) -> Any:
        return _TASK[name](self, argument)

    def _after(self, seconds: float | None) -> float | None:
        return None if seconds is None else self.task.created + seconds / self.speed

    def finished(self) -> float | None:
        """When the task ended or will have ended: links state their own end before that is reached, too."""
        return self._after(self.state.finished)

    def link(self) -> Any:
        return self.contract.link.make.render(LinkContext(self))

    def size(self) -> tuple[int, int]:
        _, ratio, resolution = self.task.wanted
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
        return task.created + state.finished / context.speed
    return task.created + (state.started or 0.0) / context.speed


def _failure(context: TaskContext, *, code: bool) -> str | None:
    if context.state.status_class.value not in {"failed", "cancelled", "expired"}:
        return None
    wanted, failures = context.task.plan.failure, context.contract.failures
    failure = next((each for each in failures if each.code == wanted), failures[0] if failures else None)
    if failure is None:
        return "failed" if code else "The task failed."
    return failure.code if code else failure.message


def _charge(context: TaskContext, scale: str) -> float | None:
    model, (duration, _, resolution) = context.task.model, context.task.wanted
    for price in context.contract.prices:
        if price.resolution is not None and price.resolution.lower() != resolution.lower():
            continue
        if any(fnmatchcase(model.name, glob) for glob in price.models):
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


def _seed(context: TaskContext) -> Any:
    seed = context.task.seed
    if seed is None or context.task.model.leaves_open("seed", seed):
        return derived("integer:1:2147483647", context.task.id, "seed")
    return seed


def _prompt(context: TaskContext) -> Any:
    at = context.task.model.request.prompt
    found = MISSING if at is None or context.task.request is None else at.find(context.task.request)
    return None if found is MISSING else found


def _request(context: TaskContext, pointer: str) -> Any:
    found = MISSING if context.task.request is None else resolve(context.task.request, segments(pointer))
    return None if found is MISSING else found


def _word(context: TaskContext) -> Any:
    wire = context.contract.lifecycle.statuses[context.state.status].wire
    return None if wire is MISSING else wire


def _queue_position(context: TaskContext) -> int:
    """How many tasks are before this one: 3 at first, falling, 0 once it runs."""
    if context.state.status_class.value != "queued":
        return 0
    phase = context.task.plan.phases[0]
    left = phase.end - (context.now - context.task.created) * context.speed
    span = phase.end - phase.start
    return 3 if math.isinf(span) else math.ceil(3 * max(left, 0) / span) if span else 0


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number


_TASK: dict[str, Callable[[TaskContext, str], Any]] = {
    "id": lambda c, a: c.task.id,
    "task_id": lambda c, a: c.task.id,
    "model": lambda c, a: c.task.model.name,
    "upstream": lambda c, a: c.task.model.upstream,
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
    "random": lambda c, a: generate(a, c.random),
    "answer_id": lambda c, a: c.random.answer_id(a),
    "created": lambda c, a: c.task.created,
    "submitted": lambda c, a: c.task.created,
    "started": lambda c, a: c._after(c.state.started),
    "finished": lambda c, a: c.finished(),
    "updated": lambda c, a: _updated(c),
    "now": lambda c, a: c.now,
    "link_expires": lambda c, a: _plus(c.finished(), c.contract.link.life),
    "task_expires": lambda c, a: _plus(
        c.task.created if c.contract.retention is None or c.contract.retention.since == "created" else c.finished(),
        c.contract.retention.task if c.contract.retention else None,
    ),
    "link": lambda c, a: c.link(),
    "reason": lambda c, a: _failure(c, code=False),
    "reason_code": lambda c, a: _failure(c, code=True),
    "charge": _charge,
    "queue_position": lambda c, a: _queue_position(c),
    "base": lambda c, a: c.task.base,
    "media": lambda c, a: f"{c.task.base}/media/{quote(c.task.id, safe='')}/video",
    "param": lambda c, a: None,
    "detail": lambda c, a: None,
    "items": lambda c, a: None,
}


def _plus(moment: float | None, seconds: float | None) -> float | None:
    return None if moment is None or seconds is None else moment + seconds


class ErrorContext:
    """The values of a refusal; holes that belong to a task are unset."""

    __slots__ = ("now", "random", "values")

    def __init__(self, now: float, source: ValueSource, values: dict[str, Any]) -> None:
        self.now = now
        self.random = source
        self.values = values

    def hole(self, name: str, argument: str) -> Any:
        if name == "random":
            return generate(argument, self.random)
        if name == "answer_id":
            return self.random.answer_id(argument)
        if name == "now":
            return self.now
        return self.values.get(name)


class ListContext(ErrorContext):
    """The values of a list's body."""

    __slots__ = ()
