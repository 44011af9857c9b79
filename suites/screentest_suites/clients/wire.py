"""How a client in this process talks to a mock in this process: httpx, in virtual time."""

from collections.abc import Callable, Iterator, Mapping

import httpx

from screentest_contracts.contract import Contract
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.clock import ManualClock
from screentest_suites.core.exchange import SentRequest
from screentest_suites.targets.embedded import exchange_with, run_virtual

SECOND_ORIGIN = "https://files.screentest.example"
"""Where results are that are elsewhere."""

CALLBACK_URL = "https://client.screentest.example/callback"
"""Where a client that listens is called back."""

Listener = Callable[[str, bytes, Mapping[str, str]], tuple[int, bytes]]
"""(address, body, headers) -> status and body of the answer to a callback; status 0: none in time."""


class MockTransport(httpx.BaseTransport):
    """Answers the requests of an httpx client by a mock. An answer that comes later than the client waits is a
    time-out."""

    def __init__(self, app: MockServer) -> None:
        self.app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        headers = tuple(row for row in headers if row[0].lower() != "host")
        before, sent = self.app.clock.now(), SentRequest(request.method, str(request.url), headers, request.read())
        exchange = exchange_with(self.app, sent, headers)
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and self.app.clock.now() - before > limit:
            raise httpx.ReadTimeout("the answer came too late", request=request)
        if exchange.error and not exchange.status:
            raise httpx.RemoteProtocolError(exchange.error, request=request)
        kept = [(name, value) for name, value in exchange.headers if name.lower() not in ("content-encoding",)]
        return httpx.Response(exchange.status, headers=kept, stream=_Body(exchange.body, exchange.error))


class _Body(httpx.SyncByteStream):
    """A body, which may break off with an error."""

    def __init__(self, body: bytes, error: str) -> None:
        self.body, self.error = body, error

    def __iter__(self) -> Iterator[bytes]:
        yield self.body
        if self.error:
            raise httpx.RemoteProtocolError(self.error)


class TimeUpError(Exception):
    """The situation lasts no longer."""


class VirtualWire:
    """What a client is given: an httpx client, the address of the API, keys, and a clock that it may wait by. After
    `limit` seconds, or `requests` requests, it is stopped by a `TimeUpError`."""

    def __init__(self, contract: Contract, *, limit: float, speed: float = 1.0, requests: int) -> None:
        self.contract, self.limit, self.requests = contract, limit, requests
        clock = ManualClock(1_780_000_000.0)
        clock.speed = speed
        self.listener: Listener | None = None
        self.app = MockServer([contract], clock=clock, seed=0, second_origin=SECOND_ORIGIN, deliver=self._deliver)
        self.started = clock.now()
        self.mock = self.app.providers[contract.name]
        self.base_url = contract.base_url
        self.keys = dict(self.mock.keys)
        hooks = {"request": [self._count]}
        self.http = httpx.Client(transport=MockTransport(self.app), timeout=30, event_hooks=hooks, headers=_PLAIN)

    def now(self) -> float:
        return self.app.clock.now()

    def sleep(self, seconds: float) -> None:
        run_virtual(self.app.advance(min(seconds, self.limit)))
        if self.now() - self.started > self.limit:
            raise TimeUpError

    async def _deliver(
        self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        return (0, b"") if self.listener is None else self.listener(url, body, headers)

    def _count(self, request: httpx.Request) -> None:
        self.requests -= 1
        if self.requests < 0:
            raise TimeUpError


_PLAIN = {"accept-encoding": "identity", "user-agent": "screentest-reference"}
