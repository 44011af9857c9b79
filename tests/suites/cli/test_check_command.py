"""`screentest check`: what it says, where it says it, and its exit status."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.requirements import requirements
from tests.suites.cli.programs import SCREENTEST, Run, environment, serving


def test_check_judges_and_reports(run: Run, small_file: str, small: Contract, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run("check", small_file, "--examples", "4", "--seed", "3", "--report", str(report), "--verbose")
    assert result.exit_code == 0, result.output
    found = json.loads(report.read_text())
    assert found["header"]["seed"] == 3
    assert len(found["requirements"]) == len(requirements(small))
    assert len(re.findall(r"^(passed|skipped) +(MUST|SHOULD|NOTE) +acme:", result.output, re.MULTILINE)) == len(
        found["requirements"]
    )
    assert "no MUST failed" in result.output


@pytest.fixture
def deviating(small_file: str) -> Iterator[str]:
    """The URL of a served mock whose ids have another form: that shows however busy this machine is."""
    with serving(small_file, "--deviation", "id-of-another-form", "--speed", "1000") as (_, url):
        yield url


def test_a_failed_must_is_status_1_and_shows_why(deviating: str, run: Run, small_file: str) -> None:
    result = run(
        *(
            "check",
            small_file,
            "--target",
            deviating,
            "--poll-interval",
            "0.02",
            "--task-timeout",
            "2",
            "--examples",
            "4",
        ),
        ACME_API_KEY="sk-screentest",
    )
    assert result.exit_code == 1
    assert re.search(r"^failed +MUST +acme:create.id.form  the id is ", result.output, re.MULTILINE)
    assert "source: A page" in result.output
    assert '-H "x-key: Key $ACME_API_KEY"' in result.output
    assert "sk-screentest" not in result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "observed of Acme: 1 model: 1 accepted a request"
    told = next(index for index, line in enumerate(lines) if line.startswith("not judged of Acme: "))
    assert (
        lines.index(f"next: screentest explain create.id.form {small_file}  (what it demands, and how to see it again)")
        > told
    )
    assert lines[-1].startswith("a MUST failed; ")


@pytest.mark.parametrize("deviation", ["task-wrapped-again", "answers-begin-with-a-mark"])
def test_a_run_that_saw_no_task_end_says_so_first_and_last(deviation: str, run: Run, small_file: str) -> None:
    quick = ("--poll-interval", "0.02", "--task-timeout", "1", "--examples", "1")
    with serving(small_file, "--deviation", deviation, "--speed", "1000") as (_, url):
        result = run("check", small_file, "--target", url, *quick, ACME_API_KEY="sk-screentest")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "observed of Acme: no task was seen to its end: this run says next to nothing of the server"
    assert lines[-1].startswith("a MUST failed, and no task was seen to its end (Acme); ")


def test_no_colours_where_nobody_sees_them(small_file: str) -> None:
    command = [*SCREENTEST, "check", small_file, "--examples", "1", "--verbose"]
    piped = subprocess.run(command, capture_output=True, check=True, env=environment(TERM="xterm-256color")).stdout
    assert b"\x1b" not in piped
    assert b"no MUST failed" in piped


def test_colours_on_a_terminal(small_file: str) -> None:
    import pty

    leader, follower = pty.openpty()
    command = [*SCREENTEST, "check", small_file, "--examples", "1"]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment(TERM="xterm-256color")):
        os.close(follower)
        shown = b""
        try:
            while more := os.read(leader, 65536):
                shown += more
        except OSError:  # the other end is closed
            pass
    os.close(leader)
    assert b"\x1b[32mno MUST failed" in shown


def test_an_interrupted_check_writes_what_it_has(small_file: str, tmp_path: Path, hostile: Any) -> None:
    """Ctrl-C while waiting for a server that does not answer."""
    report = tmp_path / "report.json"
    server = hostile(lambda request: [3600.0])
    command = [*SCREENTEST, "check", small_file, "--target", server.url, "--report", str(report), "--timeout", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(ACME_API_KEY="sk-1")
    ) as check:
        while len(server.requests) < 2:  # beyond the first knock
            assert check.poll() is None
            server.heard.wait(10)
            server.heard.clear()
        check.send_signal(signal.SIGINT)
        _, errors = check.communicate(timeout=6000)
    assert check.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert "footer" not in json.loads(report.read_text())
