"""The HTTPS server for callbacks: every way in which a sender may send one, and senders that misbehave."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from screentest_contracts.errors import UsageError
from screentest_suites.targets import callback_receiver
from screentest_suites.targets.callback_receiver import BODY_LIMIT, CallbackReceiver

Talk = Callable[..., bytes]


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    made = CallbackReceiver("127.0.0.1:0")
    yield made
    made.close()


@pytest.fixture
def connect(receiver: CallbackReceiver) -> Iterator[Callable[[], ssl.SSLSocket]]:
    """Opens TLS connections to the receiver, whose certificate is verified."""
    context = ssl.create_default_context(cafile=receiver.ca_file)
    port = int(receiver.mailbox.base.rpartition(":")[2])
    opened: list[ssl.SSLSocket] = []

    def open_connection() -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", port), timeout=20)
        opened.append(context.wrap_socket(raw, server_hostname="127.0.0.1"))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def talk(connect: Callable[[], ssl.SSLSocket]) -> Talk:
    """Sends bytes, and gives everything that comes back until the server closes the connection."""

    def send(*parts: bytes, pause: float = 0.0) -> bytes:
        connection = connect()
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        answer = b""
        while more := connection.recv(65536):
            answer += more
        return answer

    return send


def head(path: str, *lines: str, method: str = "POST", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: hooks", *lines, "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def test_a_callback_arrives_as_it_was_sent(receiver: CallbackReceiver, talk: Talk) -> None:
    address = receiver.mailbox.address()
    lines = ("Content-Length: 2", "X-Signature: abc", "Connection: close")
    assert status(talk(head("/callback/1?x=1", *lines) + b"{}")) == 200
    (got,) = receiver.mailbox.received(address)
    assert (got.method, got.path, got.body) == ("POST", "/callback/1", b"{}")
    assert dict(got.headers)["x-signature"] == "abc"
    assert abs(got.at - time.time()) < 60


def test_a_chunked_body_is_read_whole(receiver: CallbackReceiver, talk: Talk) -> None:
    address = receiver.mailbox.address()
    chunks = b'7\r\n{"id":1\r\n1\r\n}\r\n0\r\n\r\n'
    answer = talk(head("/callback/1", "Transfer-Encoding: chunked", "Connection: close"), chunks)
    assert status(answer) == 200
    assert [each.body for each in receiver.mailbox.received(address)] == [b'{"id":1}']


def test_http_1_0(receiver: CallbackReceiver, talk: Talk) -> None:
    address = receiver.mailbox.address()
    assert status(talk(head("/callback/1", "Content-Length: 2", version="1.0") + b"{}")) == 200
    assert [each.body for each in receiver.mailbox.received(address)] == [b"{}"]


def test_several_callbacks_on_one_connection(receiver: CallbackReceiver, connect: Callable[[], ssl.SSLSocket]) -> None:
    addresses = [receiver.mailbox.address(), receiver.mailbox.address(500)]
    connection = connect()
    answers = []
    for number in (1, 2):
        connection.sendall(head(f"/callback/{number}", "Content-Length: 1") + b"%d" % number)
        answers.append(status(connection.recv(65536)))
    assert answers == [200, 500]
    assert [each.body for address in addresses for each in receiver.mailbox.received(address)] == [b"1", b"2"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "GET"])
def test_other_methods_are_kept_for_who_judges_them(method: str, receiver: CallbackReceiver, talk: Talk) -> None:
    address = receiver.mailbox.address()
    assert status(talk(head("/callback/1", "Connection: close", method=method))) == 200
    assert [each.method for each in receiver.mailbox.received(address)] == [method]


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "OPTIONS"])
def test_what_cannot_be_a_callback_is_refused(method: str, receiver: CallbackReceiver, talk: Talk) -> None:
    address = receiver.mailbox.address()
    assert status(talk(head("/callback/1", "Connection: close", method=method))) == 405
    assert receiver.mailbox.received(address) == []


def test_an_address_that_nobody_was_given(receiver: CallbackReceiver, talk: Talk) -> None:
    assert status(talk(head("/callback/7", "Content-Length: 0", "Connection: close"))) == 404


def test_of_a_big_body_the_beginning_is_kept(receiver: CallbackReceiver) -> None:
    address = receiver.mailbox.address()
    context = ssl.create_default_context(cafile=receiver.ca_file)
    exact = httpx.post(address, content=b"a" * BODY_LIMIT, verify=context)
    assert exact.status_code == 200
    with contextlib.suppress(httpx.TransportError):  # the connection is closed on who goes on sending
        httpx.post(address, content=b"b" * (BODY_LIMIT * 3), verify=context)
    kept = [each.body for each in receiver.mailbox.received(address)]
    assert [len(body) for body in kept] == [BODY_LIMIT, BODY_LIMIT]
    assert kept[1] == b"b" * BODY_LIMIT


def test_who_sends_slowly_has_some_time(receiver: CallbackReceiver, talk: Talk) -> None:
    address = receiver.mailbox.address()
    first, second = head("/callback/1", "Content-Length: 4", "Connection: close")[:20], b""
    rest = head("/callback/1", "Content-Length: 4", "Connection: close")[20:] + b"{ "
    assert status(talk(first, second, rest, b" }", pause=0.2)) == 200
    assert [each.body for each in receiver.mailbox.received(address)] == [b"{  }"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((b"POST /callback/1 HT",), b""),
        ((b"",), b""),
        ((head("/callback/1", "Content-Length: 9") + b"{",), b"HTTP/1.1 408"),
    ],
    ids=["half a head", "nothing", "half a body"],
)
def test_who_takes_too_long_is_cut_off(
    parts: tuple[bytes, ...], expected: bytes, monkeypatch: pytest.MonkeyPatch, receiver: CallbackReceiver, talk: Talk
) -> None:
    monkeypatch.setattr(callback_receiver, "SECONDS", 0.5)
    address = receiver.mailbox.address()
    started = time.monotonic()
    assert talk(*parts)[:12] == expected
    assert time.monotonic() - started < 8
    assert receiver.mailbox.received(address) == []


def test_what_is_no_http_is_refused_in_silence(
    receiver: CallbackReceiver, talk: Talk, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status(talk(b"\x00\x01\x02 what\r\n\r\n")) == 400
    with pytest.raises(httpx.TransportError):  # no TLS
        httpx.get(receiver.mailbox.base.replace("https", "http"))
    assert capfd.readouterr() == ("", "")


def test_closing_ends_connections_and_takes_the_port_back() -> None:
    made = CallbackReceiver("127.0.0.1:0")
    port = int(made.mailbox.base.rpartition(":")[2])
    context = ssl.create_default_context(cafile=made.ca_file)
    idle = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
    idle.settimeout(10)
    idle.sendall(head("/callback/1", "Content-Length: 0"))
    assert idle.recv(1000)
    threads = threading.active_count()
    started = time.monotonic()
    made.close()
    assert time.monotonic() - started < 5
    assert threading.active_count() < threads
    assert idle.recv(1000) == b""
    idle.close()
    assert made.ca_file is not None
    assert not Path(made.ca_file).exists()
    socket.create_server(("127.0.0.1", port)).close()


def test_mistakes_are_the_users(tmp_path: Path) -> None:
    for listen in ("8443", "127.0.0.1:http", "127.0.0.1:99999", ":1"):
        with pytest.raises(UsageError, match="is no address"):
            CallbackReceiver(listen)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="cannot listen"):
        CallbackReceiver(f"127.0.0.1:{taken.getsockname()[1]}")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(UsageError, match="--callback-certificate"):
        CallbackReceiver("127.0.0.1:0", certificate=str(empty))
