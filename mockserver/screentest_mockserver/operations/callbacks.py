"""When a task calls back, and what with."""

import math
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson

from screentest_contracts.contract import Callback, Role, StatusClass
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.reading import link_of, respelled
from screentest_contracts.signatures import Message
from screentest_mockserver.state.hooks import BodyHookContext, Call
from screentest_mockserver.state.records import CallbackDue
from screentest_mockserver.state.render import TaskContext, rendered
from screentest_mockserver.tasks.plan import make_plan
from screentest_mockserver.tasks.task import Task


def callbacks_of(call: Call, task: Task) -> tuple[CallbackDue, ...]:
    """The callbacks of a new task: as it reaches a stage that the document names, and at its end."""
    if not task.callback_url:
        return ()
    rule = call.facts.contract.callback
    stages = rule.on if rule is not None else ()
    due = [
        # a moment later: not before the stage, by rounding
        CallbackDue(task.created + phase.start / call.speed + 1e-6, task, 1, phase.status_class)
        for phase in task.plan.phases
        if phase.status_class in stages and phase.start < task.plan.end
    ]
    return (*due, *callback_at_end(call, task))


def callback_at_end(call: Call, task: Task) -> tuple[CallbackDue, ...]:
    """The callback at a task's end, if it ever ends."""
    if not task.callback_url or math.isinf(task.plan.end):
        return ()
    return (CallbackDue(task.created + task.plan.end / call.speed, task),)


def is_due(call: Call, due: CallbackDue) -> StatusClass | None:
    """The class of the task with which an attempt is made, or None where it is not made: the task has gone on from a
    stage, has not ended after all, or the document names no callback for its end."""
    rule, task = call.facts.contract.callback, due.task
    status_class: StatusClass = call.state(task).status_class
    if rule is None or task.callback_url is None or status_class not in rule.on:
        return None
    if rule.events is not None and status_class not in call.hooks.events(rule.events.chosen(task.request)):
        return None
    # a deviating state may not have ended at all
    expected = status_class.terminal if due.stage is None else status_class is due.stage
    number = 0 if due.stage else due.attempt
    return status_class if expected and call.hooks.callback(task, number) else None


def message_of(call: Call, rule: Callback, task: Task) -> tuple[str, bytes]:
    """Method and body of an attempt."""
    return call.hooks.delivery(rule.method, orjson.dumps(detail(call, task)))


def detail(call: Call, task: Task) -> Any:
    """What a callback says of a task now: what the canonical query does, or the document's own body for its class."""
    operation = call.facts.contract.roles[Role.QUERY][0]
    state, rule = call.state(task), call.facts.contract.callback
    view = BodyHookContext(call, Role.QUERY, "callback", task, state)
    lifecycle = call.contract.lifecycle
    shown = rendered(call, operation, task, state)
    if rule is None or state.status_class not in rule.bodies:
        return call.hooks.body(view, respelled(lifecycle, shown, lifecycle.status_at, "callback"))
    query = call.hooks.body(replace(view, kind=operation.id), shown)
    query = respelled(lifecycle, query, lifecycle.status_at, "callback")
    body = rule.bodies[state.status_class].render(_CallbackContext(TaskContext(call, task, state), query))
    return call.hooks.body(BodyHookContext(call, Role.QUERY, "callback"), body)


def forged_of(call: Call, task: Task) -> Task:
    """A task as somebody describes it who is not the vendor: it has failed."""
    profile = call.contract.profiles[task.model.profile]
    plan = make_plan(call.contract, profile, outcome=StatusClass.FAILED)
    forged = task.with_plan(plan)
    forged.created = call.now - plan.end / call.speed - 1  # it has ended, whatever the true one takes
    return forged


def spoiled(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Headers that sign nothing: the digits are others."""
    return {name: value[::-1] if len(value) > 24 else value for name, value in headers.items()}


class _CallbackContext:
    """The values of a task, and what the query answers about it, which shows the result's address."""

    __slots__ = ("inner", "query")

    def __init__(self, inner: TaskContext, query: Any) -> None:
        self.inner, self.query = inner, query

    def hole(self, name: str, argument: str) -> Any:
        if name == "query":
            part = resolve(self.query, segments(argument))
            return None if part is MISSING else part
        if name == "status":
            word = self.inner.contract.lifecycle.word(self.inner.state.status, "callback")
            return None if word is MISSING else word
        shown = link_of(self.inner.contract, self.query) if name == "link" else None
        return self.inner.hole(name, argument) if shown is None else shown


def delivery_headers(call: Call, rule: Callback, task: Task) -> Mapping[str, str]:
    """The headers that the document gives a delivery."""
    context = _CallbackContext(TaskContext(call, task, call.state(task)), None)
    return {name: str(make.render(context)) for name, make in rule.headers.items()}


def signature_headers(
    call: Call,
    rule: Callback,
    task: Task,
    body: bytes,
    own: Mapping[str, str],
    status_class: StatusClass,
    attempt: int,
) -> Mapping[str, str]:
    """The headers that sign an attempt, at the time of that attempt; its id stays the same when it is repeated: that of
    the document's own header, where it has one. None where no secret is set, as vendors do who leave that to users."""
    if rule.signature is None or not call.facts.callback_secret:
        return {}
    made = "msg_" + sha256(f"{task.id} {status_class}".encode()).hexdigest()[:24]
    name = own.get(rule.signature.id_header or "", made)
    message = Message(body, call.now, name, task.id, own)
    return call.hooks.sign(rule.signature, call.facts.callback_secret, message, attempt)


def seconds_to_next(call: Call, rule: Callback, due: CallbackDue, status: int) -> float | None:
    """How long to wait for the next attempt after one that was answered with `status`, at the pace of tasks. None:
    there is no other."""
    attempt = due.attempt
    acknowledged = str(status) in rule.success or f"{status // 100}XX" in rule.success
    wait = None if acknowledged or attempt > len(rule.retries) else rule.retries[attempt - 1]
    wait = call.hooks.wait(rule, attempt, acknowledged, wait)
    return wait / call.speed if due.stage is None and wait is not None else None
