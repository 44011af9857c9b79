"""Server processes on one core, each gone when its block ends."""

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from load import SERVERS, Figures, Work, core, drive

OWN = Path(__file__).with_name("servers.py")


@dataclass(frozen=True)
class Child:
    """A server that answers at `url`; `said` is the first line it printed, where that is JSON."""

    url: str
    pid: int
    said: dict[str, Any]

    def drive(self, work: Work, *, seconds: float, connections: int, wrk: bool) -> Figures:
        """The figures of some seconds of load, and what they cost this process. Raises LoadError."""
        before = self._processor_time()
        found = drive(self.url, work, seconds=seconds, connections=connections, wrk=wrk)
        return replace(found, spent=(self._processor_time() - before) / found.requests * 1e6)

    def _processor_time(self) -> float:
        """Seconds on a processor so far; not a number where the system does not say."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return math.nan
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int | str = "self") -> int:
    """Bytes of memory a process holds; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * 4096


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def child(command: Sequence[str], port: int, output: Path, *, patience: float = 120.0) -> Iterator[Child]:
    """Runs a server until the block ends. Raises RuntimeError when it does not listen within `patience` seconds."""
    with output.open("w", encoding="utf-8") as stream:
        process = _start(command, stream)
        try:
            _wait(process, port, output, patience)
            first = output.read_text(encoding="utf-8").partition("\n")[0]
            yield Child(f"http://127.0.0.1:{port}", process.pid, json.loads(first) if first.startswith("{") else {})
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(command: Sequence[str], stream: TextIO) -> "subprocess.Popen[bytes]":
    with core(SERVERS):
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT)


def _wait(process: "subprocess.Popen[bytes]", port: int, output: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"no server came up: {output.read_text(encoding='utf-8')[-2000:]}")


def screentest(*arguments: str) -> list[str]:
    """The command line of this environment."""
    return [str(Path(sys.executable).with_name("screentest")), *arguments]


def own(*arguments: str) -> list[str]:
    """One of `servers.py`."""
    return [sys.executable, str(OWN), *arguments]
