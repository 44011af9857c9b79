"""A server as one user of Locust meets it: connections of its own, each request told to Locust."""

import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

import gevent
import httpx

from screentest_contracts.contract import Contract
from screentest_suites.core.addresses import split_address
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.load.lag import Lag
from screentest_suites.targets.http import reason
from screentest_suites.targets.incoming import JSON_LIMIT, Arriving, Stock
from screentest_suites.targets.proxies import direct_hosts
from screentest_suites.targets.signing import signed
from screentest_suites.targets.target import BaseTarget

Tell = Callable[[Exchange], None]
"""Is told of each exchange."""


class Wire:
    """What all users of a process share: the server's address, keys, the trust in certificates, and the rate."""

    def __init__(
        self,
        contract: Contract,
        base_url: str,
        keys: Mapping[str, str],
        *,
        live: bool = False,
        timeout: float = 30.0,
        rate: float | None = None,
    ) -> None:
        self.contract = contract
        self.base_url = base_url.rstrip("/")
        self.keys = keys
        self.kind = "live" if live else "url"
        self.timeout = timeout
        self.lag = Lag()
        self.stock = Stock()
        self.trust: ssl.SSLContext = httpx.create_ssl_context()
        self._apart = 1 / rate if rate else 0.0
        self._next = 0.0

    def wait_for_turn(self) -> None:
        """Keeps requests as far apart as the rate demands."""
        if self._apart:
            now = time.monotonic()
            at, self._next = max(self._next, now), max(self._next, now) + self._apart
            gevent.sleep(at - now)

    def client(self, kept: int) -> httpx.Client:
        """Connections, of which some are kept alive. Redirects are not followed, and cookies not kept."""
        return httpx.Client(
            timeout=httpx.Timeout(None, connect=min(self.timeout / 2, 10.0)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept),
            follow_redirects=False,
            verify=self.trust,
            mounts=direct_hosts([self.base_url]),
        )


class LoadTarget(BaseTarget):
    """Real time, no control. A POST is never repeated and has a connection of its own, as in `HttpTarget`; a GET that
    meets the end of a connection that was kept alive is sent once more.

    An answer that did not come in time while this process was late is no answer of the server's: NotObservedError.
    """

    def __init__(self, wire: Wire, tell: Tell = lambda exchange: None) -> None:
        self.kind = wire.kind
        self.base_url = wire.base_url
        self.keys = wire.keys
        self._wire = wire
        self._tell = tell
        self._kept, self._fresh = wire.client(1), wire.client(0)

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        gevent.sleep(seconds)

    def close(self) -> None:
        self._kept.close()
        self._fresh.close()

    def send(self, sent: SentRequest, *, limit: int = JSON_LIMIT) -> Exchange:
        """Sends a request and reads the answer. Raises NotObservedError where this process was too late for it."""
        self._wire.wait_for_turn()
        self.sent += 1
        for fresh in (False, True):
            before, got = time.time(), Arriving(self._wire.stock, limit, limit > JSON_LIMIT)
            headers = signed(self._wire.contract, sent, self.keys, before)
            error = self._receive(sent, headers, got, fresh=fresh)
            if not got.stale:
                break
        after, late = time.time(), self._wire.lag.since(before)
        if got.late and late > self._wire.timeout / 10:
            raise NotObservedError(Skip.TOO_LATE, f"this process was late for {late:.1f} s: use more of them")
        body, outline, tail = got.kept()
        exchange = Exchange(sent, got.status, got.headers, body, before, after, error, got.size, outline, tail)
        self._wire.stock.answers = 0  # nothing is kept here
        self._tell(exchange)
        return exchange

    def _receive(self, sent: SentRequest, headers: tuple[tuple[str, str], ...], got: Arriving, *, fresh: bool) -> str:
        """Sends, notes what arrives in `got`, and gives what went wrong, or ""."""
        allowed = self._wire.timeout + sent.waits
        fields = [("user-agent", "screentest"), *headers]
        if not any(name.lower() == "accept-encoding" for name, _ in headers):
            fields.insert(0, ("accept-encoding", "identity"))
        safe = sent.method in {"GET", "HEAD"}
        client = self._kept if safe and not fresh else self._fresh
        watch = _Watch()
        clock = gevent.Timeout(allowed)
        try:
            with (
                clock,
                client.stream(
                    sent.method, sent.url, headers=fields, content=sent.body, extensions={"trace": watch}
                ) as response,
            ):
                got.status = response.status_code
                got.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.headers.raw)
                return got.read_now(response)
        except gevent.Timeout as timeout:
            if timeout is not clock:
                raise
            got.late = True
            return f"the body did not end within {allowed:g} s" if got.status else f"no answer in {allowed:g} s"
        except httpx.HTTPError as problem:
            got.late = isinstance(problem, httpx.ConnectTimeout)
            got.stale = safe and watch.begun and not watch.connected and not got.status and not fresh
            return reason(problem, sent.url)
        except (httpx.InvalidURL, ValueError, OSError) as problem:
            return f"no request could be made: {type(problem).__name__}: {problem}"
        finally:
            client.cookies.clear()  # each request stands alone


class _Watch:
    """Told by the library whether it opened a connection, and whether it began to send."""

    def __init__(self) -> None:
        self.connected = self.begun = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.connected |= event.startswith("connection.connect")
        self.begun |= event.endswith("send_request_headers.started")


def shown_name(contract: Contract, exchange: Exchange) -> str:
    """What Locust calls a request: its role and the path of its operation."""
    operation = contract.operations.get(exchange.sent.operation)
    if operation is None:
        return f"file at {split_address(exchange.sent.url).hostname or 'no address'}"
    return f"{operation.role} {operation.path}"


def told_error(exchange: Exchange) -> str:
    """What Locust counts as a failure; "" for a success."""
    if exchange.error:
        return exchange.error
    return f"answered {exchange.status}" if exchange.status >= 400 else ""
