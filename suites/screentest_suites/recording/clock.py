"""The clock of a run that is recorded: what it says depends on the answers alone, so that a replay reads the same."""

import math
import threading
import time

from screentest_suites.recording.cassette import Cassette


class Lane:
    """The clock of one thread: the moment its last answer came, and what it has slept since.

    `live`: that answer came just now, not from the recording.
    """

    def __init__(self, moment: float) -> None:
        self.moment = moment
        self.slept = 0.0
        self.live = False

    @property
    def now(self) -> float:
        return self.moment + self.slept


class RunClock:
    """Seconds on a run's own clock: epoch seconds, less the time for which the run was down."""

    def __init__(self, tape: Cassette, *, real: bool) -> None:
        self._tape = tape
        self._real = real
        self._threads = threading.local()
        self._latest = tape.header.started
        self.stopping = threading.Event()
        self.ends = math.inf  # of the run, by `time.monotonic`: nothing sleeps longer

    def lane(self) -> Lane:
        """The calling thread's."""
        if not hasattr(self._threads, "lane"):
            self._threads.lane = Lane(self._latest)
        found: Lane = self._threads.lane
        return found

    def now(self) -> float:
        return self.lane().now

    def answered(self, received_at: float, offset: float, *, live: bool) -> None:
        """An answer came in this thread."""
        lane = self.lane()
        lane.moment, lane.slept, lane.live = received_at - offset, 0.0, live
        self._latest = max(self._latest, lane.moment)

    def sleep(self, seconds: float) -> None:
        """Lets time pass. What had passed already when the run was interrupted is not waited for again."""
        lane = self.lane()
        lane.slept += seconds
        if not self._real:
            return
        left = seconds if lane.live else lane.now - (time.time() - self._tape.offset)
        if left > 0:
            self.stopping.wait(min(left, max(self.ends - time.monotonic(), 0.0)))
        self.check()

    def check(self) -> None:
        """Raises KeyboardInterrupt when the run is to end."""
        if self.stopping.is_set():
            raise KeyboardInterrupt
