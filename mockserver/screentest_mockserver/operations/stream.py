"""The status of a task as server-sent events."""

import math

import orjson

from screentest_contracts.contract import EVENT_STREAM, Operation, Role, Stream
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import BodyHookContext, Call
from screentest_mockserver.state.render import document_headers, rendered
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer, Piece

KEEP_ALIVE = 15.0
"""Seconds on the clock after which a stream that has nothing to tell says so."""

LONGEST = 3600.0
"""Seconds on the clock after which a stream ends where the document does not say."""


def streams(call: Call, operation: Operation) -> bool:
    """Whether a request to a query operation asks for events."""
    rule = call.contract.stream
    return rule is not None and rule.operation is operation and EVENT_STREAM in (call.request.header(b"accept") or "")


def stream(call: Call, rule: Stream, task: Task) -> Outcome:
    """The beginning of an answer that tells of a task until its end."""
    fields = [(b"content-type", EVENT_STREAM.encode()), (b"cache-control", b"no-cache")]
    headers = document_headers(call, rule.operation.role, task, call.state(task))
    answer = Answer(200, [*fields, *headers], b"", task.id)
    answer.events = _Events(rule, call.now)
    return answer, ()


class _Events:
    """The events of one answer: each call makes what is due then."""

    __slots__ = ("began", "rule", "shown")

    def __init__(self, rule: Stream, began: float) -> None:
        self.rule = rule
        self.began = began
        self.shown: State | None = None

    def __call__(self, call: Call, task: Task | None) -> Piece:
        """What is sent now, and in how many seconds on the clock there is more; None: never."""
        left = (self.rule.longest or LONGEST) - (call.now - self.began)
        if task is None or left <= 0:
            return b"", None
        state = call.state(task)
        if state == self.shown:
            text = b": nothing new\n\n"
        else:
            text = self._event(call, task, state)
            self.shown = state
        if not state.status_class.terminal:
            return call.hooks.event(call, state, text, min(_next_change(call, task), KEEP_ALIVE, left))
        if self.rule.closing is not None:
            text += f"data: {self.rule.closing}\n\n".encode()
        return call.hooks.event(call, state, text, None)

    def _event(self, call: Call, task: Task, state: State) -> bytes:
        view = BodyHookContext(call, Role.QUERY, "event", task, state)
        body = orjson.dumps(call.hooks.body(view, rendered(call, self.rule.operation, task, state)))
        name = self.rule.events[state.status_class]
        return (f"event: {name}\n".encode() if name else b"") + b"data: " + body + b"\n\n"


def _next_change(call: Call, task: Task) -> float:
    """Seconds on the clock until the task gets to its next stage, or its end; for ever where nothing is planned."""
    elapsed = call.elapsed(task)
    moments = [*(phase.start for phase in task.plan.phases), task.plan.end]
    left = min((each for each in moments if each > elapsed), default=math.inf) - elapsed
    return left / call.speed + 1e-6  # a moment later: not before the stage, by rounding
