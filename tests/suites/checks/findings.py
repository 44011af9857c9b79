"""What the tests of checks read from a finding, and the commonest way to spoil a run."""

from typing import Any

from screentest_contracts import Contract
from screentest_contracts.requirements import requirements
from screentest_suites.checks.registry import TRACE_CHECKS, Violation
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Finding, Result


def failure(finding: Finding) -> tuple[str, str, list[int]]:
    """What a failed finding saw, what it expected, and the statuses of the exchanges it shows."""
    assert finding.result is Result.FAILED, finding
    (evidence,) = finding.evidence
    assert evidence.seen == finding.reason
    return finding.reason, evidence.expected, [each.status for each in evidence.exchanges]


def passed(finding: Finding) -> int:
    """How many observations held."""
    assert finding.result is Result.PASSED, finding
    return finding.judged


def refused(tools: Any, first: int = 1, **when: Any) -> Any:
    """Creates are refused, from the `first` on."""
    return tools.on("make", first=first, **when, status=422, body={"error": {"code": "bad"}})


def said(contract: Contract, name: str, trace: Trace) -> str | int:
    """What a trace check saw that is wrong, or how much it judged."""
    requirement = next(each for each in requirements(contract) if each.id == name)
    judgement = TRACE_CHECKS[requirement.kind](contract, requirement, trace)
    return judgement.seen if isinstance(judgement, Violation) else judgement
