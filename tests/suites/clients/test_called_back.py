"""Callbacks of a mock that a test serves and whose clock it moves: they come to a receiver of the test's own."""

import asyncio
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme
from tests.providers import known

import screentest

CONTRACT = known("replicate")


class Receiver:
    """Takes callbacks over plain HTTP; `bodies` and `headers` are what came."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def create(mock: screentest.Mock, url: str) -> None:
    answer = httpx.post(
        f"{mock.url}/v1/models/minimax/video-01/predictions",
        json={"input": {"prompt": "A paper boat."}, "webhook": url, "webhook_events_filter": ["completed"]},
        headers={"authorization": f"Bearer {mock.key}"},
    )
    assert answer.is_success, answer.text


def test_advance_delivers_over_a_socket(screentest_mock: screentest.MockFactory, receiver: Receiver) -> None:
    mock = screentest_mock(CONTRACT, allow_loopback_callbacks=True)
    create(mock, receiver.url)
    mock.advance(600)
    assert len(receiver.bodies) == 1
    assert b'"succeeded"' in receiver.bodies[0]
    assert [(each.attempt, each.status, each.reason) for each in mock.deliveries] == [(1, 200, "")]


def test_advance_delivers_before_it_returns_in_an_event_loop(
    screentest_mock: screentest.MockFactory, receiver: Receiver
) -> None:
    async def test() -> None:
        mock = screentest_mock(CONTRACT, allow_loopback_callbacks=True)
        create(mock, receiver.url)
        for _ in range(60):
            mock.advance(10)
        assert len(receiver.bodies) == 1

    asyncio.run(test())


def test_advance_waits_for_what_is_under_way(screentest_mock: screentest.MockFactory, receiver: Receiver) -> None:
    """A task that is done at once calls back by itself, without an `advance`."""
    mock = screentest_mock(CONTRACT, scenario="immediate", allow_loopback_callbacks=True)
    create(mock, receiver.url)
    mock.advance(0)
    assert [each.status for each in mock.deliveries] == [200]


def test_a_delivery_without_an_answer_has_a_reason(screentest_mock: screentest.MockFactory, receiver: Receiver) -> None:
    mock = screentest_mock(CONTRACT, allow_loopback_callbacks=True)
    create(mock, "http://127.0.0.1:1/closed")
    mock.advance(600)
    told = httpx.get(f"{mock.url}/_screentest/callbacks").json()["deliveries"]
    assert [each["reason"] for each in told] == [each.reason for each in mock.deliveries] != []
    for each in told:
        assert each["status"] == 0
        assert each["reason"].startswith("ConnectError: "), each


@pytest.mark.parametrize("trusts", [True, False])
def test_a_receivers_authority_can_be_trusted(
    screentest_mock: screentest.MockFactory, receiver: Receiver, tmp_path: Path, trusts: bool
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    mock = screentest_mock(CONTRACT, allow_loopback_callbacks=True, callback_ca=file if trusts else None)
    create(mock, receiver.url.replace("http:", "https:"))
    mock.advance(600)
    assert len(receiver.bodies) == trusts
    assert ("certificate verify failed" in mock.deliveries[-1].reason) == (not trusts)


def test_a_file_that_is_no_certificate_is_the_users_mistake(screentest_mock: screentest.MockFactory) -> None:
    with pytest.raises(screentest.UsageError, match=r"callback_ca .* is no certificate"):
        screentest_mock(CONTRACT, callback_ca=__file__)


def test_a_mock_whose_server_has_stopped_can_still_be_moved(receiver: Receiver) -> None:
    with screentest.serve(CONTRACT) as mock:
        before = mock.advance(0)
    assert mock.advance(5) == before + 5


def test_the_servers_own_thread_is_told_the_time(screentest_mock: screentest.MockFactory) -> None:
    """Who replaces `time.monotonic` of the whole process has the server ask, too: it must not wait for itself."""
    mock = screentest_mock(CONTRACT)

    async def ask(seconds: float) -> float:
        return mock.advance(seconds)

    loop = mock.app.loop
    assert loop is not None
    assert asyncio.run_coroutine_threadsafe(ask(0), loop).result(10) == mock.advance(0)
    with pytest.raises(RuntimeError, match="own thread"):
        asyncio.run_coroutine_threadsafe(ask(1), loop).result(10)
