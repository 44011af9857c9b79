"""A small part of the selfcheck, for mutants of one module of checks: deviations that only its requirements name.

`python -m tests.mutation.matrix MODULE[,MODULE...] [MOST]`: exit status 1 when a deviation is missed, a good mock or a
legal variation is blamed, or a check breaks or says otherwise than in the first run, which is of unbroken code. At most
MOST deviations and half as many variations per provider, evenly spread.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import screentest_suites.checks  # noqa: F401 - registers them
from screentest_contracts import built_in, load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours import variations
from screentest_mockserver.behaviours.deviations import applicable, breaks
from screentest_suites.checks.registry import REGISTRY, TRACE_CHECKS
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.judging.selfcheck import Job, run
from screentest_suites.targets.embedded import EmbeddedTarget

T = TypeVar("T")
EXAMPLES = 5
SLOW = 10
"""A provider with that many models is only asked what the others cannot show."""


def evenly(items: Sequence[T], most: int) -> list[T]:
    step = max(len(items) / most, 1.0)
    return [items[int(index * step)] for index in range(min(most, len(items)))]


def broken(modules: list[str], most: int) -> str | None:
    """What the suites get wrong, or None."""
    names = {f"screentest_suites.checks.{module}" for module in modules}
    kinds = {kind for kind, check in {**REGISTRY, **TRACE_CHECKS}.items() if check.__module__ in names}
    said: dict[str, str] = {}
    shared: set[str] = set()
    contracts = [load_contract(name) for name in built_in()]
    for contract in sorted(contracts, key=lambda each: len(each.models)):  # the quickest first
        provider = contract.name
        here = {each.name for each in applicable(contract)}
        quick = len(contract.models) < SLOW
        if not quick and here <= shared:
            continue
        ids = {each.id for each in requirements(contract) if each.kind in kinds}
        for verdict in Judge(contract, EmbeddedTarget(contract), Options(examples=EXAMPLES)).verdicts():
            if verdict.result in (Result.FAILED, Result.ERROR):
                return f"{provider} {verdict.requirement.id}: {verdict.finding.reason}"
            said[f"{provider}:{verdict.requirement.id}"] = str(verdict.result)
        named = [each.name for each in applicable(contract) if ids & set(breaks(each, contract))]
        works = [Job(provider, "deviation", name) for name in evenly(named if quick else [*{*named} - shared], most)]
        if quick:
            legal = evenly(variations.applicable(contract), most // 2)
            works += [Job(provider, "variation", each.name) for each in legal]
        shared |= here
        for work in works:
            row = run(work, EXAMPLES)
            if not row.good:
                return str(row)
    usual = Path(f"matrix-{'-'.join(modules)}.json")
    if not usual.exists():  # the first run is that of the unbroken code
        usual.write_text(json.dumps(said))
    return None if said == json.loads(usual.read_text()) else "other verdicts on the good mock than usual"


def main() -> None:
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    said = broken(sys.argv[1].split(","), most)
    print(said or "nothing wrong")
    sys.exit(1 if said else 0)


if __name__ == "__main__":
    main()
