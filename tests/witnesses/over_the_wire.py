"""Judges mocks behind a real server as any URL is judged, deviation by deviation, and compares with the embedded mock.

    python tests/witnesses/over_the_wire.py [PROVIDER ...] [--only DEVIATION ...] [--one-model] [--jobs N]

What the embedded run says of a requirement, a run over the wire must say too, unless it skips it for want of a clock or
because only a steered server shows it. Exit status 1 otherwise.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from screentest_contracts import built_in, load_contract
from screentest_mockserver.behaviours.deviations import applicable, breaks, deviation
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.accounts import GOOD_KEY, OTHER_KEY, POOR_KEY, RESTRICTED_KEY
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.target import Target

KEYS = {"good": GOOD_KEY, "second": OTHER_KEY, "poor": POOR_KEY, "restricted": RESTRICTED_KEY}
OPTIONS = Options(examples=10, poll_interval=0.1, task_timeout=8)
SECONDS = 1.0
"""What a task takes."""


@dataclass(frozen=True)
class Outcome:
    """Two runs of one deviation ("" for none): what failed in each, and what else the wire says otherwise."""

    provider: str
    deviation: str
    here: tuple[str, ...]
    there: tuple[str, ...]
    expected: tuple[str, ...]
    differ: tuple[str, ...]
    seconds: float

    @property
    def good(self) -> bool:
        return not self.differ


def run(provider: str, name: str, *, one_model: bool = False, per_profile: bool = False) -> Outcome:
    """Both runs, with every model, the first one only, or one of each profile."""
    contract = load_contract(provider)
    models = tuple(contract.models)[: 1 if one_model else None]
    if per_profile:
        models = tuple({model.profile: model.name for model in contract.models.values()}.values())
    found = deviation(name, contract) if name else None
    embedded = EmbeddedTarget(contract)
    embedded.mock.deviation = found
    here = judge(provider, embedded, Options(examples=10, models=models))
    started = time.perf_counter()
    with running([contract], clock=RealClock(contract.polling.typical[0] / SECONDS)) as (app, url):
        app.providers[contract.name].deviation = found
        target = HttpTarget(url, KEYS)
        try:
            there = judge(provider, target, replace(OPTIONS, models=models))
        finally:
            target.close()
    differ = tuple(
        f"{each}: {here[each].result} embedded, {verdict.result} over the wire"
        for each, verdict in there.items()
        if verdict.result is not here[each].result and not _excused(here[each], verdict)
    )
    expected = breaks(found, contract) if found is not None else ()
    seconds = time.perf_counter() - started
    return Outcome(provider, name, _failed(here), _failed(there), expected, differ, seconds)


def judge(provider: str, target: Target, options: Options) -> dict[str, Verdict]:
    return {each.requirement.id: each for each in Judge(load_contract(provider), target, options).verdicts()}


def _failed(verdicts: dict[str, Verdict]) -> tuple[str, ...]:
    return tuple(name for name, verdict in verdicts.items() if verdict.result is Result.FAILED)


def _excused(here: Verdict, there: Verdict) -> bool:
    """A skip says nothing wrong. Where the embedded run fails, what only exploring many lives shows may pass."""
    if there.result is Result.SKIPPED or here.result is Result.SKIPPED:
        return True
    return here.result is Result.FAILED and there.result is Result.PASSED


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("providers", nargs="*", default=sorted(built_in()))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--one-model", action="store_true", help="the first model only: much faster")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(None if arguments is None else list(arguments))
    work = [
        (provider, name)
        for provider in options.providers
        for name in ["", *(each.name for each in applicable(load_contract(provider)))]
        if not options.only or name in options.only
    ]
    outcomes = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for outcome in pool.map(partial(run, one_model=options.one_model), *zip(*work, strict=True)):
            outcomes.append(outcome)
            seen = [name for name in outcome.there if name in outcome.expected]
            word = "clean" if not outcome.there else "caught" if seen else "missed"
            wrong = "" if outcome.good else f"  DIFFERS: {'; '.join(outcome.differ)}"
            print(
                f"{outcome.provider:10} {outcome.deviation or '-':40} {word:7} {outcome.seconds:5.1f} s{wrong}",
                flush=True,
            )
    deviating = [each for each in outcomes if each.deviation]
    shown = sum(any(name in each.expected for name in each.there) for each in deviating)
    print(
        f"over the wire {shown} of {len(deviating)} deviations are caught; "
        f"verdicts that differ from the embedded run's: {sum(len(each.differ) for each in outcomes)}"
    )
    return 0 if all(each.good for each in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
