"""Load over keep-alive connections without pipelining: wrk where it is installed, else a client of our own."""

import asyncio
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SCRIPT = Path(__file__).with_name("replay.lua")
SERVERS, CLIENT = 0, 1


@contextmanager
def core(index: int) -> Iterator[None]:
    """Runs the block, and the processes it starts, on one of this machine's cores; anywhere when there is only one."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    if len(before) > 1:
        os.sched_setaffinity(0, {sorted(before)[index]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Work:
    """What to send: any of `paths` at random; a number takes the place of `@@` in a body, another one each time."""

    method: str
    paths: Sequence[str]
    headers: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True)
class Figures:
    """Requests per second; latencies, and the server's processor time for one request, in microseconds."""

    rate: float
    median: float
    p99: float
    requests: int
    spent: float = math.nan


class LoadError(Exception):
    """The server did not answer every request with success, so the figures would mean nothing."""


def has_wrk() -> bool:
    """Whether wrk can be used."""
    return shutil.which("wrk") is not None


def drive(url: str, work: Work, *, seconds: float, connections: int, wrk: bool) -> Figures:
    """Sends `work` for some seconds from the client's core. Raises LoadError for any answer but a success."""
    with core(CLIENT):
        if wrk:
            return _wrk(url, work, seconds, connections)
        return asyncio.run(_python(url, work, seconds, connections))


def _wrk(url: str, work: Work, seconds: float, connections: int) -> Figures:
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as paths:
        paths.write("\n".join(work.paths) + "\n")
        paths.flush()
        headers = [word for name, value in work.headers.items() for word in ("-H", f"{name}: {value}")]
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(round(seconds), 1)}s",
            "--timeout",
            "30s",
            "-s",
            str(SCRIPT),
            *headers,
            url,
        ]
        done = subprocess.run(
            [*command, "--", work.method, paths.name, work.body],
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last.startswith("{"):
        raise LoadError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    said = json.loads(last)
    if said["refused"] or said["broken"] or not said["requests"]:
        raise LoadError(f"{work.method} {url}{work.paths[0]}: {last}")
    return Figures(said["requests"] / said["seconds"], said["median"], said["p99"], said["requests"])


class _Client(asyncio.Protocol):
    """One connection that sends the next request when the answer is whole."""

    def __init__(self, requests: Sequence[bytes], latencies: list[float], until: float) -> None:
        self.requests, self.latencies, self.until = requests, latencies, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(random.choice(self.requests))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, blank, body = self.buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not head.startswith(b"HTTP/1.1 2") or not length:
            self._end(LoadError(head.decode("latin-1")))
        elif len(body) >= int(length):
            now = time.perf_counter()
            self.latencies.append(now - self.sent)
            self.buffer = b""
            if now < self.until:
                self._send()
            else:
                self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(LoadError("the server closed the connection"))

    def _end(self, error: LoadError | None) -> None:
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
        self.transport.close()


async def _python(url: str, work: Work, seconds: float, connections: int) -> Figures:
    address = urlsplit(url)
    requests = []
    for number in range(5000 if "@@" in work.body else 1):
        body = work.body.replace("@@", str(number)).encode()
        fields = {"Host": address.netloc, **work.headers, **({"Content-Length": str(len(body))} if body else {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        requests += [f"{work.method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body for path in work.paths]
    latencies: list[float] = []
    start = time.perf_counter()
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: _Client(requests, latencies, start + seconds), address.hostname, address.port
        )
        clients.append(client)
    async with asyncio.timeout(seconds + 60):
        await asyncio.gather(*(client.done for client in clients))
    spent = time.perf_counter() - start
    cuts = statistics.quantiles(latencies, n=100)
    return Figures(len(latencies) / spent, cuts[49] * 1e6, cuts[98] * 1e6, len(latencies))
