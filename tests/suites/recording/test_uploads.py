"""Runs whose creates need uploaded files: the same verdicts from the recording, and nothing uploaded twice."""

import re
import shutil
from pathlib import Path

import orjson
import pytest

from screentest_contracts import load_contract
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from tests.suites.recorded import FAST, invoke, keys, record, rows

DOCUMENTS = Path(__file__).parents[2] / "documents"


def uploaded(app: MockServer) -> int:
    """How many files the mock has, whole ones."""
    (mock,) = app.providers.values()
    return sum(file.whole for file in mock.store.files())


def lasting(name: str, folder: Path) -> str:
    """A copy of a document in which nothing ends: at the pace of these mocks its files would live for seconds."""
    copy = folder / f"{name}.yaml"
    copy.write_text(re.sub(r"\b(life|task): \d+", r"\1: 100000000", (DOCUMENTS / copy.name).read_text()))
    return str(copy)


@pytest.mark.parametrize("name", ["files", "presigned"])
def test_a_replay_gives_the_verdicts_of_the_run(name: str, tmp_path: Path) -> None:
    made = record(lasting(name, tmp_path), tmp_path / "run", speed=300)
    assert made.result.exit_code == 0, made.result.output
    again = invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert again.exit_code == 0, again.output
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")
    verdicts = {row["id"]: row["verdict"] for row in rows(tmp_path / "again.json")}
    assert {verdicts[each] for each in ("create.accepted", "upload.accepted", "upload.reference")} == {"passed"}
    assert verdicts["error.create.unknown-file"] == "passed"


def test_what_a_form_repeats_is_not_recorded_and_yet_replayed(tmp_path: Path) -> None:
    made = record(str(DOCUMENTS / "posted.yaml"), tmp_path / "run", speed=300)
    assert made.result.exit_code == 0, made.result.output
    kept = b"".join(path.read_bytes() for path in sorted((tmp_path / "run").rglob("*")) if path.is_file())
    (mock,) = made.app.providers.values()
    signatures = [orjson.loads(file.told)["data"]["signature"] for file in mock.store.files()]
    assert signatures
    assert not [each for each in signatures if each.encode() in kept]
    again = invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert again.exit_code == 0, again.output
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")
    verdicts = {row["id"]: row["verdict"] for row in rows(tmp_path / "again.json")}
    assert {verdicts[each] for each in ("create.accepted", "upload.form", "upload.reference")} == {"passed"}


@pytest.mark.parametrize("budget", ["0", "0.15"])
def test_a_frugal_run_uploads_one_file(budget: str, tmp_path: Path) -> None:
    """Without money, too: for the creates without a good key, which must have nothing else wrong with them."""
    made = record(lasting("presigned", tmp_path), tmp_path / "run", "--max-spend", budget, speed=300)
    assert made.result.exit_code == 0, made.result.output
    assert uploaded(made.app) == 1
    assert f"on {1 if float(budget) else 0} task" in made.result.output
    invoke("replay", str(tmp_path / "run"), "--report", str(tmp_path / "again.json"))
    assert rows(tmp_path / "again.json") == rows(tmp_path / "run" / "report.json")


@pytest.mark.parametrize("name", ["files", "presigned"])
def test_an_interrupted_run_goes_on_with_its_file(name: str, tmp_path: Path) -> None:
    document = lasting(name, tmp_path)
    contract = load_contract(document)
    with running([contract], clock=RealClock(300)) as (app, url):
        run = tmp_path / "run"
        invoke("check", document, "--target", url, "--record", str(run), "--speed", "300", *FAST, **keys(contract))
        tape = run / contract.name / "exchanges.jsonl"
        lines = tape.read_bytes().splitlines(keepends=True)
        known = next(
            i for i, line in enumerate(lines) if b'"answer"' in line and (b"file_url" in line or b"bytes" in line)
        )
        for number in (known + 1, len(lines) // 2):
            folder = shutil.copytree(run, tmp_path / str(number))
            (folder / contract.name / "exchanges.jsonl").write_bytes(b"".join(lines[:number]))
            before = uploaded(app)
            done = invoke("check", "--resume", str(folder), **keys(contract))
            assert done.exit_code == 0, done.output
            assert uploaded(app) - before <= 1, "the second account's at most"


def test_a_signed_reference_is_not_recorded_and_yet_replayed(tmp_path: Path) -> None:
    document = Path(lasting("presigned", tmp_path))
    text = document.read_text()
    document.write_text(text.replace("{{media}}/clip.mp4", "{{media}}/clip.mp4?Signature={{random:hex:32}}"))
    contract, run, again = load_contract(document), tmp_path / "run", tmp_path / "again.json"
    with running([contract], clock=RealClock(300)) as (app, url):
        done = invoke(
            "check", str(document), "--target", url, "--record", str(run), "--speed", "300", *FAST, **keys(contract)
        )
        assert done.exit_code == 0, done.output
        tape = run / contract.name / "exchanges.jsonl"
        assert b"Signature=REDACTED" in tape.read_bytes()
        invoke("replay", str(run), "--report", str(again))
        assert rows(again) == rows(run / "report.json")
        lines = tape.read_bytes().splitlines(keepends=True)
        known = next(i for i, line in enumerate(lines) if b'"answer"' in line and b"file_url" in line)
        tape.write_bytes(b"".join(lines[: known + 1]))
        app.journal.clear()
        assert invoke("check", "--resume", str(run), **keys(contract)).exit_code == 0
        assert not [entry for entry in app.journal if b"REDACTED" in entry.body], "what is hidden is not sent"
