"""How often a run asks, and how long it waits."""

from screentest_contracts.contract import Callback, Contract
from screentest_suites.core.options import Options
from screentest_suites.targets.target import Target

LONGEST_WATCH = 30.0
"""Seconds for which a task is looked at after its end, at the most, where time is real and no document says."""

SHORTEST_WATCH = 1.5
"""And at the least: a status is seen that goes back half a second later."""

LIVE_FLOOR = 5.0
"""Seconds between two polls of a vendor's own server, at the least."""


class Pace:
    """Waits of a run, in seconds on the target's clock."""

    def __init__(self, contract: Contract, target: Target, options: Options) -> None:
        self._polling = contract.polling
        self._target = target
        self._options = options

    @property
    def interval(self) -> float:
        """Between two polls."""
        polling = self._polling
        if self._options.poll_interval is not None:
            return max(self._options.poll_interval, self.floor and max(self.floor, polling.floor))
        if self._target.steering is not None:
            return polling.typical[0] / 12
        return max(max(polling.interval[0], polling.floor) / self._options.speed, self.floor)

    def retries(self, rule: Callback) -> tuple[float, ...]:
        """Seconds between the attempts of a callback, at the target's pace."""
        return tuple(wait / self._options.speed for wait in rule.retries)

    @property
    def floor(self) -> float:
        """Between two polls of one task, whatever anybody says: 0 for a server that is no vendor's."""
        return LIVE_FLOOR if self._target.kind == "live" else 0.0

    @property
    def first(self) -> float:
        """From a task's receipt to its first poll: 0 where the interval was chosen, or time is virtual."""
        if self._target.steering is not None or self._options.poll_interval is not None:
            return 0.0
        return self._polling.first / self._options.speed

    @property
    def patience(self) -> float:
        """The longest wait that a server may ask for."""
        return 600.0 if self._target.kind == "live" else 30.0

    def watch(self, took: float) -> float:
        """For how long a task is looked at after its end that took so many seconds."""
        settle = self._polling.settle
        if self._target.steering is not None:
            return max(took, self._polling.typical[1]) if settle is None else settle
        if settle is not None:
            return settle / self._options.speed
        return min(max(took, SHORTEST_WATCH), LONGEST_WATCH)

    @property
    def longest(self) -> float:
        """The whole run, at the most, where nobody has chosen: ten tasks one after another, and ten minutes of
        answers."""
        return self._options.time_limit or 10 * self.timeout + 600.0

    @property
    def timeout(self) -> float:
        """From the first poll of a task until it is given up."""
        return self._options.task_timeout or max(self._polling.timeout, self._polling.typical[1] * 2)
