"""Idempotency keys in recordings: fresh in every run, and the same when a run is replayed or continued."""

import json
from pathlib import Path

import pytest
import yaml

from tests.suites.recorded import invoke, record, rows


@pytest.fixture(scope="module")
def document(small_text: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small document, in which every create needs a key."""
    tree = yaml.safe_load(small_text)
    parameter = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}
    tree["paths"]["/jobs"]["post"].setdefault("parameters", []).append(parameter)
    told = {"header": "Idempotency-Replayed", "value": "true"}
    tree["x-task"]["idempotency"] = {"header": "Idempotency-Key", "replayed": told}
    row = {
        "condition": "idempotency-conflict",
        "on": ["create"],
        "readings": {"status": 409, "body": {"error": {"code": "used"}}},
    }
    tree["x-task"]["errors"].append(row)
    path = tmp_path_factory.mktemp("document") / "acme.yaml"
    path.write_text(json.dumps(tree))
    return str(path)


def keys(tape: Path) -> set[str]:
    events = [json.loads(line) for line in tape.read_text().splitlines()]
    headers = [dict(event["headers"]) for event in events if event["event"] == "request"]
    return {each["Idempotency-Key"] for each in headers if "Idempotency-Key" in each}


@pytest.mark.parametrize("broken", ["", "idempotency-key-ignored"])
def test_a_replay_finds_every_create(document: str, broken: str, tmp_path: Path) -> None:
    made, again = record(document, tmp_path / "run", broken=broken), tmp_path / "again.json"
    assert made.result.exit_code == bool(broken), made.result.output
    before = {row["id"]: (row["verdict"], row["reason"]) for row in rows(made.directory / "report.json")}
    assert before["create.idempotent"][0] == ("failed" if broken else "passed")
    assert len(keys(made.tape)) > 10
    assert "REDACTED" not in keys(made.tape)
    invoke("replay", str(made.directory), "--report", str(again))
    assert {row["id"]: (row["verdict"], row["reason"]) for row in rows(again)} == before


def test_two_runs_share_no_key(document: str, tmp_path: Path) -> None:
    """A server that remembers those of the first would give the second its tasks."""
    one, two = (keys(record(document, tmp_path / name).tape) for name in ("one", "two"))
    assert one
    assert not one & two
