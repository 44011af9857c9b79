"""Delivers callbacks when tasks end, with the documented time-out and retries, on the mock's clock."""

import asyncio
import contextlib
import heapq
import ssl
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import orjson

from screentest_contracts.contract import Callback, StatusClass
from screentest_contracts.signatures import Message, sign
from screentest_mockserver.wire.clock import Clock

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock
    from screentest_mockserver.tasks.store import Task

Deliver = Callable[[str, str, bytes, float, Mapping[str, str]], Awaitable[int]]
"""(method, url, body, time-out in seconds, headers) -> HTTP status; 0 when no answer came."""


class Delivery(NamedTuple):
    """One attempt that was made."""

    at: float
    provider: str
    task: str
    attempt: int
    status: int


class HttpDeliver:
    """Sends over HTTP, never following redirects. `verify`: an SSL context that trusts the receiver."""

    def __init__(self, verify: ssl.SSLContext | bool = True) -> None:
        self.verify = verify
        self._client: object | None = None

    async def __call__(self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]) -> int:
        import httpx  # imported when the first callback is due: `serve` starts without it

        headers = {"content-type": "application/json", "user-agent": "screentest", **headers}
        try:
            async with httpx.AsyncClient(verify=self.verify, timeout=timeout, follow_redirects=False) as client:
                # the time-out is for the whole attempt, not for each phase of it
                answer = await asyncio.wait_for(client.request(method, url, content=body, headers=headers), timeout)
        except Exception:  # whatever a stranger's address leads to, it is no answer
            return 0
        return answer.status_code


class Callbacks:
    """The deliveries still due. Nothing runs before `pump` is called (or `run` calls it)."""

    def __init__(self, clock: Clock, deliver: Deliver | None = None) -> None:
        self.clock = clock
        self.deliver: Deliver = deliver or HttpDeliver()
        self.made: list[Delivery] = []
        self._due: list[tuple[float, int, ProviderMock, Task, int, StatusClass | None]] = []
        self._order = count()
        self._wake: asyncio.Event | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def watch(self, mock: "ProviderMock") -> None:
        """Schedules the callbacks of each task made since the last call: at its end, and as it reaches a stage."""
        while mock.created:
            task = mock.created.pop()
            stages = mock.contract.callback.on if mock.contract.callback else ()
            for phase in task.plan.phases:
                if phase.status_class in stages and phase.start < task.plan.end:
                    due = task.created + phase.start / self.clock.speed + 1e-6  # not before, by rounding
                    self._push(due, mock, task, 1, phase.status_class)
            if task.plan.end != float("inf"):
                self._push(task.created + task.plan.end / self.clock.speed, mock, task, 1)

    def _push(
        self, due: float, mock: "ProviderMock", task: "Task", attempt: int, stage: StatusClass | None = None
    ) -> None:
        heapq.heappush(self._due, (due, next(self._order), mock, task, attempt, stage))
        if self._wake is not None:
            self._wake.set()

    def next_due(self) -> float | None:
        """When the next attempt is due, or None."""
        return self._due[0][0] if self._due else None

    async def pump(self) -> int:
        """Makes every attempt that is due now and gives how many there were."""
        attempts = 0
        while self._due and self._due[0][0] <= self.clock.now():
            due, _, mock, task, attempt, stage = heapq.heappop(self._due)
            if not self._is_stale(due, task, attempt, stage):
                await self._attempt(mock, task, attempt, stage)
                attempts += 1
        return attempts

    def _is_stale(self, due: float, task: "Task", attempt: int, stage: StatusClass | None) -> bool:
        """Whether the task has been cancelled since: its callback was scheduled anew for the earlier end."""
        return stage is None and attempt == 1 and due != task.created + task.plan.end / self.clock.speed

    def clear(self) -> None:
        """Forgets what was delivered and what is due."""
        self.made.clear()
        self._due.clear()

    async def _attempt(self, mock: "ProviderMock", task: "Task", attempt: int, stage: StatusClass | None) -> None:
        rule = mock.contract.callback
        if rule is None or task.callback_url is None:
            return
        end: StatusClass = mock.state(task).status_class
        if stage is not None and end is not stage:  # it went on meanwhile
            return
        # cancelled plans end earlier, never later; a deviating state may not have ended at all
        if stage is None and not end.terminal:
            return
        if end not in rule.on:
            return
        deviation = mock.deviation
        number = 0 if stage else attempt
        if deviation is not None and deviation.callback is not None and not deviation.callback(task, number):
            return
        method, body = rule.method, orjson.dumps(mock.detail(task))
        if deviation is not None and deviation.delivery is not None:
            method, body = deviation.delivery(method, body)
        headers = self._signed(mock, task, body, end, attempt)
        status = await self.deliver(method, task.callback_url, body, rule.timeout, headers)
        self.made.append(Delivery(self.clock.now(), mock.contract.name, task.id, attempt, status))
        acknowledged = _acknowledged(rule, status)
        wait = None if acknowledged or attempt > len(rule.retries) else rule.retries[attempt - 1]
        if deviation is not None and deviation.wait is not None:
            wait = deviation.wait(rule, attempt, acknowledged, wait)
        if wait is not None and stage is None:
            # In the clock's own seconds whatever the pace of tasks: a receiver has the time the document gives it.
            self._push(self.clock.now() + wait, mock, task, attempt + 1)

    def _signed(
        self, mock: "ProviderMock", task: "Task", body: bytes, end: StatusClass, attempt: int
    ) -> Mapping[str, str]:
        """The headers that sign an attempt, at the time of that attempt; its id stays the same when it is repeated."""
        rule = mock.contract.callback.signature if mock.contract.callback else None
        if rule is None:
            return {}
        name = "msg_" + sha256(f"{task.id} {end}".encode()).hexdigest()[:24]
        message = Message(body, self.clock.now(), name, task.id)
        deviation = mock.deviation
        if deviation is not None and deviation.sign is not None:
            return deviation.sign(rule, mock.callback_secret, message, attempt)
        return sign(rule, mock.callback_secret, message)

    async def run(self) -> None:
        """Makes attempts as they fall due in real time, until cancelled. One slow receiver holds up no other."""
        self._wake = asyncio.Event()
        while True:
            self._wake.clear()
            while self._due and self._due[0][0] <= self.clock.now():
                when, _, mock, task, attempt, stage = heapq.heappop(self._due)
                if self._is_stale(when, task, attempt, stage):
                    continue
                sending = asyncio.create_task(self._attempt(mock, task, attempt, stage))
                self._sending.add(sending)
                sending.add_done_callback(self._sending.discard)
            due = self.next_due()
            timeout = None if due is None or self.clock.manual else max(due - self.clock.now(), 0.001)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), timeout)


def _acknowledged(rule: Callback, status: int) -> bool:
    return str(status) in rule.success or f"{status // 100}XX" in rule.success
