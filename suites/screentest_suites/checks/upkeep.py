"""How long tasks are kept, and how they are cancelled."""

from screentest_contracts.contract import Role
from screentest_contracts.requirements import OneRole, Requirement, kinds
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


@check(kinds.RETENTION)
def judge_retention(session: Session, requirement: Requirement[None]) -> Finding:
    """A task can still be queried just before its time is up."""
    rule = session.contract.retention
    if session.target.steering is None or rule is None:
        return skipped(Skip.NEEDS_CLOCK)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    session.target.sleep(rule.task - 5)
    exchange = session.poll(made)
    if not session.contract.success[Role.QUERY].holds(exchange.status, exchange.json):
        seen = f"answered {exchange.status} after {rule.task - 5:g} s"
        return failed(seen, f"the task, for {rule.task:g} s", (made.created, exchange))
    return passed()


CANCELS = 3
"""Tasks that are cancelled where one that is gone afterwards proves little."""
GONE = "the status is then None"


@check(kinds.CANCEL_WORKS)
def judge_cancel(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """A fresh task can be cancelled and then says so.

    Where to cancel a task that has ended is to delete it, one that is gone afterwards may have ended just before we
    asked: then it is tried with further tasks, and only what happens to all of them is the server's doing.
    """
    role = requirement.subject.role
    rule = session.contract.ending(role)
    ambiguous = session.target.steering is None and rule is not None and bool(rule.deletes)
    for _ in range(CANCELS - 1 if ambiguous else 0):
        finding = _cancel(session, role)
        if finding.reason != GONE:
            return finding
    return _cancel(session, role)


def _cancel(session: Session, role: Role) -> Finding:
    contract, operation, rule = session.contract, session.contract.operation(role), session.contract.ending(role)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if operation is None or not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    shown = session.poll(made)
    before = status_in(contract, shown)
    if before is None or rule is None or before.status_class not in rule.sure_cancels:
        return skipped(Skip.NOT_OBSERVED, "the task was already beyond cancelling")
    answer = session.send(role, session.request(operation, task=made.task_id))
    after = session.poll(made)
    if after.error or after.status >= 500:  # another requirement's business
        after = session.poll(made)
    status = status_in(contract, after)
    if answer.status not in contract.success[role].statuses:
        if status is not None and status.status_class not in rule.sure_cancels:
            return skipped(Skip.NOT_OBSERVED, "the task was already beyond cancelling")
        return failed(f"answered {answer.status}", "cancelled", (made.created, answer, after))
    gap = answer.received_at - shown.sent_at
    if status is None and rule.deletes and session.may_have_moved_on(gap):
        detail = f"the task was seen {before.name} {gap:.1f} s before: it may have ended, and then it was deleted"
        return skipped(Skip.TOO_LATE, detail)
    if status is None:
        return failed(GONE, "cancelled", (answer, after))
    if status.status_class.value != "cancelled":
        return failed(f"the status is then {status.name}", "cancelled", (answer, after))
    return passed(2)
