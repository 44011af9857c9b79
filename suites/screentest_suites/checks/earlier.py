"""Creates that go on from an earlier task: what becomes of that, and how those are refused that name a wrong one."""

from collections.abc import Callable

import orjson

from screentest_contracts.contract import Model, Role, StatusClass
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import ErrorCase, ModelNames, Requirement, kinds
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.probes import Provoked, fresh_task, probe
from screentest_suites.checks.registry import check
from screentest_suites.core.credential import GOOD, SECOND, AccountKey
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.requests.bodies import form_of
from screentest_suites.requests.earlier import as_member, earlier_id
from screentest_suites.tasks.session import Session


@check(kinds.EARLIER_KEPT)
def judge_kept(session: Session, requirement: Requirement[ModelNames]) -> Finding:
    """The earlier task is still there, as it ended, and is not the task that was made of it."""
    judged = 0
    for model in session.models:
        made = session.shared(model) if model.name in requirement.subject.names else None
        before = earlier_id(model, made.created.sent) if isinstance(made, Trace) else None
        if not isinstance(made, Trace) or before is None:
            continue
        if made.task_id == before:
            return failed(f"{model.name}: the create handed out {before!r} again", "another task", (made.created,))
        answer = _asked_again(session, model, before)
        if answer is None:
            continue
        status = status_in(session.contract, answer)
        classes = model.earlier.classes if model.earlier is not None else ()
        outcome = judge_call(session.contract, Role.QUERY, answer.status, answer.json)
        if outcome is CallOutcome.BROKEN or (outcome is CallOutcome.ACCEPTED and status is None):
            continue  # which tells nothing of the task
        if status is None or status.status_class not in classes:
            shown = f"answered {answer.status}" if status is None else status.name
            return failed(f"{model.name}: the earlier task is now {shown}", "as it ended", (made.created, answer))
        judged += 1
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no create went on from an earlier task")


def _asked_again(session: Session, model: Model, before: str) -> Exchange | None:
    """What a query says of the earlier task now; None where it may have expired. Where time is virtual and has run on,
    a new create goes on from a new task."""
    if session.target.steering is not None and session.client.earlier is not None:
        before = session.client.earlier.task_of(model).task_id
        session.create(model, model.base)
    operation = session.contract.roles[Role.QUERY][0]
    answer = session.send(Role.QUERY, session.request(operation, task=before))
    return None if session.late([answer]) else answer


# -- refusals -----------------------------------------------------------------------------------------------------


def provoke(session: Session, case: ErrorCase) -> Provoked:
    """Names an earlier task from which no create can go on."""
    models = [each for each in session.models if each.earlier is not None and session.accepts_base_request(each)]
    if not models:
        return skipped(Skip.NOT_OBSERVED, "no create went on from an earlier task")
    return _PROVOKE[case.row.condition](session, models[0])


def _naming(session: Session, model: Model, identity: str, credential: AccountKey = GOOD) -> SentRequest:
    """A model's minimal request on this very task."""
    rule, operation = model.earlier, model.operations[0]
    if rule is None or rule.at is None:
        return session.request(operation, body=model.base, task=identity, credential=credential)
    body = replaced(model.base, segments(rule.at.pointers[0]), as_member(rule, identity))
    if not operation.form_only:
        return session.request(operation, raw=orjson.dumps(body), credential=credential)
    media, content = form_of(body, model.schema)
    return session.request(operation, raw=content, headers=[("content-type", media)], credential=credential)


def _unknown(session: Session, model: Model) -> Provoked:
    return [session.send(Role.CREATE, _naming(session, model, session.unknown_id()))]


def _malformed(session: Session, model: Model) -> Provoked:
    return [session.send(Role.CREATE, _naming(session, model, "not-a-task-id"))]


def _foreign(session: Session, model: Model) -> Provoked:
    if (missing := unusable(session, "second")) is not None:
        return missing
    if session.client.earlier is None:
        return skipped(Skip.NOT_OBSERVED)
    session.client.earlier.task_of(model)  # whose id the client fills in: none that a rehearsal had is ever sent
    return [probe(session, model.operations[0], "", body=model.base, credential=SECOND)]


def _expired(session: Session, model: Model) -> Provoked:
    rule = session.contract.retention
    if session.target.steering is None or rule is None or session.client.earlier is None:
        return skipped(Skip.NEEDS_CLOCK)
    task = session.client.earlier.task_of(model)
    session.target.sleep(rule.task + session.client.pace.timeout + 60)
    return [session.send(Role.CREATE, _naming(session, model, task.task_id))]


def _not_ready(session: Session, model: Model) -> Provoked:
    made = _first(session, model, "")
    if isinstance(made, Finding):
        return made
    if session.contract.polling.grace:
        session.poll(made)  # until it is known
    answers = [session.send(Role.CREATE, _naming(session, model, made.task_id))]
    session.poll(made)
    return skipped(Skip.NOT_OBSERVED, "the task had already ended") if made.ended else answers


def _failed(session: Session, model: Model) -> Provoked:
    made = _first(session, model, "failure")
    if isinstance(made, Finding):
        return made
    session.follow(made, linger=0)
    status = status_in(session.contract, made.polls[-1].exchange)
    if status is None or status.status_class is not StatusClass.FAILED:
        return skipped(Skip.NOT_OBSERVED, "no task was seen to fail")
    return [session.send(Role.CREATE, _naming(session, model, made.task_id))]


def _first(session: Session, model: Model, scenario: str) -> Trace | Finding:
    """A new task of a model from whose tasks creates of `model` go on."""
    names = model.earlier.models if model.earlier is not None else ()
    for each in (session.contract.models[name] for name in names):
        if each.earlier is None and session.accepts_base_request(each):
            return fresh_task(session, scenario, each)
    return skipped(Skip.NOT_OBSERVED)


_PROVOKE: dict[str, Callable[[Session, Model], Provoked]] = {
    "unknown-task": _unknown,
    "malformed-id": _malformed,
    "foreign-task": _foreign,
    "expired-task": _expired,
    "not-ready": _not_ready,
    "failed-task": _failed,
}
