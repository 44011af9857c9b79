"""How long tasks are kept, and how they are cancelled and deleted."""

from screentest_contracts.contract import Role
from screentest_contracts.reading import CallOutcome as CallOutcome
from screentest_contracts.reading import judge_call, status_of
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Trace
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
def judge_cancel(session: Session, requirement: Requirement[None]) -> Finding:
    """A fresh task can be cancelled and then says so.

    Where to cancel a task that has ended is to delete it, one that is gone afterwards may have ended just before we
    asked: then it is tried with further tasks, and only what happens to all of them is the server's doing.
    """
    rule = session.contract.cancel
    ambiguous = session.target.steering is None and rule is not None and bool(rule.deletes)
    for _ in range(CANCELS - 1 if ambiguous else 0):
        finding = _cancel(session)
        if finding.reason != GONE:
            return finding
    return _cancel(session)


def _cancel(session: Session) -> Finding:
    contract, operation = session.contract, session.contract.operation(Role.CANCEL)
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if operation is None or not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    shown = session.poll(made)
    before = status_of(contract, shown.json)
    if before is None or contract.cancel is None or before.status_class not in contract.cancel.classes:
        return skipped(Skip.NOT_OBSERVED, "the task was already beyond cancelling")
    answer = session.send(Role.CANCEL, session.request(operation, task=made.task_id))
    after = session.poll(made)
    if after.error or after.status >= 500:  # another requirement's business
        after = session.poll(made)
    status = status_of(contract, after.json)
    if answer.status not in contract.success[Role.CANCEL].statuses:
        if status is not None and contract.cancel and status.status_class not in contract.cancel.classes:
            return skipped(Skip.NOT_OBSERVED, "the task was already beyond cancelling")
        return failed(f"answered {answer.status}", "cancelled", (made.created, answer, after))
    gap = answer.received_at - shown.sent_at
    if status is None and contract.cancel.deletes and session.may_have_moved_on(gap):
        detail = f"the task was seen {before.name} {gap:.1f} s before: it may have ended, and then it was deleted"
        return skipped(Skip.TOO_LATE, detail)
    if status is None:
        return failed(GONE, "cancelled", (answer, after))
    if status.status_class.value != "cancelled":
        return failed(f"the status is then {status.name}", "cancelled", (answer, after))
    return passed(2)


@check(kinds.CANCEL_DELETES)
def judge_delete(session: Session, requirement: Requirement[None]) -> Finding:
    """A task in a class in which it can be deleted is unknown afterwards."""
    contract, operation = session.contract, session.contract.operation(Role.CANCEL)
    rule, model = contract.cancel, session.any_model()
    made = session.start(model, model.base) if model else None
    if operation is None or rule is None or not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    if all(each.terminal for each in rule.deletes):
        session.follow(made, linger=0)
    before = session.poll(made)
    status = status_of(contract, before.json)
    if status is None or status.status_class not in rule.deletes:
        return skipped(Skip.NOT_OBSERVED, "no task could be deleted")
    answer = session.send(Role.CANCEL, session.request(operation, task=made.task_id))
    if answer.status not in contract.success[Role.CANCEL].statuses:
        later = None if session.target.steering is not None else status_of(contract, session.poll(made).json)
        if later is not None and later.status_class not in rule.deletes:
            return skipped(Skip.NOT_OBSERVED, "no task could be deleted")  # it has gone on meanwhile
        return failed(f"answered {answer.status} for a task that is {status.name}", "deleted", (before, answer))
    after = session.poll(made)
    if judge_call(contract, Role.QUERY, after.status, after.json) is CallOutcome.ACCEPTED:
        return failed(f"it is still shown: {after.status}", "an unknown task", (answer, after))
    return passed(2)
