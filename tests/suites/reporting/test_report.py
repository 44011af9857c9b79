"""The canonical report: valid against its schema however a run went, complete, and written whole or not at all."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from screentest_contracts import Contract, UsageError
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.options import Options
from screentest_suites.judging.judge import Judge
from screentest_suites.reporting import report
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.embedded import EmbeddedTarget

SCHEMA = jsonschema_rs.validator_for(json.loads(report.SCHEMA.read_text()), validate_formats=True)


def run(contract: Contract, *, deviating: str | None = None, stop_after: int | None = None) -> dict[str, Any]:
    """The report of a run, as read back from JSON; `stop_after` so many verdicts it is interrupted."""
    target = EmbeddedTarget(contract)
    target.mock.deviation = deviating and deviation(deviating, contract)  # type: ignore[assignment]
    options = Options(examples=2, seed=7)
    rows = []
    for verdict in Judge(contract, target, options).verdicts():
        if len(rows) == stop_after:
            break
        rows.append(report.verdict_json(contract, verdict, redactor([target])))
    head = report.header([contract], target, options, report.now())
    found: dict[str, Any] = json.loads(json.dumps(report.document(head, rows, finished=stop_after is None)))
    return found


@pytest.fixture(scope="module")
def clean(small: Contract) -> dict[str, Any]:
    return run(small)


@pytest.fixture(scope="module")
def broken(small: Contract) -> dict[str, Any]:
    return run(small, deviating="never-ends")


def failed(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["requirements"] if each["verdict"] == "failed"]


def test_a_clean_run(clean: dict[str, Any], small: Contract) -> None:
    SCHEMA.validate(clean)
    assert failed(clean) == []
    assert clean["footer"]["requirements"] == len(clean["requirements"]) == len(requirements(small))
    assert clean["header"]["seed"] == 7
    assert clean["header"]["target"] == {"kind": "embedded mock", "host": "api.acme.example"}
    assert clean["header"]["providers"] == [{"name": "acme", "title": "Acme", "contract": small.digest}]


def test_a_run_with_failures_shows_evidence(broken: dict[str, Any]) -> None:
    SCHEMA.validate(broken)
    ends = next(each for each in failed(broken) if each["id"] == "query.ends")
    assert ends["level"] == "MUST"
    assert ends["sources"][0]["title"] == "A page"
    exchanges = ends["evidence"][0]["exchanges"]
    assert exchanges[0]["request"]["url"].endswith("/jobs")
    assert len(exchanges) == 2
    assert all(each["curl"].startswith("curl -i") and "$ACME_API_KEY" in each["curl"] for each in exchanges)
    assert "sk-screentest" not in json.dumps(broken)


def test_an_interrupted_run_has_no_footer(small: Contract) -> None:
    found = run(small, stop_after=9)
    SCHEMA.validate(found)
    assert "footer" not in found
    assert len(found["requirements"]) == 9


def test_a_run_that_judged_nothing_is_valid_too() -> None:
    found = report.document(report.header([], None, Options(), report.now()), [], finished=False)
    SCHEMA.validate(found)
    assert found["totals"] == {}


def test_the_schema_is_not_satisfied_by_anything(clean: dict[str, Any]) -> None:
    for broken in (
        {},
        {**clean, "surprise": 1},
        {**clean, "footer": {}},
        {**clean, "header": {**clean["header"], "started": "yesterday"}},
        {**clean, "requirements": [{**clean["requirements"][0], "verdict": "fine"}]},
    ):
        assert not SCHEMA.is_valid(broken)


def test_totals_add_up(clean: dict[str, Any], broken: dict[str, Any]) -> None:
    for found in (clean, broken):
        counted = Counter((each["level"], each["verdict"]) for each in found["requirements"])
        told = {
            (level, word): count for level, words in found["totals"].items() for word, count in words.items() if count
        }
        assert counted == told


def test_a_password_in_the_address_is_not_in_the_header() -> None:
    class Target:
        kind, base_url = "url", "https://user:hunter2@gateway.example:8443/v1"

    head = report.header([], Target(), Options(), report.now())  # type: ignore[arg-type]
    assert head["target"]["host"] == "gateway.example:8443"


def test_writing_replaces_the_old_report(tmp_path: Path, clean: dict[str, Any]) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    report.write(path, clean)
    assert json.loads(path.read_text()) == clean
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        report.write(path, {"header": {"fine": 1}, "requirements": [object()]})
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.json"]


def test_unusable_paths_are_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    for name in ("report", "report.pdf", "no/such/folder/report.json", "folder.json"):
        with pytest.raises(UsageError) as problem:
            report.check_path(tmp_path / name)
        assert problem.value.hint
    report.check_path(tmp_path / "report.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot write into"):
        report.check_path(tmp_path / "report.json")
