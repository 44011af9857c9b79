"""What a run says in its end: what would unlock the rest, and the command to run next."""

import io
from typing import Any

import pytest
from rich.console import Console

from screentest_contracts import Contract
from screentest_suites.cli.ending import Asked, next_command, print_next, print_unjudged
from screentest_suites.core.verdicts import EXTRA_TASK, UNPRICED, Skip
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget

URL = "http://127.0.0.1:3000"


@pytest.fixture
def judge(small: Contract) -> Judge:
    return Judge(small, EmbeddedTarget(small))


def row(verdict: str = "skipped", reason: str = "", **more: Any) -> dict[str, Any]:
    return {"id": "create.accepted", "provider": "acme", "level": "MUST", "verdict": verdict, "reason": reason, **more}


@pytest.mark.parametrize(
    ("rows", "asked", "command"),
    [
        ([row("failed")], Asked(target=URL), "screentest explain create.accepted acme "),
        ([row("failed")], Asked({"acme": "my acme.yaml"}), "screentest explain create.accepted 'my acme.yaml' "),
        ([row("failed", known={})], Asked(target=URL), "the same with --report run.html "),
        ([row(reason="needs spend: a task")], Asked(live=True), "screentest plan acme --max-spend AMOUNT "),
        (
            [row(reason=f"needs spend: {UNPRICED}")],
            Asked(live=True),
            "screentest plan acme --max-spend AMOUNT --assume-price ",
        ),
        ([row(reason=f"needs spend: {EXTRA_TASK}")], Asked(live=True), "the same with --report run.html "),
        (
            [row("failed", id="query.id", level="NOTE"), row("failed", id="a.known", known={}), row("failed")],
            Asked(target=URL),
            "screentest explain create.accepted acme ",
        ),
        ([row("passed")], Asked(), f"screentest check acme --target {URL} "),
        ([row("passed")], Asked(target=URL, reports=True), "the same with --record runs/today "),
        ([row("passed")], Asked(reports=True, recorded=True), ""),
    ],
)
def test_the_next_command_follows_from_what_was_found(
    judge: Judge, rows: list[dict[str, Any]], asked: Asked, command: str
) -> None:
    found = next_command([judge], rows, asked)
    assert found.startswith(command)
    assert bool(found) is bool(command)


def test_another_address_that_is_likely_right_comes_first(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screentest_suites.cli.ending.misplaced", lambda *_: "every call was answered 404")
    monkeypatch.setattr("screentest_suites.cli.ending.likely_base", lambda *_: f"{URL}/v1")
    found = next_command([judge], [row("failed")], Asked(target=URL))
    assert found.startswith(f"screentest check acme --target {URL}/v1 ")


UNLOCKS = {
    Skip.NEEDS_SPEND: "--max-spend AMOUNT",
    Skip.NEEDS_SECOND_KEY: "export ACME_API_KEY_POOR (an account without balance)",
    Skip.NEEDS_CALLBACK: "--callback-listen HOST:PORT",
    Skip.NEEDS_CLOCK: "screentest check acme",
    Skip.OUT_OF_TIME: "--time-limit SECONDS",
    Skip.NO_ANSWER: "--timeout SECONDS",
}


@pytest.mark.parametrize("skip", UNLOCKS)
def test_what_would_unlock_a_requirement_is_told(skip: Skip, small: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in ("_SECOND", "_RESTRICTED"):
        monkeypatch.setenv(f"ACME_API_KEY{suffix}", "sk")
    monkeypatch.delenv("ACME_API_KEY_POOR", raising=False)
    target = EmbeddedTarget(small)
    target.steering = None  # as a server that nobody can steer
    console = Console(file=io.StringIO(), width=200)
    print_unjudged(console, Judge(small, target), [row(reason=skip.value), row("passed")], Asked())
    first, why, ids, unlock, more = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert first == "not judged of Acme: 1 of 2"
    assert why.startswith("  1 MUST: ")
    assert "create.accepted" in ids
    assert "screentest explain ID acme" in more
    assert unlock.startswith("    to judge them: ")
    assert UNLOCKS[skip] in unlock


def told(judge: Judge, *rows: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_unjudged(console, judge, list(rows), Asked())
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_why_a_callback_address_was_not_taken_is_told_and_not_the_option_that_was_given(judge: Judge) -> None:
    shown = told(judge, row(reason="needs a callback address: https://127.0.0.1:18421/callback/1 was refused with 400"))
    assert "1 https://127.0.0.1:18421/callback/1 was refused with 400: create.accepted" in shown
    assert "to judge them: --callback-listen" not in shown
    assert "to judge them: --callback-url" in shown


def test_a_price_that_nobody_knows_is_unlocked_by_an_assumed_one(judge: Judge) -> None:
    shown = told(judge, row(reason=f"needs spend: {UNPRICED}; say what a task costs"))
    assert "to judge them: --assume-price AMOUNT" in shown
    assert "--max-spend" not in shown


def test_what_was_not_seen_is_told_by_cause(judge: Judge) -> None:
    rows = [row(reason=f"not observed: cause {number}", id=f"query.{number}") for number in range(7)]
    lines = told(judge, *rows, row(reason="not observed: cause 3", id="query.again")).splitlines()
    assert lines[2] == "    2 cause 3: query.3 and query.again"
    assert lines[-2] == "    2 for other reasons: query.5 and query.6"


def test_nothing_is_said_where_there_is_nothing_to_say(judge: Judge) -> None:
    console = Console(file=io.StringIO())
    print_unjudged(console, judge, [row("passed")], Asked())
    print_next(console, "")
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]
