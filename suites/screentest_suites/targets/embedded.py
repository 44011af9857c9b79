"""Who is judged: the embedded mock in virtual time, or a server behind a URL in real time."""

import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from screentest_contracts.contract import Contract
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.answer import ConnectionDroppedError
from screentest_mockserver.wire.clock import ManualClock
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.callback_port import CallbackPort, Mailbox
from screentest_suites.targets.signing import signed


class Target(Protocol):
    """Takes requests. `keys` maps an account's role (good, second, poor, restricted) to its key, where there is one,
    and `callback` to the secret that callbacks are signed with."""

    kind: str
    base_url: str
    steerable: bool

    @property
    def keys(self) -> Mapping[str, str]:
        """Keys by account."""

    @property
    def callbacks(self) -> CallbackPort | None:
        """Where callbacks to this run arrive, if anywhere."""

    def send(self, sent: SentRequest, *, limit: int = ...) -> Exchange:
        """Sends a request and reads at most `limit` bytes of the answer. Never raises for what a server does."""

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""

    def now(self) -> float:
        """Epoch seconds on the target's clock."""

    def close(self) -> None:
        """Ends all connections."""


class EmbeddedTarget:
    """The mock in this process: no network, virtual time, every scenario at hand."""

    kind = "embedded mock"
    steerable = True

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.clock = ManualClock(1_780_000_000.0)
        self.callbacks = Mailbox("https://hooks.example.com")
        self.app = MockServer([contract], clock=self.clock, deliver=self._deliver, seed=0)
        self.mock = self.app.providers[contract.name]
        self.base_url = contract.base_url
        self.keys = dict(self.mock.keys)
        if self.mock.callback_secret:
            self.keys["callback"] = self.mock.callback_secret
        self.sent = 0

    async def _deliver(self, method: str, url: str, body: bytes, timeout: float, headers: Mapping[str, str]) -> int:
        return self.callbacks.take(self.clock.now(), method, urlsplit(url).path, body, tuple(headers.items()))

    def now(self) -> float:
        return self.clock.now()

    def close(self) -> None:
        """Nothing to end."""

    def sleep(self, seconds: float) -> None:
        run_virtual(self.app.advance(seconds))

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        self.sent += 1
        parts, fields = urlsplit(sent.url), signed(self.contract, sent, self.keys, self.clock.now())
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

        before = self.clock.now()
        try:
            run_virtual(self.app(scope, receive, respond))
        except ConnectionDroppedError:
            error = "the connection was closed before the answer was complete"
        body = b"".join(chunks)
        return Exchange(
            sent,
            status,
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers),
            body[:limit],
            before,
            self.clock.now(),
            error,
            len(body),
        )


def run_virtual(coroutine: Any) -> Any:
    """Runs a coroutine that never really waits: in virtual time nothing does."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("the embedded mock waited for something outside of virtual time")


def wall_clock() -> float:
    """Epoch seconds of this machine."""
    return time.time()
