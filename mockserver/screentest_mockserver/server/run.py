"""Runs the mock server over HTTP."""

import contextlib
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from errno import EADDRNOTAVAIL
from typing import Any, TextIO

import uvicorn

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_mockserver.server.app import MockServer, create_app
from screentest_mockserver.wire.journal import Entry


class RequestLog:
    """One line per request, written by a thread of its own: whoever reads our output slowly, or not at all, must not
    hold up the server. What cannot be written in time is dropped, newest lines kept."""

    LIMIT = 10_000

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self._lines: deque[Entry] = deque(maxlen=self.LIMIT)
        self._some = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def __call__(self, entry: Entry) -> None:
        self._lines.append(entry)
        if not self._some.is_set():
            self._some.set()

    def _write(self) -> None:
        while True:
            self._some.wait()
            time.sleep(0.02)  # let a batch come together: a line costs less than a system call would
            self._some.clear()
            self._flush()

    def _flush(self) -> None:
        batch = [self._lines.popleft() for _ in range(len(self._lines))]
        with contextlib.suppress(OSError, ValueError):  # a closed pipe must not stop the server
            self.stream.write("".join([_line(entry) for entry in batch]))
            self.stream.flush()

    def close(self) -> None:
        """Gives the last lines a moment to get out."""
        deadline = time.monotonic() + 0.5
        while self._lines and time.monotonic() < deadline:
            time.sleep(0.01)


def _line(entry: Entry) -> str:
    path = entry.path[:200]
    if not path.isprintable():
        path = "".join(char if char.isprintable() else "?" for char in path)
    clock = time.strftime("%H:%M:%S", time.gmtime(entry.at))
    return f"{clock} {entry.provider:10} {entry.method:6} {path} {entry.status or 'dropped'}\n"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError with a hint when the address cannot be had."""
    if not host.strip():
        raise UsageError("the host to listen on is empty", "127.0.0.1 is this machine only, 0.0.0.0 everybody")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        nowhere = isinstance(error, socket.gaierror | UnicodeError) or getattr(error, "errno", 0) == EADDRNOTAVAIL
        hint = f"is another server running there? try --port {port + 1 if port < 65535 else port - 1}"
        if nowhere or not port:
            hint = "check --host: it is to be an address of this machine"
        raise UsageError(f"cannot listen on {host}:{port}: {reason}", hint) from None
    listener.set_inheritable(True)
    return listener


def configure(app: MockServer, **options: Any) -> uvicorn.Config:
    """How uvicorn serves the mock: no log of its own, and the Date header left to the mock's clock."""
    return uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=1,
        **options,
    )


@contextlib.contextmanager
def running(
    contracts: Sequence[Contract], *, host: str = "127.0.0.1", port: int = 0, **options: Any
) -> Iterator[tuple[MockServer, str]]:
    """A server in a thread of this process: gives the application and its URL, stops at the end."""
    app = create_app(contracts, **options)
    listener = bind(host, port)
    server = uvicorn.Server(configure(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        yield app, f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()
