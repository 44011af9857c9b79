"""Why a deviation was not caught: what was expected to notice and what it said, what noticed instead, and what a run
over HTTP says."""

from collections.abc import Iterable, Iterator

from screentest_contracts.contract import Contract
from screentest_mockserver.state.deviation import Deviation
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.http import HttpTarget

SPEED = 1000.0
"""How many times faster than its document the mock is over HTTP: a task of minutes takes less than a second."""


def reasons(verdicts: Iterable[Verdict], expected: Iterable[str]) -> tuple[str, ...]:
    """What each requirement that was expected to notice said, those that said the same together."""
    said: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.requirement.id in set(expected) and verdict.result is not Result.FAILED:
            said.setdefault(_words(verdict), []).append(verdict.requirement.id)
    return tuple(f"{', '.join(names)}: {words}" for words, names in said.items())


def _words(verdict: Verdict) -> str:
    finding = verdict.finding
    if finding.result is Result.PASSED:
        seen = "; ".join(dict.fromkeys(each.seen for each in finding.evidence if each.seen))
        return f"passed in {finding.judged} observations" + (f", saw {' '.join(seen.split())[:200]}" if seen else "")
    return f"{finding.result}: {' '.join(finding.reason.split())[:300]}"


def noticed(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Everything that failed, whatever its level."""
    return tuple(
        f"{each.requirement.id} ({each.requirement.level})" for each in verdicts if each.result is Result.FAILED
    )


def noticed_over_http(contract: Contract, deviation: Deviation) -> tuple[str, ...]:
    """Everything that fails where the same mock is judged over HTTP, in real time."""
    from screentest_suites.clients.mock import MockSettings, serve  # slow to import: seldom needed

    with serve(contract, MockSettings(speed=SPEED)) as mock:
        mock.deviate(deviation.name)
        target = HttpTarget(mock.url, {"good": mock.key})
        try:
            options = Options(poll_interval=0.01, speed=SPEED, examples=1)
            return noticed(list(Judge(contract, target, options).verdicts()))
        finally:
            target.close()


def told(name: str, about: str, missed: Iterable[str], here: Iterable[str], over_http: Iterable[str]) -> Iterator[str]:
    """Lines about a deviation that nothing caught which was expected to."""
    yield f"{name} ({about}) is missed by what was expected to catch it:"
    yield from (f"    {each}" for each in missed)
    failed = tuple(here)
    wire = tuple(each for each in over_http if each not in failed)
    if failed:
        yield f"    noticed by: {', '.join(failed)}"
    if wire:
        yield f"    noticed over HTTP by: {', '.join(wire)}"
    if not failed and not wire:
        yield "    nothing else fails either, also over HTTP"
