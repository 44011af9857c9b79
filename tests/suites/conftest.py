"""Servers that misbehave on purpose, and the traces of a task that went well."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pytest

RESET: Final = "reset"
"""A step of a script: the connection is torn down."""

Step = bytes | float | str
"""Bytes are sent, a number is waited for in seconds (at most until the test ends), RESET tears the connection down."""

Script = Callable[[bytes], Iterable[Step]]
"""What a server does after it has read a request (headers and body). At the end it closes the connection."""


class HostileServer:
    """Plays a script for every connection, on loopback. `requests` is what clients sent, `sent` how many bytes went out."""

    def __init__(self, script: Script, *, reads: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.sent = 0
        self._script, self._reads, self._tls = script, reads, tls
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._connections: list[socket.socket] = []
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._play(connection)
        with contextlib.suppress(OSError):
            connection.close()

    def _play(self, connection: socket.socket) -> None:
        request = _read_request(connection) if self._reads else b""
        self.requests.append(request)
        for step in self._script(request):
            if self._over.is_set():
                return
            if isinstance(step, bytes):
                connection.sendall(step)
                self.sent += len(step)
            elif isinstance(step, str):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            else:
                self._over.wait(min(step, 3600))

    def close(self) -> None:
        """Ends every connection."""
        self._over.set()
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0 and (more := connection.recv(65536)):
        data += more
        missing -= len(more)
    return data


@pytest.fixture
def hostile() -> Iterator[Callable[..., HostileServer]]:
    """A factory of hostile servers: `hostile(script)`; `reads=False` acts before any request has come."""
    with contextlib.ExitStack() as stack:

        def start(script: Script, **options: bool | ssl.SSLContext | None) -> HostileServer:
            server = HostileServer(script, **options)  # type: ignore[arg-type]
            stack.callback(server.close)
            return server

        yield start
