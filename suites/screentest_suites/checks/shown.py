"""What answers show beside what they must: values of headers, addresses, and whether optional members come at all."""

from urllib.parse import unquote

from screentest_contracts.contract import Body, Contract, Role
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.reading import CallOutcome, bodies_of, judge_call
from screentest_contracts.requirements import (
    OperationAddress,
    Requirement,
    RoleHeader,
    ShownMembers,
    due_members,
    kinds,
)
from screentest_contracts.template import header_problem
from screentest_suites.checks.links import working_download
from screentest_suites.checks.polls import canonical, good_polls, profile_of, status_at
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.core.addresses import normal_path
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.download import fetch
from screentest_suites.tasks.session import Session


@check(kinds.RESPONSE_HEADER)
def judge_response_header(session: Session, requirement: Requirement[RoleHeader]) -> Finding:
    """Every accepted call of the role has the header."""
    role, name = requirement.subject.role, requirement.subject.header
    answers = _accepted(session, role)
    for exchange in answers:
        if not exchange.header(name):
            return failed(f"no header {name}", f"{name} in every answer", (exchange,))
    return passed(len(answers)) if answers else skipped(Skip.NOT_OBSERVED)


@check(kinds.HEADER_VALUE)
def judge_header_value(session: Session, requirement: Requirement[RoleHeader]) -> Finding:
    """A header of accepted calls has a value like the documented one, wherever it is there."""
    role, name = requirement.subject.role, requirement.subject.header
    make = next(each.make for each in session.contract.headers if each.name == name and role in each.roles)
    judged = 0
    for exchange in _accepted(session, role):
        value = exchange.header(name)
        expected = header_problem(name, make, value) if value else None
        judged += bool(value)
        if expected is not None:
            return failed(f"the header {name} is {value!r}", f"like {expected!r}", (exchange,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)


def _accepted(session: Session, role: Role) -> list[Exchange]:
    """The accepted calls of a role so far; of lists and downloads one is made."""
    if role is Role.LIST:
        session.send(role, session.request(session.contract.roles[role][0]))
    session.traces()
    found = [
        exchange
        for seen, exchange in session.client.seen.copy()
        if seen is role and judge_call(session.contract, role, exchange.status, exchange.json) is CallOutcome.ACCEPTED
    ]
    return [*found, *downloaded(session)] if role is Role.CONTENT else found


def downloaded(session: Session) -> list[Exchange]:
    """A download by the content operation, where some task has succeeded."""
    found, operation = working_download(session), session.contract.operation(Role.CONTENT)
    if found is None or operation is None or operation.shown_id is not None:
        return []
    url = session.request(operation, task=found[0].trace.task_id, credential=NO_KEY).url
    file = fetch(session.contract, session.target, url)
    return [file] if file.status in (200, 206) else []


@trace_check(kinds.QUERY_ADDRESS)
def judge_query_address(contract: Contract, requirement: Requirement[OperationAddress], trace: Trace) -> Judgement:
    """An address that queries hand out is that of the receipt, or the operation's own for this task."""
    pointer, name = requirement.subject.pointer, requirement.subject.operation
    pattern, judged = contract.operations[name].pattern, 0
    first = resolve(trace.created.json, segments(pointer))
    for poll in good_polls(contract, trace):
        value = resolve(poll.exchange.json, segments(pointer))
        if not canonical(contract, poll) or not isinstance(value, str) or not value:
            continue
        judged += 1
        place = normal_path(value)
        same = isinstance(first, str) and place == normal_path(first)
        if not same and not (pattern.search(place) and trace.task_id in unquote(value)):
            expected = contract.operations[name].path
            return Violation(f"{pointer} is {value!r}", f"{expected} of this task", (trace.created, poll.exchange))
    return judged


@check(kinds.SHOWN_MEMBERS)
def judge_shown_members(session: Session, requirement: Requirement[ShownMembers]) -> Finding:
    """Each member that was due in some answer was held by one, be it as null."""
    due: dict[str, Exchange] = {}
    held: set[str] = set()
    for readings, exchange in _shown_by(session, requirement.subject.role):
        for pointer in set(due_members(readings)) & set(requirement.subject.pointers):
            due.setdefault(pointer, exchange)
            if resolve(exchange.json, segments(pointer)) is not MISSING:
                held.add(pointer)
    missing = [pointer for pointer in requirement.subject.pointers if pointer in due and pointer not in held]
    if missing:
        return failed(f"no answer held {', '.join(missing)}", "some answer that does", (due[missing[0]],))
    return passed(len(held)) if held else skipped(Skip.NOT_OBSERVED)


def _shown_by(session: Session, role: Role) -> list[tuple[tuple[Body, ...], Exchange]]:
    """The answers of a role about the shared tasks, with the readings of the bodies that are due."""
    contract, found = session.contract, []
    for trace in session.traces():
        profile = profile_of(contract, trace)
        if role is Role.CREATE:
            found.append((profile.receipt, trace.created))
        for poll in good_polls(contract, trace):
            status = status_at(contract, poll)
            if role is Role.QUERY and status is not None and canonical(contract, poll):
                bodies = bodies_of(profile, contract.operations[poll.operation])
                found.append((bodies.get(status.name, ()), poll.exchange))
        item = session.records.delivered.get(trace)
        status = status_at(contract, item.poll) if item is not None else None
        if role is Role.RESULT and item is not None and status is not None:
            found.append((profile.result.get(status.name, ()), item.shown_by))
    return [(readings, exchange) for readings, exchange in found if readings]
