"""How late this process is: what nobody but us is to blame for."""

import time
from collections import deque

import gevent

BEAT = 0.1
"""Seconds between two looks at the clock."""

KEPT = 6000
"""Delays that are remembered: ten minutes of them, at the least."""


class Lag:
    """Notes every time that this process could not go on when it was its turn. Runs until it is stopped."""

    def __init__(self) -> None:
        self.total = 0.0
        self._late: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._beat = gevent.spawn(self._watch)

    def _watch(self) -> None:
        while True:
            before = time.monotonic()
            gevent.sleep(BEAT)
            late = time.monotonic() - before - BEAT
            if late > BEAT:
                self.total += late
                self._late.append((time.time(), late))

    def since(self, moment: float) -> float:
        """Seconds for which this process was late since a moment, in epoch seconds."""
        return sum(late for at, late in self._late if at >= moment)

    def stop(self) -> None:
        self._beat.kill()
