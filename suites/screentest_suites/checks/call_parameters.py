"""Parameters of query and path: their constraints, and their defaults in calls that change nothing."""

from functools import partial
from typing import Any

from screentest_contracts.contract import CallParameter, Operation, Role, StatusClass
from screentest_contracts.location import MISSING
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import ParameterCase, ParameterName, Requirement, kinds
from screentest_contracts.requirements.call_parameters import judged_constraints
from screentest_suites.checks.listed import ids_of, lengthen
from screentest_suites.checks.probes import fresh_task, has_succeeded, misjudged
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import (
    EXTRA_FILE,
    Evidence,
    Finding,
    NotObservedError,
    Skip,
    failed,
    passed,
    skipped,
)
from screentest_suites.requests.call_parameters import ParameterProbe, parameter_probes, with_parameter
from screentest_suites.tasks.download import followed
from screentest_suites.tasks.session import Session

TRIES = 3
"""How often calls are compared whose answers change by themselves."""


@check(kinds.CALL_PARAMETER)
def judge_call_parameter(session: Session, requirement: Requirement[ParameterCase]) -> Finding:
    """Sends each value at and beyond the constraint."""
    role, name = requirement.subject.role, requirement.subject.parameter
    if role in _CHANGING:
        return _judge_changing(session, requirement.subject)
    operation = session.contract.roles[role][0]
    parameter = operation.call_parameter(name)
    probes = [
        each for each in parameter_probes(parameter, requirement.subject.constraint) if _fits(session, name, each)
    ]
    if not probes:
        return skipped(Skip.NOT_OBSERVED, "no request can show it alone")
    task = task_for(session, role)
    if task is None:
        return skipped(Skip.NOT_OBSERVED, "there is no task to ask for")
    if parameter.carries_id:  # only the task's own id is known to be good
        probes = [ParameterProbe(task, True), *(each for each in probes if not each.accept)]
    for probe, exchange in zip(
        probes,
        session.in_parallel(lambda each: ask(session, operation, parameter, task, each.value), probes),
        strict=True,
    ):
        wrong = misjudged(session.contract, role, exchange, probe.label(name), probe.accept)
        if wrong is not None:
            return failed(wrong.seen, wrong.expected, wrong.exchanges)
    return passed(len(probes))


_CHANGING = (Role.CREATE, Role.CANCEL, Role.DELETE)


def _judge_changing(session: Session, case: ParameterCase) -> Finding:
    """As `judge_call_parameter`, of calls that make or end a task: each with one value, as far as the budget goes. Such
    a request without the value has been accepted, so a refusal is for it."""
    try_one = _tried_create if case.role is Role.CREATE else _tried_ending
    judged, unsent = [], []
    for probe in _probes_of(session, case):
        try:
            wrong = try_one(session, case, probe)
        except NotObservedError as not_sent:
            unsent.append(not_sent)
            continue
        if wrong is not None:
            return failed(wrong.seen, wrong.expected, wrong.exchanges)
        judged.append(probe)
    if judged and (case.constraint.side == "accept" or not all(probe.accept for probe in judged)):
        return passed(len(judged))
    if unsent:
        raise unsent[0]
    return skipped(Skip.NOT_OBSERVED, "no request can show it alone")


def _probes_of(session: Session, case: ParameterCase) -> list[ParameterProbe]:
    """What is to be refused first: where that is taken, and paid for, nothing more is sent."""
    operations = session.contract.roles[case.role]
    parameter = next(each for one in operations for each in one.call_parameters if each.name == case.parameter)
    return sorted(parameter_probes(parameter, case.constraint), key=lambda probe: probe.accept)


def _tried_create(session: Session, case: ParameterCase, probe: ParameterProbe) -> Evidence | None:
    """What is wrong with the answer to a create with this value. Raises NotObservedError where none is sent."""
    exchange = _create_with(session, case.parameter, probe)
    return misjudged(session.contract, Role.CREATE, exchange, probe.label(case.parameter), probe.accept)


