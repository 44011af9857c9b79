"""Delivers callbacks when tasks end, with the documented time-out and retries, on the mock's clock."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import orjson

from screentest_contracts.contract import Callback
from screentest_contracts.errors import UsageError
from screentest_contracts.generate import generate
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.operations.callbacks import (
    delivery_headers,
    detail,
    forged_of,
    is_due,
    message_of,
    seconds_to_next,
    signature_headers,
    spoiled,
)
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.records import CallbackDue, Lease
from screentest_mockserver.state.store import StoreLostError
from screentest_mockserver.wire.clock import Clock
from screentest_mockserver.wire.journal import Delivery


class Answered(NamedTuple):
    """What an address answered; `status` is 0 when no answer came, for `reason`."""

    status: int
    body: bytes = b""
    reason: str = ""


Deliver = Callable[[str, str, bytes, float, Mapping[str, str]], Awaitable[int | tuple[int, bytes] | Answered]]
"""(method, url, body, time-out in seconds, headers) -> HTTP status, and where challenges are answered the body of the
answer; 0 when no answer came, then with the reason where it is known."""

ANSWER = 64 * 1024
"""Bytes of an answer to a challenge that are looked at."""

REASON = 500
"""Characters that are kept of the reason for which no answer came."""

LEASE = 5.0
"""Seconds of real time, beyond what its requests may take, after which an attempt is another worker's."""

LOOK = 5.0
"""Seconds of real time after which `run` looks into the stores again: a worker may have died, and another, which shares
the store, may have put something in."""

LOST = 1.0
"""Seconds of real time after which `run` tries a store again that cannot be reached."""


