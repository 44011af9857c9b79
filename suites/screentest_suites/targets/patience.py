"""How long a run waits for a server: for one answer, for slow answers in all, for who does not answer, and at most."""

import math
import threading
import time
from collections import defaultdict

from screentest_suites.core.verdicts import OutOfTimeError, SilenceError

SILENT = 3
"""Requests in a row without an answer after which an operation is not asked any more."""

VENDOR = 20.0
"""How much more patience a vendor's own server finds with slow answers: it may be far away and under load."""


class Patience:
    """Thread-safe; seconds are real. `timeout` is what one answer may take.

    - Silence: after a time-out the next request of the operation waits for a tenth of it only, and what does not
      answer `SILENT` requests in a row is not asked again. Of a server that has never answered this holds as a whole.
    - Slowness: what answers take beyond a tenth of `timeout` each adds up (once for answers that come at the same
      time), to four tenths of it; then the run is out of time. A run whose time was chosen has all of that.
    - The end: nothing is sent after it, and no answer is waited for.

    A vendor's own server (`live`) is not hurried: its tasks are paid for.
    """

    def __init__(self, timeout: float, *, live: bool = False) -> None:
        self.timeout = timeout
        self._live = live
        self._slow, self._most = timeout * 0.1, timeout * (0.4 * VENDOR if live else 0.4)
        self._ends, self._told = math.inf, ""
        self._used = 0.0
        self._used_until = -math.inf
        self._answered = False
        self._vain: defaultdict[str, list[float]] = defaultdict(list)  # seconds waited, in a row, by operation
        self._vain_at_all: list[float] = []
        self._lock = threading.Lock()

    def limit(self, seconds: float, *, chosen: bool) -> None:
        """The run ends `seconds` from now. `chosen`: somebody has asked for that, whatever answers take."""
        with self._lock:
            self._ends = time.monotonic() + seconds
            self._told = f"the run was to take {seconds:g} s"
            if chosen:
                self._most = math.inf

    @property
    def left(self) -> float:
        """Seconds that the run may still take."""
        return max(self._ends - time.monotonic(), 0.0)

    @property
    def over(self) -> bool:
        """Whether the run may take no longer."""
        return self._used > self._most or not self.left

    def check(self) -> None:
        """Raises OutOfTimeError when the run may take no longer."""
        if not self.left:
            raise OutOfTimeError(self._told)
        if self._used > self._most:
            seen = f"answers that took more than {self._slow:g} s each have used up {self._most:g} s"
            raise OutOfTimeError(f"{seen}; --time-limit gives a run as much as you like")

    def allowance(self, operation: str, asked: float = 0.0) -> float:
        """Seconds that the next answer may take, with those for which it was `asked` to wait. Raises SilenceError or
        OutOfTimeError where none is waited for."""
        with self._lock:
            self.check()
            waits = max(self._vain[operation], [] if self._answered else self._vain_at_all, key=len)
            if len(waits) >= SILENT:
                raise SilenceError(_told(waits))
            hurried = waits and not self._live
            return min((self.timeout / 10 if hurried else self.timeout) + asked, self.left)

    def waited_in_vain(self, operation: str, allowed: float) -> None:
        """No answer came in the time that was allowed. Raises SilenceError, or OutOfTimeError, where that was less than
        an answer may take: it breaks nothing."""
        with self._lock:
            self.check()
            for waits in (self._vain[operation], self._vain_at_all):
                waits.append(allowed)
            if allowed < self.timeout:
                raise SilenceError(_told(self._vain[operation]))

    def answered(self, operation: str, began: float, *, counts: bool = True) -> None:
        """An answer came now to a request that was sent at `began`, of `time.monotonic`. `counts`: it should have come
        quickly, as all but files do."""
        with self._lock:
            self._answered = True
            self._vain[operation].clear()
            self._vain_at_all.clear()
            ended = time.monotonic()
            if counts:
                self._used += max(ended - max(began + self._slow, self._used_until), 0.0)
                self._used_until = max(ended, self._used_until)


def _told(waits: list[float]) -> str:
    """How often, and for how long, an answer was waited for."""
    longest = max(waits)
    times = "once" if len(waits) == 1 else f"{len(waits)} times"
    return (
        f"in {longest:g} s, {times} in a row" if len(set(waits)) == 1 else f"in up to {longest:g} s, {times} in a row"
    )
