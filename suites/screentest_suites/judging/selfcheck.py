"""Proves the suites on the mock: every deviation must be caught, no legal variation may raise an alarm, and every
requirement must have a deviation that breaks it."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.extensions import load_extensions
from screentest_contracts.requirements import Requirement, requirements
from screentest_mockserver.behaviours import variations
from screentest_mockserver.behaviours.deviations import Deviation, applicable, breaks, deviation
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging import misses
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget

EXAMPLES = 20
"""Generated examples per run: the matrix has hundreds of runs, and the deterministic boundaries come first anyway."""


@dataclass(frozen=True)
class Row:
    """One run of the matrix. `caught` and `kin` are requirements that were expected to notice or may notice, `flagged`
    other MUSTs that failed, `errors` verdicts of a broken harness. `kinds`: of the requirements a deviation breaks.

    `miss`: of a deviation that nothing caught, why, in lines.
    """

    provider: str
    kind: str
    name: str
    caught: tuple[str, ...]
    kin: tuple[str, ...]
    flagged: tuple[str, ...]
    errors: tuple[str, ...]
    seconds: float
    miss: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    caught_kinds: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Caught and nothing else flagged; legal behaviour: nothing flagged at all."""
        return not self.flagged and not self.errors and (self.kind != "deviation" or bool(self.caught))


@dataclass(frozen=True)
class Job:
    """A provider and what its mock does: a `deviation`, or legally a `variation` or another `reading` of a setting."""

    provider: str
    kind: str
    name: str


def jobs(contracts: Iterable[tuple[str, Contract]], only: Iterable[str] = ()) -> Iterator[Job]:
    """Every run of the matrix, or those of some deviations and variations."""
    wanted = set(only)
    for provider, contract in contracts:
        for each in applicable(contract):
            if not wanted or each.name in wanted:
                yield Job(provider, "deviation", each.name)
        for each in variations.applicable(contract):
            if not wanted or each.name in wanted:
                yield Job(provider, "variation", each.name)
        for setting in contract.settings.values():
            for reading in setting.readings:
                name = f"{setting.name}={reading}"
                if reading != setting.chosen and (not wanted or name in wanted):
                    yield Job(provider, "reading", name)


def run(job: Job, examples: int = EXAMPLES) -> Row:
    """Judges a provider's embedded mock with one deviation or variation."""
    started = time.perf_counter()
    setting, _, reading = job.name.partition("=")
    contract = load_contract(job.provider, {setting: reading} if job.kind == "reading" else None)
    target = EmbeddedTarget(contract)
    if job.kind == "reading":  # the mock follows it, and is judged by who knows nothing of it
        contract = load_contract(job.provider)
    found: Deviation | None = None
    expected: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    if job.kind == "variation":
        target.mock.deviation = variations.variation(job.name)
    elif job.kind == "deviation":
        found = deviation(job.name, contract)
        target.mock.deviation = found
        expected, also = breaks(found, contract), found.also
    verdicts = list(Judge(contract, target, Options(examples=examples)).verdicts())
    failed = [verdict for verdict in verdicts if verdict.result is Result.FAILED]
    caught = tuple(verdict.requirement.id for verdict in failed if verdict.requirement.id in expected)
    others = [verdict for verdict in failed if verdict.requirement.id not in expected]
    kin = [verdict for verdict in others if any(fnmatchcase(verdict.requirement.id, glob) for glob in also)]
    flagged = tuple(_must(verdict) for verdict in others if verdict.fails_run and verdict not in kin)
    errors = tuple(verdict.requirement.id for verdict in verdicts if verdict.result is Result.ERROR)
    miss = () if found is None or caught else _miss(found, contract, verdicts, expected)
    return Row(
        provider=job.provider,
        kind=job.kind,
        name=job.name,
        caught=caught,
        kin=tuple(verdict.requirement.id for verdict in kin),
        flagged=flagged,
        errors=errors,
        seconds=time.perf_counter() - started,
        miss=miss,
        kinds=_kinds(verdicts, expected),
        caught_kinds=_kinds(verdicts, caught),
    )


def _miss(found: Deviation, contract: Contract, verdicts: list[Verdict], expected: tuple[str, ...]) -> tuple[str, ...]:
    missed, here = misses.reasons(verdicts, expected), misses.noticed(verdicts)
    return tuple(misses.told(found.name, found.about, missed, here, misses.noticed_over_http(contract, found)))


def _kinds(verdicts: list[Verdict], names: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of some requirements, each once."""
    return tuple(sorted({each.requirement.kind for each in verdicts if each.requirement.id in names}))


def _must(verdict: Verdict) -> str:
    return verdict.requirement.id


def run_all(work: list[Job], on_row: Callable[[Row], None], *, workers: int | None = None) -> list[Row]:
    """Runs the matrix in several processes."""
    rows = []
    with ProcessPoolExecutor(max_workers=workers or os.cpu_count(), initializer=_start_worker) as pool:
        for future in as_completed([pool.submit(run, job) for job in work]):
            row = future.result()
            on_row(row)
            rows.append(row)
    return rows


def _start_worker() -> None:
    load_extensions()  # where processes start anew
    gc.freeze()


def without_deviation(contract: Contract) -> list[Requirement]:
    """Requirements that no deviation breaks, beside those that no outside check can see."""
    covered = {name for each in applicable(contract) for name in breaks(each, contract)}
    return [each for each in requirements(contract) if each.untestable is None and each.id not in covered]
