"""One verdict for each requirement of clients, from what was seen in all situations."""

from collections.abc import Sequence

import screentest_suites.clients.checks  # noqa: F401 - registers the checks
from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Requirement, client_kinds, client_requirements
from screentest_suites.clients.registry import judge
from screentest_suites.clients.seen import ClientRun
from screentest_suites.core.verdicts import Finding, Result, Skip, Verdict, skipped

BASIC = "client.end.video"
"""Without which nothing is said of how a client ends in other situations: one that never works always fails."""

_REST_ON_IT = {
    kind.name
    for kind in (
        client_kinds.HAS_VIDEO,
        client_kinds.HAS_NONE,
        client_kinds.HONEST,
        client_kinds.SAYS_WHY,
        client_kinds.CALLBACK_SAFE,
    )
}


def judge_client(contract: Contract, runs: Sequence[ClientRun]) -> list[Verdict]:
    """The verdicts on a client, group by group."""
    found: list[Verdict] = []
    basic = _basic(contract, runs)
    for requirement in client_requirements(contract):
        finding = judge(contract, requirement, runs)
        if _blocked(requirement, finding, basic):
            finding = skipped(Skip.BLOCKED, BASIC)
        found.append(Verdict(requirement, contract.name, finding))
    return found


def _basic(contract: Contract, runs: Sequence[ClientRun]) -> Finding | None:
    """How the basic requirement came out; None where its situation was not tried."""
    if not any(run.situation == "success" and run.ended is not None for run in runs):
        return None
    basic = next(each for each in client_requirements(contract) if each.id == BASIC)
    return judge(contract, basic, runs)


def _blocked(requirement: Requirement, finding: Finding, basic: Finding | None) -> bool:
    return (
        basic is not None
        and basic.result is not Result.PASSED
        and requirement.id != BASIC
        and requirement.kind in _REST_ON_IT
        and finding.result is not Result.SKIPPED
    )
