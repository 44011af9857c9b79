"""What a key that is restricted to some models may do with its own task."""

from screentest_contracts.contract import Role
from screentest_contracts.location import MISSING
from screentest_contracts.reading import CallOutcome, judge_call, task_id
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.registry import check
from screentest_suites.core.credential import AccountKey
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

_KEY = AccountKey("restricted")


@check(kinds.RESTRICTED_OWNS)
def judge_own_task(session: Session, requirement: Requirement[None]) -> Finding:
    """The key that has made a task can ask for it, to its end and for its bytes."""
    if "restricted" not in session.target.keys:
        return skipped(Skip.NEEDS_SECOND_KEY, "of the restricted account")
    made = _made(session)
    if made is None:
        return skipped(Skip.NOT_OBSERVED, "the restricted key may use no model")
    identity = task_id(session.contract, made.json) or ""
    deadline, judged = session.target.now() + session.client.pace.timeout, 0
    session.target.sleep(session.contract.polling.grace)
    while session.target.now() < deadline:
        answer = _ask(session, Role.QUERY, identity)
        if judge_call(session.contract, Role.QUERY, answer.status, answer.json) is CallOutcome.REFUSED:
            return failed(f"its own task is answered {answer.status}", "the task", (made, answer))
        judged += 1
        status = status_in(session.contract, answer)
        if status is not None and status.status_class.terminal:
            break
        session.target.sleep(session.client.pace.interval)
    operation = session.contract.operation(Role.CONTENT)
    if operation is None or operation.shown_id is not None or not _succeeded(session, answer):
        return passed(judged)
    bytes_ = _ask(session, Role.CONTENT, identity)
    if bytes_.status in (401, 403, 404):
        return failed(f"the bytes of its own task are answered {bytes_.status}", "the bytes", (made, answer, bytes_))
    return passed(judged + 1)


def _made(session: Session) -> Exchange | None:
    for model in session.models:
        exchange = session.create(model, model.base, credential=_KEY)
        if session.accepted(exchange):
            return exchange
    return None


def _ask(session: Session, role: Role, identity: str) -> Exchange:
    operation = session.contract.roles[role][0]
    return session.send(role, session.request(operation, task=identity, credential=_KEY))


def _succeeded(session: Session, answer: Exchange) -> bool:
    status = status_in(session.contract, answer)
    return answer.json is not MISSING and status is not None and status.status_class == "succeeded"
