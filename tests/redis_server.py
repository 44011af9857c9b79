"""A Redis (or Valkey) of the tests' own: on a free port of this machine, in a temporary folder, gone at the end."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

LIMIT = 60.0
"""Seconds that it may take to start: it takes a hundredth of one."""


class RedisServer:
    """A server that can be stopped and started again; it keeps what it was told before it was stopped."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "appendonly": "yes", "save": "''"}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value).strip("'"))]
        self._process = subprocess.Popen([self.program, *words], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.sendall(b"PING\r\n")
                if probe.recv(7) == b"+PONG\r\n":  # before, it loads what it kept
                    return
            time.sleep(0.02)
        raise RuntimeError("no Redis has come up")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(LIMIT)
            self._process = None


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[RedisServer]:
    """A server that runs until the block ends. Skips the test where there is no program for it."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("there is no redis-server here: apt-get install redis-server")
    server = RedisServer(program, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
