"""Whatever a server does becomes an exchange: no exception, within the time-out and within memory."""

import contextlib
import gzip
import json
import math
import socket
import ssl
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from screentest_contracts import Contract, Role, load_contract
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.core.exchange import NO_JSON, Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.target import BaseTarget
from screentest_suites.tasks.download import fetch
from screentest_suites.tasks.session import Session

TIMEOUT = 600.0
"""Of requests that are answered, however slow this machine is."""
SHORT = 4.0
"""Of those that are to take too long."""
RESET = "reset"
FOREVER = math.inf
BLOCK = b"\0" * 65536

Server = Any
Script = Callable[[bytes], Iterable[bytes | float | str]]


def answer(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def once(*steps: bytes | float | str) -> Script:
    return lambda request: steps


def drip(data: bytes) -> Iterator[bytes | float]:
    for byte in data:
        yield bytes([byte])
        yield 0.1


def for_ever(head: bytes, block: bytes) -> Script:
    def script(request: bytes) -> Iterator[bytes]:
        yield head
        while True:
            yield block

    return script


def send(url: str, *, timeout: float = TIMEOUT, limit: int = 1 << 20, method: str = "GET", **options: Any) -> Exchange:
    """One request."""
    target = HttpTarget(url, {"good": "sk-secret-key"}, timeout=timeout)
    try:
        exchange = target.send(
            SentRequest(method, url + "/tasks/1", (("authorization", "Bearer sk-secret-key"),), **options), limit=limit
        )
    finally:
        target.close()
    return exchange


BROKEN: dict[str, tuple[Script, int, str]] = {
    "closed without an answer": (once(), 0, "not valid HTTP"),
    "reset after the request": (once(RESET), 0, "connection broke"),
    "reset in the headers": (once(b"HTTP/1.1 200 OK\r\nContent-Le", 0.05, RESET), 0, "connection broke"),
    "closed in the headers": (once(b"HTTP/1.1 200 OK\r\nContent-Le"), 0, "not valid HTTP"),
    "reset in the body": (once(answer(b"{", Content_Length="9000"), 2.0, RESET), 200, "connection broke"),
    "a body shorter than announced": (once(answer(b'{"id":', Content_Length="9000")), 200, "not valid HTTP"),
    "a body without end": (for_ever(answer(b"", Content_Length=""), BLOCK), 200, "more than 1 MB"),
    "headers without end": (
        for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
        0,
        "not valid HTTP",
    ),
    "garbage": (once(bytes(range(256)) * 8), 0, "not valid HTTP"),
    "another protocol": (once(b"SSH-2.0-OpenSSH_9.2\r\n"), 0, "not valid HTTP"),
    "a status that is none": (once(b"HTTP/1.1 9999 Fine\r\n\r\n"), 0, "not valid HTTP"),
    "two lengths": (once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}"), 0, "not valid HTTP"),
    "a chunk that is none": (
        once(answer(b"zz\r\n{}", Content_Length="", Transfer_Encoding="chunked")),
        200,
        "not valid HTTP",
    ),
    "gzip that is none": (once(answer(b"not compressed", Content_Encoding="gzip")), 200, "not valid gzip"),
    "half of a gzip body": (
        once(answer(gzip.compress(b'{"id": "a"}')[:-9], Content_Encoding="gzip")),
        200,
        "gzip data of the body end too early",
    ),
    "a length of the plain body": (
        once(answer(gzip.compress(b"a" * 500), Content_Encoding="gzip", Content_Length="500")),
        200,
        "not valid HTTP",
    ),
    "a gzip bomb": (
        once(answer(gzip.compress(BLOCK * 1600), Content_Encoding="gzip")),
        200,
        "more than 1 MB",
    ),
}


@pytest.mark.parametrize(("asked", "told"), [((), b"identity"), ((("Accept-Encoding", "gzip"),), b"gzip")])
def test_a_request_may_say_what_coding_it_takes(asked: Any, told: bytes, hostile: Callable[..., Server]) -> None:
    seen: list[bytes] = []

    def script(request: bytes) -> Iterable[bytes]:
        seen.append(request)
        return (answer(),)

    target = HttpTarget(hostile(script).url, {"good": "sk"}, timeout=TIMEOUT)
    try:
        target.send(SentRequest("GET", target.base_url + "/tasks/1", asked))
    finally:
        target.close()
    lines = [line for line in seen[0].lower().split(b"\r\n") if line.startswith(b"accept-encoding")]
    assert lines == [b"accept-encoding: " + told]


ENDLESS: dict[str, tuple[Script, int, str]] = {
    "no answer": (once(FOREVER), 0, "no answer in 4 s"),
    "headers that do not end": (once(b"HTTP/1.1 200 OK\r\n", FOREVER), 0, "no answer in 4 s"),
    "a body that stops": (once(answer(b"{", Content_Length="9000"), FOREVER), 200, "did not end within 4 s"),
    "headers byte by byte": (
        lambda request: drip(answer(b"{}", X_Filler="a" * 500)),
        0,
        "no answer in 4 s",
    ),
    "a body byte by byte": (lambda request: (answer(b"", Content_Length="500"), *drip(b"a" * 500)), 200, "did not end"),
    "interim answers without end": (for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), 0, "no answer in"),
}


