"""Polls of one process that remembers in memory, beside those of two workers that share a Redis, within one run.

python tests/benchmarks/stores.py [--rounds N] [--seconds S]
"""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from asking import KEY, new_task
from children import Child, child, free_port, screentest
from run import BUSY
from tables import Table, interleaved, middle, ratio, thrift

from load import Figures, LoadError, Work, drive, has_wrk

WORKERS = 2
TASKS = 100
"""Tasks that are polled, at random."""


def family(pid: int) -> Iterator[int]:
    """A process and those that it has started."""
    yield pid
    for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        yield from family(int(word))


def spent(*pids: int) -> float:
    """Seconds on a processor that some processes have had, with those that they have started."""
    total = 0
    for pid in {each for first in pids for each in family(first)}:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def unpin(pid: int, cores: set[int]) -> None:
    """Lets a process, and those that it has started, run on any core."""
    for each in family(pid):
        os.sched_setaffinity(each, cores)


def wait_for_workers(pid: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(family(pid))) < WORKERS + 1:
        if time.monotonic() > deadline:
            raise RuntimeError("the workers do not come up")
        time.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(description="Polls of a shared store beside those of memory.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None or not hasattr(os, "sched_getaffinity"):
        print("left out: there is no redis-server here, or no Linux")
        return 0
    every_core = os.sched_getaffinity(0)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="screentest-bench-")))

        def start(name: str, command: Callable[[str], list[str]]) -> Child:
            port = free_port()
            return stack.enter_context(child(command(str(port)), port, folder / f"{name}.log"))

        def serve(name: str, *extra: str) -> Child:
            options = ("--speed", "0.01", "--quiet", *extra)
            return start(name, lambda port: screentest("serve", "evolink", "--port", port, *options))

        options = ("--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
        store = start("redis", lambda port: [program, "--port", port, *options])
        url = store.url.replace("http:", "redis:") + "/0"
        memory = serve("memory")
        running = {
            "memory, 1 process": (memory, (memory.pid,)),
            "sqlite, 1 process": ((one := serve("sqlite", "--store", f"sqlite:{folder / 'mock.db'}")), (one.pid,)),
            "redis, 1 process": ((two := serve("redis-1", "--store", url)), (two.pid, store.pid)),
        }
        name = f"redis, {WORKERS} workers"
        workers = serve("redis-2", "--store", url.replace("/0", "/1"), "--workers", str(WORKERS))
        running[name] = workers, (workers.pid, store.pid)
        wait_for_workers(workers.pid)
        for pid in (workers.pid, store.pid):
            unpin(pid, every_core)
        paths = {kind: [new_task(there.url) for _ in range(TASKS)] for kind, (there, _) in running.items()}

        def poll(kind: str, connections: int) -> Figures:
            there, pids = running[kind]
            before = spent(*pids)
            work = Work("GET", paths[kind], KEY)
            found = drive(there.url, work, seconds=given.seconds, connections=connections, wrk=has_wrk())
            return replace(found, spent=(spent(*pids) - before) / found.requests * 1e6)

        try:
            busy = interleaved(list(running), given.rounds, lambda kind: poll(kind, BUSY))
            calm = interleaved(list(running), given.rounds, lambda kind: poll(kind, 1))
        except (LoadError, RuntimeError) as error:
            print(f"\nerror: {error}", file=sys.stderr)
            return 1
    head = ("store", "polls/s", "of memory", "processor us", "by processor time", "median us", "p99 us")
    title = f"Polls of {TASKS} live tasks over {BUSY} connections; latencies over one"
    table = Table(f"{title} (aim: {WORKERS} workers and Redis on two cores 0.8 of memory)", *head)
    base = busy["memory, 1 process"]
    for kind, many in busy.items():
        shared = (middle(many, "rate"), ratio(many, base), middle(many, "spent"), thrift(many, base))
        table.add(kind, *shared, middle(calm[kind], "median"), middle(calm[kind], "p99"))
    table.show()
    print("  processor time is that of all processes of a mock, Redis included")
    return 0


if __name__ == "__main__":
    sys.exit(main())