class HttpDeliver:
    """Sends over HTTP, never following redirects. `verify`: an SSL context that trusts the receiver; True: the usual
    authorities, which are read once, with the first callback."""

    def __init__(self, verify: ssl.SSLContext | bool = True) -> None:
        self.verify = verify

    async def __call__(
        self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]
    ) -> Answered:
        import httpx  # imported when the first callback is due: `serve` starts without it

        headers = {"content-type": "application/json", "user-agent": "screentest", **headers}
        try:
            if self.verify is True:
                self.verify = httpx.create_ssl_context()
            async with httpx.AsyncClient(verify=self.verify, timeout=timeout, follow_redirects=False) as client:
                # the time-out is for the whole attempt, not for each phase of it
                async with asyncio.timeout(timeout):
                    answer = await client.request(method, url, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            return Answered(0, reason=f"no answer within {timeout:g} s")
        except Exception as error:  # whatever a stranger's address leads to, it is no answer
            return Answered(0, reason=f"{type(error).__name__}: {error}"[:REASON])
        return Answered(answer.status_code, answer.content[:ANSWER])


def deliver_over_http(ca_file: str | Path | None, named: str) -> HttpDeliver:
    """Trusts the authority in a PEM file, or the usual ones. Raises UsageError for another file, which the user knows
    as `named`."""
    if ca_file is None:
        return HttpDeliver()
    try:
        return HttpDeliver(ssl.create_default_context(cafile=ca_file))
    except (ssl.SSLError, OSError) as error:
        raise UsageError(f"{named} {ca_file} is no certificate: {error}", "give a PEM file") from None


class Callbacks:
    """Makes the attempts that the stores of some mocks hold. None is made before `pump` is called (or `run` calls it).

    An attempt is leased from the store: one worker makes it, and another one if that worker dies.
    """

    def __init__(self, clock: Clock, mocks: Iterable[ProviderMock], deliver: Deliver | None = None) -> None:
        self.clock = clock
        self.deliver: Deliver = deliver or HttpDeliver()
        # a vendor that calls nobody back has no queue to look into
        self._mocks = [mock for mock in mocks if mock.contract.callback is not None]
        for mock in self._mocks:
            mock.notify = self.wake
        self._wake: asyncio.Event | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def deliveries(self) -> list[Delivery]:
        """The newest attempts that were made, oldest first."""
        made = (delivery for mock in self._mocks for delivery in mock.store.deliveries())
        return sorted(made, key=lambda delivery: delivery.at)

    def next_due(self) -> float | None:
        """When the next attempt is due, in epoch seconds, or None."""
        due = (mock.store.next_callback() for mock in self._mocks)
        return min((at for at in due if at is not None), default=None)

    def wake(self) -> None:
        """Tells `run` that there may be something new to do."""
        if self._wake is not None:
            self._wake.set()

    async def pump(self) -> int:
        """Makes every attempt that is due now and gives how many there were."""
        attempts = 0
        while (taken := self._take()) is not None:
            await self._attempt(*taken)
            attempts += 1
        return attempts

    async def settle(self) -> None:
        """Waits until the attempts that `run` has begun have ended."""
        if self._sending:
            await asyncio.wait(set(self._sending))

    async def run(self) -> None:
        """Makes attempts as they fall due in real time, until cancelled. One slow receiver holds up no other."""
        self._wake = asyncio.Event()
        while True:
            self._wake.clear()
            try:
                while (taken := self._take()) is not None:
                    sending = asyncio.create_task(self._attempt_in_time(*taken))
                    self._sending.add(sending)
                    sending.add_done_callback(self._sending.discard)
                due = self.next_due()
                timeout = LOOK if due is None or self.clock.manual else min(max(due - self.clock.now(), 0.001), LOOK)
            except StoreLostError:
                timeout = LOST
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):  # Python 3.11's wait_for can lose a cancellation
                    await self._wake.wait()

    async def _attempt_in_time(self, mock: ProviderMock, lease: Lease) -> None:
        with contextlib.suppress(StoreLostError):  # what came of it is not kept: it is due again when its lease ends
            await self._attempt(mock, lease)

    def _take(self) -> tuple[ProviderMock, Lease] | None:
        """The attempt that has been due longest, leased."""
        now = self.clock.now()
        due = [(at, mock) for mock in self._mocks if (at := mock.store.next_callback()) is not None and at <= now]
        for _, mock in sorted(due, key=lambda row: row[0]):
            lease = mock.store.take_callback(now, LEASE + _longest(mock.contract.callback))
            if lease is not None:
                return mock, lease
        return None

    async def _attempt(self, mock: ProviderMock, lease: Lease) -> None:
        due, rule = lease.due, mock.contract.callback
        task, call = due.task, mock.call()
        status_class = is_due(call, due)
        if rule is None or status_class is None or task.callback_url is None:
            mock.store.finish_callback(lease, None)
            return
        again: CallbackDue | None
        if not await self._is_confirmed(mock, call, rule, task.callback_url):
            wait = seconds_to_next(call, rule, due, 0)
            again = None if wait is None else CallbackDue(self.clock.now() + wait, task, due.attempt + 1)
            mock.store.finish_callback(lease, None, again)
            self.wake()
            return
        method, body = message_of(call, rule, task)
        own = call.hooks.delivery_headers(delivery_headers(call, rule, task))
        headers = {**own, **signature_headers(call, rule, task, body, own, status_class, due.attempt)}
        kind = "" if task.scenario is None else task.scenario.callbacks
        if kind == "none":
            mock.store.finish_callback(lease, None)
            return
        ending = due.stage is None
        if kind == "forged" and due.attempt == 1 and ending:
            forged = orjson.dumps(detail(call, forged_of(call, task)))
            unsigned = {**own, **spoiled(signature_headers(call, rule, task, forged, own, status_class, due.attempt))}
            await self._deliver(mock, lease, method, forged, unsigned, "forged")
        answer, took = await self._deliver(mock, lease, method, body, headers, "" if kind == "repeated" else None)
        if kind == "repeated" and ending:
            answer, took = await self._deliver(mock, lease, method, body, headers)
        now = self.clock.now()
        wait = seconds_to_next(call, rule, due, answer.status)
        again = None if wait is None else CallbackDue(now + wait, task, due.attempt + 1)
        shown = "repeated" if kind == "repeated" and ending else ""
        delivery = Delivery(now, mock.contract.name, task.id, due.attempt, answer.status, shown, took, answer.reason)
        mock.store.finish_callback(lease, delivery, again)
        if again is not None:
            self.wake()

    async def _deliver(
        self,
        mock: ProviderMock,
        lease: Lease,
        method: str,
        body: bytes,
        headers: Mapping[str, str],
        kind: str | None = None,
    ) -> tuple[Answered, float]:
        """Sends once; gives the answer and the seconds that it took. With a `kind` it is one of the attempts that no
        store plans, and is kept here."""
        task, rule = lease.due.task, mock.contract.callback
        assert rule is not None and task.callback_url is not None  # noqa: S101, PT018 - who calls has looked
        started = time.monotonic()
        answer = await self._send(method, task.callback_url, body, rule.timeout, headers)
        took = time.monotonic() - started
        if kind is not None:
            now, attempt = self.clock.now(), lease.due.attempt
            status, reason = answer.status, answer.reason
            mock.store.add_delivery(Delivery(now, mock.contract.name, task.id, attempt, status, kind, took, reason))
        return answer, took

    async def _send(self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]) -> Answered:
        """What an address answers."""
        answer = await self.deliver(method, url, body, timeout, headers)
        return Answered(answer) if isinstance(answer, int) else Answered(*answer)

    async def _is_confirmed(self, mock: ProviderMock, call: Call, rule: Callback, url: str) -> bool:
        """Whether an address may be called: it need not be challenged, or answers the challenge, now or before."""
        handshake, known = rule.handshake, f"confirmed {url}"
        if handshake is None or not call.hooks.challenges(mock.store.notes.get(known) is not None):
            return True
        challenge = str(generate("hex:24", call.facts.random))
        address, body = handshake.request(url, challenge)
        answer = await self._send(handshake.method, address, body, handshake.timeout, {})
        if handshake.is_answered(answer.status, answer.body, challenge):
            mock.store.notes.put(known, True)
            return True
        return call.hooks.trusts


def _longest(rule: Callback | None) -> float:
    """The seconds that the requests of one attempt take at most: a scenario has two of them, and a new address a
    challenge."""
    if rule is None:
        return 0.0
    return 2 * rule.timeout + (0.0 if rule.handshake is None else rule.handshake.timeout)
