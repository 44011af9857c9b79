"""How fast and how small the mock is, as ratios within one run: servers on one core, the load from another.

python tests/benchmarks/run.py [--rounds N] [--seconds S] [--quick] [--only servers|tasks|check] ...
"""

import argparse
import contextlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from urllib.request import Request, urlopen

from children import Child, child, find_prism, free_port, own, screentest

from load import Figures, LoadError, Work, has_wrk

KEY = {"Authorization": "Bearer sk-screentest"}
JSON = {**KEY, "Content-Type": "application/json"}
CREATE = "/v1/videos/generations"
BODY = json.dumps(
    {
        "model": "happyhorse-1.1-text-to-video",
        "prompt": "A paper boat crosses a puddle after the rain, seen from just above the water.",
        "quality": "1080p",
        "aspect_ratio": "9:16",
        "duration": 8,
        "seed": 7,
    }
)
BUSY = 16
"""Connections at full load."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    rounds: int
    seconds: float
    sizes: tuple[int, ...]
    wrk: bool
    prism: str | None
    folder: Path


class Table:
    """Rows printed with aligned columns."""

    def __init__(self, title: str, *head: str) -> None:
        self.title, self.rows = title, [head]

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def show(self) -> None:
        widths = [max(len(row[index]) for row in self.rows) for index in range(len(self.rows[0]))]
        print(f"\n{self.title}")
        for row in self.rows:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            print("  " + "  ".join(cells).rstrip())
        sys.stdout.flush()


def progress(text: str) -> None:
    """Says on a terminal what is going on, in one line that is written over."""
    if sys.stderr.isatty():
        print(f"\r{text:<60}\r", end="", file=sys.stderr, flush=True)


def interleaved(names: Sequence[str], rounds: int, measure: Callable[[str], Figures]) -> dict[str, list[Figures]]:
    """One measurement of each in turn, `rounds` times: what disturbs the machine disturbs them all alike."""
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            progress(f"round {number + 1} of {rounds}: {name}")
            found[name].append(measure(name))
    progress("")
    return found


def middle(figures: Sequence[Figures], name: str) -> str:
    """The median of one of the figures."""
    return f"{statistics.median(getattr(each, name) for each in figures):,.0f}"


def ratio(mine: Sequence[Figures], other: Sequence[Figures]) -> str:
    """By the rate: the median of the rounds' ratios, with the least and the greatest."""
    found = [one.rate / two.rate for one, two in zip(mine, other, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def thrift(mine: Sequence[Figures], other: Sequence[Figures]) -> str:
    """The same by processor time, which other programs on the machine disturb less."""
    found = [two.spent / one.spent for one, two in zip(mine, other, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def fetch(url: str, path: str, body: str | None = None) -> tuple[str, list[tuple[str, str]]]:
    """Body and headers of one answer, without the header that ends this connection."""
    request = Request(url + path, None if body is None else body.encode(), JSON if body else KEY)
    with urlopen(request, timeout=10) as answer:
        headers = [(name.lower(), value) for name, value in answer.headers.items()]
        return answer.read().decode(), [header for header in headers if header[0] != "connection"]


def new_task(url: str) -> str:
    """The path at which a new task is polled."""
    return f"/v1/tasks/{json.loads(fetch(url, CREATE, BODY)[0])['id']}"


def ended_task(url: str) -> str:
    """The same for a task that has succeeded, at a thousand times the vendor's pace."""
    path = new_task(url)
    deadline = time.monotonic() + 5
    while json.loads(fetch(url, path)[0])["status"] != "completed":
        if time.monotonic() > deadline:
            raise RuntimeError("the task does not end")
        time.sleep(0.02)
    return path


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
        if options.prism is not None:
            document = str(files("screentest_openapi") / "evolink.yaml")
            prism = options.prism
            running["Prism"] = start("prism", lambda port: [prism, "mock", "-h", "127.0.0.1", "-p", port, document])

        def load(child: Child, work: Work) -> Figures:
            return child.drive(work, seconds=options.seconds, connections=BUSY, wrk=options.wrk)

        def poll(name: str) -> Figures:
            if name == "mock, ended task":
                return load(ended, Work("GET", [ended_task(ended.url)], KEY))
            there = running[name]
            return load(there, Work("GET", [new_task(there.url) if name.startswith("mock") else task], KEY))

        def create(name: str) -> Figures:
            return load(running[name], Work("POST", [CREATE], JSON, BODY))

        names = list(running)
        polls = interleaved([names[0], "mock, ended task", *names[1:]], options.rounds, poll)
        creates = interleaved(names, options.rounds, create)
    _compare("GET poll of a live task", polls, "aim: 0.65 of raw ASGI")
    _compare("POST create, fully validated by the mock", creates, "aim: 0.50 of raw ASGI")
    if options.prism is None:
        print("  Prism: left out (no prism command, and npm did not or may not install one; see --prism)")


def _compare(title: str, found: Mapping[str, Sequence[Figures]], aim: str) -> None:
    raw = found["raw ASGI"]
    head = ("server", "requests/s", "p99 us", "processor us", "of raw ASGI", "by processor time")
    table = Table(f"{title} ({aim})", *head)
    for name, figures in found.items():
        cells = [middle(figures, field) for field in ("rate", "p99", "spent")]
        table.add(name, *cells, ratio(figures, raw), thrift(figures, raw))
    table.show()
    for name in ("Starlette", "Prism"):
        if name in found:
            print(f"  the mock is {ratio(found['mock'], found[name])} times as fast as {name}")


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
    print(f"  {there.said['bytes']:,.0f} bytes of memory per task (aim: 1,000) with {name} of them,")
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


SECTIONS: Mapping[str, Callable[[Options], None]] = {"servers": servers, "tasks": tasks, "check": check}


def main() -> int:
    parser = argparse.ArgumentParser(description="Speed and size of the mock, as ratios within one run.")
    parser.add_argument("--rounds", type=int, help="measurements of each (default 5)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (default 2)")
    parser.add_argument("--quick", action="store_true", help="under a minute: 2 rounds of 1 s, fewer tasks, no npm")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="this section only (repeatable)")
    parser.add_argument("--client", choices=["wrk", "python"], help="default: wrk where it is installed")
    parser.add_argument("--prism", metavar="COMMAND", help="an installed prism; default: the path's, else npm's")
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
            prism=find_prism(given.prism, None if quick else place) if "servers" in wanted else None,
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
