"""The operations that end or remove a task: cancel, and delete where that is one of its own."""

import orjson

from screentest_contracts.contract import CancelRule, Role
from screentest_mockserver.operations.balance import booked
from screentest_mockserver.operations.callbacks import callback_at_end
from screentest_mockserver.state.effects import Effect, Outcome, TaskChanged, TaskRemoved
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.render import TaskContext, document_headers, response_headers
from screentest_mockserver.tasks.plan import cut_short
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def cancel(call: Call, rule: CancelRule, task: Task, role: Role = Role.CANCEL) -> Outcome:
    """Cancels or deletes a task, as the rule of the role says. Raises Refusal where its status allows neither."""
    contract = call.facts.contract
    state = call.state(task)
    effects: tuple[Effect, ...]
    if state.status_class in rule.deletes:
        effects = (TaskRemoved(task.id),)
    elif state.status_class in rule.classes:
        profile = contract.profiles[task.model.profile]
        task = task.with_plan(cut_short(contract, profile, task.plan, call.elapsed(task)))
        effects = (TaskChanged(task.id, task.plan, callback_at_end(call, task)), *booked(call, task))
    else:
        condition = "not-deletable" if role is Role.DELETE else "not-cancellable"
        raise Refusal(role, condition, task_id=task.id, status=state.status)
    status, state = call.facts.success_statuses[role], call.state(task)
    if rule.body is None:
        return Answer(status, document_headers(call, role, task, state), b"", task.id), effects
    body = rule.body.render(TaskContext(call, task, state))
    headers = response_headers(call, role, status, task, state)
    return Answer(status, headers, orjson.dumps(body), task.id), effects
