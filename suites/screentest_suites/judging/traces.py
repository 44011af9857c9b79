"""One trace check on one task's life, without what was asked too late."""

from screentest_contracts.contract import Contract
from screentest_contracts.requirements import Requirement
from screentest_suites.checks import TRACE_CHECKS
from screentest_suites.checks.registry import Judgement, Violation
from screentest_suites.core.exchange import Trace
from screentest_suites.tasks.deadlines import Deadlines


def judge_trace(
    contract: Contract, requirement: Requirement, trace: Trace, deadlines: Deadlines | None
) -> tuple[Judgement, str]:
    """What a trace says about a requirement of a trace check, and why some of it was left out. `deadlines`: the lives
    that the contract documents where time is real; None where nothing can be late."""
    check = TRACE_CHECKS[requirement.kind]
    judgement = check(contract, requirement, trace)
    if not isinstance(judgement, Violation) or deadlines is None:
        return judgement, ""
    known, late = deadlines.in_time(trace)
    return check(contract, requirement, known), late
