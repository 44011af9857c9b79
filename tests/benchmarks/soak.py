"""A long run: a mixed load on a mock whose store is bounded. Its memory must stay flat, and its journal bounded.

python tests/benchmarks/soak.py [--seconds S] [--rate R] [--connections N]     full form: --seconds 3600 --rate 1000
"""

import argparse
import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from asking import CLIP, JSON, KEY, VIDEOS
from children import child, free_port, own, resident
from tables import Table

from load import CLIENT, core

TASKS, ENTRIES = 1_000, 5_000
"""What the store may keep."""

WARM = 4_500
"""Tasks that are made and polled first: store, journal and caches are full when the run begins."""

POINTS = 16
"""How often memory is looked at."""

FLAT, SLACK = 0.03, 2 << 20
"""By which part, and how many bytes more, memory may grow between the first quarter and the end: an allocator returns
less than it is given back."""

REFUSED = ({**KEY, "Authorization": "Bearer nobody"}, VIDEOS, 401), (KEY, f"{VIDEOS}/video_nobody", 404)
MIX = {"poll": 60, "create": 12, "download": 10, "list": 6, "refused": 6, "invalid": 6}
"""How often each is asked, of a hundred requests."""


class Connection:
    """One connection that is kept, and one request at a time."""

    def __init__(self, url: str) -> None:
        self._host, self._port = str(urlsplit(url).hostname), urlsplit(url).port

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, bytes]:
        """Status and body of the answer."""
        sent = body.encode()
        fields = {"Host": f"{self._host}:{self._port}", **headers, "Content-Length": str(len(sent))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + sent)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return int(head[9:12]), await self._reader.readexactly(int(length))


class Users:
    """What the clients do together."""

    until = 0.0

    def __init__(self, url: str, rate: float) -> None:
        self.url, self.rate = url, rate
        self.ids: deque[str] = deque(maxlen=TASKS // 2)
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._numbers = itertools.count()
        self._next = time.monotonic()
        self._warmed = itertools.count()

    async def run(self) -> None:
        """One connection, until the end."""
        connection = Connection(self.url)
        await connection.open()
        while time.monotonic() < self.until:
            self._next = max(self._next + 1 / self.rate, time.monotonic() - 1.0)  # what is late is not made up for ever
            await asyncio.sleep(max(self._next - time.monotonic(), 0.0))
            await self._one(connection, random.choices(list(MIX), MIX.values())[0])

    async def warm(self) -> None:
        """One connection, as fast as it can, until there have been enough tasks."""
        connection = Connection(self.url)
        await connection.open()
        while next(self._warmed) < WARM:
            for kind in ("create", "poll", "poll", random.choice(("download", "list"))):
                await self._one(connection, kind)

    async def _one(self, connection: Connection, kind: str) -> None:
        if kind == "create" or not self.ids:
            body = CLIP.replace("boat", f"boat {next(self._numbers)}")
            status, said = await connection.ask("POST", VIDEOS, JSON, body)
            if status == 200:
                self.ids.append(json.loads(said)["id"])
        elif kind == "invalid":
            status, _ = await connection.ask("POST", VIDEOS, JSON, '{"model": "sora-2", "seconds": "7"}')
        elif kind == "refused":
            headers, path, _ = random.choice(REFUSED)
            status, _ = await connection.ask("GET", path, headers)
        else:
            path = f"{VIDEOS}/{random.choice(self.ids)}"
            path = {"poll": path, "download": f"{path}/content", "list": f"{VIDEOS}?limit=20"}[kind]
            status, _ = await connection.ask("GET", path, KEY)
        self.statuses[kind, status] += 1


async def entries(url: str) -> int:
    """How many entries the journal has."""
    connection, seen, kept = Connection(url), 0, 0
    await connection.open()
    while True:
        _, said = await connection.ask("GET", f"/_screentest/journal?after={seen}&limit=1000", {})
        page: dict[str, Any] = json.loads(said)
        kept += len(page["entries"])
        if not page["more"]:
            return kept
        seen = page["entries"][-1]["number"]


async def soak(url: str, pid: int, *, seconds: float, rate: float, connections: int) -> tuple[Users, list[int], int]:
    """What was asked, the bytes of memory at `POINTS` moments, and the entries of the journal at the end."""
    users = Users(url, rate)
    await asyncio.gather(*(users.warm() for _ in range(connections)))
    users.statuses.clear()
    began = time.monotonic()
    users.until = began + seconds
    running = asyncio.gather(*(users.run() for _ in range(connections)))
    curve = []
    for point in range(1, POINTS + 1):
        await asyncio.sleep(max(began + seconds * point / POINTS - time.monotonic(), 0.0))
        curve.append(resident(pid))
    await running
    return users, curve, await entries(url)


def problems(curve: list[int], kept: int, statuses: Counter[tuple[str, int]]) -> Iterator[str]:
    """What is not as it must be."""
    first, last = max(curve[: POINTS // 4]), max(curve[-POINTS // 4 :])
    if last > first * (1 + FLAT) + SLACK:
        yield f"memory grows: {first:,} bytes after the first quarter, {last:,} at the end"
    if kept > ENTRIES:
        yield f"the journal has {kept:,} entries, {ENTRIES:,} are its bound"
    if broken := {key: number for key, number in statuses.items() if key[1] >= 500}:
        yield f"the mock breaks: {broken}"


def main() -> int:
    parser = argparse.ArgumentParser(description="A mixed load for long, on a mock whose store is bounded.")
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="requests per second, at the most")
    parser.add_argument("--connections", type=int, default=16)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="screentest-soak-") as folder:
        port = free_port()
        command = own("bounded", str(port), str(TASKS), str(ENTRIES))
        with child(command, port, Path(folder) / "server.log") as server, core(CLIENT):
            users, curve, kept = asyncio.run(
                soak(server.url, server.pid, seconds=given.seconds, rate=given.rate, connections=given.connections)
            )
    asked = users.statuses.total()
    title = f"{asked:,} requests in {given.seconds:g} s ({asked / given.seconds:,.0f} per second)"
    table = Table(title, "what", "times")
    for (kind, status), number in sorted(users.statuses.items()):
        table.add(f"{kind}, {status}", f"{number:,}")
    table.show()
    memory = Table("Memory of the mock", "after", "resident MB")
    for quarter in range(1, 5):
        memory.add(f"{quarter / 4:.0%}", f"{curve[POINTS * quarter // 4 - 1] / 1e6:.1f}")
    memory.show()
    print("  all points:", " ".join(f"{each / 1e6:.1f}" for each in curve))
    print(f"  the journal has {kept:,} entries (bound: {ENTRIES:,}), the store {TASKS:,} tasks at the most")
    found = list(problems(curve, kept, users.statuses))
    for each in found:
        print(f"error: {each}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
