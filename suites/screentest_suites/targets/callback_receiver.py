"""A real HTTPS server for callbacks: Starlette on uvicorn, in a thread of its own."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from screentest_contracts.errors import UsageError
from screentest_mockserver.server.tls import authority_file, issue, secured
from screentest_suites.targets.address import is_address
from screentest_suites.targets.callback_port import Mailbox

BODY_LIMIT = 1024 * 1024
"""Bytes of a callback that are kept; what comes after them is not read."""

SECONDS = 10.0
"""What a sender may take for the head of a request, and as much again for its body."""

BEAT = 0.1
"""Seconds between two looks at whether this thread is held up."""

METHODS = ("POST", "PUT", "PATCH", "GET")
"""Methods that are taken as callbacks. Others are answered 405."""


class CallbackReceiver:
    """An HTTPS server for callbacks, whose `mailbox` holds what arrives. Close it when done.

    `listen` is HOST:PORT, where port 0 is any free port; `url` the public base address where it is another one;
    `certificate` a PEM file with the certificate and its key. Without a certificate one is made, and `ca_file` names
    the PEM file of the CA that a sender must trust. Raises UsageError.
    """

    def __init__(self, listen: str, *, url: str | None = None, certificate: str | None = None) -> None:
        listener, base = listener_at(listen, url)
        self.mailbox = Mailbox(base)
        self._cleanup = contextlib.ExitStack()
        try:
            context, self.ca_file = server_context(certificate, base, self._cleanup)
        except UsageError:
            listener.close()
            raise
        waits = _Waits()
        config = uvicorn.Config(
            _application(self.mailbox, waits),
            http=type("_Protocol", (_BoundedProtocol,), {"waits": waits}),
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(secured(config, context))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening, ends every connection and removes a generated CA's file. Takes about a second at most."""
        self._cleanup.close()
        self._server.should_exit = True
        self._thread.join(60)


def listener_at(listen: str, url: str | None) -> tuple[socket.socket, str]:
    """A socket that listens at HOST:PORT, and the base address of what it receives: `url`, where there is one. Raises
    UsageError."""
    host, port = _address(listen)
    if url is not None and not is_address(url):
        raise UsageError(f"--callback-url {url!r} is no address", "write it like https://me.example.com:8443")
    try:
        host.encode()  # sockets call a name that is no text a wrong type
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=100)
    except (OSError, UnicodeError) as error:
        hint = "is the port free, and the host an address of this machine?"
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {listen}: {reason}", hint) from None
    shown = f"[{host}]" if ":" in host else host
    return listener, (url or f"https://{shown}:{listener.getsockname()[1]}").rstrip("/")


def server_context(
    certificate: str | None, base: str, cleanup: contextlib.ExitStack
) -> tuple[ssl.SSLContext, str | None]:
    """What a receiver at `base` listens with: a certificate of the user's, or a fresh one with the path of the
    authority to trust, which is removed by `cleanup`. Raises UsageError."""
    if certificate is None:
        tls = issue([urlsplit(base).hostname or ""])
        return tls.context, cleanup.enter_context(authority_file(tls))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError) as error:
        hint = "give one PEM file that holds the certificate and its private key"
        raise UsageError(f"--callback-certificate {certificate}: {error}", hint) from None
    return context, None


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(
            f"--callback-listen {listen!r} is no address", "write it as HOST:PORT, for example 0.0.0.0:8443"
        )
    return host.strip("[]"), int(port)


class _Waits:
    """Since when the senders of requests may have waited for us. A connection that comes while this thread is held up
    has waited, at the most, since the beat before the last one: by then nothing had come."""

    def __init__(self) -> None:
        self._beats = (time.monotonic(), time.monotonic())
        self._since: dict[Any, float] = {}

    @contextlib.asynccontextmanager
    async def beating(self, app: Starlette) -> AsyncIterator[None]:
        """Beats for as long as the server runs."""
        heart = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            heart.cancel()

    async def _beat(self) -> None:
        while True:
            self._beats = (self._beats[1], time.monotonic())
            await asyncio.sleep(BEAT)

    def begin(self, peer: Any) -> None:
        """A request of this peer begins to arrive."""
        self._since.setdefault(peer, self._beats[0])

    def end(self, peer: Any) -> float:
        """The seconds that the request may have taken, until now."""
        now = time.monotonic()
        return now - self._since.pop(peer, now)


def _application(mailbox: Mailbox, waits: _Waits) -> Starlette:
    async def receive(request: Request) -> Response:
        if request.method == "HEAD":  # Starlette adds it to GET; it can carry no callback
            return Response(status_code=405, headers={"allow": ", ".join(METHODS)})
        body, whole = await _body(request)
        if body is None:
            return Response(status_code=408, headers={"connection": "close"})
        path = request.scope.get("raw_path", b"").decode("latin-1")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        took = waits.end(request.scope.get("client"))
        query = request.scope.get("query_string", b"").decode("latin-1")
        status, said = mailbox.take(time.time(), request.method, path, body, headers, took, query)
        media = "application/json" if said.startswith(b"{") else "text/plain"
        return Response(said, status, None if whole else {"connection": "close"}, media if said else None)

    return Starlette(routes=[Route("/{path:path}", receive, methods=METHODS)], lifespan=waits.beating)


async def _body(request: Request) -> tuple[bytes | None, bool]:
    """The first bytes of a body, and whether that is all of it; None when it did not come in time."""
    data = bytearray()
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                data += chunk
                if len(data) > BODY_LIMIT:
                    return bytes(data[:BODY_LIMIT]), False
            return bytes(data), True
    return None, False


class _BoundedProtocol(H11Protocol):
    """Ends a connection whose sender takes too long for the head of a request."""

    waits: _Waits
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        self.waits.begin(self.client)
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.waits.end(self.client)
        self._forget()

    def shutdown(self) -> None:
        """Ends an idle connection at once: a proper end of TLS would wait for the sender's word."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
        else:
            super().shutdown()

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._forget()
        elif self._patience is None:
            self._patience = self.loop.call_later(SECONDS, self.transport.abort)

    def _forget(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
