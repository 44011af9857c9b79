"""A server behind a URL. It may do anything; what it does becomes an Exchange within bounded time and memory."""

import asyncio
import os
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.core.addresses import split_address
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import SMALL_BODY, Exchange, SentRequest
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.targets.callback_port import CallbackPort
from screentest_suites.targets.incoming import ANSWERS_KEPT, JSON_LIMIT, MB, Arriving, Stock
from screentest_suites.targets.patience import Patience
from screentest_suites.targets.proxies import REFUSALS, check_proxies, direct_hosts, is_loopback, proxy_for
from screentest_suites.targets.signing import Headers, signed
from screentest_suites.targets.target import BaseTarget

T = TypeVar("T")

KNOCK = 3.0
"""Seconds for which it is waited whether a server answers before it is judged."""

SLOWEST = 128 * 1024
"""Bytes a second that the body of a file brings, at the least."""


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
        self.timeout = timeout  # for an answer, from when its request is sent until its end
        self.patience = Patience(timeout, live=kind == "live")
        self.callbacks = callbacks
        self.min_interval = 1 / rate if rate else 0.0  # seconds between two requests
        self._next = 0.0
        self._turn = threading.Lock()
        self._stock = Stock()
        self._kept, self._fresh = (_client(self.base_url, timeout, kept) for kept in (workers, 0))
        self._slots = threading.BoundedSemaphore(workers)  # waiting for a turn is not the server's time
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleeps, at most until the run is to end."""
        time.sleep(min(seconds, self.patience.left))

    def limit_time(self, seconds: float, *, chosen: bool) -> None:
        self.patience.limit(seconds, chosen=chosen)

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
        """Raises SilenceError or OutOfTimeError (both are NotObservedError) where no answer is waited for, and
        NotObservedError for one that would take too much to keep or to read."""
        what = sent.operation or "another request"
        with self._slots:
            allowed = self.patience.allowance(what, sent.waits)
            self._wait_for_turn()
            began = time.monotonic()
            exchange, got = self._exchange(sent, limit, allowed)
        if not got.late:
            self.patience.answered(what, began + sent.waits, counts=not got.is_file)
        elif not got.is_file or got.size < SLOWEST * allowed:  # nothing, or a trickle
            self.patience.waited_in_vain(what, allowed)
        else:
            self.patience.check()
            came = f"{got.size / MB:.1f} MB of the file came in {allowed:g} s, and not all of it"
            raise NotObservedError(Skip.NOT_OBSERVED, f"{came}; --timeout gives it more")
        if self._stock.answers > ANSWERS_KEPT and SMALL_BODY < got.size <= got.limit and not got.is_file:
            more = f"answers of more than {SMALL_BODY // 1024} KB brought more than {ANSWERS_KEPT // MB} MB"
            raise NotObservedError(Skip.NOT_OBSERVED, more)
        return exchange

    def knock(self) -> Exchange:
        """One request without a key, to see whether anybody is there; who takes it need not answer."""
        sent = SentRequest("GET", self.base_url + "/", (), None, NO_KEY)
        return self._exchange(sent, JSON_LIMIT, min(self.timeout, KNOCK))[0]

    def _exchange(self, sent: SentRequest, limit: int, allowed: float) -> tuple[Exchange, Arriving]:
        """Sends; once more where the connection had ended before."""
        self.sent += 1
        for fresh in (False, True):
            before, got = time.time(), Arriving(self._stock, limit, limit > JSON_LIMIT)
            own = sent.headers if self.contract is None else signed(self.contract, sent, self.keys, before)
            error = self._on_loop(self._receive(sent, own, got, allowed, fresh=fresh))
            if not got.stale:
                break
        body, outline, tail = got.kept()
        made = Exchange(sent, got.status, got.headers, body, before, time.time(), error, got.size, outline, tail)
        return made, got

    def _on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _wait_for_turn(self) -> None:
        """Keeps requests as far apart as the rate demands."""
        if self.min_interval:
            with self._turn:
                at = max(self._next, time.monotonic())
                self._next = at + self.min_interval
            time.sleep(max(at - time.monotonic(), 0.0))

    async def _receive(self, sent: SentRequest, headers: Headers, got: Arriving, allowed: float, *, fresh: bool) -> str:
        """Sends, notes what arrives in `got`, and gives what went wrong, or ""."""
        fields = [("user-agent", "screentest"), *headers]
        if not any(name.lower() == "accept-encoding" for name, _ in headers):
            fields.insert(0, ("accept-encoding", "identity"))
        safe = sent.method in {"GET", "HEAD"}
        client = self._kept if safe and not fresh else self._fresh
        try:
            async with asyncio.timeout(self.timeout + allowed) as clock:  # a proxy may hang, too
                watch = _Watch(safe=safe, begins=lambda: clock.reschedule(self._loop.time() + allowed))
                async with client.stream(
                    sent.method, sent.url, headers=fields, content=sent.body, extensions={"trace": watch}
                ) as response:
                    got.status = response.status_code
                    got.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw)
                    if got.is_file:  # as much again for its bytes
                        clock.reschedule(self._loop.time() + allowed)
                    broken = await got.read(response)
                    proxy = proxy_for(sent.url) if got.status in REFUSALS and sent.url.startswith("http:") else ""
                    return f"the proxy {proxy} answered {got.status}" if proxy else broken
        except TimeoutError:
            got.late = True
            return f"the body did not end within {allowed:g} s" if got.status else f"no answer in {allowed:g} s"
        except httpx.HTTPError as problem:
            got.late = isinstance(problem, httpx.ConnectTimeout)
            got.stale = safe and watch.begun and not watch.connected and not got.status and not fresh
            return reason(problem, sent.url)
        except (httpx.InvalidURL, ValueError, OSError) as problem:
            return f"no request could be made: {type(problem).__name__}: {problem}"


class _Watch:
    """Told by the library what it does: whether it opened a connection, and whether it began to send. It lets it send a
    request that may create something only once: HTTP/2 allows a second time after a server's word that it has not
    acted, which need not be true."""

    def __init__(self, *, safe: bool, begins: Callable[[], None]) -> None:
        self.connected = self.begun = False
        self._safe = safe
        self._begins = begins

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.connected |= event.startswith("connection.connect")
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            if self.begun and not self._safe:
                raise httpx.WriteError("the server gave the request back; it is not sent again")
            self.begun = True
            self._begins()


@cache
def _trust(*_environment: str | None) -> ssl.SSLContext:
    """The authorities that this environment trusts: a process reads them once, which takes some 20 ms."""
    return httpx.create_ssl_context()


def _client(base_url: str, timeout: float, kept: int) -> httpx.AsyncClient:
    """A client that keeps some connections alive. Raises UsageError where the environment lets none be made."""
    check_proxies()
    try:
        made = partial(
            httpx.AsyncClient,
            verify=_trust(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))),
            timeout=httpx.Timeout(None, connect=min(timeout / 2, 10.0)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none is kept: each stands alone
            follow_redirects=False,
            http2=True,
        )
        try:
            return made(mounts=direct_hosts([base_url]))
        except ImportError:
            if not is_loopback(split_address(base_url).hostname or ""):
                raise
            return made(trust_env=False)  # the proxy is not asked anyway
    except ImportError:
        hint = "install what it needs (pip install 'screentest[socks]'), or unset the proxy's variable"
        raise UsageError("the environment names a SOCKS proxy, which cannot be used without `socksio`", hint) from None
    except (httpx.InvalidURL, ValueError, OSError) as error:  # a broken NO_PROXY or CA setting in the environment
        raise UsageError(f"cannot prepare connections: {error}", "check proxy and certificate variables") from None


def reason(problem: httpx.HTTPError, url: str) -> str:
    """A transport failure in plain words."""
    proxy = proxy_for(url)
    match problem:
        case httpx.ProxyError():
            return f"the proxy {proxy} refused: {problem}"
        case httpx.ConnectError() | httpx.ConnectTimeout() if proxy:
            return f"no connection by way of the proxy {proxy}: {_root(problem) or 'it took too long'}"
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
