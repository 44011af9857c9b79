"""Receives callbacks in a process of Locust: gevent's own HTTPS server."""

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gevent.pywsgi import WSGIServer

from screentest_contracts.contract import Handshake
from screentest_suites.load.lag import Lag
from screentest_suites.targets.callback_port import Mailbox, Received
from screentest_suites.targets.callback_receiver import BODY_LIMIT, METHODS, listener_at, server_context


@dataclass
class LoadMailbox(Mailbox):
    """A mailbox that forgets what was judged. `lag` is how late this process is."""

    lag: Lag = field(kw_only=True)
    patience: float = field(kw_only=True)
    _by_path: dict[str, list[Received]] = field(default_factory=dict)

    def address(self, status: int = 200, handshake: Handshake | None = None, *, answers: bool = True) -> str:
        url = super().address(status, handshake, answers=answers)
        self._by_path[urlsplit(url).path] = []
        return url

    def received(self, address: str) -> list[Received]:
        return self._by_path.get(urlsplit(address).path, [])

    def forget(self, address: str) -> None:
        path = urlsplit(address).path
        self.statuses.pop(path, None)
        self.handshakes.pop(path, None)
        self._by_path.pop(path, None)

    def held(self, since: float) -> float:
        return self.lag.since(since)

    def take(
        self,
        at: float,
        method: str,
        path: str,
        body: bytes,
        headers: tuple[tuple[str, str], ...] = (),
        took: float = 0.0,
        query: str = "",
    ) -> tuple[int, bytes]:
        answer = super().take(at, method, path, body, headers, took, query)
        if self.arrived and path in self._by_path:
            self._by_path[path].append(self.arrived[-1])
        self.arrived.clear()
        self._kept = 0
        return answer


class LoadReceiver:
    """Listens until it is closed; `mailbox` holds what arrives. `ca_file` names the authority that a sender must trust
    where no certificate was given. Raises UsageError."""

    def __init__(self, listen: str, url: str | None, certificate: str | None, *, lag: Lag, patience: float) -> None:
        self._cleanup = contextlib.ExitStack()
        listener, base = listener_at(listen, url)
        self._cleanup.callback(listener.close)
        context, self.ca_file = server_context(certificate, base, self._cleanup)
        self.mailbox = LoadMailbox(base, lag=lag, patience=patience)
        self._server = WSGIServer(listener, self._application, log=None, error_log=None, ssl_context=context)
        self._server.start()

    def close(self) -> None:
        self._server.stop(timeout=1)
        self._cleanup.close()

    def _application(self, environ: dict[str, Any], respond: Callable[..., Any]) -> Iterable[bytes]:
        began = time.time()
        if environ["REQUEST_METHOD"] not in METHODS:
            respond("405 Method Not Allowed", [("Allow", ", ".join(METHODS))])
            return [b""]
        body = environ["wsgi.input"].read(BODY_LIMIT)
        headers = tuple(
            (name.removeprefix("HTTP_").replace("_", "-").lower(), str(value))
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        )
        now = time.time()
        took = now - began + self.mailbox.held(began - 1.0)
        status, said = self.mailbox.take(
            now, environ["REQUEST_METHOD"], environ["PATH_INFO"], body, headers, took, environ.get("QUERY_STRING", "")
        )
        respond(f"{status} Callback", [("Content-Type", "application/json" if said[:1] == b"{" else "text/plain")])
        return [said]
