"""How fast and how small the mock is, as ratios within one run: servers on one core, the load from another.

python tests/benchmarks/run.py [--rounds N] [--seconds S] [--quick] [--only servers|answers|tasks|check] ...
"""

import argparse
import contextlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from asking import BODY, CREATE, JSON, KEY, ended_task, ended_video, fetch, listed_page, new_task
from children import Child, child, free_port, own, screentest
from peers import PEERS, Answers, Peer, found_peers
from tables import Table, compare, interleaved, middle, progress, ratio, thrift

from load import Figures, LoadError, Work, has_wrk

BUSY = 16
"""Connections at full load."""

WARM = 4
"""Measurements that do not count, before those of a server that compiles as it runs."""


LIVE = ("serve", "openai", "--quiet")
LARGER = (
    ("GET list of 20 live tasks", "aim: 0.35 of raw ASGI", "0.01", listed_page),
    ("GET download of a clip of 4 s", "aim: 0.50 of raw ASGI", "60", ended_video),
)
"""What is asked for, at which pace of the mock, and what makes the path."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    rounds: int
    seconds: float
    sizes: tuple[int, ...]
    wrk: bool
    peers: tuple[tuple[Peer, str], ...]
    folder: Path


def servers(options: Options) -> None:
    """Polls and creates beside a bare ASGI application, a Starlette handler and an OpenAPI mock."""
    with contextlib.ExitStack() as stack:

        def start(name: str, command: Callable[[str], list[str]]) -> Child:
            port = free_port()
            return stack.enter_context(child(command(str(port)), port, options.folder / f"{name}.log"))

        def mock(name: str, *extra: str) -> Child:
            return start(name, lambda port: screentest("serve", "evolink", "--port", port, *extra))

        running = {
            "mock": mock("mock", "--speed", "0.01", "--quiet"),
            "mock, log on": mock("mock-log", "--speed", "0.01"),
        }
        ended = mock("mock-ended", "--speed", "1000", "--quiet")
        answers = options.folder / "answers.json"
        task = new_task(running["mock"].url)
        seen = {"GET": fetch(running["mock"].url, task), "POST": fetch(running["mock"].url, CREATE, BODY)}
        answers.write_text(json.dumps({key: {"body": body, "headers": head} for key, (body, head) in seen.items()}))
        running["raw ASGI"] = start("raw", lambda port: own("raw", port, str(answers)))
        running["Starlette"] = start("starlette", lambda port: own("starlette", port, str(answers)))
        told = json.loads(answers.read_text())
        for peer, program in options.peers:
            own_folder = options.folder / f"run-{peer.name}"
            running[peer.name] = start(peer.name, partial(_peer_command, peer, program, own_folder, told))

        def load(child: Child, work: Work) -> Figures:
            return child.drive(work, seconds=options.seconds, connections=BUSY, wrk=options.wrk)

        def poll(name: str) -> Figures:
            if name == "mock, ended task":
                return load(ended, Work("GET", [ended_task(ended.url)], KEY))
            there = running[name]
            return load(there, Work("GET", [new_task(there.url) if name.startswith("mock") else task], KEY))

        def create(name: str) -> Figures:
            return load(running[name], Work("POST", [CREATE], JSON, BODY))

        def create_other(name: str) -> Figures:
            return load(running[name], Work("POST", [CREATE], JSON, BODY.replace("boat", "boat @@")))

        for peer, _ in options.peers:  # some compile as they run
            for warm in (poll, create):
                progress(f"warming {peer.name}")
                _warm(warm, peer.name)
        names = list(running)
        polls = interleaved([names[0], "mock, ended task", *names[1:]], options.rounds, poll)
        creates = interleaved(names, options.rounds, create)
        others = interleaved(names, options.rounds, create_other)
    compare("GET poll of a live task", polls, "aim: 0.80 of raw ASGI")
    compare("POST create, the same body each time", creates, "aim: 0.60 of raw ASGI")
    compare("POST create, another body each time, each validated", others, "aim: 0.60 of raw ASGI")
    left_out = {peer.name for peer in PEERS} - {peer.name for peer, _ in options.peers}
    if left_out:
        print(f"  left out, because npm did not or may not install them (--peers): {', '.join(sorted(left_out))}")


def _warm(load: Callable[[str], Figures], name: str) -> None:
    """Loads a server until it is at its pace. Raises LoadError where it does not answer by then."""
    for _ in range(WARM):
        with contextlib.suppress(LoadError):
            load(name)
    load(name)


def _peer_command(peer: Peer, program: str, folder: Path, told: Answers, port: str) -> list[str]:
    return peer.command(program, port, folder, told)


def answers(options: Options) -> None:
    """Larger answers: a page of a list, and the bytes of a video, beside a bare application that has them ready."""
    with contextlib.ExitStack() as stack:

        def start(name: str, command: Callable[[str], list[str]]) -> Child:
            port = free_port()
            return stack.enter_context(child(command(str(port)), port, options.folder / f"{name}.log"))

        for title, aim, pace, prepare in LARGER:
            mock = start("mock-larger", lambda port, pace=pace: screentest(*LIVE, "--port", port, "--speed", pace))
            path = prepare(mock.url)
            body, head = fetch(mock.url, path)
            ready = options.folder / "larger.json"
            ready.write_text(json.dumps({"GET": {"body": body, "headers": head}}))
            running = {
                "mock": mock,
                "raw ASGI": start("raw-larger", lambda port, ready=ready: own("raw", port, str(ready))),
            }

            def get(name: str, running: Mapping[str, Child] = running, path: str = path) -> Figures:
                work = Work("GET", [path], KEY)
                return running[name].drive(work, seconds=options.seconds, connections=BUSY, wrk=options.wrk)

            compare(f"{title}, {len(body):,} bytes", interleaved(list(running), options.rounds, get), aim)


def tasks(options: Options) -> None:
    """Whether polls cost the same however many tasks live."""
    with contextlib.ExitStack() as stack:
        running: dict[str, tuple[Child, list[str]]] = {}
        for size in options.sizes:
            port, ids = free_port(), options.folder / f"{size}.ids"
            progress(f"making {size:,} tasks")
            command = own("tasks", str(port), str(size), str(ids))
            there = stack.enter_context(child(command, port, options.folder / f"{size}.log", patience=300))
            running[f"{size:,}"] = there, [f"/v1/tasks/{each}" for each in ids.read_text(encoding="ascii").split()]

        def poll(name: str, connections: int) -> Figures:
            there, paths = running[name]
            work = Work("GET", paths, KEY)
            return there.drive(work, seconds=options.seconds, connections=connections, wrk=options.wrk)

        busy = interleaved(list(running), options.rounds, lambda name: poll(name, BUSY))
        calm = interleaved(list(running), options.rounds, lambda name: poll(name, 1))
    first = next(iter(running))
    head = ("live tasks", "polls/s", "processor us", f"of {first}", "by processor time", "median us", "p99 us")
    table = Table(f"Polls of random tasks over {BUSY} connections; latencies over one", *head)
    for name in running:
        many, one = busy[name], calm[name]
        shared = (middle(many, "rate"), middle(many, "spent"), ratio(many, busy[first]), thrift(many, busy[first]))
        table.add(name, *shared, middle(one, "median"), middle(one, "p99"))
    table.show()
    there, _ = running[name]
    print(f"  {there.said['bytes']:,.0f} bytes of memory per task (aim: 500) with {name} of them,")
    print(f"  made in process, fully validated, at {there.said['creates']:,.0f} per second")


def check(options: Options) -> None:
    """The main job as users run it."""
    start = time.perf_counter()
    done = subprocess.run(screentest("check"), capture_output=True, text=True, timeout=300, check=False)
    spent = time.perf_counter() - start
    last = done.stdout.strip().rpartition("\n")[2]
    judged = re.search(r"([\d,.]+) requests judged per second", last)
    table = Table("screentest check, all providers (aim: 60 s, 1,000 requests judged per second)", "what", "figure")
    table.add("wall time, start of Python included", f"{spent:.1f} s")
    table.add("requests judged per second", judged[1] if judged else "?")
    table.add("exit status", str(done.returncode))
    table.show()
    print(f"  {last}")


def machine(options: Options) -> None:
    """What the figures were taken on."""
    cores = os.cpu_count() or 1
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        name = found[1] if found else name
    packages = ", ".join(f"{each} {version(each)}" for each in ("uvicorn", "starlette", "orjson", "jsonschema-rs"))
    print(f"{name}, {cores} cores; Python {platform.python_version()}; {packages}")
    client = "wrk" if options.wrk else "a client in Python, which may be the limit itself"
    print(f"load from {client}; {options.rounds} rounds of {options.seconds:g} s each, interleaved")
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if cores < 2 or busy > 1:
        print(f"warning: {cores} cores with a load of {busy:.1f} before the start: expect noise")


SECTIONS: Mapping[str, Callable[[Options], None]] = {
    "servers": servers,
    "answers": answers,
    "tasks": tasks,
    "check": check,
}


def _peers(given: str | None, place: Path, *, quick: bool) -> tuple[tuple[Peer, str], ...]:
    """The other servers: those in the folder that was named, which gets what is missing; none in a hurry."""
    if given is None and quick:
        return ()
    folder = place / "peers" if given is None else Path(given)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(found_peers(folder, install=True))


def main() -> int:
    parser = argparse.ArgumentParser(description="Speed and size of the mock, as ratios within one run.")
    parser.add_argument("--rounds", type=int, help="measurements of each (default 5)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 2)")
    parser.add_argument("--quick", action="store_true", help="under a minute: 2 rounds of 1 s, fewer tasks, no npm")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section only (repeatable)")
    parser.add_argument("--client", choices=["wrk", "python"], help="default: wrk where it is installed")
    parser.add_argument("--peers", metavar="FOLDER", help="where npm has, or gets, other mock servers")
    given = parser.parse_args()
    quick = given.quick
    with tempfile.TemporaryDirectory(prefix="screentest-bench-") as folder:
        wanted = given.only or list(SECTIONS)
        place = Path(folder)
        options = Options(
            rounds=max(given.rounds or (2 if quick else 5), 1),
            seconds=given.seconds or (1.0 if quick else 2.0),
            sizes=(10, 10_000, 100_000) if quick else (10, 10_000, 1_000_000),
            wrk=has_wrk() if given.client is None else given.client == "wrk",
            peers=_peers(given.peers, place, quick=quick) if "servers" in wanted else (),
            folder=place,
        )
        machine(options)
        try:
            for name in wanted:
                SECTIONS[name](options)
        except (LoadError, RuntimeError) as error:
            print(f"\nerror: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
