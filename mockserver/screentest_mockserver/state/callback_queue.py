"""The callbacks of a provider that are due, and the leases on those that are being delivered, in memory."""

import heapq
import time
from itertools import count

from screentest_mockserver.state.records import CallbackDue, Lease
from screentest_mockserver.tasks.task import Task


class CallbackQueue:
    """Callbacks by the time at which they are due."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, CallbackDue]] = []
        self._leases: dict[int, Lease] = {}
        self._numbers = count()

    def push(self, due: CallbackDue) -> None:
        """Adds a callback."""
        heapq.heappush(self._due, (due.at, next(self._numbers), due))

    def next_due(self) -> float | None:
        """When the next one is due, in epoch seconds."""
        self._end_leases()
        return self._due[0][0] if self._due else None

    def take(self, now: float, seconds: float) -> Lease | None:
        """The one that has been due longest, for so many seconds of real time."""
        self._end_leases()
        if not self._due or self._due[0][0] > now:
            return None
        _, number, due = heapq.heappop(self._due)
        lease = self._leases[number] = Lease(number, time.monotonic() + seconds, due)
        return lease

    def finish(self, lease: Lease) -> bool:
        """Ends a lease. False where it has ended by itself and another worker has the callback."""
        return self._leases.pop(lease.number, None) is not None

    def _end_leases(self) -> None:
        """Whoever has had one for too long has died: it is due again."""
        for lease in list(self._leases.values()):
            if lease.until <= time.monotonic():
                del self._leases[lease.number]
                self.push(lease.due)

    def drop_first_attempts(self, task: Task) -> None:
        """Forgets what is due of a task of which nothing has been delivered."""
        if self._due and task.callback_url is not None:
            self._due = [row for row in self._due if row[2].task is not task or row[2].attempt > 1]
            heapq.heapify(self._due)

    def clear(self) -> None:
        """Forgets everything."""
        self._due.clear()
        self._leases.clear()
