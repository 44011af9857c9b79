"""One task's life and result, judged by the checks of `screentest check`; and what its answers show."""

import traceback
from collections.abc import Mapping

from screentest_contracts.contract import Contract, Model, Role
from screentest_contracts.reading import matching_reading
from screentest_contracts.requirements import BASICS, Requirement
from screentest_suites.checks import REGISTRY, TRACE_CHECKS
from screentest_suites.checks.registry import Violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import (
    Evidence,
    Finding,
    NotObservedError,
    Result,
    Skip,
    failed,
    passed,
    skipped,
)
from screentest_suites.judging.traces import judge_trace
from screentest_suites.load.promises import ON_RESULTS, RETRY_AFTER, promises
from screentest_suites.tasks.client import retry_after
from screentest_suites.tasks.deadlines import excused
from screentest_suites.tasks.pool import TaskPool
from screentest_suites.tasks.runner import TaskRunner
from screentest_suites.tasks.session import Session

_CREATE = BASICS[1]

_NO_FAULT = ("rate-limited", "unavailable", "insufficient-balance")
"""Conditions of refusals that break no promise, as the document has them."""


class _One(TaskPool):
    """The one task of a session, as the one that all checks share. Makes none."""

    def __init__(self, model: Model, trace: Trace) -> None:
        super().__init__([model])
        self._trace = trace

    def traces(self, runner: TaskRunner) -> list[Trace]:
        return [self._trace]


def life_findings(session: Session, trace: Trace) -> dict[str, Finding]:
    """What a task shows of each promise about its life, its result and its answers, by id. Sends nothing."""
    contract = session.contract
    session.pool = _One(contract.models[trace.model], trace)
    found = {_CREATE: passed(), **answer_findings(session)}
    for requirement in promises(contract):
        if requirement.kind in TRACE_CHECKS:
            found[requirement.id] = _of_trace(session, requirement, trace)
        elif requirement.kind in ON_RESULTS:
            found[requirement.id] = of_check(session, requirement)
    return independent(contract, found)


def _of_trace(session: Session, requirement: Requirement, trace: Trace) -> Finding:
    deadlines = session.deadlines if session.target.steering is None else None
    try:
        judgement, late = judge_trace(session.contract, requirement, trace, deadlines)
    except Exception:  # our bug, never the vendor's fault
        return _our_bug()
    if isinstance(judgement, Violation):
        exchanges = judgement.exchanges or tuple(trace.exchanges)
        evidence = Evidence(judgement.seen, judgement.expected, exchanges)
        return Finding(Result.FAILED, judgement.seen, (evidence,), 1)
    if judgement:
        return passed(judgement)
    return skipped(Skip.TOO_LATE, late) if late else skipped(Skip.NOT_OBSERVED)


def of_check(session: Session, requirement: Requirement) -> Finding:
    """What a check says that has all it needs: it sends nothing."""
    session = session.for_purpose(requirement.id)
    try:
        return excused(REGISTRY[requirement.kind](session, requirement), session.late)
    except NotObservedError as unseen:
        return skipped(unseen.skip, unseen.detail)
    except Exception:  # our bug, never the vendor's fault
        return _our_bug()


def _our_bug() -> Finding:
    return Finding(Result.ERROR, traceback.format_exc(limit=-4))


def independent(contract: Contract, found: Mapping[str, Finding]) -> dict[str, Finding]:
    """Findings without failures that rest on a requirement which failed, too."""
    depends = {each.id: each.depends for each in promises(contract)}
    broken = {name for name, finding in found.items() if finding.result is Result.FAILED}
    resting = {name for name in broken if _rests_on(name, depends, broken)}
    return {name: finding for name, finding in found.items() if name not in resting}


def _rests_on(name: str, depends: Mapping[str, tuple[str, ...]], broken: set[str]) -> bool:
    return any(each in broken or _rests_on(each, depends, broken) for each in depends.get(name, ()))


def answer_findings(session: Session) -> dict[str, Finding]:
    """What the answers of a session that say 429 show."""
    limited = [exchange for _, exchange in session.client.seen if exchange.status == 429 and not exchange.error]
    silent = [exchange for exchange in limited if retry_after(exchange) is None]
    if silent:
        return {RETRY_AFTER: failed("answered 429 without Retry-After", "429 with Retry-After", silent[-1:])}
    return {RETRY_AFTER: passed(len(limited))} if limited else {}


def refused_findings(session: Session, refusal: Exchange) -> dict[str, Finding]:
    """What a create that was not accepted shows, by id."""
    found = answer_findings(session)
    if not is_no_fault(session.contract, Role.CREATE, refusal):
        seen = refusal.error or f"answered {refusal.status}"
        found[_CREATE] = failed(seen, "a valid request is accepted, as it is at rest", [refusal])
    return found


def is_no_fault(contract: Contract, role: Role, answer: Exchange) -> bool:
    """Whether an answer asks for patience, or for money, as the document has it."""
    rows = [row for name in _NO_FAULT for row in contract.errors.get((role, name), ())]
    documented = any(matching_reading(row, answer.status, answer.json) is not None for row in rows)
    return not answer.error and (answer.status == 429 or documented)
