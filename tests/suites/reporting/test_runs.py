"""Runs that write reports in every format, to their end or cut short, and `screentest report`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from screentest_suites.cli import main
from screentest_suites.reporting import report
from screentest_suites.reporting.render import FORMATS, render

pytest_plugins = ["pytester"]

Report = dict[str, Any]

SCHEMA = jsonschema_rs.validator_for(json.loads(report.SCHEMA.read_text()), validate_formats=True)


@pytest.fixture
def small_file(tmp_path: Path, small_text: str) -> str:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text)
    return str(path)


def test_check_writes_all_formats_at_once(small_file: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"run{suffix}" for suffix in FORMATS]
    options = [part for path in paths for part in ("--report", str(path))]
    result = CliRunner().invoke(main, ["check", small_file, "--examples", "2", *options])
    assert result.exit_code == 0, result.output
    document = json.loads(paths[0].read_text())
    assert document["tasks"]
    for path in paths:
        assert path.read_text() == render([document], path.suffix)
    assert sorted(os.listdir(tmp_path)) == sorted(["acme.yaml", *(path.name for path in paths)])


def assert_truncated(folder: Path) -> None:
    found = json.loads((folder / "run.json").read_text())
    SCHEMA.validate(found)
    assert "footer" not in found
    assert "truncated" in (folder / "run.html").read_text()
    assert "comes-to-its-end" in (folder / "run.xml").read_text()
    assert not [name for name in os.listdir(folder) if name.startswith(".run")]
    assert "sk-acme-secret-1" not in (folder / "run.json").read_text()


REPORTS = [part for suffix in (".html", ".json", ".xml") for part in ("--report", f"run{suffix}")]


def test_an_interrupted_check_leaves_all_formats(small_file: str, tmp_path: Path, hostile: Any) -> None:
    """Ctrl-C while a server does not answer: what was judged so far, without a footer, marked as truncated."""
    server = hostile(lambda request: [3600.0])
    code = "from screentest_suites.cli import main; main()"
    command = [sys.executable, "-c", code, "check", small_file, "--timeout", "1", "--target", server.url, *REPORTS]
    environment = {**os.environ, "ACME_API_KEY": "sk-acme-secret-1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as run:
        while len(server.requests) < 2:  # beyond the first knock
            assert run.poll() is None
            server.heard.wait(10)
            server.heard.clear()
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=600)
    assert run.returncode == 130, errors
    assert_truncated(tmp_path)


class Interrupting:
    """A plugin that ends the run in the middle."""

    def __init__(self, problem: BaseException) -> None:
        self.problem = problem

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        if "create.accepted" in item.name:
            raise self.problem


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), AssertionError()], ids=repr)
def test_a_pytest_run_that_is_cut_short(pytester: pytest.Pytester, small_file: str, problem: BaseException) -> None:
    """By Ctrl-C, or at the first failure."""
    options = ("--provider", small_file, "--examples", "2", *REPORTS, "--exitfirst", "-p", "no:xdist")
    result = pytester.inline_run(*options, plugins=[Interrupting(problem)], no_reraise_ctrlc=True)
    assert result.ret == (2 if isinstance(problem, KeyboardInterrupt) else 1)
    assert_truncated(pytester.path)
    assert json.loads((pytester.path / "run.json").read_text())["requirements"]


def test_pytest_collects_the_tasks_of_its_workers(
    pytester: pytest.Pytester, small_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    options = ("--provider", small_file, "--examples", "2", "--report", "run.json", "--report", "run.html")
    result = pytester.runpytest_inprocess(*options, "-n", "1", "-k", "status")
    assert result.ret == 0
    found = json.loads((pytester.path / "run.json").read_text())
    SCHEMA.validate(found)
    assert {each["plan"] for each in found["tasks"]} >= {"base", "variation"}
    assert "<svg viewBox" in (pytester.path / "run.html").read_text()


# -- screentest report --------------------------------------------------------------------------------------------


def combine(*arguments: Path | str) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes a value as JSON into a file."""

    def write(name: str, value: Any) -> Path:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return write


