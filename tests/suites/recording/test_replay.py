"""A recording is judged to the verdicts of its run, offline."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import screentest
from screentest_contracts import load_contract
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from tests.providers import FEW
from tests.suites.recorded import FAST, Recorded, invoke, keys, record, rows
from tests.turns import by_turns


@pytest.mark.parametrize("provider", by_turns(FEW, 3))
def test_a_replay_gives_the_verdicts_of_the_run(provider: str, tmp_path: Path) -> None:
    """Every word of every requirement, evidence included; without network or keys."""
    model = next(iter(load_contract(provider).models))
    made = record(provider, tmp_path / "run", "--model", model, speed=3000)
    assert made.result.exit_code == 0, made.result.output
    again = invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert again.exit_code == 0, again.output
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")


def test_a_run_over_tls(small_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = load_contract(small_file)
    with screentest.serve(small_file, screentest.MockSettings(speed=200, tls=True)) as mock:
        monkeypatch.setenv("SSL_CERT_FILE", mock.ca_file)
        assert mock.url.startswith("https://127.0.0.1:")
        record_to = "--record", str(tmp_path / "run")
        result = invoke("check", small_file, "--target", mock.url, *record_to, *FAST, **keys(contract))
    assert result.exit_code == 0, result.output
    invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")


def test_a_frugal_run_replays_with_its_budget(small_file: str, tmp_path: Path) -> None:
    made = record(small_file, tmp_path / "run", "--max-spend", "0", "--assume-price", "1")
    assert any("needs spend" in row["reason"] for row in rows(tmp_path / "run" / "report.json"))
    again = invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert again.exit_code == made.result.exit_code
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")


def test_a_run_under_pytest_replays_too(small_file: str, tmp_path: Path) -> None:
    """Where the suites come in another order."""
    contract = load_contract(small_file)
    folder = str(tmp_path / "run")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--provider", small_file]
    with running([contract], clock=RealClock(200)) as (_, url):
        done = subprocess.run(
            [*command, "--target", url, "--record", folder, *FAST],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, **keys(contract)},
        )
    assert done.returncode == 0, done.stdout
    invoke("replay", folder, "--report", str(tmp_path / "again.json"))
    run = {row["id"]: (row["verdict"], row["reason"]) for row in rows(tmp_path / "run" / "report.json")}
    assert {row["id"]: (row["verdict"], row["reason"]) for row in rows(tmp_path / "again.json")} == run


def test_another_answer_is_another_verdict(copied: Path, events: Callable[..., None]) -> None:
    """A replay judges what is on the tape, not what was judged before."""

    def other(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "answer" and "DONE" in event["body"].get("text", ""):
            event["body"]["text"] = event["body"]["text"].replace("DONE", "KAPUT")
        return event

    events(other)
    result = invoke("replay", str(copied), "--report", str(copied / "again.json"))
    assert result.exit_code == 1
    verdicts = {row["id"]: row["verdict"] for row in rows(copied / "again.json")}
    assert verdicts["query.status.known"] == "failed"


def test_what_was_not_recorded_is_not_observed(copied: Path, events: Callable[..., None]) -> None:
    removed = set()

    def without(event: dict[str, Any]) -> dict[str, Any] | None:
        if event["event"] == "request" and "missing-key" in event["purpose"]:
            removed.add(event["number"])
        return None if event.get("number") in removed else event

    events(without)
    result = invoke("replay", str(copied), "--report", str(copied / "again.json"))
    assert result.exit_code == 0
    reasons = {row["id"]: row["reason"] for row in rows(copied / "again.json")}
    assert reasons["auth.create.missing-key"] == "not observed: not in the recording"


def test_waiting_takes_no_time(run: Recorded, copied: Path) -> None:
    header = json.loads((copied / "acme" / "run.json").read_text())
    header["options"]["poll_interval"] = 3600.0
    (copied / "acme" / "run.json").write_text(json.dumps(header))
    started = time.monotonic()
    assert invoke("replay", str(copied)).exit_code in (0, 1)
    assert time.monotonic() - started < 3600


def test_a_changed_document_is_told(copied: Path, small_file: str, small_text: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(small_text.replace("maxLength: 20", "maxLength: 30"))
    header = json.loads((copied / "acme" / "run.json").read_text())
    (copied / "acme" / "run.json").write_text(json.dumps({**header, "document": str(changed)}))
    result = invoke("replay", str(copied))
    assert "its document has changed since" in result.stderr
    resumed = invoke("check", "--resume", str(copied), ACME_API_KEY="sk-screentest")
    assert resumed.exit_code == 2
    assert "has changed since" in resumed.stderr


@pytest.mark.parametrize("speed", by_turns([2_000, 1_000_000], 2))
def test_nobody_is_blamed_for_what_was_over_before_we_could_ask(speed: float, small_text: str, tmp_path: Path) -> None:
    """Addresses live for two seconds, or four milliseconds: then nothing is there any more when it is asked for."""
    document = tmp_path / "acme.yaml"
    document.write_text(small_text)
    made = record(str(document), tmp_path / "run", speed=speed)
    found = {row["id"]: (row["verdict"], row["reason"]) for row in rows(tmp_path / "run" / "report.json")}
    assert [each for each in found.items() if each[1][0] == "failed"] == []
    unseen = speed == 1_000_000 and "no task was seen to its end" in made.result.output
    assert made.result.exit_code == (1 if unseen else 0), made.result.output
    assert found["create.accepted"] == ("passed", "")
    if speed == 1_000_000:
        assert any(reason.startswith("asked too late: the 0.0") for _, reason in found.values())
    again = invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert again.exit_code == made.result.exit_code, again.output
    assert {row["id"]: (row["verdict"], row["reason"]) for row in rows(tmp_path / "again.json")} == found


def test_a_recording_is_served_over_tls(copied: Path) -> None:
    command = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "serve", "--tls"]
    with subprocess.Popen(
        [*command, "--port", "0", "--replay", str(copied)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url, provider, trust = (process.stdout.readline() for _ in range(3))
            file = trust.strip().removeprefix("SSL_CERT_FILE=")
            assert "https://127.0.0.1:" in url
            assert "https://127.0.0.1:" in provider
            with httpx.Client(verify=ssl.create_default_context(cafile=file)) as http:
                assert http.get(provider.split()[0] + "/nothing").status_code == 404
        finally:
            process.send_signal(signal.SIGINT)
    assert not Path(file).exists()
