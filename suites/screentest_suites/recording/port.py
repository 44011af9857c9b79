"""Callbacks of a recorded run: those that the checks have seen, again at the same moments."""

import threading
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from screentest_contracts.contract import Handshake
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.clock import RunClock
from screentest_suites.targets.callback_port import CallbackPort, Mailbox, Received

MISSED = "the run was interrupted while callbacks were awaited"


class TapePort:
    """Gives recorded callbacks, and those that arrive at the inner port, which it records when they are looked at."""

    def __init__(
        self,
        tape: Cassette,
        inner: CallbackPort | None,
        clock: RunClock,
        signature: Callable[[Received], str | None] | None = None,
    ) -> None:
        self._tape, self._clock = tape, clock
        self._signature = signature  # what is wrong with that of a callback, where they are signed
        self._inner = inner
        self.base = tape.header.callbacks or ""
        self._addresses: CallbackPort = inner or Mailbox(tape.header.callbacks or "")
        self._since: dict[str, float] = {}
        self._noted: dict[str, int] = {}
        self._lock = threading.Lock()

    def address(self, status: int = 200, handshake: Handshake | None = None, *, answers: bool = True) -> str:
        url = self._addresses.address(status, handshake, answers=answers)
        self._since[url] = self._clock.now()
        return url

    def received(self, address: str) -> list[Received]:
        """What had arrived by now on the run's clock. Raises NotObservedError where the run was down meanwhile."""
        now, since = self._clock.now(), self._since[address]
        if any(since <= stop.at < now for stop in self._tape.stops):
            raise NotObservedError(Skip.NOT_OBSERVED, MISSED)
        path = urlsplit(address).path
        found = [each for each, offset in self._tape.callbacks if each.path == path and each.at - offset <= now]
        if self._inner is not None:
            offset = self._tape.offset
            arrived = [each for each in self._inner.received(address) if each.at - offset <= now]
            with self._lock:
                for each in arrived[self._noted.get(address, 0) :]:
                    noted = each if self._signature is None else replace(each, signature=self._signature(each))
                    self._tape.callback(noted)
                self._noted[address] = max(len(arrived), self._noted.get(address, 0))
            found += arrived
        return found