def _create_with(session: Session, name: str, probe: ParameterProbe) -> Exchange:
    """The answer to an accepted request, but for one value of a parameter. Raises NotObservedError."""
    for model in session.models:
        operation = model.operations[0]
        parameter = next((each for each in operation.call_parameters if each.name == name), None)
        if parameter is None or model.earlier is not None:
            continue
        shared = session.shared(model)
        if isinstance(shared, Trace):
            change = partial(with_parameter, operation=operation, parameter=parameter, value=probe.value)
            return session.create(model, shared.body, valid=probe.accept, once=not probe.accept, change=change)
    raise NotObservedError(Skip.NOT_OBSERVED, "no create was accepted")


def _tried_ending(session: Session, case: ParameterCase, probe: ParameterProbe) -> Evidence | None:
    """What is wrong with the answer to a cancel or a delete of a task of its own with this value, or with what it did.
    Raises NotObservedError where there is no such task."""
    contract, operation = session.contract, session.contract.roles[case.role][0]
    made = _endable(session, case.role)
    answer = ask(session, operation, operation.call_parameter(case.parameter), made.task_id, probe.value)
    wrong = misjudged(contract, case.role, answer, probe.label(case.parameter), probe.accept)
    if probe.accept is (wrong is None):
        return wrong
    after = session.poll(made)
    status = status_in(contract, after)
    gone = judge_call(contract, Role.QUERY, after.status, after.json) is CallOutcome.REFUSED
    if probe.accept:
        _check_endable(session, case.role, made)
    elif case.role is Role.DELETE and wrong is None and gone:
        seen = f"{probe.label(case.parameter)} was refused, and the task is unknown all the same"
        return Evidence(seen, "a task that is kept", (answer, after))
    elif wrong is None and status is not None and status.status_class is StatusClass.CANCELLED:
        seen = f"{probe.label(case.parameter)} was refused, and the task is {status.name} all the same"
        return Evidence(seen, "a task that goes on", (answer, after))
    return wrong


def _endable(session: Session, role: Role) -> Trace:
    """A task that can be cancelled, or deleted. Raises NotObservedError."""
    made, rule = fresh_task(session), session.contract.ending(role)
    if isinstance(made, Finding) or rule is None:
        raise NotObservedError(Skip.NOT_OBSERVED, "no create was accepted")
    if all(each.terminal for each in rule.usual(role)):
        session.follow(made, linger=0)
    session.poll(made)
    _check_endable(session, role, made)
    return made


def _check_endable(session: Session, role: Role, made: Trace) -> None:
    status, rule = status_in(session.contract, made.polls[-1].exchange), session.contract.ending(role)
    if status is None or rule is None or status.status_class not in rule.usual(role):
        told = "no task could be deleted" if role is Role.DELETE else "the task was already beyond cancelling"
        raise NotObservedError(Skip.NOT_OBSERVED, told)


def _fits(session: Session, name: str, probe: ParameterProbe) -> bool:
    """Whether a value says something alone: a page beyond the last need not be there."""
    rule = session.contract.listing
    numbered = rule is not None and rule.page == name
    return not (numbered and probe.accept and probe.value != 1)


def task_for(session: Session, role: Role) -> str | None:
    """The id of a task that a role can be asked for, "" for one that names none; None where there is none. Raises
    NotObservedError for uploads where tasks cost money: nothing is left on a vendor's server for nothing."""
    if role is Role.UPLOAD and session.options.metered:
        raise NotObservedError(Skip.NEEDS_SPEND, EXTRA_FILE)
    if role in (Role.LIST, Role.UPLOAD, Role.CREATE):
        return ""
    if role in (Role.CANCEL, Role.DELETE):
        return _endable(session, role).task_id
    if role is Role.QUERY:
        traces: list[Trace] = session.living_bases()
    else:
        traces = [each for each in session.living_bases() if has_succeeded(session, each)]
    return next((each.task_id for each in traces), None)


