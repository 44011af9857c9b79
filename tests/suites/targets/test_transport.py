"""How requests travel: verified TLS, proxies, HTTP/2, a pace, no second POST, no key for strangers."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
import trustme

from screentest_contracts import Contract, Role
from screentest_contracts.errors import UsageError
from screentest_suites.core.errors import TargetUnreachableError
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.options import Options
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.selection import Destination, make_target
from screentest_suites.targets.target import BaseTarget
from screentest_suites.tasks.pace import LIVE_FLOOR
from screentest_suites.tasks.session import Session
from tests.suites.targets.relays import tunnel

AUTHORITY = trustme.CA()
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.lower, PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Our authority is trusted, by the usual variable."""
    file = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def server_context(name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


def answer(body: bytes = b"{}", status: str = "200 OK", *fields: str) -> bytes:
    head = "".join(f"{field}\r\n" for field in fields)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{head}\r\n".encode() + body


def send(url: str, *sent: SentRequest, timeout: float = 600, **options: Any) -> list[Exchange]:
    target = HttpTarget(url, {"good": "sk-secret-key"}, timeout=timeout, **options)
    try:
        return [
            target.send(each)
            for each in sent or [SentRequest("GET", url + "/jobs/1", (("x-key", "Key sk-secret-key"),))]
        ]
    finally:
        target.close()


# -- TLS ----------------------------------------------------------------------------------------------------------


def test_a_stranger_with_a_certificate_is_refused(
    small: Contract, hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = hostile(lambda request: [answer()], tls=server_context())
    monkeypatch.setenv("ACME_API_KEY", "sk-secret-key")
    with pytest.raises(TargetUnreachableError, match="no connection") as told:
        make_target(small, Destination(server.url))
    assert "SSL_CERT_FILE" in str(told.value)
    assert server.requests == []


@pytest.mark.usefixtures("trusted")
def test_a_ca_of_ones_own_is_trusted_by_the_usual_variable(hostile: Any) -> None:
    (exchange,) = send(hostile(lambda request: [answer()], tls=server_context()).url)
    assert (exchange.status, exchange.error) == (200, "")


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_refused(hostile: Any) -> None:
    server = hostile(lambda request: [answer()], tls=server_context("api.acme.example"))
    (exchange,) = send(server.url)
    assert "certificate" in exchange.error.lower()
    assert server.requests == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_is_none_is_told(content: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(UsageError, match="check proxy and certificate variables"):
        HttpTarget("https://127.0.0.1:1", {})


# -- proxies ------------------------------------------------------------------------------------------------------


def test_a_proxy_is_used_where_the_environment_names_one(hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = hostile(lambda request: [answer(b'{"by": "proxy"}')])
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (exchange,) = send("http://api.acme.example")
    assert exchange.json == {"by": "proxy"}
    assert proxy.requests[0].startswith(b"GET http://api.acme.example/jobs/1 HTTP/1.1\r\n")
    (direct,) = send(hostile(lambda request: [answer(b'{"by": "itself"}')]).url)
    assert direct.json == {"by": "itself"}


@pytest.mark.usefixtures("trusted")
def test_a_tunnel_hides_the_key_and_carries_a_post_once(hostile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = hostile(lambda request: [answer()], tls=server_context("api.acme.example"))
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with tunnel(address) as (proxy, seen):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        url = "https://api.acme.example"
        sent = SentRequest("POST", url + "/jobs", (("x-key", "Key sk-secret-key"),), b"{}")
        (exchange,) = send(url, sent)
    assert (exchange.status, exchange.error) == (200, "")
    assert seen[0].startswith(b"CONNECT api.acme.example:")
    assert b"sk-secret-key" not in seen[0]
    assert len(server.requests) == 1
    assert b"sk-secret-key" in server.requests[0]


NO_PROXIES = ["nonsense://x", "ftp://127.0.0.1:1", "::", "http://[::1", "http://", "http://u:secret@h:99999", "a b:c"]


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTP_PROXY", "https_proxy"])
@pytest.mark.parametrize("proxy", NO_PROXIES)
def test_a_proxy_that_is_none_is_told(variable: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is judged: results may be on other hosts."""
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(UsageError, match=f"proxy in {variable.upper()}") as told:
        HttpTarget("https://127.0.0.1:1", {})
    assert "unset the variable" in told.value.hint
    assert "secret" not in str(told.value)


def test_a_list_of_direct_hosts_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "[::1")
    with pytest.raises(UsageError, match="cannot prepare connections") as told:
        HttpTarget("https://127.0.0.1:1", {})
    assert "proxy" in told.value.hint


# -- HTTP/2 -------------------------------------------------------------------------------------------------------


class SecondVersion:
    """An HTTP/2 server. It gives back every POST but the first: it says that it has not acted on it, although it
    has. `streams`: method and headers of every request."""

    def __init__(self) -> None:
        self.streams: list[tuple[str, dict[bytes, bytes]]] = []
        context = server_context()
        context.set_alpn_protocols(["h2"])
        self._context, self._listener = context, socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._speak, args=[self._listener.accept()[0]], daemon=True).start()

    def _speak(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(plain, server_side=True) as connection:
            connection.settimeout(600)
            self._serve(connection)

    def _serve(self, connection: ssl.SSLSocket) -> None:
        speaker = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        speaker.initiate_connection()
        connection.sendall(speaker.data_to_send())
        while data := connection.recv(65536):
            for event in speaker.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    fields = dict(event.headers)
                    self.streams.append((fields[b":method"].decode(), fields))
                if isinstance(event, h2.events.StreamEnded):
                    if self.streams[-1][0] != "GET" and len(self.streams) > 1:
                        speaker.close_connection(last_stream_id=0)
                        connection.sendall(speaker.data_to_send())
                        return
                    speaker.send_headers(event.stream_id, [(":status", "200"), ("content-length", "2")])
                    speaker.send_data(event.stream_id, b"{}", end_stream=True)
            connection.sendall(speaker.data_to_send())

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(6)


@pytest.fixture
def second_version(trusted: None) -> Iterator[SecondVersion]:
    server = SecondVersion()
    yield server
    server.close()


def test_http_2_is_spoken_where_it_is_offered(second_version: SecondVersion) -> None:
    (exchange,) = send(second_version.url)
    assert (exchange.status, exchange.json) == (200, {})
    assert second_version.streams[0][1][b"x-key"] == b"Key sk-secret-key"


def test_a_post_that_is_given_back_is_not_sent_again(second_version: SecondVersion) -> None:
    """The library below would: a GOAWAY says that it is safe. Who says so need not be believed."""
    url = second_version.url + "/jobs"
    get, post = SentRequest("GET", url, ()), SentRequest("POST", url, (), b"{}")
    first, second = send(second_version.url, get, post)
    assert first.status == 200
    assert (second.status, second.error != "") == (0, True)
    assert not second.error.startswith("no connection"), "it may have been acted upon"
    assert [method for method, _ in second_version.streams] == ["GET", "POST"]


# -- no second POST -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["reset"],
        [b"HTTP/1.1 200 OK\r\n"],
        [b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 307 Moved\r\nLocation: /jobs\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 425 Too Early\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 421 No\r\nContent-Length: 0\r\n\r\n"],
    ],
    ids=["closed", "reset", "cut", "503", "307", "425", "421"],
)
def test_a_create_is_sent_once_whatever_comes_back(steps: list[Any], small: Contract, hostile: Any) -> None:
    server = hostile(lambda request: steps)
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=600)
    session = Session(small, target, Options(metered=True))
    session.create(small.models["clip-1"], {"model": "clip-1"}, extra=False)
    target.close()
    assert len(server.requests) == 1
    assert server.requests[0].startswith(b"POST /jobs ")
    assert session.client.ledger.unknown == 0, "no price, no sum"


# -- redirects ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("role", [Role.CREATE, Role.QUERY])
def test_the_key_does_not_follow_a_redirect(status: str, role: Role, small: Contract, hostile: Any) -> None:
    elsewhere = hostile(lambda request: [answer()])
    server = hostile(lambda request: [answer(b"", status, f"Location: {elsewhere.url}/jobs")])
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=600)
    session = Session(small, target, Options())
    operation = small.roles[role][0]
    exchange = session.send(role, session.request(operation, task="job-1", body={}))
    target.close()
    assert exchange.status == int(status[:3])
    assert elsewhere.requests == []


# -- time ---------------------------------------------------------------------------------------------------------


def test_a_rate_keeps_requests_apart(hostile: Any) -> None:
    server = hostile(lambda request: [answer()])
    target = HttpTarget(server.url, {}, rate=50)
    with contextlib.closing(target):
        started = time.monotonic()
        threads = [threading.Thread(target=lambda: target.send(SentRequest("GET", server.url))) for _ in range(11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - started > 0.19


def test_the_documents_limit_is_the_live_rate(
    load_tree: Any, small_tree: Any, hostile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = hostile(lambda request: [answer()])
    monkeypatch.setenv("ACME_API_KEY", "sk-secret-key")

    def gap(limit: dict[str, Any], **options: Any) -> float:
        tree = small_tree()
        tree["servers"] = [{"url": server.url}]
        tree["x-task"]["polling"] = {"interval": [5, 5], "typical": [9, 9], **limit}
        target: Any = make_target(load_tree(tree), Destination(live=True, **options))
        target.close()
        return round(target.min_interval, 3)

    assert gap({}) == 0.2
    assert gap({"per_minute": 30}) == 2
    assert gap({"per_minute": 30}, rate=100) == 0.01


@pytest.mark.real_time
def test_each_phase_has_its_time(hostile: Any) -> None:
    """One time for the whole of an answer; for a file as much again for its body."""
    slow = hostile(lambda request: [2.0, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 600.0, b"{}"])
    (exchange,) = send(slow.url, timeout=4)
    assert (exchange.status, exchange.error) == (200, "the body did not end within 4 s")
    late = hostile(lambda request: [600.0, answer()])
    (exchange,) = send(late.url, timeout=3)
    assert (exchange.status, exchange.error) == (0, "no answer in 3 s")
    file = hostile(lambda request: [3.0, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 3.0, b"{}"])
    for limit, error in ((1 << 20, "the body did not end within 5 s"), (64 << 20, "")):
        with contextlib.closing(HttpTarget(file.url, {}, timeout=5)) as target:
            assert target.send(SentRequest("GET", file.url), limit=limit).error == error


class Vendor(BaseTarget):
    """A vendor's own server, in no time: gives the statuses in turn, the last one for ever."""

    kind, base_url = "live", "https://api.acme.example"

    def __init__(self, *states: str) -> None:
        self.keys, self.states, self.time = {"good": "sk-secret-key"}, list(states), 1_780_000_000.0
        self.polls: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def send(self, sent: SentRequest, *, limit: int = 0) -> Exchange:
        if sent.operation == "make":
            body = b'{"job": {"id": "job-1", "state": "WAIT"}}'
        else:
            self.polls.append(self.time)
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            body = b'{"ok": true, "id": "job-1", "state": "%s"}' % state.encode()
        return Exchange(sent, 200, (), body, self.time, self.time)

    def close(self) -> None:
        """Nothing to end."""


@pytest.mark.parametrize("interval", [0.01, None, 7.0])
def test_a_vendors_own_server_is_never_polled_faster_than_every_five_seconds(
    interval: float | None, small: Contract
) -> None:
    """Not even for a look after the end, or by another path."""
    vendor = Vendor("WAIT", "RUN", "RUN", "DONE")
    session = Session(small, vendor, Options(poll_interval=interval))
    trace = session.start(small.models["clip-1"], {"model": "clip-1"})
    assert isinstance(trace, Trace)
    session.follow(trace, linger=2)
    session.poll(trace)
    gaps = [later - earlier for earlier, later in zip(vendor.polls, vendor.polls[1:], strict=False)]
    assert len(gaps) >= 6
    assert min(gaps) >= max(LIVE_FLOOR, (interval or 0) if gaps.index(min(gaps)) < 3 else 0)


def test_other_servers_are_polled_as_fast_as_is_said(small: Contract) -> None:
    vendor = Vendor("WAIT", "DONE")
    vendor.kind = "url"
    trace = (session := Session(small, vendor, Options(poll_interval=0.01))).start(small.models["clip-1"], {})
    assert isinstance(trace, Trace)
    session.follow(trace, linger=0)
    assert vendor.polls[1] - vendor.polls[0] == pytest.approx(0.01)


def test_authorities_are_read_once_for_all_clients_of_one_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    made, read = httpx.create_ssl_context, []
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: read.append(1) or made())
    for _ in range(2):
        HttpTarget("https://127.0.0.1:1", {}).close()
    assert len(read) == 1
