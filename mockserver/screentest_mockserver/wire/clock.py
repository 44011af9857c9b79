"""Time as a parameter: real (at any pace) or manual. All times are epoch seconds."""

import time
from typing import Protocol


class Clock(Protocol):
    """What the mock reads the time from.

    `speed` is how many seconds of a task's life pass in one second of this clock. Written times are the clock's own, so
    a task made at speed 60 says honestly that it took two seconds, not two minutes.
    """

    speed: float
    manual: bool

    def now(self) -> float:
        """Epoch seconds."""


def whole_second() -> float:
    """The machine's time without its fraction: where a manual clock begins."""
    return float(int(time.time()))


class RealClock:
    """The machine's clock."""

    __slots__ = ("speed",)

    manual = False

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed

    def now(self) -> float:
        return time.time()


class ManualClock:
    """A clock that only moves when it is told to."""

    __slots__ = ("_now", "speed")

    manual = True

    def __init__(self, start: float | None = None) -> None:
        self._now = whole_second() if start is None else float(start)
        self.speed = 1.0

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        """Moves forward and gives the new time. Raises ValueError for a step back."""
        if not 0 <= seconds < 1e9:
            raise ValueError("a clock moves forward by 0 to 1e9 seconds")
        self._now += seconds
        return self._now