@pytest.mark.real_time
@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_without_end_is_waited_for_until_the_time_out(name: str, hostile: Callable[..., Server]) -> None:
    script, status, error = ENDLESS[name]
    exchange = send(hostile(script).url, timeout=SHORT)
    assert (exchange.status, error in exchange.error) == (status, True), exchange.error
    assert exchange.json is NO_JSON


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_becomes_an_error(name: str, hostile: Callable[..., Server]) -> None:
    script, status, error = BROKEN[name]
    exchange = send(hostile(script).url)
    assert (exchange.status, error in exchange.error) == (status, True), exchange.error
    assert exchange.json is NO_JSON


ODD: dict[str, tuple[bytes, int, Any]] = {
    "gzip in two members": (
        answer(gzip.compress(b'{"id":') + gzip.compress(b' "a"}') + bytes(8), Content_Encoding="gzip"),
        200,
        {"id": "a"},
    ),
    "invalid UTF-8": (answer(b'{"id": "\xff\xfe"}'), 200, NO_JSON),
    "HTML": (answer(b"<html><h1>502 Bad Gateway</h1>", "502 Bad Gateway", Content_Type="text/html"), 502, NO_JSON),
    "NaN": (answer(b'{"progress": NaN}'), 200, NO_JSON),
    "duplicate members": (answer(b'{"id": "a", "id": "b"}'), 200, {"id": "b"}),
    "half a surrogate": (answer(b'{"id": "\\ud800"}'), 200, NO_JSON),
    "deep nesting": (answer(b"[" * 100_000), 200, NO_JSON),
    "a huge number": (answer(b'{"id": 1e999}'), 200, NO_JSON),
    "an empty body": (answer(b""), 200, NO_JSON),
    "brotli garbage": (answer(b"\xce\xb2\xcf\x81", Content_Encoding="br"), 200, NO_JSON),
    "more body than announced": (answer(b'{"id": "a"}', Content_Length="2"), 200, NO_JSON),
    "an interim answer": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(), 200, {}),
    "unknown status": (answer(b"{}", "299 Odd"), 299, {}),
    "no reason phrase": (b"HTTP/1.1 404\r\nContent-Length: 2\r\n\r\n{}", 404, {}),
    "header bytes beyond ASCII": (answer(b"{}", X_Name="caf\u00e9"), 200, {}),
    "gzip": (answer(gzip.compress(b'{"id": "a"}'), Content_Encoding="gzip"), 200, {"id": "a"}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_taken_as_it_is(name: str, hostile: Callable[..., Server]) -> None:
    data, status, body = ODD[name]
    exchange = send(hostile(once(data)).url)
    assert (exchange.status, exchange.error) == (status, "")
    assert exchange.json == body


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    exchange = send(url)
    assert exchange.status == 0
    assert exchange.error.startswith("no connection: ")


@pytest.mark.real_time
def test_a_connection_that_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for other in (first, second):  # fill the queue that the server never empties
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        exchange = send(f"http://127.0.0.1:{full.getsockname()[1]}", timeout=SHORT)
    assert (exchange.status, exchange.error) == (0, "no connection within the time-out")


def test_a_reset_on_connecting(hostile: Callable[..., Server]) -> None:
    exchange = send(hostile(once(RESET), reads=False).url)
    assert exchange.status == 0
    assert exchange.error.startswith(("no connection", "the connection broke"))


def test_reading_stops_at_the_limit_and_memory_is_bounded(hostile: Callable[..., Server]) -> None:
    server = hostile(lambda request: (answer(b"", Content_Length=str(1 << 30)), *[BLOCK] * (1 << 14)))
    tracemalloc.start()
    try:
        exchange = send(server.url, limit=1 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "more than 1 MB" in exchange.error
    assert len(exchange.body) == 1 << 16
    assert peak < 16 << 20
    assert server.sent < 64 << 20  # the rest, which the socket buffers do not hold, was never read


def test_a_gzip_bomb_stays_small_in_memory(hostile: Callable[..., Server]) -> None:
    bomb = answer(gzip.compress(BLOCK * 3200), Content_Encoding="gzip")
    server = hostile(once(bomb))
    tracemalloc.start()
    try:
        send(server.url, limit=1 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_tls_problems_are_no_connection(hostile: Callable[..., Server]) -> None:
    plain = hostile(once(b"HTTP/1.1 400 Bad Request\r\n\r\n"), reads=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    for url in (plain.url.replace("http:", "https:"), hostile(once(answer()), tls=context).url):
        exchange = send(url)
        assert exchange.status == 0
        assert exchange.error.startswith("no connection: ")
    assert "certificate" in exchange.error.lower()


@pytest.mark.parametrize(
    "sent", [{"headers": (("x-bad", "a\r\nb"),)}, {"headers": (("x-bad", "\u2603"),)}, {"method": "G T"}]
)
def test_a_request_that_cannot_be_made_is_an_error_too(sent: dict[str, Any], hostile: Callable[..., Server]) -> None:
    server = hostile(once(answer()))
    target = HttpTarget(server.url, {})
    exchange = target.send(SentRequest(sent.pop("method", "GET"), server.url + "/", **sent))
    target.close()
    assert exchange.status == 0
    assert exchange.error
    assert not any(server.requests)


def test_a_redirect_is_not_followed(hostile: Callable[..., Server]) -> None:
    server = hostile(once(answer(b"", "302 Found", Location="/tasks/1")))
    exchange = send(server.url)
    assert (exchange.status, exchange.header("location")) == (302, "/tasks/1")
    assert len(server.requests) == 1


def test_no_cookie_is_kept(hostile: Callable[..., Server]) -> None:
    """It would carry one account's session into another's requests, and into those without a key."""
    server = hostile(once(answer(b"{}", Set_Cookie="sid=1234; Path=/")))
    target = HttpTarget(server.url, {}, timeout=TIMEOUT)
    for _ in range(2):
        target.send(SentRequest("GET", server.url + "/tasks"))
    target.close()
    assert len(server.requests) == 2
    assert b"sid=1234" not in server.requests[1]


@pytest.fixture
def with_key(load_tree: Any, small_tree: Any) -> Contract:
    """A contract whose result needs the key."""
    contract: Contract = load_tree(small_tree())
    assert contract.link.auth == "required"
    return contract


def test_a_download_follows_a_redirect_without_the_key(with_key: Contract, hostile: Callable[..., Server]) -> None:
    storage = hostile(once(answer(b"video", Content_Type="video/mp4")))
    server = hostile(once(answer(b"", "302 Found", Location=f"{storage.url}/clip.mp4")))
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=TIMEOUT)
    file = fetch(with_key, target, f"{server.url}/jobs/1/content")
    target.close()
    assert file.body == b"video"
    assert b"sk-secret-key" in server.requests[0]
    assert b"sk-secret-key" not in storage.requests[0]
    assert b"authorization" not in storage.requests[0].lower()


def test_a_relative_redirect_of_a_download_is_followed(with_key: Contract, hostile: Callable[..., Server]) -> None:
    moved = answer(b"", "302 Found", Location="../clip.mp4")
    server = hostile(lambda request: [answer(b"video") if b"clip.mp4" in request else moved])
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=TIMEOUT)
    file = fetch(with_key, target, "/jobs/1/content")
    target.close()
    assert file.body == b"video"
    assert b"sk-secret-key" not in server.requests[1]


def test_a_redirect_loop_of_a_download_ends(with_key: Contract, hostile: Callable[..., Server]) -> None:
    server = hostile(once(answer(b"", "302 Found", Location="/again")))
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=TIMEOUT)
    file = fetch(with_key, target, "/jobs/1/content")
    target.close()
    assert file.status == 302
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "link", ["http://elsewhere.example/clip.mp4", "https://127.0.0.1:1/clip.mp4", "ftp://x/y", "//h/c", "%"]
)
def test_the_key_goes_to_no_other_origin(link: str, with_key: Contract) -> None:
    class Recorder(BaseTarget):
        base_url, keys = "http://127.0.0.1:1", {"good": "sk-secret-key"}
        last: SentRequest | None = None

        def now(self) -> float:
            return 0.0

        def send(self, sent: SentRequest, *, limit: int = 0) -> Exchange:
            self.last = sent
            return Exchange(sent, 200, (), b"", 0, 0)

    target = Recorder()
    file = fetch(with_key, target, link)  # type: ignore[arg-type]
    assert (file.error == "'%' is no address") is (link == "%")
    keyed = "sk-secret-key" in str(target.last)
    assert keyed is (target.last is not None and target.last.url.startswith("http://127.0.0.1:1/"))


