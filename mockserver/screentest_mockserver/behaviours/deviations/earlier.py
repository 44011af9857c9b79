"""Creates that go on from an earlier task: it is lost, mistaken for another, or not looked at."""

from collections.abc import Callable

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.deviations.edit import change, has_hole
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.effects import Effect, TaskAdded, TaskRemoved
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal


def _goes_on(contract: Contract) -> bool:
    return contract.goes_on


def _without_earlier(call: Call, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    added = [effect.task.earlier for effect in effects if isinstance(effect, TaskAdded)]
    return (*effects, *(TaskRemoved(identity) for identity in added if identity is not None))


register(
    Deviation(
        "earlier-task-used-up",
        "what goes on from an earlier task takes its place: the earlier one is gone",
        ("create.earlier.kept",),
        hooks=Hooks(effects=_without_earlier),
        applies=_goes_on,
        also=("create.*", "error.create.*", "auth.create.*", "list.*", "query.*"),
    )
)
register(
    Deviation(
        "earlier-task-misnamed",
        "answers name another task than the one that a create went on from",
        ("create.*.echo", "query.*.echo"),
        hooks=Hooks(body=lambda view, body: change(view, body, ("earlier",), lambda hole, value: f"{value}0")),
        applies=lambda contract: any(has_hole(role, "earlier")(contract) for role in (Role.CREATE, Role.QUERY)),
        also=("*.schema", "*.pattern"),
    )
)


def _goes_on_anyway(condition: str) -> Callable[[Call, Refusal], bool]:
    return lambda call, refusal: refusal.role is Role.CREATE and refusal.condition == condition


for _condition, _about in {
    "unknown-task": "a create goes on from a task that does not exist",
    "malformed-id": "a create goes on from an id that no task could have",
    "foreign-task": "a create goes on from another account's task",
    "expired-task": "a create goes on from a task that has expired",
    "not-ready": "a create goes on from a task that has not ended",
    "failed-task": "a create goes on from a task that failed",
}.items():
    register(
        Deviation(
            f"goes-on-from-{_condition}",
            _about,
            (f"error.create.{_condition}", f"auth.create.{_condition}"),
            hooks=Hooks(forgives=_goes_on_anyway(_condition)),
            applies=_goes_on,
            also=("error.create.*", "auth.create.*", "create.generated.*"),
        )
    )
