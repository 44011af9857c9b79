"""An interrupted run goes on: nothing is created twice, deadlines do not run while it is down."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from screentest_contracts import load_contract
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.recording.cassette import Cassette
from tests.suites.recorded import FAST, invoke, keys, rows
from tests.turns import by_turns

CHECK = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "check"]


@pytest.fixture(scope="module")
def mock(small_file: str) -> Iterator[tuple[MockServer, str]]:
    with running([load_contract(small_file)], clock=RealClock(200)) as served:
        yield served


def asked(app: MockServer) -> int:
    """How many creates the mock was sent."""
    return sum(entry.method == "POST" and entry.path == "/jobs" for entry in app.journal)


def marks(directory: Path) -> Counter[str]:
    """What was asked for which purpose, and how often: requests that may create something."""
    tape = Cassette.read(directory / "acme")
    return Counter(e.mark for e in tape.entries if e.sent.method == "POST" and e.sent.url.endswith("/jobs"))


def start(small_file: str, url: str, directory: Path) -> subprocess.Popen[str]:
    """A recorded run in a process of its own, that has begun to send."""
    environment = {**os.environ, **keys(load_contract(small_file))}
    command = [*CHECK, small_file, "--target", url, "--record", str(directory), *FAST]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    tape = directory / "acme" / "exchanges.jsonl"
    while not (tape.exists() and tape.read_bytes().count(b"\n") > 2) and process.poll() is None:
        time.sleep(0.002)
    return process


@pytest.mark.parametrize("lines", by_turns([60, 4, 130], 3))
def test_a_killed_run_goes_on(lines: int, small_file: str, mock: tuple[MockServer, str], tmp_path: Path) -> None:
    app, url = mock
    whole = invoke(
        "check", small_file, "--target", url, "--record", str(tmp_path / "whole"), *FAST, **keys_of(small_file)
    )
    assert whole.exit_code == 0, whole.output
    app.journal.clear()
    process = start(small_file, url, tmp_path / "run")
    tape = tmp_path / "run" / "acme" / "exchanges.jsonl"
    while tape.read_bytes().count(b"\n") < lines and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    done = invoke("check", "--resume", str(tmp_path / "run"), **keys_of(small_file))
    assert done.exit_code == 0, done.output
    sent, wanted = marks(tmp_path / "run"), marks(tmp_path / "whole")
    assert not sent - wanted, "something was asked for more often than by a run without interruption"
    assert asked(app) <= sent.total() <= wanted.total()
    got = {row["id"]: row for row in rows(tmp_path / "run" / "report.json")}
    lost = any(entry.exchange is None for entry in Cassette.read(tmp_path / "run" / "acme").entries)
    for row in rows(tmp_path / "whole" / "report.json"):
        found = got[row["id"]]
        pair = {found["verdict"], row["verdict"]}
        # what tasks were doing when they were asked for or cancelled
        by_pace = row["suite"] in {"polling", "list"} or row["id"].startswith("cancel.")
        assert len(pair) == 1 or (pair == {"passed", "skipped"} and (by_pace or lost)), found
    assert Cassette.read(tmp_path / "run" / "acme").gap == ""
    replayed = invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert replayed.exit_code == 0
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")


def keys_of(document: str) -> dict[str, str]:
    return keys(load_contract(document))


def test_a_tape_cut_anywhere_is_gone_on_with(small_file: str, mock: tuple[MockServer, str], tmp_path: Path) -> None:
    """What is on the tape is never sent again; what is not, is."""
    app, url = mock
    recorded = tmp_path / "whole"
    invoke("check", small_file, "--target", url, "--record", str(recorded), *FAST, **keys_of(small_file))
    whole = marks(recorded)
    lines = (recorded / "acme" / "exchanges.jsonl").read_bytes().splitlines(keepends=True)
    for number in range(1, len(lines), len(lines) // 3):
        folder = shutil.copytree(recorded, tmp_path / str(number))
        (folder / "acme" / "exchanges.jsonl").write_bytes(b"".join(lines[:number]) + lines[number][:9])
        before = marks(folder)
        app.journal.clear()
        assert invoke("check", "--resume", str(folder), **keys_of(small_file)).exit_code in (0, 1)
        assert asked(app) == marks(folder).total() - before.total()
        assert all(marks(folder)[mark] <= whole[mark] for mark in before)


@pytest.mark.parametrize("which", by_turns([signal.SIGINT, signal.SIGTERM], 2))
def test_a_stopped_run_says_how_to_go_on(
    which: signal.Signals, small_file: str, mock: tuple[MockServer, str], tmp_path: Path
) -> None:
    process = start(small_file, mock[1], tmp_path / "run")
    process.send_signal(which)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert f"go on with: screentest check --resume {tmp_path / 'run'}" in errors
    tape = Cassette.read(tmp_path / "run" / "acme")
    assert all(entry.exchange is not None for entry in tape.entries), "requests under way were waited for"
    assert (tmp_path / "run" / "acme" / "run.har").exists()
    assert tape.gap == "the run did not come to its end"
    done = invoke("check", "--resume", str(tmp_path / "run"), **keys_of(small_file))
    assert done.exit_code == 0, done.output