def task_for_ever(request: bytes) -> Iterator[bytes]:
    """Takes every create and says the same words for ever, whatever they mean."""
    words = {"id": "1", "status": "pending", "progress": 0, "data": {"status": "QUEUED"}, "code": "success"}
    yield answer(json.dumps(words).encode())


WHOLE: dict[str, Script] = {
    "no answer": once(FOREVER),
    "reset": once(RESET),
    "HTML": once(answer(b"<html>hello</html>", Content_Type="text/html")),
    "yes to all": task_for_ever,
    "server error": once(answer(b'{"error": "oops"}', "500 Internal Server Error")),
    "slow down": once(answer(b"{}", "429 Too Many Requests", Retry_After="0")),
    "redirect": once(answer(b"", "307 Temporary Redirect", Location="/again")),
    "null": once(answer(b"null")),
    "list of lists": once(answer(b"[[[]]]")),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_hostile_server_gets_verdicts_in_bounded_time(name: str, hostile: Callable[..., Server]) -> None:
    contract = load_contract("nexusflow")
    timeout = 0.1 if name == "no answer" else TIMEOUT
    target = HttpTarget(hostile(WHOLE[name]).url, {"good": "sk-secret-key", "second": "sk-other"}, timeout=timeout)
    options = Options(poll_interval=0.01, task_timeout=0.2, examples=4, models=tuple(contract.models)[:1])
    verdicts = list(Judge(contract, target, options).verdicts())
    target.close()
    assert [each.finding.reason for each in verdicts if each.result is Result.ERROR] == []
    broken = [each.requirement.id for each in verdicts if each.fails_run]
    assert broken
    basics = {"create.there", "create.accepted", "answers.encoding"}
    assert bool(basics.intersection(broken)) is (name != "yes to all"), broken


# A connection that the server keeps open after an answer, and closes some time after.
KEPT = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0.1)


