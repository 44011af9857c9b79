"""The task that a request speaks of."""

from urllib.parse import parse_qs, unquote

from screentest_contracts.contract import Model, Operation, Role, group_name
from screentest_mockserver.operations.reading import parse_json
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Request


def asked_id(request: Request, operation: Operation, task_id: str) -> str:
    """The id that a request carries in path (`task_id`, as the path has it), query or body.

    Raises Refusal when there is none.
    """
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


def spoken_of(request: Request, operation: Operation, task_id: str) -> tuple[str, str]:
    """The id that a request carries and, where its operation wants another than the task's own, the alias by which a
    store finds the task; empty where it speaks of no task, or carries none."""
    if operation.role not in _OF_TASKS:
        return "", ""
    try:
        identity = asked_id(request, operation, task_id)
    except Refusal:  # raised again when it is due: others come before it
        return "", ""
    return identity, "" if operation.shown_id is None else alias_of(operation.role, identity)


_OF_TASKS = frozenset((Role.QUERY, Role.RESULT, Role.CONTENT, Role.STREAM, Role.CANCEL, Role.DELETE))


def alias_of(role: Role, text: str) -> str:
    """By what a store finds a task under another id than its own, which an operation of this role wants."""
    return f"{role} {text}"


def check_task(call: Call, operation: Operation, account: Account | None, task_id: str, task: Task | None) -> Task:
    """The task that was found for an id. Raises Refusal: form of id, existence, owner, expiry, in this order."""
    role = operation.role
    if task is None:
        contract = call.facts.contract
        malformed = (role, "malformed-id") in contract.errors and not any(
            form.pattern.search(task_id) for form in contract.id.forms
        )
        raise Refusal(role, "malformed-id" if malformed else "unknown-task", task_id=task_id)
    if account is not None and task.account.name != account.name and not call.hooks.shares:
        raise Refusal(role, "foreign-task", task_id=task_id)
    if is_expired(call, task):
        raise Refusal(role, "expired-task", task_id=task_id)
    if operation.model_parameters and not fits_model(operation, task.model, call.request.path):
        raise Refusal(role, "unknown-task", task_id=task_id)
    return task


def is_expired(call: Call, task: Task) -> bool:
    """Whether the time for which the vendor keeps a task is over."""
    retention = call.facts.contract.retention
    if retention is None or call.hooks.keeps_tasks:
        return False
    elapsed = (call.now - task.created) * call.speed
    if retention.since == "finished":
        elapsed -= task.plan.end
    return elapsed > retention.task


def fits_model(operation: Operation, model: Model, path: str) -> bool:
    """Whether the members of a path that name the model name the task's."""
    match = operation.pattern.fullmatch(path)
    values = match.groupdict() if match is not None else {}
    return all(
        unquote(values.get(group_name(name)) or "") == model.word(word) for name, word in operation.model_parameters
    )
