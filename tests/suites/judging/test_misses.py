"""A deviation that is missed: what was expected to catch it and why it did not, what noticed instead, and over HTTP."""

from typing import Any

import pytest
from click.testing import CliRunner

from screentest_contracts import Contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import Deviation
from screentest_mockserver.behaviours.registry import register, unregister
from screentest_mockserver.state.hooks import Hooks
from screentest_suites.cli import main
from screentest_suites.core.verdicts import Evidence, Finding, Result, Skip, Verdict, failed, skipped
from screentest_suites.judging import misses


def verdict(contract: Contract, name: str, finding: Finding) -> Verdict:
    requirement = next(each for each in requirements(contract) if each.id == name)
    return Verdict(requirement, contract.name, finding)


def test_each_requirement_says_why_it_did_not_notice(small: Contract) -> None:
    saw = Finding(Result.PASSED, "", (Evidence("the  status\nwas DONE"),), 3)
    verdicts = [
        verdict(small, "query.status.known", saw),
        verdict(small, "query.status.terminal", skipped(Skip.NOT_OBSERVED, "no task ended")),
        verdict(small, "query.status.transitions", skipped(Skip.NOT_OBSERVED, "no task ended")),
        verdict(small, "create.accepted", failed("no")),
    ]
    expected = [each.requirement.id for each in verdicts[:3]]
    assert misses.reasons(verdicts, expected) == (
        "query.status.known: passed in 3 observations, saw the status was DONE",
        "query.status.terminal, query.status.transitions: skipped: not observed: no task ended",
    )
    assert misses.noticed(verdicts) == ("create.accepted (MUST)",)


@pytest.mark.parametrize(
    ("here", "wire", "last"),
    [
        ((), (), "    nothing else fails either, also over HTTP"),
        (("a (MUST)",), ("a (MUST)",), "    noticed by: a (MUST)"),
        ((), ("b (NOTE)",), "    noticed over HTTP by: b (NOTE)"),
        (("a (MUST)",), ("a (MUST)", "b (NOTE)"), "    noticed over HTTP by: b (NOTE)"),
    ],
)
def test_what_notices_instead_is_told(here: tuple[str, ...], wire: tuple[str, ...], last: str) -> None:
    lines = list(misses.told("late", "is late", ["x: passed"], here, wire))
    assert lines[:2] == ["late (is late) is missed by what was expected to catch it:", "    x: passed"]
    assert lines[-1] == last
    assert not any("nothing" in line for line in lines) or not (here or wire)


def _forbidden(call: Any, answer: Any) -> Any:
    if call.request.method == "POST":
        answer.status = 500
    return answer


@pytest.fixture
def misnamed() -> Any:
    """A deviation that breaks creates, and says that it breaks retention, which nobody asks for after that."""
    name = "breaks-something-else"
    yield register(Deviation(name, "creates fail", ("query.retention",), hooks=Hooks(answer=_forbidden)))
    unregister(name)


def test_over_http_everything_that_fails_is_noticed(small: Contract, misnamed: Deviation) -> None:
    assert "create.accepted (MUST)" in misses.noticed_over_http(small, misnamed)


@pytest.fixture
def small_file(tmp_path: Any, small_text: str) -> str:
    file = tmp_path / "acme.yaml"
    file.write_text(small_text)
    return str(file)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["selfcheck", *arguments], catch_exceptions=False)


def test_one_deviation_is_run_by_its_name(small_file: str) -> None:
    result = run(small_file, "--deviation", "same-id-twice", "--verbose")
    assert result.exit_code == 0, result.output
    assert "deviations caught: 1 of 1" in result.output
    assert "legal behaviour without alarm: 0 of 0" in result.output


@pytest.mark.parametrize(
    ("name", "said"),
    [("same-id-twise", "unknown deviation 'same-id-twise'"), ("forgives-unknown-file", "does not apply")],
)
def test_a_deviation_that_cannot_be_run_is_told(small_file: str, name: str, said: str) -> None:
    result = run(small_file, "--deviation", name)
    assert (result.exit_code, said in result.output) == (2, True), result.output
    assert "hint: " in result.output
