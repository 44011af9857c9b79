"""Whether the operations of a contract are there at all, by what a path answers that nobody knows."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace

from screentest_contracts.contract import RESOURCES, Operation, Role
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import OperationName, Requirement, kinds
from screentest_suites.checks.batches import asked
from screentest_suites.checks.errors import shape_problem
from screentest_suites.checks.listed import first_list
from screentest_suites.checks.probes import NOBODY_KNOWS, elsewhere, fresh_task, has_succeeded, probe
from screentest_suites.checks.provoke_files import any_file
from screentest_suites.checks.registry import check
from screentest_suites.checks.resources import read_once
from screentest_suites.checks.stream import streamed
from screentest_suites.checks.uploads import shown_file, uploaded_file
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, NotObservedError, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

_OF_PATHS = ("unknown-path", "wrong-method")
"""Conditions that say just that."""


def is_missing(session: Session, role: Role, exchange: Exchange) -> bool:
    """Whether an answer says that nobody knows the operation: in no shape that the document has for this role."""
    contract = session.contract
    if exchange.error or exchange.status not in NOBODY_KNOWS:
        return False
    if judge_call(contract, role, exchange.status, exchange.json) is CallOutcome.ACCEPTED:
        return False
    rows = [row for row in contract.error_rows() if role in row.roles and row.condition not in _OF_PATHS]
    return not any(
        reading.status == exchange.status and reading.body is not None and shape_problem(reading, exchange) is None
        for row in rows
        for reading in row.readings
    )


@check(kinds.OPERATION_THERE)
def judge_there(session: Session, requirement: Requirement[OperationName]) -> Finding:
    """The operation answers as itself, well or badly."""
    operation = session.contract.operations[requirement.subject.operation]
    answers = _ANSWERS[operation.role](session, operation)
    if isinstance(answers, Finding):
        return answers
    if not answers:
        return skipped(Skip.NOT_OBSERVED)
    answered = [each for each in answers if not is_missing(session, operation.role, each)]
    if answered and not _are_nowhere(session, operation, answers):
        return passed(len(answered))
    if not answered and _knows_strangers(session, operation):
        return passed()
    seen = f"{operation.method} {operation.path} is not there: answered {answers[0].status}"
    return failed(seen + elsewhere(session), "an answer that the document has for it", answers[:1])


def _knows_strangers(session: Session, operation: Operation) -> bool:
    """Whether a task that does not exist is refused as documented: then somebody answers for the operation."""
    if not operation.role.names_task:
        return False
    return not is_missing(session, operation.role, probe(session, operation, session.unknown_id()))


def _are_nowhere(session: Session, operation: Operation, answers: list[Exchange]) -> bool:
    """Whether all answers, although in a documented shape, are those of a path that nobody can know."""
    if any(each.error or each.status not in NOBODY_KNOWS for each in answers):
        return False
    sent = replace(answers[0].sent, url=f"{session.target.base_url}/no-such-path-0000", body=None, operation="")
    nowhere = session.send(Role.QUERY, sent)
    return all((each.status, each.body) == (nowhere.status, nowhere.body) for each in answers)


def _creates(session: Session, operation: Operation) -> list[Exchange] | Finding:
    """The answers to minimal requests, of all models where none is accepted."""
    session.any_model()
    made = []
    for model in session.models:
        if operation in model.operations:
            with suppress(NotObservedError) if model.earlier is not None else nullcontext():
                made.append(session.shared(model))
    return [each.created if isinstance(each, Trace) else each for each in made]


def _queries(session: Session, operation: Operation) -> list[Exchange] | Finding:
    lives = session.ensure_base_tasks()
    return [poll.exchange for trace in lives for poll in trace.polls if poll.operation == operation.id]


def _lists(session: Session, operation: Operation) -> list[Exchange] | Finding:
    return [first_list(session)]


def _results(session: Session, operation: Operation) -> list[Exchange] | Finding:
    """What was answered about tasks that have succeeded, else about one more time such a task."""
    done = [trace for trace in session.living_bases() if has_succeeded(session, trace)]
    if not done:
        return skipped(Skip.NOT_OBSERVED, "no task succeeded")
    known = [
        each.shown_by for each in session.records.delivered.values() if each.shown_by.sent.operation == operation.id
    ]
    return known[:1] or [probe(session, operation, done[0].task_id)]


def _cancels(session: Session, operation: Operation) -> list[Exchange] | Finding:
    """The answer about a task of its own. Where tasks cost money, an answer to nobody's id that leaves no doubt."""
    if session.options.metered:
        answer = probe(session, operation, session.unknown_id())
        if is_missing(session, operation.role, answer) and answer.status != 404:
            return [answer]
        session.client.refuse_extra_tasks()
    made = fresh_task(session)
    if isinstance(made, Finding):
        return made
    session.poll(made)  # until it is known
    answer = probe(session, operation, made.task_id)
    rule, status = session.contract.ending(operation.role), status_in(session.contract, made.polls[-1].exchange)
    unsaid = rule is not None and status is not None and status.status_class not in rule.possible
    if unsaid and not is_missing(session, operation.role, answer) and _are_nowhere(session, operation, [answer]):
        return skipped(
            Skip.NOT_OBSERVED, f"the task had ended, and nothing says what a {operation.role} is answered then"
        )
    return [answer]


def _batches(session: Session, operation: Operation) -> list[Exchange] | Finding:
    made = asked(session)
    return made if isinstance(made, Finding) else [made.exchange]


def _uploads(session: Session, operation: Operation) -> list[Exchange] | Finding:
    return [uploaded_file(session).answer]


def _files(session: Session, operation: Operation) -> list[Exchange] | Finding:
    """The answer about the uploaded file, else about one that nobody has: that, too, tells whether somebody answers."""
    with suppress(NotObservedError):
        return [shown_file(session)]
    return [session.send(Role.FILE, session.request(operation, task=any_file(session)))]


def _resources(session: Session, operation: Operation) -> list[Exchange] | Finding:
    return [read_once(session, operation.role)]


def _streams(session: Session, operation: Operation) -> list[Exchange] | Finding:
    made = streamed(session)
    return made if isinstance(made, Finding) else [each.exchange for each in made]


_ANSWERS: dict[Role, Callable[[Session, Operation], list[Exchange] | Finding]] = {
    Role.CREATE: _creates,
    Role.QUERY: _queries,
    Role.LIST: _lists,
    Role.RESULT: _results,
    Role.CONTENT: _results,
    Role.BATCH: _batches,
    Role.CANCEL: _cancels,
    Role.DELETE: _cancels,
    Role.STREAM: _streams,
    Role.UPLOAD: _uploads,
    Role.FILE: _files,
    **dict.fromkeys(RESOURCES, _resources),
}
