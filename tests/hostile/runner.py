"""Runs `screentest check` in a process of its own and measures it."""

import contextlib
import io
import multiprocessing
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

DOCUMENT = str(Path(__file__).with_name("tiny.yaml"))
KEY = "sk-screentest"
MOST_MEMORY = 1_500
"""Megabytes of addresses that a run may ask for."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.hostile.warm"])


@dataclass(frozen=True)
class Outcome:
    """How a run went: exit status, real and CPU seconds, the peak of its memory in MB, its verdicts by requirement."""

    status: int
    seconds: float
    cpu: float
    peak: float
    verdicts: dict[str, tuple[str, str]]
    output: str

    @property
    def errors(self) -> dict[str, str]:
        """The requirements on which our harness broke."""
        return {name: reason for name, (verdict, reason) in self.verdicts.items() if verdict == "error"}

    @property
    def late(self) -> list[str]:
        """The requirements for which there was no time left: so little is allowed here that a busy machine takes it."""
        return [name for name, (_, reason) in self.verdicts.items() if reason.startswith("out of time")]

    def failed(self, text: str) -> list[str]:
        """The requirements that failed, for a reason that holds `text`."""
        return [name for name, (verdict, reason) in self.verdicts.items() if verdict == "failed" and text in reason]


def check(url: str, *options: str, patience: float = 300.0, environment: dict[str, str] | None = None) -> Outcome:
    """Judges the server at `url`. Raises AssertionError for a run that does not end within `patience` seconds."""
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_judge, args=(sender, url, options, environment or {}))
    process.start()
    sender.close()
    try:
        assert receiver.poll(patience), f"the run did not end within {patience:g} s"
        found: Outcome = receiver.recv()
        return found
    finally:
        process.kill()
        process.join()


def _judge(sender: Connection, url: str, options: tuple[str, ...], environment: dict[str, str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY << 20, MOST_MEMORY << 20))
    os.environ.update({"TINY_API_KEY": KEY, **environment})
    from screentest_suites.cli import main

    written, status, started = io.StringIO(), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = ["check", DOCUMENT, "--target", url, "--report", str(report)]
        with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
            try:
                main([*command, *options], standalone_mode=False)
            except SystemExit as ended:
                status = int(ended.code or 0)
        seconds = time.monotonic() - started
        rows = orjson.loads(report.read_bytes())["requirements"] if report.exists() else []
    verdicts = {row["id"]: (row["verdict"], row["reason"]) for row in rows}
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak, cpu = used.ru_maxrss / 1024, used.ru_utime + used.ru_stime
    sender.send(Outcome(status, seconds, cpu, peak, verdicts, written.getvalue()[-20_000:]))
