"""The mock of a contract in this process, as a target."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from screentest_contracts.contract import Contract
from screentest_mockserver import ProviderMock
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.answer import ConnectionDroppedError
from screentest_mockserver.wire.clock import ManualClock
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.callback_port import CallbackPort, Mailbox
from screentest_suites.targets.decoding import unpacked
from screentest_suites.targets.signing import signed
from screentest_suites.targets.target import BaseTarget

TIMEOUT = 30.0
"""Seconds that an answer which comes in pieces may take beyond those that were asked for."""


class MockSteering:
    """Scenarios for the next tasks of a mock."""

    def __init__(self, mock: ProviderMock) -> None:
        self._mock = mock

    def schedule(self, scenario: str) -> None:
        self._mock.schedule(scenario)

    def forget_scheduled(self) -> None:
        self._mock.unschedule()


class EmbeddedTarget(BaseTarget):
    """No network, virtual time, every scenario at hand. `mock` is the provider's mock, `app` what serves it; callbacks
    arrive under the address `callbacks_at`.

    >>> import screentest
    >>> target = screentest.EmbeddedTarget(screentest.load_contract("acme.yaml"))
    >>> before = target.now()
    >>> target.sleep(24 * 3600)  # returns at once
    >>> target.now() - before
    86400.0
    >>> target.mock.schedule("failure")  # the next task fails
    """

    kind = "embedded mock"

    def __init__(self, contract: Contract, *, callbacks_at: str = "https://hooks.example.com") -> None:
        self.contract = contract
        self.clock = ManualClock(1_780_000_000.0)
        self.mailbox = Mailbox(callbacks_at)
        self.callbacks: CallbackPort | None = self.mailbox
        self.app = MockServer([contract], clock=self.clock, deliver=self._deliver, seed=0)
        self.mock = self.app.providers[contract.name]
        self.base_url = contract.base_url
        self.keys = dict(self.mock.keys)
        if self.mock.callback_secret and not self.mock.facts.keys_path:
            self.keys["callback"] = self.mock.callback_secret
        self.steering = MockSteering(self.mock)

    async def _deliver(
        self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        parts, fields = urlsplit(url), tuple(headers.items())
        return self.mailbox.take(self.clock.now(), method, parts.path, body, fields, query=parts.query)

    def now(self) -> float:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        run_virtual(self.app.advance(seconds))

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        """Answers at once, in virtual time."""
        self.sent += 1
        fields = signed(self.contract, sent, self.keys, self.clock.now())
        return exchange_with(self.app, sent, tuple(fields), limit=limit)


def exchange_with(
    app: MockServer, sent: SentRequest, fields: tuple[tuple[str, str], ...], *, limit: int = 1 << 30
) -> Exchange:
    """A request to a mock in this process, with these headers, and its answer, in virtual time."""
    parts = urlsplit(sent.url)
    scope: dict[str, Any] = {
        "type": "http",
        "method": sent.method,
        "scheme": parts.scheme or "https",
        "path": parts.path,
        "raw_path": parts.path.encode("latin-1", "replace"),
        "query_string": parts.query.encode("latin-1", "replace"),
        "headers": [
            (b"host", parts.netloc.encode("latin-1", "replace")),
            *((name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in fields),
        ],
        "client": ("127.0.0.1", 1),
    }
    status, headers, chunks = 0, [], []
    error = ""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent.body or b"", "more_body": False}

    async def respond(message: Any) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
        else:
            chunks.append(message.get("body", b""))
            if sent.waits and app.clock.now() - before > sent.waits + TIMEOUT:
                raise TimeoutError

    before = app.clock.now()
    try:
        run_virtual(app(scope, receive, respond))
    except ConnectionDroppedError:
        error = "the connection was closed before the answer was complete"
    except TimeoutError:
        error = f"the body did not end within {sent.waits + TIMEOUT:g} s"
    raw = b"".join(chunks)
    shown = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
    body, problem = unpacked(shown, raw, limit + 1)
    error = error or problem or length_problem(sent.method, status, shown, len(raw))
    return Exchange(sent, status, shown, body[:limit], before, app.clock.now(), error, len(body))


def length_problem(method: str, status: int, headers: tuple[tuple[str, str], ...], came: int) -> str:
    """What a client over a wire would find wrong with the length of a body."""
    told = next((value for name, value in headers if name.lower() == "content-length"), None)
    if method == "HEAD" or status in (204, 304) or told is None or told == str(came):
        return ""
    return f"{came} bytes came, {told} were announced"


def run_virtual(coroutine: Any) -> Any:
    """Runs a coroutine that never really waits: in virtual time nothing does."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("the embedded mock waited for something outside of virtual time")
