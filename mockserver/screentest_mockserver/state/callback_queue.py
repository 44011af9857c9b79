"""The callbacks of a provider that are due, and the leases on those that are being delivered, in memory."""

import heapq
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
        """When the next one is due or the next lease ends, in epoch seconds."""
        ends = [lease.until for lease in self._leases.values()]
        if self._due:
            ends.append(self._due[0][0])
        return min(ends, default=None)

    def take(self, now: float, seconds: float) -> Lease | None:
        """The one that has been due longest, until `seconds` from `now`; those whose leases have ended are due."""
        for lease in list(self._leases.values()):
            if lease.until <= now:  # whoever had it has died
                del self._leases[lease.number]
                self.push(lease.due)
        if not self._due or self._due[0][0] > now:
            return None
        _, number, due = heapq.heappop(self._due)
        lease = self._leases[number] = Lease(number, now + seconds, due)
        return lease

    def finish(self, lease: Lease) -> bool:
        """Ends a lease. False where it has ended by itself and another worker has the callback."""
        return self._leases.pop(lease.number, None) is not None

    def drop_first_attempts(self, task: Task) -> None:
        """Forgets what is due of a task of which nothing has been delivered."""
        if self._due and task.callback_url is not None:
            self._due = [row for row in self._due if row[2].task is not task or row[2].attempt > 1]
            heapq.heapify(self._due)

    def clear(self) -> None:
        """Forgets everything."""
        self._due.clear()
        self._leases.clear()
