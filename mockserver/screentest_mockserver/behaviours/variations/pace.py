"""How tasks move, and how they end."""

from collections.abc import Callable
from dataclasses import replace

from screentest_contracts.contract import Contract, Profile, StatusClass
from screentest_mockserver.behaviours.deviations.polls import unknown_until
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.deviation import Applies, everywhere
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.tasks.plan import Plan, make_plan
from screentest_mockserver.tasks.task import Task

NewPlan = Callable[[Contract, Profile, Plan], Plan]


def _plan(name: str, about: str, new: NewPlan, applies: Applies = everywhere) -> None:
    """Gives new tasks another plan."""

    def task(call: Call, task: Task) -> Task:
        task.plan = new(call.contract, call.contract.profiles[task.model.profile], task.plan)
        return task

    vary(name, about, Hooks(task=task), applies)


def _paced(contract: Contract, profile: Profile, plan: Plan, pace: float) -> Plan:
    """The same end after another time."""
    return make_plan(contract, profile, outcome=plan.final.status_class, pace=pace, failure=plan.failure)


def _at_once(contract: Contract, profile: Profile, plan: Plan) -> Plan:
    return _paced(contract, profile, plan, 0.0)


def _slowly(contract: Contract, profile: Profile, plan: Plan) -> Plan:
    return _paced(contract, profile, plan, 1.9)


def _fails_at_once(contract: Contract, profile: Profile, plan: Plan) -> Plan:
    return _at_once(contract, profile, plan) if plan.final.status_class is StatusClass.FAILED else plan


def _last_failure(contract: Contract, profile: Profile, plan: Plan) -> Plan:
    failures = contract.failures
    fails = plan.final.status_class is StatusClass.FAILED and failures
    return replace(plan, failure=failures[-1].code) if fails else plan


def _no_queue(contract: Contract, profile: Profile, plan: Plan) -> Plan:
    """The first stage is over at once; the receipt still shows it."""
    first, *rest = plan.phases
    if not rest:
        return plan
    phases = (replace(first, end=0.0), replace(rest[0], start=0.0), *rest[1:])
    started = 0.0 if plan.started is not None and rest[0].status_class is StatusClass.RUNNING else plan.started
    return replace(plan, phases=phases, started=started, final=replace(plan.final, started=started))


def _only_queue(contract: Contract, profile: Profile, plan: Plan) -> Plan:
    """The task is never seen running, and so its start is not known before its end."""
    phases = (replace(plan.phases[0], end=plan.end, last=plan.phases[0].first),)
    runs_at_once = plan.phases[0].status_class is StatusClass.RUNNING
    started = plan.started if plan.started is None or runs_at_once else plan.end
    return replace(plan, phases=phases, started=started, final=replace(plan.final, started=started))


def _may_skip(contract: Contract) -> bool:
    return all(
        contract.lifecycle.allows(profile.stages[0].status, outcome.status)
        for profile in contract.profiles.values()
        for outcomes in profile.outcomes.values()
        for outcome in outcomes
    )


def _steps(progress: float | None) -> NewPlan:
    """Progress stays at this number from the second stage on; None: at the number that each stage begins with."""

    def plan(contract: Contract, profile: Profile, plan: Plan) -> Plan:
        start, *rest = plan.phases
        numbers = [phase.first if progress is None else progress for phase in rest]
        flat = [replace(phase, first=number, last=number) for phase, number in zip(rest, numbers, strict=True)]
        return replace(plan, phases=(replace(start, last=start.first), *flat))

    return plan


_plan("immediate", "a task has ended by the first poll", _at_once)
_plan("slow-tasks", "a task takes almost twice as long", _slowly)
_plan("fails-at-once", "a task that fails does so by the first poll", _fails_at_once)
_plan(
    "rare-failure",
    "tasks fail for the documented reason that is rarest",
    _last_failure,
    lambda contract: len(contract.failures) > 1,
)
_plan("skips-the-queue", "a task runs at once, although its receipt says that it waits", _no_queue)
_plan("never-seen-running", "a task goes from the queue straight to its end", _only_queue, _may_skip)
_plan("coarse-progress", "progress only changes with the status", _steps(None))
_plan("progress-stays-zero", "progress is 0 until the end", _steps(0.0))
_plan("progress-jumps", "progress is 99 percent as soon as the task runs", _steps(99.0))

vary(
    "unknown-at-first",
    "a new task is unknown to queries, nearly as long as it may be",
    Hooks(find=lambda call, task_id, task: unknown_until(call, task, 0.9)),
    lambda contract: contract.polling.grace > 0,
)


def _soon(call: Call, seconds: float) -> float:
    return 600.0


vary(
    "link-ends-soon",
    "a result's address of which documents only say that it ends works for ten minutes",
    Hooks(link_life=_soon),
    lambda contract: contract.link.life is not None and not contract.link.lives and not contract.link.expiry_query,
)
