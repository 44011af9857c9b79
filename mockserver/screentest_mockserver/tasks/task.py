"""One task, and its plain form: what a store on another machine writes down and reads back."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from screentest_contracts.contract import Contract, Model, StatusClass
from screentest_mockserver.tasks.plan import Phase, Plan, State
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.wire.accounts import Account

Wanted = tuple[float, str, str]
"""Duration in seconds, ratio and resolution of a video."""


class Task:
    """One task. Small on purpose: a million of them fit in memory.

    `created` is epoch seconds; `wanted` is shared between equal tasks; `request` is kept only when some body shows
    parts of it; `scenario` only when it changes answers about the task; `name` only where its model's names are an open
    set, or its create goes on from the task `earlier`, an id. Whoever keeps a task owns it: an operation
    changes none, it gives effects.
    """

    __slots__ = (
        "account",
        "base",
        "callback_url",
        "created",
        "earlier",
        "id",
        "model",
        "name",
        "plan",
        "request",
        "scenario",
        "seed",
        "wanted",
    )

    def __init__(
        self,
        id: str,  # noqa: A002 - the field's own word
        account: Account,
        model: Model,
        plan: Plan,
        created: float,
        wanted: Wanted,
        seed: Any,
        request: Any,
        base: str,
        callback_url: str | None,
        scenario: Scenario | None,
        name: str | None = None,
        earlier: str | None = None,
    ) -> None:
        self.id = id
        self.account = account
        self.model = model
        self.plan = plan
        self.created = created
        self.wanted = wanted
        self.seed = seed
        self.request = request
        self.base = base
        self.callback_url = callback_url
        self.scenario = scenario
        self.name = name
        self.earlier = earlier

    @property
    def meant(self) -> Wanted:
        """The video that is wanted, without words for its shape and size."""
        seconds, ratio, resolution = self.wanted
        return seconds, str(self.model.meaning("ratio", ratio)), str(self.model.meaning("resolution", resolution))

    @property
    def named(self) -> str:
        """The model's name, as the create had it."""
        return self.name or self.model.wire

    def with_plan(self, plan: Plan) -> "Task":
        """The same task with another plan."""
        return Task(
            self.id,
            self.account,
            self.model,
            plan,
            self.created,
            self.wanted,
            self.seed,
            self.request,
            self.base,
            self.callback_url,
            self.scenario,
            self.name,
            self.earlier,
        )


def keep_seconds(contract: Contract, task: Task) -> float | None:
    """How many seconds of its life a task must be kept: until its retention is over. None: for ever, also where the
    document tells an expired task from an unknown one."""
    retention = contract.retention
    if retention is None or any(condition == "expired-task" for _, condition in contract.errors):
        return None
    seconds = retention.task + (task.plan.end if retention.since == "finished" else 0.0)
    return None if math.isinf(seconds) else seconds


# -- plain values -------------------------------------------------------------------------------------------------


def dump_task(task: Task) -> dict[str, Any]:
    """A task as plain JSON values: account and model by name, plan and scenario by their fields."""
    return {
        "id": task.id,
        "account": task.account.name,
        "model": task.model.name,
        "plan": dump_plan(task.plan),
        "created": task.created,
        "wanted": list(task.wanted),
        "seed": task.seed,
        "request": task.request,
        "base": task.base,
        "callback_url": task.callback_url,
        "scenario": None if task.scenario is None else task.scenario.as_json(),
        "name": task.name,
        "earlier": task.earlier,
    }


def load_task(record: Mapping[str, Any], contract: Contract, accounts: Mapping[str, Account]) -> Task:
    """The task of such a record; `accounts` by name. Tasks with the same plan share one, as those in memory do."""
    seconds, ratio, resolution = record["wanted"]
    scenario = record["scenario"]
    return Task(
        record["id"],
        accounts[record["account"]],
        contract.models[record["model"]],
        load_plan(record["plan"]),
        record["created"],
        (float(seconds), ratio, resolution),
        record["seed"],
        record["request"],
        record["base"],
        record["callback_url"],
        None if scenario is None else Scenario.from_json(scenario),
        record.get("name"),
        record.get("earlier"),
    )


def dump_plan(plan: Plan) -> list[Any]:
    """A plan as plain JSON values. A time that never comes is None: JSON has no infinity."""
    phases = [
        [phase.status, str(phase.status_class), phase.start, _or_none(phase.end), phase.first, phase.last]
        for phase in plan.phases
    ]
    final = plan.final
    last = [final.status, str(final.status_class), final.progress, final.started, _or_none(final.finished)]
    return [phases, _or_none(plan.end), plan.started, last, plan.failure]


def load_plan(plain: list[Any]) -> Plan:
    """The plan of such values; equal ones give the same plan."""
    phases, end, started, final, failure = plain
    return _plan(tuple(map(tuple, phases)), end, started, tuple(final), failure)


@lru_cache(1024)
def _plan(phases: tuple[Any, ...], end: float | None, started: float | None, final: Any, failure: str | None) -> Plan:
    def phase(status: str, of: str, start: float, stop: float | None, first: float, last: float) -> Phase:
        return Phase(status, StatusClass(of), start, _or_never(stop), first, last)

    status, of, progress, began, finished = final
    last = State(status, StatusClass(of), progress, began, _or_never(finished))
    return Plan(tuple(phase(*row) for row in phases), _or_never(end), started, last, failure)


def _or_none(seconds: float | None) -> float | None:
    return None if seconds is None or math.isinf(seconds) else seconds


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds
