"""A server behind a URL. It may do anything; what it does becomes an Exchange within bounded time and memory."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.callback_port import CallbackPort
from screentest_suites.targets.decoding import Decoder
from screentest_suites.targets.signing import Headers, signed
from screentest_suites.targets.target import BaseTarget

T = TypeVar("T")

JSON_LIMIT = 4 * 1024 * 1024
"""Bytes of an answer that are read where no file is expected."""


@dataclass
class _Received:
    """What has arrived of an answer so far."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    fresh: bool = False
    stale: bool = False
    """Whether a connection that was kept alive ended before a request that may be repeated was answered."""


class HttpTarget(BaseTarget):
    """Real time, no control; at most `rate` requests a second. Redirects are not followed: the key goes nowhere else.
    POST is never repeated, neither here nor by the library below, and has a connection of its own: a server may close
    one that is kept alive at any moment (RFC 9112, 9.3), and then nobody knows what became of a request. A GET that
    meets such an end is sent once more.

    Requests run on an event loop in a thread of its own: only there can a time-out hold for the whole answer, however
    slowly its bytes trickle in.

    >>> import contextlib, screentest
    >>> with screentest.serve("acme.yaml") as mock:
    ...     with contextlib.closing(screentest.HttpTarget(mock.url, {"good": mock.key}, rate=50)) as target:
    ...         harmless = screentest.SentRequest("GET", f"{target.base_url}/jobs/1", credential=screentest.NO_KEY)
    ...         target.send(harmless).status
    401
    """

    def __init__(
        self,
        base_url: str,
        keys: Mapping[str, str],
        *,
        kind: str = "url",
        timeout: float = 30.0,
        workers: int = 16,
        callbacks: CallbackPort | None = None,
        rate: float | None = None,
        contract: Contract | None = None,
    ) -> None:
        self.kind = kind
        self.base_url = base_url.rstrip("/")
        self.keys = keys
        self.contract = contract
        self.timeout = timeout  # for connecting and the first byte of an answer, and as much again for its body
        self.callbacks = callbacks
        self.min_interval = 1 / rate if rate else 0.0  # seconds between two requests
        self._next = 0.0
        self._turn = threading.Lock()
        try:
            self._kept, self._fresh = (
                httpx.AsyncClient(
                    timeout=httpx.Timeout(None, connect=min(timeout / 2, 10.0)),
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept),
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none is kept: each stands alone
                    follow_redirects=False,
                    http2=True,
                )
                for kept in (workers, 0)
            )
        except (ValueError, OSError) as error:  # a broken proxy or CA setting in the environment
            raise UsageError(f"cannot prepare connections: {error}", "check proxy and certificate variables") from None
        self._slots = threading.BoundedSemaphore(workers)  # waiting for a turn is not the server's time
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        """Closes the connections. Closing again does nothing."""
        if self._loop.is_closed():
            return
        for client in (self._kept, self._fresh):
            self._on_loop(client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, sent: SentRequest, *, limit: int = JSON_LIMIT) -> Exchange:
        with self._slots:
            self._wait_for_turn()
            self.sent += 1
            before, got = time.time(), _Received()
            own = sent.headers if self.contract is None else signed(self.contract, sent, self.keys, before)
            error = self._on_loop(self._receive(sent, own, limit, got))
            if got.stale:
                before, got = time.time(), _Received(fresh=True)
                error = self._on_loop(self._receive(sent, own, limit, got))
        return Exchange(sent, got.status, got.headers, b"".join(got.chunks), before, time.time(), error, got.size)

    def _on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _wait_for_turn(self) -> None:
        """Keeps requests as far apart as the rate demands."""
        if self.min_interval:
            with self._turn:
                at = max(self._next, time.monotonic())
                self._next = at + self.min_interval
            time.sleep(max(at - time.monotonic(), 0.0))

    async def _receive(self, sent: SentRequest, headers: Headers, limit: int, got: _Received) -> str:
        """Sends, notes what arrives in `got`, and gives what went wrong, or ""."""
        fields = [("user-agent", "screentest"), *headers]
        if not any(name.lower() == "accept-encoding" for name, _ in headers):
            fields.insert(0, ("accept-encoding", "identity"))
        safe = sent.method in {"GET", "HEAD"}
        client = self._kept if safe and not got.fresh else self._fresh
        watch = _Watch(safe=safe)
        try:
            async with (
                asyncio.timeout(self.timeout) as clock,
                client.stream(
                    sent.method, sent.url, headers=fields, content=sent.body, extensions={"trace": watch}
                ) as response,
            ):
                longer = max(limit / JSON_LIMIT, 1.0)  # files may take longer than answers
                clock.reschedule(self._loop.time() + self.timeout * longer)
                got.status = response.status_code
                got.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw)
                return await _read(response, limit, got)
        except TimeoutError:
            late = f"the body did not end within {self.timeout * max(limit / JSON_LIMIT, 1.0):g} s"
            return late if got.status else "no answer within the time-out"
        except httpx.HTTPError as problem:
            got.stale = safe and watch.begun and not watch.connected and not got.status
            return _reason(problem)
        except (httpx.InvalidURL, ValueError, OSError) as problem:
            return f"no request could be made: {type(problem).__name__}: {problem}"


class _Watch:
    """Told by the library what it does: whether it opened a connection, and whether it began to send. It lets it send a
    request that may create something only once: HTTP/2 allows a second time after a server's word that it has not
    acted, which need not be true."""

    def __init__(self, *, safe: bool) -> None:
        self.connected = self.begun = False
        self._safe = safe

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.connected |= event.startswith("connection.connect")
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            if self.begun and not self._safe:
                raise httpx.WriteError("the server gave the request back; it is not sent again")
            self.begun = True


async def _read(response: httpx.Response, limit: int, got: _Received) -> str:
    """Reads the body, unpacked, until `limit`; gives what is wrong with it, or "". What cannot be unpacked is kept as
    it came."""
    decoder = Decoder(response.headers.get("content-encoding", ""))
    async for raw in response.aiter_raw():
        problem = ""
        try:
            chunk = decoder.feed(raw, limit + 1 - got.size)
        except ValueError as error:
            chunk, problem = raw, str(error)
        if got.size < limit:
            got.chunks.append(chunk[: limit - got.size])
        got.size += len(chunk)
        if problem:
            return problem
        if got.size > limit:
            return f"the body is longer than {limit} bytes"
    return decoder.problem


def _reason(problem: httpx.HTTPError) -> str:
    """A transport failure in plain words."""
    match problem:
        case httpx.ConnectTimeout():
            return "no connection within the time-out"
        case httpx.ConnectError():
            return f"no connection: {_root(problem)}"
        case httpx.RemoteProtocolError():
            return f"the answer is not valid HTTP: {problem}"
        case httpx.UnsupportedProtocol():
            return f"no request could be made: {problem}"
    return f"the connection broke: {type(problem).__name__} {problem}".rstrip()


def _root(problem: BaseException) -> BaseException:
    """The first cause: what the libraries wrap says less than the operating system did."""
    while inner := problem.__cause__ or problem.__context__:
        problem = inner
    return problem