def test_runs_are_combined(save: Any, document: Any, requirement: Any, tmp_path: Path) -> None:
    """Three providers; one over three dates, one on two targets, one cut short."""
    old = document(requirement(verdict="failed"), started="2026-11-19T08:00:00Z")
    middle = document(requirement(verdict="skipped"), started="2026-11-20T08:00:00Z")
    new = document(requirement(), requirement("query.new", "failed"), started="2026-11-21T08:00:00Z")
    live = document(requirement(), name="other", target={"kind": "live", "host": "api.other.example"})
    mock = document(requirement(), name="other", target={"kind": "embedded mock", "host": "api.other.example"})
    cut = document(requirement(), name="third", finished=False)
    files = [save(f"{number}.json", each) for number, each in enumerate((new, mock, old, middle, cut, live))]
    page, again = tmp_path / "compat.html", tmp_path / "all.json"
    result = combine(*files, "--output", page, "--output", again)
    assert result.exit_code == 0, result.output
    assert "Acme on url 127.0.0.1:3000, 2026-11-21, 3 runs: MUST 1 failed, 1 passed" in result.output
    assert "Other on live, 2026-11-21: MUST 1 passed" in result.output
    assert "Third on url 127.0.0.1:3000, 2026-11-21, truncated: MUST 1 passed" in result.output
    text = page.read_text()
    for address in (
        "acme:query.made-up",
        "other:query.made-up",
        "other@embedded-mock:query.made-up",
        "third:query.made-up",
    ):
        assert f'id="{address}"' in text
    trend = text[text.index('id="acme:query.made-up"') :].partition("</ol>")[0]
    assert [
        trend.index(f"2026-11-{day}</span> {word}") for day, word in ((19, "failed"), (20, "skipped"), (21, "passed"))
    ]
    collection = json.loads(again.read_text())
    registry = jsonschema_rs.Registry([("urn:screentest:report:1", json.loads(report.SCHEMA.read_text()))])
    schema = json.loads(report.SCHEMA.with_name("collection.schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema, registry=registry)
    validator.validate(collection)
    assert not validator.is_valid({"collection": 1, "runs": [{}, {}]})
    # What was combined can be combined again, to the same page.
    other = tmp_path / "again.html"
    assert combine(again, "--output", other).exit_code == 0
    assert other.read_text() == text


def test_the_newest_run_is_shown_whatever_the_order(save: Any, document: Any, requirement: Any, tmp_path: Path) -> None:
    new = save("a.json", document(requirement(), started="2026-11-21T08:00:00Z"))
    old = save("b.json", document(requirement(verdict="failed"), started="2026-11-20T08:00:00Z"))
    for files in ((new, old), (old, new)):
        assert combine(*files, "--output", tmp_path / "badge.svg").exit_code == 0
        assert "1 of 1 MUST passed" in (tmp_path / "badge.svg").read_text()


def test_a_run_given_twice_counts_once(save: Any, document: Any, requirement: Any, tmp_path: Path) -> None:
    first, second = (
        save(name, document(requirement(), started="2026-11-21T08:00:00Z")) for name in ("a.json", "b.json")
    )
    second.write_bytes(first.read_bytes())
    result = combine(first, second, "--output", tmp_path / "x.md")
    assert "runs" not in result.output


def test_another_contract_is_said_so(save: Any, document: Any, requirement: Any, tmp_path: Path) -> None:
    older = document(requirement(), started="2026-11-20T08:00:00Z")
    older["header"]["providers"][0]["contract"] = "1" * 64
    combine(save("a.json", document(requirement())), save("b.json", older), "--output", tmp_path / "x.html")
    assert "other contract in older runs" in (tmp_path / "x.html").read_text()


def spoilt(change: Callable[[Report], Any]) -> Callable[[Report], Report]:
    def spoil(found: Report) -> Report:
        change(found)
        return found

    return spoil


REFUSED: dict[str, tuple[Callable[[Report], Any], str]] = {
    "no JSON": (lambda found: json.dumps(found)[:-9], "is not JSON"),
    "another file": (lambda found: {"name": "package"}, "is no Screentest report"),
    "a list": (lambda found: [found], "is no Screentest report"),
    "the next version": (
        spoilt(lambda found: found["header"].update(format=2)),
        "has the format 2; this version reads 1",
    ),
    "a collection of tomorrow": (lambda found: {"collection": 2, "runs": [found]}, "has the format 2"),
    "an unknown verdict": (
        spoilt(lambda found: found["requirements"][0].update(verdict="fine")),
        "/requirements/0/verdict",
    ),
    "wrong totals": (spoilt(lambda found: found["totals"]["MUST"].update(passed=9)), "the totals do not add up"),
    "a lost row": (
        spoilt(lambda found: found["footer"].update(requirements=9)),
        "tells of 9 requirements, 1 are",
    ),
    "a stranger": (spoilt(lambda found: found["requirements"][0].update(provider="nobody")), "does not name 'nobody'"),
    "one row twice": (
        spoilt(lambda found: found["requirements"].append(found["requirements"][0])),
        "acme:query.made-up is judged twice",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_sound_report_is_refused(
    name: str, save: Any, document: Any, requirement: Any, tmp_path: Path
) -> None:
    spoil, said = REFUSED[name]
    good, bad = save("good.json", document(requirement())), save("bad.json", spoil(document(requirement())))
    result = combine(good, bad, "--output", tmp_path / "x.html")
    assert result.exit_code == 2
    assert f"{tmp_path / 'bad.json'}" in result.stderr
    assert said in result.stderr
    assert "hint: " in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "x.html").exists()


def test_bad_paths(save: Any, document: Any, requirement: Any, tmp_path: Path) -> None:
    run = save("run.json", document(requirement()))
    for arguments, said in (
        ((tmp_path / "none.json", "--output", "x.html"), "cannot read"),
        ((tmp_path, "--output", "x.html"), "cannot read"),
        ((run, "--output", tmp_path / "x.docx"), "no report format '.docx'"),
        ((run, "--output", run), "would be overwritten"),
        ((run,), "--output"),
    ):
        result = combine(*arguments)
        assert result.exit_code == 2
        assert said in result.stderr
