"""The query operations, those for a separate result among them."""

import orjson

from screentest_contracts.contract import Operation
from screentest_contracts.template import Template
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import NO_HOOKS, BodyHookContext, Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.render import TaskContext, response_headers
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def query(call: Call, operation: Operation, task: Task, refused: bool) -> Outcome:
    """What the task is now, in the shape of this operation. Raises Refusal where the operation shows no such state, and
    where a fault of its scenario is due (`refused`)."""
    role, facts = operation.role, call.facts
    if refused and task.scenario is not None and task.scenario.query_errors:
        raise Refusal(role, task.scenario.query_errors[0], task_id=task.id)
    state = call.state(task)
    template = facts.body_templates[operation.id, task.model.profile].get(state.status)
    if template is None:
        context = TaskContext(call, task, state)
        raise Refusal(
            role,
            "failed-task" if state.status_class.terminal else "not-ready",
            task_id=task.id,
            status=context.hole("status", ""),
            reason=context.hole("reason", ""),
            reason_code=context.hole("reason_code", ""),
        )
    status = facts.success_statuses[role]
    headers = response_headers(call, role, status, task, state)
    answer = Answer(status, headers, _body(call, operation, task, state, template), task.id)
    if task.scenario is not None:
        answer.delay = task.scenario.delay
    return answer, ()


def _body(call: Call, operation: Operation, task: Task, state: State, template: Template) -> bytes:
    """The task in this state, written once: states are shared, and most polls see the state of the poll before."""
    if call.hooks.body is not NO_HOOKS.body:
        view = BodyHookContext(call, operation.role, operation.id, task, state)
        return orjson.dumps(call.hooks.body(view, template.render(TaskContext(call, task, state))))
    facts = call.facts
    key = (operation.id, task.id)
    shown = facts.shown.get(key)
    if shown is not None and shown[1] is template and (shown[0] is state or shown[0] == state):
        return shown[2]
    written = orjson.dumps(template.render(TaskContext(call, task, state)))
    if not (template.volatile or facts.link_volatile):
        facts.shown.keep(key, (state, template, written))
    return written