def ask(session: Session, operation: Operation, parameter: CallParameter, task: str, value: Any) -> Exchange:
    """A call with this value of a parameter. Raises NotObservedError for a create that is not to be sent."""
    if operation.role is Role.CREATE:
        return _create_with(session, parameter.name, ParameterProbe(value, False))
    if parameter.carries_id and value is not MISSING:
        return _sent(session, operation, session.request(operation, task=str(value)))
    sent = session.request(operation, task=task)
    return _sent(session, operation, with_parameter(sent, operation, parameter, value))


def _sent(session: Session, operation: Operation, sent: Any) -> Exchange:
    exchange = session.send(operation.role, sent)
    return followed(session.target, exchange, ()) if operation.role is Role.CONTENT else exchange


def provoke_invalid(session: Session, role: Role) -> list[Exchange] | Finding:
    """Calls with a parameter that breaks one of its constraints, one for each that can be shown alone; without those
    that carry an id, whose refusals have conditions of their own."""
    operation, task = session.contract.roles[role][0], task_for(session, role)
    if task is None:
        return skipped(Skip.NOT_OBSERVED, "there is no task to ask for")
    answers = []
    for parameter, constraint in judged_constraints(session.contract, operation):
        wrong = next((each for each in parameter_probes(parameter, constraint) if not each.accept), None)
        if wrong is not None and not parameter.carries_id:
            answers.append(ask(session, operation, parameter, task, wrong.value))
    refused = [
        each
        for each in answers
        if judge_call(session.contract, role, each.status, each.json) is not CallOutcome.ACCEPTED
    ]
    return refused or skipped(Skip.NOT_OBSERVED, "no parameter was refused")


@check(kinds.CALL_PARAMETER_DEFAULT)
def judge_call_parameter_default(session: Session, requirement: Requirement[ParameterName]) -> Finding:
    """Asks without the parameter, with its default, and without again: what changes by itself says nothing."""
    role, name = requirement.subject.role, requirement.subject.parameter
    operation, rule = session.contract.roles[role][0], session.contract.listing
    parameter = operation.call_parameter(name)
    default = parameter.schema["default"]
    task = task_for(session, role)
    if task is None:
        return skipped(Skip.NOT_OBSERVED, "there is no task to ask for")
    counts = role is Role.LIST and rule is not None and name == rule.parameter
    if role is Role.LIST:
        lengthen(session, default + 1 if counts and isinstance(default, int) else 2)
    for _ in range(TRIES):
        before, with_it, after = (
            ask(session, operation, parameter, task, each) for each in (MISSING, default, MISSING)
        )
        shown = [_shown(session, role, each) for each in (before, with_it, after)]
        if shown[0] != shown[2]:
            continue
        if shown[0] != shown[1]:
            seen = f"without {name}: {_told(shown[0])}; with {name}={default}: {_told(shown[1])}"
            return failed(seen, "the same answer", (before, with_it, after))
        if role is Role.LIST and len(shown[0]) < (default if counts else 2):
            return skipped(Skip.NOT_OBSERVED, f"{len(shown[0])} tasks are too few to tell")
        return passed()
    return skipped(Skip.NOT_OBSERVED, "the answers change by themselves")


def _shown(session: Session, role: Role, exchange: Exchange) -> Any:
    """What an answer shows: the tasks of a list, else all of it."""
    if role is Role.LIST:
        return ids_of(session, exchange)
    return [exchange.status, exchange.media_type, exchange.body]


def _told(shown: list[Any]) -> str:
    if len(shown) == 3 and isinstance(shown[2], bytes):
        return f"{shown[0]} with {len(shown[2])} bytes of {shown[1]}"
    return f"{len(shown)} tasks, beginning with {shown[0]}" if shown else "no tasks"
