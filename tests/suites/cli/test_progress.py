"""What a run prints of broken requirements."""

import io
from typing import Any

import pytest
from rich.console import Console

from screentest_contracts import Contract
from screentest_contracts.facts import Level
from screentest_contracts.redact import Redactor
from screentest_contracts.requirements import requirements
from screentest_suites.cli.progress import print_verdicts
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Verdict, failed, passed


def printed(contract: Contract, *found: tuple[Verdict, dict[str, Any]], verbose: bool = False) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_verdicts(console, contract, found, Redactor(), verbose=verbose)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("verbose", [False, True])
def test_broken_musts_come_first(small: Contract, verbose: bool) -> None:
    notes = [each for each in requirements(small) if each.level is Level.NOTE]
    musts = [each for each in requirements(small) if each.level is Level.MUST]
    note, other, must, known = *notes[:2], *musts[:2]
    shown = printed(
        small,
        (Verdict(note, "acme", failed("a note")), {}),
        (Verdict(other, "acme", passed()), {}),
        (Verdict(must, "acme", failed("a must")), {}),
        (Verdict(known, "acme", failed("an old tale")), {"known": {}}),
        verbose=verbose,
    )
    assert shown.index("a must") < shown.index("a note")
    assert ("an old tale" in shown) is verbose


def test_bodies_that_are_no_text_are_told_by_size_and_long_requests_by_length(small: Contract) -> None:
    requirement = next(iter(requirements(small)))
    sent = SentRequest("POST", f"{small.base_url}/jobs", (), b'{"prompt": "' + b"a" * 5000 + b'"}')
    exchange = Exchange(sent, 200, (), b"\0\0\0\x20ftyp" + b"\0" * 4853, 0, 0)
    shown = printed(small, (Verdict(requirement, "acme", failed("it was taken", "", [exchange])), {}))
    assert "answer: 200 (4861 bytes, starting 00 00 00 20 66 74 79 70" in shown
    assert f"ask again: POST {small.base_url}/jobs, by a curl line of 5" in shown
    assert "--report run.html has it" in shown
    assert "aaaa" not in shown
