"""Queries for several tasks at once."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.deviations.edit import put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _asked(contract: Contract) -> bool:
    return contract.batch is not None


def _on_items(change: Callable[[BodyHookContext, list[Any]], Any]) -> Hooks:
    """Other items than those that were asked for."""

    def body(view: BodyHookContext, value: Any) -> Any:
        rule = view.contract.batch
        if view.role is not Role.BATCH or rule is None:
            return value
        items = change(view, list(rule.items.find(value)))
        return items if rule.items.pointers[0] == "" else put_at(value, rule.items, items)

    return Hooks(body=body)


def _batch(
    name: str, about: str, breaks: str, hooks: Hooks, applies: Applies = _asked, also: tuple[str, ...] = ()
) -> None:
    register(Deviation(name, about, (f"batch.{breaks}",), applies, hooks=hooks, also=("batch.*", *also)))


def _of_another(view: BodyHookContext, items: list[Any]) -> list[Any]:
    """The last task is shown with its id, and with all else of the first."""
    rule = view.contract.batch
    if rule is None or len(view.tasks) < 2:
        return items
    mine = rule.id_at.find(items[-1])
    return [*items[:-1], put_at(items[0], rule.id_at, mine)]


_batch("batch-loses-one", "of several tasks the last is left out", "items", _on_items(lambda view, items: items[:-1]))
_batch(
    "batch-repeats-one",
    "of several tasks the first is shown twice",
    "items",
    _on_items(lambda view, items: [*items, *items[:1]]),
)
_batch("batch-item-of-another", "of several tasks one is shown as another one is", "life", _on_items(_of_another))
_batch(
    "batch-in-other-order",
    "several tasks are shown in the order of their ids",
    "order",
    _on_items(lambda view, items: sorted(items, key=str)),
    lambda contract: contract.batch is not None and contract.batch.ordered,
)
_batch(
    "batch-as-object",
    "several tasks are shown by number, in an object",
    "schema",
    _on_items(lambda view, items: {str(number): item for number, item in enumerate(items)}),
)


def _created(call: Call, answer: Answer) -> Answer:
    if call.role is Role.BATCH and answer.status < 300:
        answer.status = 207
    return answer


_batch("batch-other-status", "a query for several tasks is answered 207", "status-code", Hooks(answer=_created))


def _noted(call: Call, task: Task) -> Task:
    call.notes.put("newest", task.id)
    return task


def _newest(call: Call, task_id: str) -> str:
    return (call.notes.get("newest") or "") if call.role is Role.BATCH else ""


_batch(
    "batch-shows-another-for-unknown",
    "for an id that nobody knows among several, some task is shown",
    "unknown",
    Hooks(task=_noted, instead=_newest),
    lambda contract: contract.batch is not None and contract.batch.unknown in ("omitted", "item"),
)
