"""What is left of a task that was deleted by an operation of its own."""

from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.effects import Booked, Effect, TaskRemoved
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.records import Booking
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import row_of
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Headers


def _deletes(contract: Contract) -> bool:
    return contract.delete is not None and bool(contract.delete.sure_deletes)


def _noted(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    for effect in effects:
        if isinstance(effect, TaskRemoved):
            call.notes.put(f"deleted {effect.task_id}", True)
    return effects


def _hidden(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    return tuple(each for each in _noted(call, effects) if not isinstance(each, TaskRemoved))


def _unless_hidden(call: Call, task_id: str, task: Task | None) -> Task | None:
    return None if call.notes.get(f"deleted {task_id}") else task


register(
    Deviation(
        "deleted-task-listed",
        "a list still holds a task that was deleted",
        ("delete.unlisted",),
        lambda contract: _deletes(contract) and Role.LIST in contract.roles,
        hooks=Hooks(effects=_hidden, find=_unless_hidden),
    )
)


def _gone(call: Call, refusal: Refusal, status: int, body: Any, headers: Headers) -> tuple[int, Any, Headers]:
    if call.role is not Role.QUERY or not call.notes.get(f"deleted {refusal.values.get('task_id')}"):
        return status, body, headers
    row = row_of(call, refusal)
    known = set() if row is None else {reading.status for reading in row.readings}
    return next(each for each in (410, 403) if each not in known), body, headers


register(
    Deviation(
        "deleted-task-other-status",
        "a query of a deleted task is answered with another status than one of a task that does not exist",
        ("delete.unknown",),
        lambda contract: _deletes(contract) and contract.error(Role.QUERY, "unknown-task") is not None,
        hooks=Hooks(effects=_noted, refusal=_gone),
    )
)


def _charged(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    removed, task = any(isinstance(each, TaskRemoved) for each in effects), call.loaded
    if task is None or not removed or call.role is not Role.DELETE:
        return effects
    return (*effects, Booked(Booking(task.account.name, f"{task.id} deleted", 1.0, call.now, None)))


register(
    Deviation(
        "delete-costs",
        "a delete takes something from the balance",
        ("balance.deleted",),
        lambda contract: (
            contract.delete is not None
            and any(each in contract.delete.sure_deletes for each in (StatusClass.SUCCEEDED, StatusClass.FAILED))
            and Role.BALANCE in contract.resources
        ),
        hooks=Hooks(effects=_charged),
        also=("balance.*",),
    )
)
