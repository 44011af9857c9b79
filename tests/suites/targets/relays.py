"""Proxies that carry one connection to one address: what they are told first, and the bytes of both sides."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Address = tuple[str, int]


@contextlib.contextmanager
def tunnel(address: Address) -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP proxy that is asked to CONNECT (RFC 9110, 9.3.6): its address, and what it was sent before the tunnel."""

    def greet(client: socket.socket) -> bytes:
        asked = client.recv(65536)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return asked

    with _relay(address, greet) as (port, asked):
        yield f"http://127.0.0.1:{port}", asked


@contextlib.contextmanager
def socks(address: Address) -> Iterator[tuple[str, list[bytes]]]:
    """A SOCKS5 proxy (RFC 1928): its address, and the names that it was asked for."""

    def greet(client: socket.socket) -> bytes:
        client.recv(2 + 255)
        client.sendall(b"\5\0")
        wanted = client.recv(300)
        client.sendall(b"\5\0\0\1" + bytes(4) + bytes(2))
        return wanted[5 : 5 + wanted[4]]

    with _relay(address, greet) as (port, names):
        yield f"socks5h://127.0.0.1:{port}", names


@contextlib.contextmanager
def _relay(address: Address, greet: Callable[[socket.socket], bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """A port, and what `greet` has read from the client that came there."""
    listener, greeted = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        with listener.accept()[0] as client, socket.create_connection(address) as server:
            greeted.append(greet(client))
            back = threading.Thread(target=_carry, args=(server, client))
            back.start()
            _carry(client, server)
            back.join(60)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], greeted
    finally:
        listener.close()
        thread.join(60)


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
