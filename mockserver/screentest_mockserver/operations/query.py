"""The query operations, and how any operation finds the task that a request speaks of."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

import orjson

from screentest_contracts.contract import Model, Operation, Role, group_name
from screentest_contracts.template import Template
from screentest_mockserver.behaviours.deviations import BodyHookContext
from screentest_mockserver.operations.create import parse_json
from screentest_mockserver.state.refusals import Refusal
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.store import Task
from screentest_mockserver.wire.answer import Answer, Request

SHOWN = 4096
"""Bodies of tasks that are kept as they were last shown."""

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


def query(mock: "ProviderMock", request: Request, operation: Operation, task_id: str) -> Answer:
    """What the task is now, in the shape of this operation."""
    task = find(mock, request, operation, task_id)
    if task.faults is not None:
        _query_faults(task, operation.role)
    state = mock.state(task)
    templates = mock.body_templates[operation.id, task.model.profile]
    template = templates.get(state.status)
    if template is None:
        context = mock.context(task, state)
        raise Refusal(
            operation.role,
            "failed-task" if state.status_class.terminal else "not-ready",
            task_id=task.id,
            status=context.hole("status", ""),
            reason=context.hole("reason", ""),
            reason_code=context.hole("reason_code", ""),
        )
    status = mock.success_statuses[operation.role]
    answer = Answer(
        status,
        mock.response_headers(operation.role, status, task, state),
        _body(mock, operation, task, state, template),
        task.id,
    )
    if task.faults is not None:
        answer.delay = task.faults.scenario.delay
    return answer


def _body(mock: "ProviderMock", operation: Operation, task: Task, state: State, template: Template) -> bytes:
    """The task in this state, written once: states are shared, and most polls see the state of the poll before."""
    if mock.deviation is not None and mock.deviation.body is not None:
        view = BodyHookContext(mock, operation.role, operation.id, task, state)
        return orjson.dumps(mock.deviation.body(view, template.render(mock.context(task, state))))
    key = (operation.id, task.id)
    shown = mock.shown.get(key)
    if shown is not None and shown[0] is state and shown[1] is template:
        return shown[2]
    written = orjson.dumps(template.render(mock.context(task, state)))
    if not (template.volatile or mock.link_volatile):
        if len(mock.shown) >= SHOWN:
            mock.shown.clear()
        mock.shown[key] = (state, template, written)
    return written


def _query_faults(task: Task, role: Role) -> None:
    faults = task.faults
    assert faults is not None
    if faults.query_left > 0 and faults.scenario.query_errors:
        faults.query_left -= 1
        raise Refusal(role, faults.scenario.query_errors[0], task_id=task.id)


def find(mock: "ProviderMock", request: Request, operation: Operation, task_id: str) -> Task:
    """The task a request speaks of. Raises Refusal: key, form of id, existence, owner, expiry, in this order."""
    role = operation.role
    account = mock.account(request, operation) if operation.secured else None
    task_id = asked_id(mock, request, operation, task_id)
    task = mock.store.get(task_id if operation.shown_id is None else mock.shown_ids.get((role, task_id), ""))
    if mock.deviation is not None and mock.deviation.find is not None:
        task = mock.deviation.find(mock, operation, task_id, task)
    if task is None:
        malformed = (role, "malformed-id") in mock.contract.errors and not any(
            form.pattern.search(task_id) for form in mock.contract.id.forms
        )
        raise Refusal(role, "malformed-id" if malformed else "unknown-task", task_id=task_id)
    if account is not None and task.account.name != account.name:
        allowed = mock.deviation is not None and mock.deviation.shares
        if not allowed:
            raise Refusal(role, "foreign-task", task_id=task_id)
    if expired(mock, task):
        raise Refusal(role, "expired-task", task_id=task_id)
    if operation.model_parameters and not _fits_model(operation, task.model, request.path):
        raise Refusal(role, "unknown-task", task_id=task_id)
    return task


def asked_id(mock: "ProviderMock", request: Request, operation: Operation, task_id: str) -> str:
    """The id that a request carries in path, query or body. Raises Refusal when there is none."""
    if task_id:
        return unquote(task_id)
    carrier = operation.id_parameter
    if carrier is not None and carrier.get("in") == "query":
        values = parse_qs(request.query.decode("latin-1")).get(str(carrier["name"]))
        if not values:
            raise Refusal(operation.role, "invalid-body", param=carrier["name"], detail="missing")
        return values[0]
    if request.body:
        body = parse_json(request, operation)
        value = body.get(operation.carrier) if isinstance(body, dict) else None
        if isinstance(value, str):
            return value
    raise Refusal(operation.role, "invalid-body", param=operation.carrier, detail="missing")


def expired(mock: "ProviderMock", task: Task) -> bool:
    """Whether the time for which the vendor keeps a task is over."""
    retention = mock.contract.retention
    if retention is None or (mock.deviation is not None and mock.deviation.keeps_tasks):
        return False
    elapsed = mock.elapsed(task)
    if retention.since == "finished":
        elapsed -= task.plan.end
    return elapsed > retention.task


def _fits_model(operation: Operation, model: Model, path: str) -> bool:
    """Whether the members of a path that name the model name the task's."""
    match = operation.pattern.fullmatch(path)
    values = match.groupdict() if match is not None else {}
    return all(
        unquote(values.get(group_name(name)) or "") == model.word(word) for name, word in operation.model_parameters
    )
