"""The earlier task from which a create goes on."""

from screentest_contracts.contract import Earlier, Operation, Role
from screentest_contracts.reading import id_text
from screentest_mockserver.operations.asked import Asked
from screentest_mockserver.operations.find import asked_id, check_task
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account


def earlier_id(call: Call, operation: Operation, rule: Earlier, asked: Asked, in_path: str) -> str:
    """The id of the earlier task that a create names; `in_path`: what its path has. Raises Refusal for none."""
    if rule.at is None:
        return asked_id(call.request, operation, in_path)
    identity = id_text(rule.at.find(asked.body))
    if identity is None:
        raise Refusal(Role.CREATE, "invalid-body", param=_member(rule), detail="missing")
    return identity


def check_earlier(
    call: Call, operation: Operation, account: Account, asked: Asked, identity: str, task: Task | None
) -> Task:
    """The earlier task that was found for an id. Raises Refusal: existence, owner, expiry, model, status."""
    rule, task = asked.model.earlier, check_task(call, operation, account, identity, task)
    if rule is None:
        return task
    if task.model.name not in rule.models:
        detail = f"no create goes on from a task of {task.named}"
        raise Refusal(Role.CREATE, "invalid-body", param=_member(rule), detail=detail, task_id=identity)
    state = call.state(task)
    if state.status_class not in rule.classes:
        condition = "failed-task" if state.status_class.terminal else "not-ready"
        raise Refusal(Role.CREATE, condition, param=_member(rule), task_id=identity, status=state.status)
    return task


def _member(rule: Earlier) -> str | None:
    return None if rule.at is None else rule.at.pointers[0].strip("/").replace("/", ".")
