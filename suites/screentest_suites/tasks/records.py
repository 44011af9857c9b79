"""What a run knows of its tasks, whichever requirement they were made for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.tasks.download import Delivered


@dataclass
class Watched:
    """A task as a person who waits for it wants to see it. Times are epoch seconds of the target's clock."""

    model: str
    task: str
    status: str
    since: float
    next_poll: float | None = None


@dataclass
class TaskRecords:
    """`creates` are the answers to create requests; `delivered` the downloads of tasks that succeeded; `refused` the
    tasks called done whose result was refused; `watched` the state of each task by its id. `on_change` is called when
    a task's status changes."""

    creates: list[Exchange] = field(default_factory=list)
    delivered: dict[Trace, Delivered] = field(default_factory=dict)
    refused: set[Trace] = field(default_factory=set)
    watched: dict[str, Watched] = field(default_factory=dict)
    on_change: Callable[[Watched], None] = lambda watched: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_create(self, exchange: Exchange) -> None:
        """Keeps the answer to a create."""
        with self._lock:
            self.creates.append(exchange)

    def note_status(self, trace: Trace, status: str) -> None:
        """Notes what the last answer said of a task, and tells of a change."""
        before = self.watched.get(trace.task_id)
        now = self.watched[trace.task_id] = Watched(trace.model, trace.task_id, status, trace.created.sent_at)
        if before is None or before.status != status:
            self.on_change(now)

    def note_next_poll(self, trace: Trace, at: float | None) -> None:
        """Notes when a task is asked for next; None: it is not waited for any more."""
        if trace.task_id in self.watched:
            self.watched[trace.task_id].next_poll = at
