"""The Starlette application: providers by path or host, and the control plane."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from email.utils import formatdate
from typing import Any

from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Mount

from screentest_contracts.contract import Contract
from screentest_mockserver.dispatch.callbacks import Callbacks, Deliver
from screentest_mockserver.dispatch.provider import ProviderMock
from screentest_mockserver.server.control import control_routes
from screentest_mockserver.server.journal import Journal, entry_of
from screentest_mockserver.server.kept import KeptAnswer, KeptAnswers
from screentest_mockserver.server.lost import answer_store_lost, store_lost
from screentest_mockserver.server.page.routes import page_routes
from screentest_mockserver.state.clock import StoredClock
from screentest_mockserver.state.facts import MAX_BODY, MockOptions
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.state.store import DefersEntries, Opened, Store, StoreLostError
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.answer import Answer, ConnectionDroppedError, Message, Request, real_wait, send_answer
from screentest_mockserver.wire.clock import Clock, ManualClock
from screentest_mockserver.wire.journal import Entry

Receive = Callable[[], Awaitable[Message]]
Log = Callable[[Entry], None]


class MockServer(Starlette):
    """Serves one or several contracts.

    With one contract its paths are at the root; with several each is under `/{name}/...` and answers at the root to
    its own host name. The control plane is under `/_screentest/`; vendors' requests never enter Starlette's routing,
    which costs more than answering a poll does.
    """

    def __init__(
        self,
        contracts: Sequence[Contract],
        *,
        clock: Clock | None = None,
        store: Store | None = None,
        control_token: str | None = None,
        deliver: Deliver | None = None,
        log: Log | None = None,
        api_key: str = GOOD_KEY,
        scenario_name: str = "success",
        seed: int | None = None,
        allow_loopback_callbacks: bool = False,
        second_origin: str = "",
        plain_callbacks: bool = False,
    ) -> None:
        """`clock` is what the mocks read the time from: a manual one where none is given; `store` what they remember
        in: this process's memory. `control_token` opens the control plane, which otherwise answers this machine only.
        `deliver` sends callbacks, `log` is told of each request. The rest is what `MockOptions` says."""
        self.store: Store = MemoryStore() if store is None else store  # an empty one may be false
        self._deferring = self.store if isinstance(self.store, DefersEntries) else None
        self.clock: Clock = StoredClock(self.store) if clock is None else clock
        options = MockOptions(api_key, scenario_name, seed, allow_loopback_callbacks, second_origin, plain_callbacks)
        self.providers: dict[str, ProviderMock] = {
            contract.name: ProviderMock(contract, self.clock, store=self.store, options=options)
            for contract in contracts
        }
        self.journal = Journal(self.store)
        self.callbacks = Callbacks(self.clock, self.providers.values(), deliver)
        self.control_token = control_token
        self.log = log
        self.second_origin = second_origin
        self._numbers = itertools.count(1)
        self._kept = KeptAnswers()
        self._only = next(iter(self.providers.values())) if len(self.providers) == 1 else None
        self._hosts = {host.encode(): mock for mock in self.providers.values() for host in mock.contract.hosts}
        self._date = (0, b"")
        self.loop: asyncio.AbstractEventLoop | None = None
        """The event loop that serves it, from its start to its end."""
        control = Mount("/_screentest", routes=[*page_routes(self), *control_routes(self)])
        lost = {StoreLostError: answer_store_lost}
        super().__init__(routes=[control], lifespan=self._lifespan, exception_handlers=lost)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        runner = asyncio.create_task(self.callbacks.run())
        self.loop = asyncio.get_running_loop()
        try:
            yield
        finally:
            self.loop = None
            runner.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await runner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_screentest"):
            await super().__call__(scope, receive, send)
            return
        kept, opened = self._kept.of(scope), None
        try:
            if kept is not None:
                opened = kept.open()
                now = kept.mock.now(opened)
                if kept.stays.holds(opened, now, self.clock.speed):
                    self._tell(kept.entry(now, next(self._numbers), scope["scheme"]))
                    if self._deferring is not None:
                        await self._told()
                    await send(kept.start(self._http_date(now)))
                    await send(kept.end())
                    return
            await self._answer(scope, receive, send, opened)
        except StoreLostError as error:
            await store_lost(error)(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any, opened: Opened | None) -> None:
        """Answers a request, given what the store was asked already. Raises StoreLostError, and then nothing has been
        sent."""
        headers = scope["headers"]
        host = b""
        for name, value in headers:
            if name == b"host":
                host = value
                break
        method = scope["method"]
        path = scope["path"]
        raw: bytes = scope.get("raw_path") or b""
        if b"%" in raw:  # a slash inside an id must not end it
            path = raw.decode("latin-1")
        mock, path, prefix = self._locate(path, host)
        within = "" if mock is None else mock.contract.base_path
        if within and path.startswith(within + "/"):
            path, prefix = path[len(within) :], prefix + within
        body = b""
        if method not in ("GET", "HEAD"):
            received = await _read(receive, (MAX_BODY if mock is None else mock.max_body) + 1)
            if received is None:  # the client went away
                return
            body = received
        if not host:  # HTTP/1.0: the address that was asked is all there is
            host = _server(scope).encode()
        base = f"{scope['scheme']}://{host.decode('latin-1')}{prefix}"
        request = Request(method, path, scope["query_string"], headers, body, base)
        wait = self._virtual_wait if self.clock.manual else real_wait
        if mock is None:
            answer = self._nowhere()
            name = "-"
        else:
            name = mock.contract.name
            path = request.path
            media = path.startswith("/media/")
            answer = mock.media(request, path.split("/", 3)[2]) if media else mock.handle(request, opened)
            if answer.later is not None:
                await wait(answer.delay)
                answer = mock.resume(request, answer)
        now = self.clock.now() if answer.at is None else answer.at
        entry = entry_of(next(self._numbers), mock, name, scope, host, request.body, answer, now)
        self._tell(entry)
        if answer.stays is not None and mock is not None:
            self._kept.remember(scope, KeptAnswer(mock, answer, entry))
        if self._deferring is not None:
            await self._told()
        if answer.events is not None and mock is not None and not answer.drop:
            await self._stream(mock, request, answer, scope, receive, send)
            return
        await send_answer(answer, send, head=request.method == "HEAD", wait=wait, date=self._http_date(now))

    def _tell(self, entry: Entry) -> None:
        """Tells the journal of a request. `_told` waits until it is told."""
        if self._deferring is None:
            self.store.add_entry(entry)
        else:
            self._deferring.add_entry_later(entry)
        if self.log is not None:
            self.log(entry)

    async def _told(self) -> None:
        """Comes back when others can see what the journal was told: together with that of other requests, where the
        store is elsewhere. Raises StoreLostError."""
        if self._deferring is not None:
            await asyncio.sleep(0)  # others take their turn
            self._deferring.flush()

    async def _stream(
        self, mock: ProviderMock, request: Request, answer: Answer, scope: Any, receive: Any, send: Any
    ) -> None:
        """Sends an answer piece by piece, until there are no more or the client is gone. A manual clock is moved to
        each of them."""
        wait = self._virtual_wait if self.clock.manual else real_wait

        async def pieces() -> AsyncIterator[bytes]:
            seconds: float | None = 0.0 if request.method != "HEAD" else None
            while seconds is not None:
                try:
                    piece, seconds = mock.next_piece(request, answer)
                except StoreLostError:  # the answer has begun: it can only end
                    return
                yield piece
                if seconds is not None:
                    await wait(seconds)

        headers = [*answer.headers, (b"date", self._http_date(self.clock.now()))]
        if not self.clock.manual:
            response = StreamingResponse(pieces(), answer.status)
            response.raw_headers = headers
            await response(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for piece in pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _virtual_wait(self, seconds: float) -> None:
        await self.advance(seconds)

    def _locate(self, path: str, host: bytes) -> tuple[ProviderMock | None, str, str]:
        """The provider, the path within it, and the prefix before that path."""
        if self._only is not None:
            return self._only, path, ""
        name, slash, rest = path[1:].partition("/")
        mock = self.providers.get(name)
        if mock is not None and slash:
            return mock, "/" + rest, "/" + name
        return self._hosts.get(host.rpartition(b":")[0] if b":" in host else host), path, ""

    def _nowhere(self) -> Answer:
        names = ", ".join(f"/{name}/" for name in self.providers)
        return Answer(404, [(b"content-type", b"text/plain; charset=utf-8")], f"providers: {names}\n".encode())

    def _http_date(self, now: float) -> bytes:
        """The Date header on the mock's own clock, made once a second."""
        second = int(now)
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return self._date[1]

    async def advance(self, seconds: float) -> float:
        """Moves a manual clock and delivers the callbacks that fall due, each at its own time."""
        clock = self.clock
        if not isinstance(clock, ManualClock | StoredClock):
            raise ValueError("the clock runs by itself: start with --clock manual to steer it")
        target = clock.now() + seconds
        if not 0 <= seconds < 1e9:
            raise ValueError("a clock moves forward by 0 to 1e9 seconds")
        while True:
            await self.callbacks.settle()  # a repetition may come of what is under way
            due = self.callbacks.next_due()
            if due is None or due > target:
                break
            clock.advance(max(due - clock.now(), 0.0))
            await self.callbacks.pump()
        clock.advance(min(max(target - clock.now(), 0.0), seconds))  # a difference of floats may be rounded up
        return clock.now()

    def reset(self) -> None:
        """Forgets everything that requests left behind."""
        for mock in self.providers.values():
            mock.reset()
        self._kept.clear()
        self.journal.clear()


def _server(scope: Any) -> str:
    """The address of the socket that a request came by."""
    host, port = scope.get("server") or ("localhost", None)
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, 80, 443) else f"{shown}:{port}"


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The request's body, at most `limit` bytes of it; None when the client disconnected."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    chunks, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        if size <= limit:  # the rest is read and thrown away: the client gets an answer, not a reset
            chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


create_app = MockServer
"""The mock server as an ASGI application, by the name that ASGI servers' documentation uses."""

__all__ = ["ConnectionDroppedError", "Log", "MockServer", "create_app"]
