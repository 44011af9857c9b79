"""Where callbacks arrive: in process for the embedded mock, or a real HTTPS server for any other target.

Every task gets an address of its own (a path), so that callbacks of different tasks are never mixed up.
"""

import contextlib
import itertools
import ssl
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.reading import task_id
from screentest_contracts.signatures import Message, problem

BODY_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True)
class Received:
    """A callback that arrived. `at` is in epoch seconds of the receiver's clock.

    `signature`: what was found wrong with its signature when it was recorded, "" for nothing: a recording has neither
    the secret nor the headers. `took`: for how many seconds, at the most, its sender had to wait for us.
    """

    at: float
    method: str
    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    signature: str | None = None
    took: float = 0.0


def signature_problem(contract: Contract, secret: str, received: Received) -> str:
    """What is wrong with the signature of a callback, "" for nothing."""
    if received.signature is not None:
        return received.signature
    rule = contract.callback.signature if contract.callback else None
    if rule is None:
        return ""
    task = ""
    if "{{task}}" in rule.over:
        with contextlib.suppress(orjson.JSONDecodeError):
            task = task_id(contract, orjson.loads(received.body)) or ""
        if not task:
            return "its body has no id of a task, which is signed"
    return problem(rule, secret, received.headers, Message(received.body, received.at, task=task)) or ""


class CallbackPort(Protocol):
    """A receiver of callbacks. `base` is its public address."""

    base: str

    def address(self, status: int = 200) -> str:
        """A new URL, whose callbacks are answered with `status`."""

    def received(self, address: str) -> list[Received]:
        """What has arrived at an address."""


@dataclass
class Mailbox:
    """Addresses under one base URL, what they answer, and what arrived. Thread-safe by the GIL: appends only."""

    base: str
    statuses: dict[str, int] = field(default_factory=dict)
    arrived: list[Received] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def address(self, status: int = 200) -> str:
        url = f"{self.base}/callback/{next(self._numbers)}"
        self.statuses[urlsplit(url).path] = status
        return url

    def received(self, address: str) -> list[Received]:
        path = urlsplit(address).path
        return [each for each in self.arrived if each.path == path]

    def take(
        self,
        at: float,
        method: str,
        path: str,
        body: bytes,
        headers: tuple[tuple[str, str], ...] = (),
        took: float = 0.0,
    ) -> int:
        """Notes a callback and gives the status to answer with."""
        self.arrived.append(Received(at, method, path, body, headers, took=took))
        return self.statuses.get(path, 404)


class CallbackReceiver:
    """An HTTPS server for callbacks. Close it when done.

    Without a certificate one is made, and `ca_file` names the PEM file of the CA that a sender must trust.
    """

    def __init__(self, listen: str, *, url: str | None = None, certificate: str | None = None) -> None:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise UsageError(
                f"--callback-listen {listen!r} is no address", "write it as HOST:PORT, for example 0.0.0.0:8443"
            )
        try:
            self._server = _Server((host.strip("[]"), int(port)), _Handler)
        except OSError as error:
            hint = "is the port free, and the host an address of this machine?"
            raise UsageError(f"cannot listen on {listen}: {error.strerror or error}", hint) from None
        bound = self._server.server_address[1]
        base = (url or f"https://{host}:{bound}").rstrip("/")
        self.ca_file: str | None = None
        context = self._context(certificate, urlsplit(base).hostname or host)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.mailbox = Mailbox(base)
        self._server.mailbox = self.mailbox  # type: ignore[attr-defined]
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def _context(self, certificate: str | None, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            try:
                context.load_cert_chain(certificate)
            except (OSError, ssl.SSLError) as error:
                hint = "give one PEM file that holds the certificate and its private key"
                raise UsageError(f"--callback-certificate {certificate}: {error}", hint) from None
            return context
        import trustme  # slow to import, and needed only here

        authority = trustme.CA()
        authority.issue_cert(host).configure_cert(context)
        with tempfile.NamedTemporaryFile(prefix="screentest-ca-", suffix=".pem", delete=False) as file:
            file.write(authority.cert_pem.bytes())
        self.ca_file = file.name
        return context

    def close(self) -> None:
        """Stops listening and removes a generated CA's file."""
        if self.ca_file is not None:
            Path(self.ca_file).unlink(missing_ok=True)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Knows of each connection since when it may have waited: since the server had last looked, and found none."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._looked = (time.monotonic(), time.monotonic())
        self.since: dict[Any, float] = {}

    def service_actions(self) -> None:
        self._looked = (self._looked[1], time.monotonic())

    def get_request(self) -> tuple[Any, Any]:
        connection, peer = super().get_request()
        self.since[peer] = self._looked[0]
        return connection, peer


class _Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds a sender may take for one request

    def _answer(self) -> None:
        length = self.headers.get("content-length", "0")
        size = int(length) if length.isdecimal() else 0
        body = self.rfile.read(min(size, BODY_LIMIT))
        path, headers = urlsplit(self.path).path, tuple(self.headers.items())
        server: Any = self.server
        took = time.monotonic() - server.since.pop(self.client_address, time.monotonic())
        status = server.mailbox.take(time.time(), self.command, path, body, headers, took)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    do_POST = _answer  # noqa: N815 - the library's names
    do_PUT = _answer  # noqa: N815
    do_PATCH = _answer  # noqa: N815
    do_GET = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        return
