"""What a run knows of its tasks, whichever requirement they were made for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

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


NEVER_ENDED: Final = "never ended"
"""The end of a task that was given up."""


@dataclass
class TaskRecords:
    """`creates` are the answers to create requests; `delivered` the downloads of tasks that succeeded; `refused` the
    tasks called done whose result was refused; `watched` the state of each task by its id;
    `polls` how many queries of tasks were answered, `ends` the model and the end of each task that was asked for, by
    its id: a class of status, `NEVER_ENDED`, or "" for one that was not followed so far. `on_change` is called when a
    task's status changes."""

    creates: list[Exchange] = field(default_factory=list)
    delivered: dict[Trace, Delivered] = field(default_factory=dict)
    refused: set[Trace] = field(default_factory=set)
    watched: dict[str, Watched] = field(default_factory=dict)
    polls: int = 0
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)
    on_change: Callable[[Watched], None] = lambda watched: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_create(self, exchange: Exchange) -> None:
        """Keeps the answer to a create."""
        with self._lock:
            self.creates.append(exchange)

    def note_poll(self, trace: Trace, end: str) -> None:
        """Counts a query, and keeps the end that it showed; the first one is the end."""
        with self._lock:
            self.polls += 1
            if not self.ends.get(trace.task_id, ("", ""))[1]:
                self.ends[trace.task_id] = (trace.model, end)

    def note_end(self, trace: Trace, end: str) -> None:
        """Keeps what became of a task, whatever its queries say."""
        with self._lock:
            self.ends[trace.task_id] = (trace.model, end)

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