def test_a_create_is_never_repeated(small: Contract, hostile: Callable[..., Server]) -> None:
    server = hostile(once(RESET))
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=TIMEOUT)
    session, model = Session(small, target), next(iter(small.models.values()))
    assert session.create(model, model.base).error
    target.close()
    assert len(server.requests) == 1
    assert session.client.seen[0][0] is Role.CREATE


def test_each_create_has_a_connection_of_its_own(small: Contract, hostile: Callable[..., Server]) -> None:
    """On one that was kept open it could be lost, and then nobody knows whether a task was made."""
    server = hostile(once(*KEPT))
    target = HttpTarget(server.url, {"good": "sk-secret-key"}, timeout=TIMEOUT)
    session, model = Session(small, target), next(iter(small.models.values()))
    assert [session.create(model, model.base).status for _ in range(3)] == [200, 200, 200]
    target.close()
    assert len(server.requests) == 3


def test_a_get_is_sent_again_when_a_kept_connection_has_ended(hostile: Callable[..., Server]) -> None:
    server = hostile(once(*KEPT))
    target = HttpTarget(server.url, {}, timeout=TIMEOUT)
    answers = [target.send(SentRequest("GET", server.url + "/jobs/1", ())) for _ in range(3)]
    target.close()
    assert [(each.status, each.error) for each in answers] == [(200, "")] * 3
    assert len(server.requests) == 3


