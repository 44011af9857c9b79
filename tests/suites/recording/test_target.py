"""A target behind a tape: what it answers, what it sends, what it never sends again, and what time it says it is."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.redact import Redactor
from screentest_suites.core.credential import NO_KEY, LiteralKey, credential_text
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.header import Header
from screentest_suites.recording.target import ENDS_HERE, GONE, UNDER_WAY, CassetteTarget
from screentest_suites.targets.callback_port import Mailbox
from screentest_suites.targets.target import BaseTarget


class Server(BaseTarget):
    """Answers what a function says; nothing waits."""

    kind, base_url = "url", "https://api.acme.example"

    def __init__(self, answer: Callable[[SentRequest], tuple[int, Any]], callbacks: Mailbox | None = None) -> None:
        self.answer = answer
        self.requests: list[SentRequest] = []
        self.keys = {"good": "sk-the-key"}
        self.callbacks = callbacks

    def send(self, sent: SentRequest, *, limit: int = 0) -> Exchange:
        self.requests.append(sent)
        status, body = self.answer(sent)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        now = time.time()
        return Exchange(sent, status, (("content-type", "application/json"),), raw, now, now, "", len(raw))

    def sleep(self, seconds: float) -> None: ...

    def now(self) -> float:
        return time.time()

    def close(self) -> None: ...


@pytest.fixture
def header(small: Contract) -> Header:
    return Header(
        *("acme", "Acme", "acme.yaml", small.digest, "url", Server.base_url, time.time(), ("good",), None, 30.0, None),
        options={},
        budget={"limited": False, "most": None, "money": ""},
    )


Opened = Callable[..., CassetteTarget]


@pytest.fixture
def opened(small: Contract, header: Header, tmp_path: Path) -> Opened:
    """A target behind the tape in one folder: `opened(server)`, again after `close()`; without server, a replay."""

    def make(server: Server | None, **changes: Any) -> CassetteTarget:
        redactor = Redactor(["sk-the-key"])
        if not (tmp_path / "run.json").exists():
            replace(header, **changes).write(tmp_path)
        tape = Cassette.read(tmp_path)
        if server is not None:
            tape.open(redactor)
        return CassetteTarget(small, tape, server, redactor)

    return make


CREATE = SentRequest("POST", f"{Server.base_url}/jobs", (("x-key", "Key sk-the-key"),), b'{"model":"clip-1"}')
LOOK = SentRequest("GET", f"{Server.base_url}/jobs/job-1", (("x-key", "Key sk-the-key"),))


class GoneError(Exception):
    """The process is killed here."""


def killed(sent: SentRequest) -> tuple[int, Any]:
    raise GoneError


def test_what_was_under_way_is_not_sent_again(opened: Opened) -> None:
    first = opened(Server(killed))
    for sent in (CREATE, replace(CREATE, credential=LiteralKey("wrong")), LOOK):
        with pytest.raises(GoneError):
            first.send(sent)
    first.close()
    server = Server(lambda sent: (200, {}))
    second = opened(server)
    with pytest.raises(NotObservedError, match=UNDER_WAY):
        second.send(CREATE)
    second.send(replace(CREATE, credential=LiteralKey("wrong")))  # it cannot create anything
    second.send(LOOK)
    second.send(replace(CREATE, purpose="another"))  # not the same purpose
    assert [(sent.method, credential_text(sent.credential)) for sent in server.requests] == [
        ("POST", "=wrong"),
        ("GET", "good"),
        ("POST", "good"),
    ]
    second.close()
    with pytest.raises(NotObservedError, match=UNDER_WAY):
        opened(None).send(CREATE)


def test_a_query_by_post_may_be_sent_again(opened: Opened) -> None:
    ask = SentRequest("POST", f"{Server.base_url}/look", (), b'{"task_id":"job-1"}')
    stop = SentRequest("POST", f"{Server.base_url}/jobs/job-1/cancel")
    first = opened(Server(killed))
    for sent in (ask, stop):
        with pytest.raises(GoneError):
            first.send(sent)
    first.close()
    second = opened(Server(lambda sent: (200, {})))
    assert second.send(ask).status == 200
    with pytest.raises(NotObservedError, match=UNDER_WAY):
        second.send(stop)
    second.close()


def test_answers_come_in_turn_and_then_no_more(opened: Opened) -> None:
    server = Server(lambda sent: (200, {"n": len(server.requests)}))
    first = opened(server)
    assert [first.send(LOOK).json["n"] for _ in range(3)] == [1, 2, 3]
    first.close()
    replay = opened(None)
    assert [replay.send(LOOK).json["n"] for _ in range(3)] == [1, 2, 3]
    with pytest.raises(NotObservedError, match=ENDS_HERE):
        replay.send(LOOK)


def test_deadlines_do_not_run_while_the_run_is_down(opened: Opened, tmp_path: Path) -> None:
    first = opened(Server(lambda sent: (200, {})), started=1000.0)
    first.send(LOOK)
    first.close()
    path = tmp_path / "exchanges.jsonl"
    path.write_text(re.sub(r'"(sent_at|received_at|at)":[\d.]+', r'"\1":1005.0', path.read_text()))
    second = opened(Server(lambda sent: (200, {})))
    assert second.now() == 1000.0
    second.tape.resumed(time.time())
    second.send(LOOK)
    assert second.now() == 1005.0
    exchange = second.send(LOOK)
    assert 1005.0 <= second.now() < 1e6, "not the time of day"
    assert exchange.received_at > 1e9, "what an answer is compared with is the real time"
    second.close()
    replay = opened(None)
    replay.send(LOOK)
    replay.sleep(600)
    assert replay.now() == 1605.0
    replay.send(LOOK)
    assert 1005.0 <= replay.now() < 1e6


def test_time_that_had_not_passed_yet_is_waited_for(opened: Opened) -> None:
    first = opened(Server(lambda sent: (200, {})))
    first.send(LOOK)
    first.close()
    second = opened(Server(lambda sent: (200, {})))
    second.tape.resumed(time.time() + 100)
    second.send(LOOK)
    began = time.monotonic()
    second.clock.stopping.wait(0)
    second.tape.stops[-1] = replace(second.tape.stops[-1], offset=0.0)
    second.sleep(0.2)
    assert 0.1 < time.monotonic() - began < 100, "what had passed when the run was down is not waited for again"
    second.close()


def test_a_hidden_address_is_asked_for_anew(opened: Opened) -> None:
    """The tape knows a link without its signature; the download goes to the signed one."""

    def answer(sent: SentRequest) -> tuple[int, Any]:
        signed = f"https://cdn.acme.example/1.mp4?Expires={len(server.requests)}&Signature=abc123def456"
        return (200, b"\0video") if "cdn" in sent.url else (200, {"video": signed})

    server = Server(answer)
    first = opened(server)
    first.send(LOOK)
    first.close()
    server.requests.clear()
    second = opened(server)
    link = second.send(LOOK).json["video"]
    assert "abc123def456" not in link
    assert server.requests == []
    file = second.send(SentRequest("GET", link, (), None, NO_KEY))
    assert file.body == b"\0video"
    assert [sent.url for sent in server.requests] == [LOOK.url, server.requests[1].url]
    assert server.requests[1].url.endswith("Signature=abc123def456")
    second.close()
    server.answer = lambda sent: (404, {})
    third = opened(server)
    third.send(LOOK)
    assert third.send(SentRequest("GET", link, (), None, NO_KEY)).body == b"\0video"
    with pytest.raises(NotObservedError, match=re.escape(GONE)):
        third.send(SentRequest("GET", link, (("range", "bytes=0-1"),), None, NO_KEY))
    third.close()


def test_callbacks_replay_at_their_moment(opened: Opened) -> None:
    mailbox = Mailbox("https://hooks.acme.example")
    server = Server(lambda sent: (200, {}), mailbox)
    first = opened(server, callbacks=mailbox.base)
    first.send(LOOK)
    port = first.callbacks
    assert port is not None
    address = port.address()
    mailbox.take(first.now() + 5, "POST", "/callback/1", b'{"id":"job-1"}')
    assert port.received(address) == []
    first.clock.lane().slept += 6
    assert [each.body for each in port.received(address)] == [b'{"id":"job-1"}']
    assert len(port.received(address)) == 1
    first.close()
    replay = opened(None)
    port = replay.callbacks
    assert port is not None
    assert port.base == mailbox.base
    assert port.address() == address
    replay.send(LOOK)
    assert port.received(address) == []
    replay.sleep(6)
    assert [each.body for each in port.received(address)] == [b'{"id":"job-1"}']


def test_a_callback_that_came_while_the_run_was_down_is_nobodys_fault(opened: Opened) -> None:
    mailbox = Mailbox("https://hooks.acme.example")
    server = Server(lambda sent: (200, {}), mailbox)
    first = opened(server, callbacks=mailbox.base)
    first.send(LOOK)
    first.close()
    second = opened(Server(lambda sent: (200, {}), Mailbox(mailbox.base)))
    second.tape.resumed(time.time())
    second.send(LOOK)
    port = second.callbacks
    assert port is not None
    address = port.address()
    assert port.received(address) == []
    second.clock.lane().slept += 20
    with pytest.raises(NotObservedError, match="while callbacks were awaited"):
        port.received(address)
    second.close()
