"""How long the answer to a poll stays as it is."""

from screentest_contracts.contract import Retention
from screentest_mockserver.state.store import Opened
from screentest_mockserver.tasks.plan import Plan, unchanged_until
from screentest_mockserver.tasks.task import Task


class Stays:
    """An answer about a task: the same while the store gives this very task, with this plan and no deviation, and the
    seconds of its life are from `since` to before `until`."""

    __slots__ = ("plan", "since", "spoken", "task", "until")

    def __init__(self, task: Task, since: float, until: float) -> None:
        self.task = task
        self.plan: Plan = task.plan
        self.since = since
        self.until = until
        self.spoken = ("", "")
        """What the store finds the task by: `ProviderStore.open`."""

    def holds(self, opened: Opened, now: float, speed: float) -> bool:
        """Whether the answer is the same `now`, given what the store says."""
        task, choices = opened.task, opened.choices
        if task is None or not (choices is None or choices.deviation is None):
            return False
        return self.lasts(task, (now - task.created) * speed)

    def lasts(self, task: Task, elapsed: float) -> bool:
        """Whether it is the same after `elapsed` seconds of the task's life, where no hook has a say."""
        return task is self.task and task.plan is self.plan and self.since <= elapsed < self.until


def stays(task: Task, elapsed: float, retention: Retention | None) -> Stays:
    """How long the answer stays that was made after `elapsed` seconds of a task's life."""
    until = unchanged_until(task.plan, elapsed)
    if retention is not None:
        until = min(until, retention.task + (task.plan.end if retention.since == "finished" else 0.0) - 1e-3)
    return Stays(task, elapsed, until)