def test_a_get_that_breaks_on_a_new_connection_has_failed(hostile: Callable[..., Server]) -> None:
    server = hostile(once(RESET))
    target = HttpTarget(server.url, {}, timeout=TIMEOUT)
    answer = target.send(SentRequest("GET", server.url + "/jobs/1", ()))
    target.close()
    assert answer.error.startswith("the connection broke")
    assert len(server.requests) == 1


EVENTS = answer(b"", Content_Type="text/event-stream", Content_Length="")


@pytest.mark.parametrize(
    ("name", "script", "error"),
    [
        ("a byte now and then", lambda request: [EVENTS, *([b"d", 0.05] * 400)], "the body did not end within 0.8 s"),
        ("a huge event", lambda request: for_ever(EVENTS, BLOCK)(request), "the body has more than"),
        ("nothing at all", lambda request: [EVENTS, FOREVER], "the body did not end within 0.8 s"),
    ],
)
@pytest.mark.real_time
def test_a_stream_ends_when_it_was_watched_long_enough(
    name: str, script: Script, error: str, hostile: Callable[..., Server]
) -> None:
    """The time that was asked for comes on top of that for an answer."""
    with contextlib.closing(HttpTarget(hostile(script).url, {"good": "sk-test"}, timeout=0.5)) as target:
        exchange = target.send(SentRequest("GET", f"{target.base_url}/events", waits=0.3))
    assert exchange.status == 200
    assert exchange.error.startswith(error)


def test_a_stream_of_a_real_server_is_read_to_its_end() -> None:
    relay = load_contract(Path(__file__).parents[2] / "documents" / "relay.yaml")
    with running([relay], clock=RealClock(speed=500.0)) as (app, url):
        keys = app.providers["acme-relay"].keys
        with contextlib.closing(HttpTarget(url, keys, timeout=TIMEOUT, contract=relay)) as target:
            judge = Judge(relay, target, Options(speed=500.0, workers=1, examples=1, models=("boat-fast",)))
            for name in ("stream.answer", "stream.events", "stream.life", "stream.end"):
                assert judge.verdict(name).result is Result.PASSED, judge.verdict(name).finding.reason
