"""Known failures do not fail a run; what is new does, and what is mended and still listed."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from screentest_contracts import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.facts import Level
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.cli import main
from screentest_suites.reporting.baseline import BaselinePolicy, load
from screentest_suites.reporting.outcome import outcome

TODAY = date(2031, 12, 24)
BROKEN, OTHER = "acme:query.status.known", "acme:query.id"


def row(name: str, verdict: str, level: str = "MUST", reason: str = "it was blue") -> dict[str, object]:
    provider, _, requirement = name.partition(":")
    return {"provider": provider, "id": requirement, "verdict": verdict, "level": level, "reason": reason}


def file(tmp_path: Path, *names: str) -> Path:
    path = tmp_path / "known.yaml"
    path.write_text(yaml.safe_dump([{"id": name, "reason": "ticket 7", "date": TODAY} for name in names]))
    return path


def status(accepted: BaselinePolicy, *rows: dict[str, object]) -> int:
    return outcome([accepted.marked(each) for each in rows], (), accepted).status


def test_a_known_failure_fails_no_run(tmp_path: Path) -> None:
    accepted = BaselinePolicy.read(str(file(tmp_path, BROKEN)))
    failed = row(BROKEN, "failed")
    assert status(accepted, failed, row(OTHER, "passed")) == 0
    assert failed["known"] == {"reason": "ticket 7", "date": "2031-12-24"}


def test_a_new_failure_does(tmp_path: Path) -> None:
    assert status(BaselinePolicy.read(str(file(tmp_path, BROKEN))), row(BROKEN, "failed"), row(OTHER, "failed")) == 1


@pytest.mark.parametrize("verdict", ["passed", None])
def test_so_does_an_entry_that_is_mended_or_gone(tmp_path: Path, verdict: str | None) -> None:
    accepted = BaselinePolicy.read(str(file(tmp_path, BROKEN)))
    rows = [row(OTHER, "passed"), *([row(BROKEN, verdict)] if verdict else [])]
    assert status(accepted, *rows) == 1
    assert BROKEN in accepted.complaints(rows)[0]


def test_what_was_not_judged_is_neither(tmp_path: Path) -> None:
    accepted = BaselinePolicy.read(str(file(tmp_path, BROKEN, "other:query.id")))
    assert status(accepted, row(BROKEN, "skipped"), row(OTHER, "passed")) == 0


def test_a_broken_harness_is_never_excused(tmp_path: Path) -> None:
    assert status(BaselinePolicy.read(str(file(tmp_path, BROKEN))), row(BROKEN, "failed"), row(OTHER, "error")) == 3


def test_an_update_keeps_reasons_adds_what_is_new_and_removes_what_is_mended(tmp_path: Path) -> None:
    path = file(tmp_path, BROKEN, "acme:mended", "acme:gone", "other:query.id")
    updated = load(path).updated(
        [
            row(BROKEN, "failed"),
            row("acme:mended", "passed"),
            row(OTHER, "failed"),
            row("acme:advice", "failed", "NOTE"),
        ],
        TODAY,
    )
    updated.write(path)
    again = load(path)
    assert list(again.known) == sorted([BROKEN, OTHER, "other:query.id"])
    assert again.known[BROKEN].reason == "ticket 7"
    assert again.known[OTHER].reason == "seen: it was blue"


def test_an_entry_can_be_removed_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    load(path, may_be_new=True).updated([row(BROKEN, "failed"), row(OTHER, "failed")], TODAY).write(path)
    text = path.read_text()
    assert text.count("2031-12-24") == 2
    path.write_text(text[: text.index("- id: acme:query.id")] + text[text.index("- id: acme:query.status") :])
    assert list(load(path).known) == [BROKEN]


def test_more_observations_than_were_known_are_told(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    before = row(BROKEN, "failed", reason="a was taken (and 3 more)")
    load(path, may_be_new=True).updated([before, row(OTHER, "failed")], TODAY).write(path)
    accepted = BaselinePolicy.read(str(path))
    rows = [row(BROKEN, "failed", reason="b was taken (and 47 more)"), row(OTHER, "failed")]
    assert accepted.told([accepted.marked(each) for each in rows]) == [
        f"2 known failures of {path}",
        f"{BROKEN} is known, but 48 observations instead of 4 broke it: b was taken (and 47 more)",
    ]
    older = BaselinePolicy.read(str(file(tmp_path, BROKEN)))
    assert older.told([older.marked(rows[0])]) == [f"1 known failure of {path}"]


def test_entries_that_were_not_judged_are_counted(tmp_path: Path) -> None:
    accepted = BaselinePolicy.read(str(path := file(tmp_path, BROKEN, "other:query.id")))
    assert accepted.told([row(BROKEN, "skipped")]) == [f"1 entry of {path} was not judged in this run: {BROKEN}"]


def test_new_failures_are_told_from_known_ones(tmp_path: Path) -> None:
    accepted = BaselinePolicy.read(str(file(tmp_path, BROKEN)))
    rows = [accepted.marked(each) for each in (row(BROKEN, "failed"), row(OTHER, "failed"))]
    assert outcome(rows, (), accepted).words == "1 new MUST failed, 1 known"
    assert outcome(rows[:1], (), accepted).words == "no new MUST failed, 1 known"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "known: []",
        "- id: acme:x",
        "- {id: acme:x, reason: '', date: 2031-12-24}",
        "- {id: acme:x, reason: why, date: soon}",
        "- {id: plain, reason: why, date: 2031-12-24}",
        "- {id: a:x, reason: why, date: 2031-12-24}\n- {id: a:x, reason: why, date: 2031-12-24}",
        "- [a]",
        "- {id: acme:x, reason: why, date: 2031-12-24, seen: many}",
        "- {id: acme:x, reason: why, date: *id001}",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"known\.yaml"):
        load(path)


def test_a_file_that_is_no_yaml_is_told_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text("- id: acme:x\n  reason: a: b\n")
    with pytest.raises(UsageError, match=r"known\.yaml is not YAML: line 2, column 12\nhint: "):
        load(path)


def test_a_missing_file_is_an_error_unless_it_is_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        BaselinePolicy.read(str(tmp_path / "none.yaml"))
    assert not BaselinePolicy.read(str(tmp_path / "none.yaml"), update=True).baseline.known
    with pytest.raises(UsageError, match="needs --baseline"):
        BaselinePolicy.read(None, update=True)


def test_from_the_command_line(
    small: Contract, small_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-screentest")
    (tmp_path / "acme.yaml").write_text(small_text)
    pace = ("--speed", "1000")
    path, runner = tmp_path / "known.yaml", CliRunner()
    with running([small], clock=RealClock(1000)) as (app, url):
        check = ["check", str(tmp_path / "acme.yaml"), "--target", url, "--poll-interval", "0.02", *pace]
        app.providers["acme"].deviation = deviation("id-of-another-form", small)
        assert runner.invoke(main, check).exit_code == 1
        first = runner.invoke(main, [*check, "--baseline", str(path), "--update-baseline"])
        assert first.exit_code == 0, first.output
        wrote = rf"wrote {re.escape(str(path))}: (\d+) known failures, \1 of them new, 0 removed"
        assert re.search(wrote, first.output)
        again = runner.invoke(main, [*check, "--baseline", str(path)])
        assert again.exit_code == 0, again.output
        assert "no new MUST failed" in again.output
        app.providers["acme"].deviation = None
        mended = runner.invoke(main, [*check, "--baseline", str(path)])
        assert mended.exit_code == 1
        assert "still lists it as failing" in mended.output


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.MUST, (0, "no MUST failed")),
        (Level.SHOULD, (1, "a MUST or SHOULD failed")),
        (Level.NOTE, (1, "a MUST, SHOULD or NOTE failed")),
    ],
)
def test_a_run_can_fail_on_advice(level: Level, expected: tuple[int, str]) -> None:
    found = outcome([row(BROKEN, "failed", "SHOULD"), row(OTHER, "passed")], (), BaselinePolicy(level=level))
    assert (found.status, found.words) == expected


def test_a_baseline_follows_the_level_of_its_run(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    advice = row(BROKEN, "failed", "SHOULD")
    BaselinePolicy.read(str(path), update=True).write([advice])
    assert list(load(path).known) == []
    BaselinePolicy.read(str(path), update=True, level=Level.SHOULD).write([advice])
    accepted = BaselinePolicy.read(str(path), level=Level.SHOULD)
    assert outcome([accepted.marked(advice)], (), accepted).words == "no new MUST or SHOULD failed, 1 known"
    BaselinePolicy.read(str(path), update=True).write([advice])  # of a run that would not fail by it
    assert list(load(path).known) == [BROKEN]
