"""The answers of the result role, and every address that a result shows."""

from collections.abc import Iterator
from itertools import islice

from screentest_contracts.contract import Contract, Operation, Presence, Role, Status
from screentest_contracts.location import MISSING, is_empty, pointer_of, resolve, segments
from screentest_contracts.reading import bodies_of, id_text, selected
from screentest_contracts.requirements import MemberValue, Requirement, kinds
from screentest_contracts.template import Slot
from screentest_suites.checks.links import working_download
from screentest_suites.checks.polls import profile_of
from screentest_suites.checks.presence import presence_problem
from screentest_suites.checks.receipt import asked, same
from screentest_suites.checks.registry import check
from screentest_suites.checks.result import delivered
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.download import Delivered, fetch
from screentest_suites.tasks.session import Session

FURTHER_LINKS = 4
"""How many addresses beside the first are tried of a result, at the most."""


def _answers(session: Session) -> Iterator[tuple[Operation, Delivered]]:
    """The answers of the result operation for the shared tasks that succeeded."""
    operation = session.contract.operation(Role.RESULT)
    if operation is not None:
        yield from ((operation, item) for item in delivered(session))


def _counted(judged: int) -> Finding:
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no task succeeded")


@check(kinds.RESULT_STATUS_CODE)
def judge_status_code(session: Session, requirement: Requirement[None]) -> Finding:
    """A result is answered as a success."""
    success, judged = session.contract.success[Role.RESULT], 0
    for _, item in _answers(session):
        answer, judged = item.shown_by, judged + 1
        if answer.error or answer.status not in success.statuses:
            wanted = " or ".join(map(str, success.statuses))
            return failed(answer.error or f"answered {answer.status}", wanted, (item.poll.exchange, answer))
        if not success.holds(answer.status, answer.json):
            seen = f"answered {answer.status} with a body that is no success"
            return failed(seen, "the result", (item.poll.exchange, answer))
    return _counted(judged)


@check(kinds.RESULT_SCHEMA)
def judge_schema(session: Session, requirement: Requirement[None]) -> Finding:
    """A result's answer validates."""
    judged = 0
    for operation, item in _answers(session):
        judged += 1
        violation = schema_violation(operation, item.shown_by)
        if violation:
            return failed(violation.seen, violation.expected, violation.exchanges)
    return _counted(judged)


@check(kinds.RESULT_PRESENCE)
def judge_presence(session: Session, requirement: Requirement[Presence]) -> Finding:
    """A member of a result's answer is there, or not there, when the document says so."""
    row, judged = requirement.subject, 0
    for operation, item in _answers(session):
        status = status_in(session.contract, item.poll.exchange)
        profile = session.contract.models[item.trace.model].profile
        if row.operation != operation.id or row.profile not in (None, profile) or not _speaks_of(row, status):
            continue
        judged += 1
        problem = presence_problem(row, item.shown_by.json, operation, item.shown_by.status)
        if problem:
            return failed(problem, requirement.statement, (item.poll.exchange, item.shown_by))
    return _counted(judged)


def _speaks_of(row: Presence, status: Status | None) -> bool:
    names = {"all"} if status is None else {"all", status.name, status.status_class.value}
    return bool(names & set(row.on))


@check(kinds.RESULT_MEMBER)
def judge_member(session: Session, requirement: Requirement[MemberValue]) -> Finding:
    """A value of the task stands in a result's answer as it was asked for, or in its form."""
    pointer, judged = requirement.subject.pointer, 0
    for operation, item in _answers(session):
        slot = _slot(session.contract, operation, item, pointer)
        value = resolve(item.shown_by.json, segments(pointer))
        if slot is None or slot.hole.name != requirement.subject.value or is_empty(value):
            continue
        problem = _member_problem(session.contract, item, slot, value)
        if problem is None:
            continue
        judged += 1
        if problem:
            return failed(f"{pointer} is {value!r}", problem, (item.trace.created, item.shown_by))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "no result held it")


def _slot(contract: Contract, operation: Operation, item: Delivered, pointer: str) -> Slot | None:
    """The hole at a pointer of the answer that is due for this task."""
    status = status_in(contract, item.poll.exchange)
    readings = bodies_of(profile_of(contract, item.trace), operation).get(status.name) if status else None
    return selected(readings).slot_at(pointer) if readings else None


def _member_problem(contract: Contract, item: Delivered, slot: Slot, value: object) -> str | None:
    """What was expected instead of a value; "" when it is right, None when nothing was asked for."""
    hole = slot.hole
    if hole.is_time:
        return f"a time, {hole.form}" if value != 0 and hole.problem(value) else ""
    if hole.name == "id":
        return "" if id_text(value) == item.trace.task_id else item.trace.task_id
    model = contract.models[item.trace.model]
    wanted = asked(model, item.trace.body, hole.name)
    if wanted is None:
        return None
    return "" if same(value, wanted) or same(value, model.meaning(hole.name, wanted)) else f"{wanted!r}, as asked for"


@check(kinds.RESULT_LINKS)
def judge_links(session: Session, requirement: Requirement[None]) -> Finding:
    """Every further address of a result gives bytes."""
    judged = 0
    for item in _with_links(session):
        for pointer, link in islice(further_links(session.contract, item), FURTHER_LINKS):
            judged += 1
            file = fetch(session.contract, session.target, link)
            if file.status != 200 or file.error or file.size == 0:
                seen = file.error or (f"answered {file.status}" if file.status != 200 else "the body is empty")
                return failed(f"{pointer}: {seen}", "200 and the file", (item.shown_by, file))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "every result has one address")


def _with_links(session: Session) -> list[Delivered]:
    """Results whose addresses still work."""
    if session.target.steering is None:
        return delivered(session)
    found = working_download(session)
    return [] if found is None else [found[0]]


def further_links(contract: Contract, item: Delivered) -> Iterator[tuple[str, str]]:
    """The addresses of a result beside its first, with their pointers: further places of the document, and further
    items of lists."""
    known, body = {item.link}, item.shown_by.json
    for pointer in places(contract, item):
        value = resolve(body, segments(pointer))
        if isinstance(value, str) and "/" in value and value not in known:
            known.add(value)
            yield pointer, value


def places(contract: Contract, item: Delivered) -> Iterator[str]:
    """Where addresses of the result stand in the answer that showed it."""
    operation = contract.operation(Role.RESULT) or contract.operations[item.poll.operation]
    status = status_in(contract, item.poll.exchange)
    readings = bodies_of(profile_of(contract, item.trace), operation).get(status.name) if status else None
    slots = selected(readings).slots_named("link") if readings else ()
    for pointer in dict.fromkeys([*contract.link.at.pointers, *(slot.pointer for slot in slots if slot.whole)]):
        yield pointer
        yield from beside(item.shown_by, pointer)


def beside(shown: Exchange, pointer: str) -> Iterator[str]:
    """The same place in the further items of the lists on the way."""
    parts = segments(pointer)
    for at, part in enumerate(parts):
        items = resolve(shown.json, parts[:at]) if part.isdecimal() else MISSING
        for index in range(int(part) + 1, len(items)) if isinstance(items, list) else ():
            yield pointer_of((*parts[:at], str(index), *parts[at + 1 :]))
