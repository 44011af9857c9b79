"""A client that is worked by hand: the mock is served until Ctrl-C, and what was asked of it is judged."""

import json
import shlex
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

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

    def end(self) -> tuple[int, str, dict[str, Any]]:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
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
    assert rows["client.end.video"]["reason"] == "not observed: success: how it ended is not known"


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
