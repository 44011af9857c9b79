"""Brings about the conditions that a task is in: unknown, not ready, failed, expired, beyond cancelling."""

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import ErrorCase
from screentest_suites.checks.links import await_end_of_link
from screentest_suites.checks.probes import Provoked, fresh_task, has_succeeded, operations_of, probe, until_known
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, skipped
from screentest_suites.tasks.download import followed
from screentest_suites.tasks.session import Session

TRIES = 3
"""Tasks that are tried where one that has just ended would be deleted: what one shows may be our own delay."""


def unknown(session: Session, case: ErrorCase) -> Provoked:
    return [probe(session, operation, session.unknown_id()) for operation in operations_of(session, case.role)]


def malformed(session: Session, case: ErrorCase) -> Provoked:
    return [probe(session, operation, "not-a-task-id") for operation in operations_of(session, case.role)]


def not_ready(session: Session, case: ErrorCase) -> Provoked:
    made = fresh_task(session)
    if isinstance(made, Finding):
        return made
    if session.contract.polling.grace:
        session.poll(made)  # until it is known
    answers = [probe(session, operation, made.task_id) for operation in operations_of(session, case.role)]
    session.poll(made)
    if made.ended:
        return skipped(Skip.NOT_OBSERVED, "the task had already ended")
    return answers


def failed_task(session: Session, case: ErrorCase) -> Provoked:
    if session.target.steering is None:
        ended = [trace for trace in session.traces() if _failed(session, trace)]
        if not ended:
            return skipped(Skip.NOT_OBSERVED, "no task failed")
        return [probe(session, each, ended[0].task_id) for each in operations_of(session, case.role)]
    made = fresh_task(session, "failure")
    if isinstance(made, Finding):
        return made
    session.follow(made, linger=0)
    if not made.ended:
        return skipped(Skip.NOT_OBSERVED, "no task was seen to fail")
    return [probe(session, operation, made.task_id) for operation in operations_of(session, case.role)]


def _failed(session: Session, trace: Trace) -> bool:
    status = status_in(session.contract, trace.polls[-1].exchange) if trace.polls else None
    if trace in session.records.refused:
        return True
    return status is not None and status.status_class is StatusClass.FAILED


def expired(session: Session, case: ErrorCase) -> Provoked:
    rule = session.contract.retention
    if session.target.steering is None or rule is None:
        return skipped(Skip.NEEDS_CLOCK)
    made = fresh_task(session)
    if isinstance(made, Finding):
        return made
    until_known(session, made, case.role)
    session.target.sleep(rule.task + session.client.pace.timeout + 60)
    return [probe(session, operation, made.task_id) for operation in operations_of(session, case.role)]


def link_expired(session: Session, case: ErrorCase) -> Provoked:
    life = session.contract.link.longest
    if session.target.steering is None or session.contract.link.life is None:
        return skipped(Skip.NEEDS_CLOCK)
    rule = session.contract.retention
    if rule is not None and life is not None and rule.task <= life:
        return skipped(Skip.NOT_OBSERVED, "the task is gone before its link is")
    made = fresh_task(session)
    if isinstance(made, Finding):
        return made
    until_known(session, made, case.role)
    if life is not None:
        session.target.sleep(life + session.client.pace.timeout + 60)
    else:
        session.follow(made, linger=0)
        if not (has_succeeded(session, made) and await_end_of_link(session, made)):
            return skipped(Skip.NOT_OBSERVED, "the address has not ended")
    return [probe(session, operation, made.task_id) for operation in operations_of(session, case.role)]


def bad_range(session: Session, case: ErrorCase) -> Provoked:
    for trace in session.living_bases():
        if has_succeeded(session, trace):
            beyond = (("range", "bytes=99999999999-"),)
            operations = operations_of(session, case.role)
            answers = [probe(session, each, trace.task_id, headers=beyond) for each in operations]
            return [followed(session.target, answer, beyond) for answer in answers]
    return skipped(Skip.NOT_OBSERVED, "no task succeeded")


def not_endable(session: Session, case: ErrorCase) -> Provoked:
    """A cancel or a delete of a task in a status in which it does nothing."""
    rule = session.contract.ending(case.role)
    if rule is None:
        return skipped(Skip.NOT_OBSERVED)
    possible = rule.possible
    for trace in session.living_bases():
        status = status_in(session.contract, trace.polls[-1].exchange) if trace.ended else None
        if status is not None and status.status_class not in possible:
            ended = [probe(session, operation, trace.task_id) for operation in operations_of(session, case.role)]
            return ended + _while_running(session, case, possible)
    ambiguous = session.target.steering is None and bool(rule.deletes)
    for _ in range(TRIES - 1 if ambiguous else 0):
        answers = _cancel_too_late(session, case, possible)
        if isinstance(answers, Finding) or not any(_accepts(session, case.role, answer) for answer in answers):
            return answers
    return _cancel_too_late(session, case, possible)


def _while_running(session: Session, case: ErrorCase, possible: frozenset[StatusClass]) -> list[Exchange]:
    """Cancels of a task that runs, where only those that wait can be cancelled and tasks cost nothing."""
    words = (status.status_class for status in session.contract.lifecycle.statuses.values())
    if session.options.metered or all(each in possible for each in words if not each.terminal):
        return []
    answers = _cancel_too_late(session, case, possible)
    return [] if isinstance(answers, Finding) else list(answers)


def _accepts(session: Session, role: Role, answer: Exchange) -> bool:
    return judge_call(session.contract, role, answer.status, answer.json) is CallOutcome.ACCEPTED


def _cancel_too_late(session: Session, case: ErrorCase, possible: frozenset[StatusClass]) -> Provoked:
    """Cancels a fresh task as soon as it is seen beyond cancelling."""
    made = fresh_task(session)
    if isinstance(made, Finding):
        return made
    deadline = session.target.now() + session.client.pace.timeout
    while not made.ended and session.target.now() < deadline:  # until it has come to where it cannot be cancelled
        shown = session.poll(made)
        status = status_in(session.contract, shown)
        if status is not None and status.status_class not in possible:
            answers = [probe(session, operation, made.task_id) for operation in operations_of(session, case.role)]
            gap = max(answer.received_at for answer in answers) - shown.sent_at
            if session.may_have_moved_on(gap) and not made.ended:
                detail = f"the task was seen {status.name} {gap:.1f} s before, and may have gone on"
                return skipped(Skip.TOO_LATE, detail)
            return answers
        session.target.sleep(session.client.pace.interval)
    return skipped(Skip.NOT_OBSERVED, "no task was seen beyond cancelling")
