"""The query operations, those for a separate result among them."""

from typing import Any

import orjson

from screentest_contracts.contract import Operation, StatusClass
from screentest_contracts.location import MISSING, Location, replaced, resolve, segments
from screentest_contracts.reading import respelled
from screentest_contracts.template import Template
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import NO_HOOKS, BodyHookContext, Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.render import TaskContext, response_headers
from screentest_mockserver.state.stays import stays
from screentest_mockserver.state.written import shown
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.scenarios import odd_word
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def query(call: Call, operation: Operation, task: Task, due: frozenset[str]) -> Outcome:
    """What the task is now, in the shape of this operation. Raises Refusal where the operation shows no such state, and
    where a fault of its scenario is due (`due`: their kinds)."""
    role, facts, scenario = operation.role, call.facts, task.scenario
    if "query" in due and scenario is not None and scenario.query_errors:
        raise Refusal(
            role, scenario.query_errors[0], task_id=task.id, as_date=scenario.retry_date, tells=scenario.enforce
        )
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
    if scenario is not None and state.status_class is StatusClass.SUCCEEDED and template.slots_named("link"):
        call.notes.count(f"link {task.id}")
    answer = Answer(status, headers, b"", task.id)
    answer.body, repeated = _body(call, operation, task, state, template)
    answer.said = state.status_class
    lasts = repeated and scenario is None and call.hooks is NO_HOOKS and facts.signed is None
    if lasts and role in facts.fresh_headers:
        answer.stays = stays(task, call.elapsed(task), facts.contract.retention)
    if scenario is not None:
        _change(call, answer, scenario, state, due)
    return answer, ()


def _change(call: Call, answer: Answer, scenario: Scenario, state: State, due: frozenset[str]) -> None:
    """Makes an answer what a scenario has instead of it."""
    contract = call.contract
    answer.delay = scenario.delay / call.speed
    answer.drop = "drop" in due
    if "word" in due:
        answer.body = _replaced(answer.body, contract.lifecycle.status_at, odd_word(contract))
        answer.said = "unknown-status"
    if scenario.no_result and state.status_class is StatusClass.SUCCEEDED:
        answer.body = _replaced(answer.body, contract.link.at, MISSING)
        answer.said = "no-result"


def _replaced(body: bytes, at: Location, value: Any) -> bytes:
    """A body with another value wherever it has one at a place."""
    found = orjson.loads(body)
    for pointer in at.pointers:
        if resolve(found, segments(pointer)) is not MISSING:
            found = replaced(found, segments(pointer), value)
    return orjson.dumps(found)


def _body(call: Call, operation: Operation, task: Task, state: State, template: Template) -> tuple[bytes, bool]:
    """The task in this state, and whether the answer was the same before."""
    if call.hooks.body is not NO_HOOKS.body:
        view = BodyHookContext(call, operation.role, operation.id, task, state)
        lifecycle, at = call.contract.lifecycle, call.contract.lifecycle.status_at
        body = respelled(lifecycle, template.render(TaskContext(call, task, state)), at, operation.id, back=True)
        return orjson.dumps(respelled(lifecycle, call.hooks.body(view, body), at, operation.id)), False
    return shown(call, operation.id, task, state, template)
