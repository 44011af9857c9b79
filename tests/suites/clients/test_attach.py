"""A client that is worked by hand: the mock is served until Ctrl-C, and what was asked of it is judged."""

import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.suites.clients.test_command import alive

from screentest_suites.clients.seen import END_UNSEEN

COMMAND = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "client", "nexusflow", "--attach"]
START = 60


class Worked:
    """A run that waits for Ctrl-C: what it tells to export, and in the end its exit status, output and report."""

    def __init__(self, process: subprocess.Popen[str], report: Path) -> None:
        self.process, self.report = process, report
        assert process.stdout is not None
        self.given: dict[str, str] = {}
        while (line := process.stdout.readline()).startswith("export "):
            name, _, value = shlex.split(line)[1].partition("=")
            self.given[name] = value
        self.told = line

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.given['SCREENTEST_KEY']}"}
        verify = ssl.create_default_context(cafile=self.given.get("SSL_CERT_FILE"))
        url = self.given["SCREENTEST_BASE_URL"] + path
        with httpx.Client(verify=verify, trust_env=False) as http:
            return http.request(method, url, json=body, headers=headers).raise_for_status().json()

    def create(self) -> str:
        wish = {"model": self.given["SCREENTEST_MODEL"], "prompt": self.given["SCREENTEST_PROMPT"]}
        return str(self.call("POST", "/v1/tasks", wish)["id"])

    def end(self, by: signal.Signals = signal.SIGINT) -> tuple[int, str, dict[str, Any]]:
        """Ctrl-C, or what ends it else."""
        self.process.send_signal(by)
        output, errors = self.process.communicate(timeout=START)
        assert "Traceback" not in errors
        rows = json.loads(self.report.read_text())["requirements"]
        return self.process.returncode, output, {row["id"]: row for row in rows}


@contextmanager
def working(report: Path, *options: str) -> Iterator[Worked]:
    command = [*COMMAND, *options, "--report", str(report)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Worked(process, report)
        finally:
            process.kill()


@pytest.mark.parametrize("options", [(), ("--tls",)])
def test_a_client_that_is_worked_well(tmp_path: Path, options: tuple[str, ...]) -> None:
    with working(tmp_path / "r.json", *options) as worked:
        assert worked.told.startswith("situation success: ")
        assert "SCREENTEST_RUN" not in worked.given
        task = worked.create()
        worked.call("GET", f"/v1/tasks/{task}")
        status, output, rows = worked.end()
    assert (status, "1 created, 1 polls, 2 requests" in output) == (0, True), output
    for name in ("client.create.valid", "client.create.once", "client.key.sent", "client.poll.task"):
        assert rows[name]["verdict"] == "passed", rows[name]
    assert rows["client.end.video"]["reason"] == f"not observed: success: {END_UNSEEN}"


def test_a_client_that_is_worked_badly(tmp_path: Path) -> None:
    with working(tmp_path / "r.json", "--scenario", "lost-task") as worked:
        assert worked.told.startswith("situation lost-task: ")
        task = worked.create()
        worked.create()
        with pytest.raises(httpx.HTTPStatusError):
            worked.call("GET", f"/v1/tasks/{task}")
        status, output, rows = worked.end()
    assert (status, rows["client.create.once.polls"]["verdict"]) == (1, "failed"), output
    assert rows["client.create.once.polls"]["reason"] == "lost-task: 2 creates for 1 wish"


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_told_to_end_judges_and_leaves_nothing(tmp_path: Path, by: signal.Signals) -> None:
    with working(tmp_path / "r.json") as worked:
        folder = Path(worked.given["SCREENTEST_OUTPUT"]).parent
        assert folder.is_dir()
        worked.create()
        status, output, rows = worked.end(by)
    assert (status, rows["client.create.once"]["verdict"]) == (0, "passed"), output
    assert not folder.exists()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_who_is_told_to_end_ends_its_commands(tmp_path: Path, by: signal.Signals) -> None:
    """A command with a child that has left its group, in each of two situations at a time."""
    code = (
        "import os, subprocess, sys, time\n"
        "sleep = [sys.executable, '-S', '-c', 'import time; time.sleep(60)']\n"
        "child = subprocess.Popen(sleep, start_new_session=True)\n"
        "open(os.environ['PIDS'], 'a').write(f'{os.getpid()} {child.pid}\\n')\n"
        "time.sleep(60)\n"
    )
    pids = tmp_path / "pids"
    chosen = ["--scenario", "failure", "--scenario", "slow"]
    command = [*COMMAND[:-1], *chosen, "--", sys.executable, "-S", "-c", code]
    environment = {**os.environ, "PIDS": str(pids), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + START
            while time.monotonic() < deadline and (not pids.exists() or pids.read_text().count("\n") < 2):
                time.sleep(0.05)
            process.send_signal(by)
            output, _ = process.communicate(timeout=START)
        finally:
            process.kill()
    assert process.returncode == 130, output
    found = [int(pid) for pid in pids.read_text().split()]
    assert len(found) == 4
    while time.monotonic() < deadline and any(map(alive, found)):
        time.sleep(0.02)
    assert not any(map(alive, found))
    assert [each.name for each in tmp_path.iterdir()] == ["pids"]
