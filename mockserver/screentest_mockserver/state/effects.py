"""What an operation asks `dispatch` to do to the store, beside its answer."""

from typing import NamedTuple

from screentest_mockserver.state.records import Booking, CallbackDue, File, Key
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


class TaskAdded:
    """A new task with all that makes it one: the texts by which it is found beside its id, the idempotency keys that
    stand for it, its callbacks."""

    __slots__ = ("aliases", "callbacks", "keys", "task")

    def __init__(
        self, task: Task, aliases: tuple[str, ...], keys: tuple[Key, ...], callbacks: tuple[CallbackDue, ...]
    ) -> None:
        self.task = task
        self.aliases = aliases
        self.keys = keys
        self.callbacks = callbacks


class TaskChanged(NamedTuple):
    """A task has another plan, and calls back when that says so."""

    task_id: str
    plan: Plan
    callbacks: tuple[CallbackDue, ...] = ()


class TaskRemoved(NamedTuple):
    """A task is deleted."""

    task_id: str


class FileAdded(NamedTuple):
    """A file was uploaded, or announced."""

    file: File


class FileWhole(NamedTuple):
    """The bytes of the file at this address are there."""

    address: str


class Booked(NamedTuple):
    """A task takes this from the balance of its account, instead of what it took before."""

    booking: Booking


Effect = TaskAdded | TaskChanged | TaskRemoved | FileAdded | FileWhole | Booked

Outcome = tuple[Answer, tuple[Effect, ...]]
"""What an operation gives. Faults and scenarios are no effects: they are taken from the store before the operation, in
one step, so that no two requests count the same one."""
