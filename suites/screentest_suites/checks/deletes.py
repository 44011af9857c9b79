"""Tasks that are deleted, by a cancel or by an operation of its own: what a query and a list say of them afterwards."""

from dataclasses import dataclass

from screentest_contracts.contract import CancelRule, Operation, Role, Status
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import OneRole, Requirement, kinds
from screentest_suites.checks.listed import ids_of
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


@dataclass(frozen=True)
class Deleted:
    """A task that was asked to be deleted, with the lists before and after where there are any; `after` is None where
    the delete was refused."""

    made: Trace
    before: Exchange
    status: Status
    answer: Exchange
    after: Exchange | None
    lists: tuple[Exchange, Exchange] | None


@check(kinds.CANCEL_DELETES)
def judge_delete(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """A task in a class in which it can be deleted is unknown afterwards."""
    contract, role = session.contract, requirement.subject.role
    rule, found = contract.ending(role), _deleted(session, role)
    if isinstance(found, Finding) or rule is None:
        return found if isinstance(found, Finding) else skipped(Skip.NOT_OBSERVED)
    if found.after is None:
        later = None if session.target.steering is not None else status_in(contract, session.poll(found.made))
        if later is not None and later.status_class not in rule.sure_deletes:
            return skipped(Skip.NOT_OBSERVED, "no task could be deleted")  # it has gone on meanwhile
        seen = f"answered {found.answer.status} for a task that is {found.status.name}"
        return failed(seen, "deleted", (found.before, found.answer))
    if judge_call(contract, Role.QUERY, found.after.status, found.after.json) is CallOutcome.ACCEPTED:
        return failed(f"it is still shown: {found.after.status}", "an unknown task", (found.answer, found.after))
    return passed(2)


@check(kinds.DELETED_UNKNOWN)
def judge_unknown(session: Session, requirement: Requirement[None]) -> Finding:
    """A query of a deleted task has one of the statuses of a task that nobody knows."""
    found, row = _deleted(session, Role.DELETE), session.contract.error(Role.QUERY, "unknown-task")
    if isinstance(found, Finding) or found.after is None or row is None:
        return found if isinstance(found, Finding) else skipped(Skip.NOT_OBSERVED, "no task could be deleted")
    statuses = tuple(dict.fromkeys(reading.status for reading in row.readings))
    if found.after.status not in statuses:
        seen = found.after.error or f"a query of the deleted task is answered {found.after.status}"
        expected = f"{' or '.join(map(str, statuses))}, as of a task that does not exist"
        return failed(seen, expected, (found.answer, found.after))
    return passed()


@check(kinds.DELETED_UNLISTED)
def judge_unlisted(session: Session, requirement: Requirement[None]) -> Finding:
    """The list that held the task does not hold it any more."""
    found = _deleted(session, Role.DELETE)
    if isinstance(found, Finding) or found.after is None or found.lists is None:
        return found if isinstance(found, Finding) else skipped(Skip.NOT_OBSERVED, "no task could be deleted")
    before, after = found.lists
    if found.made.task_id not in ids_of(session, before):
        return skipped(Skip.NOT_OBSERVED, "the list did not hold the task before")
    if after.status not in session.contract.success[Role.LIST].statuses:
        return skipped(Skip.NOT_OBSERVED, f"the list is then answered {after.error or after.status}")
    if found.made.task_id in ids_of(session, after):
        return failed("the list still holds the deleted task", "a list without it", (found.answer, after))
    return passed()


def _deleted(session: Session, role: Role) -> Deleted | Finding:
    """A task of its own, asked to be deleted as soon as it can be; made once."""
    kept: dict[Role, Deleted | Finding] = session.memory.setdefault("deleted", {})
    if role not in kept:
        operation, rule = session.contract.operation(role), session.contract.ending(role)
        if operation is None or rule is None:
            return skipped(Skip.NOT_OBSERVED)
        kept[role] = _delete(session, operation, rule)
    return kept[role]


def _delete(session: Session, operation: Operation, rule: CancelRule) -> Deleted | Finding:
    model = session.any_model()
    made = session.start(model, model.base) if model else None
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    if all(each.terminal for each in rule.sure_deletes):
        session.follow(made, linger=0)
    lists = operation.role is Role.DELETE and session.contract.listing is not None
    first = _list_of(session, made) if lists else None
    before = session.poll(made)
    status = status_in(session.contract, before)
    if status is None or status.status_class not in rule.sure_deletes:
        return skipped(Skip.NOT_OBSERVED, "no task could be deleted")
    answer = session.send(operation.role, session.request(operation, task=made.task_id))
    if answer.status not in session.contract.success[operation.role].statuses:
        return Deleted(made, before, status, answer, None, None)
    after = session.poll(made)
    return Deleted(made, before, status, answer, after, None if first is None else (first, _list_of(session, made)))


def _list_of(session: Session, made: Trace) -> Exchange:
    """The longest list that may hold a task."""
    operation, rule = session.contract.roles[Role.LIST][0], session.contract.listing
    query = rule.longest if rule is not None else ""
    return session.send(Role.LIST, session.request(operation, query=query, task=made.task_id))
