"""Refusals against the document's catalogue: status, body and headers, and that other accounts are refused."""

from collections.abc import Iterable

from screentest_contracts.contract import ErrorReading, Role
from screentest_contracts.facts import Level
from screentest_contracts.location import resolve, segments
from screentest_contracts.reading import CallOutcome, id_text, judge_call, matching_reading, task_id
from screentest_contracts.requirements import ErrorCase, ErrorSchema, ErrorWords, Requirement, TokenCase, kinds
from screentest_contracts.template import Template, header_problem, tells_value
from screentest_contracts.tokens import FLAWS
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.probes import any_task, probe, refusals
from screentest_suites.checks.provoke import provoke, send_flawed
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.credential import GOOD, SECOND
from screentest_suites.core.exchange import NO_JSON, Exchange
from screentest_suites.core.verdicts import Evidence, Finding, Result, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session


@check(kinds.ERROR_STATUS)
def judge_status(session: Session, requirement: Requirement[ErrorCase]) -> Finding:
    """The condition is answered with a documented status, and is a refusal."""
    case = requirement.subject
    answers = provoke(session, case)
    if isinstance(answers, Finding):
        return answers
    allowed = {reading.status for reading in case.row.readings}
    for exchange in answers:
        if exchange.error:
            return failed(exchange.error, f"status {_shown(allowed)}", (exchange,))
        if exchange.status not in allowed:
            return failed(f"answered {exchange.status}", f"status {_shown(allowed)}", (exchange,))
        if judge_call(session.contract, case.role, exchange.status, exchange.json) is CallOutcome.ACCEPTED:
            return failed(f"answered {exchange.status} as a success", "a refusal", (exchange,))
    return passed(len(answers))


@check(kinds.TOKEN_REFUSED)
def judge_token(session: Session, requirement: Requirement[TokenCase]) -> Finding:
    """Who shows a token with a flaw is refused, however the document words it."""
    role, flaw = requirement.subject.role, requirement.subject.flaw
    answers = send_flawed(session, role, flaw)
    for exchange in answers:
        if exchange.error:
            return failed(exchange.error, "a refusal", (exchange,))
        if judge_call(session.contract, role, exchange.status, exchange.json) is not CallOutcome.REFUSED:
            return failed(f"answered {exchange.status}", f"a refusal: the token is one {FLAWS[flaw]}", (exchange,))
    return passed(len(answers))


@check(kinds.ERROR_BODY)
def judge_body(session: Session, requirement: Requirement[ErrorCase]) -> Finding:
    """The refusal's body has the documented shape: literal words compared, texts only for being there. An answer counts
    where a reading with its status is as sure as the requirement."""
    case = requirement.subject
    answers = provoke(session, case)
    if isinstance(answers, Finding):
        return answers
    broken: list[Evidence] = []
    judged = 0
    for exchange in answers:
        readings = [each for each in case.row.readings if each.status == exchange.status and each.body is not None]
        if not any(each.body_fact.mark.level is requirement.level for each in readings):
            continue
        judged += 1
        problems = [shape_problem(reading, exchange, case.weak) for reading in readings]
        if all(problem is not None for problem in problems):
            broken.append(Evidence(str(problems[0]), _example(readings), (exchange,)))
    if broken:
        return Finding(Result.FAILED, broken[0].seen, tuple(broken[:3]), judged)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "answered in a reading that shows no body")


@check(kinds.ERROR_WORDS)
def judge_words(session: Session, requirement: Requirement[ErrorWords]) -> Finding:
    """The refusal has the words of the document at some places, in one of its readings."""
    answers = provoke(session, requirement.subject.case)
    if isinstance(answers, Finding):
        return answers
    judged, pointers = 0, requirement.subject.pointers
    for exchange in answers:
        bodies = [each.body for each in requirement.subject.case.row.readings if each.status == exchange.status]
        wrong = [
            [each for each in body.mismatches(exchange.json) if each[0] in pointers]
            for body in bodies
            if body is not None and exchange.json is not NO_JSON
        ]
        if wrong:
            judged += 1
            if all(wrong):
                pointer, expected, found = wrong[0][0]
                return failed(f"{pointer} is {found!r}, not {expected!r}", repr(expected), (exchange,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "answered in a reading that shows no body")


@check(kinds.ERROR_SCHEMA)
def judge_error_schema(session: Session, requirement: Requirement[ErrorSchema]) -> Finding:
    """Every refusal with one of these statuses, whatever provoked it, has the body that the document declares."""
    statuses, cases = requirement.subject.statuses, requirement.subject.cases
    answers: list[tuple[Role, Exchange]] = []
    for case in cases:
        provoked = provoke(session, case)
        if not isinstance(provoked, Finding):
            answers += [(case.role, exchange) for exchange in provoked]
    role = cases[0].role
    if role is Role.CREATE:
        answers += [(role, refused.exchange) for refused in refusals(session)]
    judged, broken = 0, []
    for exchange in {id(each): each for _, each in answers}.values():
        if exchange.status not in statuses or exchange.error:
            continue
        if exchange.status < 400 and not _is_refusal(session, role, exchange):
            continue
        judged += 1
        operations = [each for each in session.contract.roles[role] if each.id == exchange.sent.operation]
        violation = schema_violation((operations or session.contract.roles[role])[0], exchange)
        if violation is not None:
            broken.append(Evidence(violation.seen, violation.expected, violation.exchanges))
    if broken:
        return Finding(Result.FAILED, broken[0].seen, tuple(broken[:3]), judged)
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, f"nothing was refused with {_shown(statuses)}")


def _is_refusal(session: Session, role: Role, exchange: Exchange) -> bool:
    return judge_call(session.contract, role, exchange.status, exchange.json) is CallOutcome.REFUSED


@check(kinds.ERROR_HEADERS)
def judge_headers(session: Session, requirement: Requirement[ErrorCase]) -> Finding:
    """The refusal has the headers of the first reading that it looks like."""
    known = _recognised(session, requirement.subject)
    if isinstance(known, Finding):
        return known
    for exchange, reading in known:
        missing = [name for name in reading.headers if not exchange.header(name)]
        if missing:
            return failed(f"no header {missing[0]}", ", ".join(reading.headers), (exchange,))
    return passed(len(known)) if known else skipped(Skip.NOT_OBSERVED)


@check(kinds.ERROR_HEADER_VALUES)
def judge_header_values(session: Session, requirement: Requirement[ErrorCase]) -> Finding:
    """The refusal's headers have values like those of a reading that it looks like."""
    known = _recognised(session, requirement.subject)
    if isinstance(known, Finding):
        return known
    judged = 0
    for exchange, reading in known:
        for name, make in reading.all_headers.items():
            value = exchange.header(name)
            if value and tells_value(name, make):
                judged += 1
                expected = header_problem(name, make, value)
                if expected is not None:
                    return failed(f"the header {name} is {value!r}", f"like {expected!r}", (exchange,))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)


def _recognised(session: Session, case: ErrorCase) -> list[tuple[Exchange, ErrorReading]] | Finding:
    """The refusals that were provoked, each with the first reading that it looks like, without those of none."""
    answers = provoke(session, case)
    if isinstance(answers, Finding):
        return answers
    readings = [(each, matching_reading(case.row, each.status, each.json)) for each in answers]
    return [(exchange, reading) for exchange, reading in readings if reading is not None]


def _shown(statuses: Iterable[int]) -> str:
    return " or ".join(str(status) for status in sorted(statuses))


def _example(readings: list[ErrorReading]) -> str:
    template = next((reading.body for reading in readings if reading.body is not None), None)
    return "" if template is None else f"a body like {template.tree}"


def shape_problem(reading: ErrorReading, exchange: Exchange, weak: frozenset[str] = frozenset()) -> str | None:
    """What a refusal's body has against that of a reading, or None; without the members that are `weak`."""
    template: Template | None = reading.body
    if template is None:
        return None
    if exchange.json is NO_JSON:
        return exchange.not_json
    wrong = template.mismatches(exchange.json, ignore=weak)
    if reading.body_fact.mark.level is Level.NOTE:  # nobody knows that nothing is there
        wrong = [each for each in wrong if each[1] is not None]
    if wrong:
        pointer, expected, found = wrong[0]
        return f"{pointer or 'body'} is {found!r}, not {expected!r}"
    for slot in template.slots:
        value = resolve(exchange.json, segments(slot.pointer))
        if slot.hole.name in {"text", "detail"} and not (isinstance(value, str) and value):
            return f"{slot.pointer} holds no text: {value!r}"
    return None


@check(kinds.OWNER_ONLY)
def judge_owner_only(session: Session, requirement: Requirement[None]) -> Finding:
    """Another account does not get to see a task, by any path."""
    if (missing := unusable(session, "second")) is not None:
        return missing
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    task, judged = any_task(session), 0
    for role in (Role.QUERY, Role.RESULT, Role.CONTENT):
        for operation in session.contract.roles.get(role, ()):
            known = any_task(session, role) if operation.shown_id is not None else task
            exchange = probe(session, operation, known, credential=SECOND)
            judged += 1
            if judge_call(session.contract, role, exchange.status, exchange.json) is CallOutcome.ACCEPTED or (
                role is Role.CONTENT and exchange.status in (200, 206)
            ):
                return failed(f"{operation.path} shows it: {exchange.status}", "a refusal", (exchange,))
    return passed(judged)


@check(kinds.LIST_OWNER_ONLY)
def judge_list_owner(session: Session, requirement: Requirement[None]) -> Finding:
    """No list of another account has a task that this one made: neither a new one nor any other of this run."""
    contract, rule = session.contract, session.contract.listing
    if (missing := unusable(session, "second")) is not None:
        return missing
    model = session.any_model()
    if model is None or rule is None:
        return skipped(Skip.NOT_OBSERVED)
    if not session.options.metered:
        session.create(model, model.base)
    made = [each for role, each in session.client.seen if role is Role.CREATE and each.sent.credential == GOOD]
    own = {task_id(contract, each.json): each for each in made if session.accepted(each)}
    judged = 0
    for operation in contract.roles[Role.LIST]:
        exchange = probe(session, operation, "", credential=SECOND, query=rule.longest)
        items = rule.items.find(exchange.json)
        if isinstance(items, list):
            judged += 1
            for identity in (id_text(rule.id_at.find(item)) for item in items):
                if identity in own:
                    seen = f"{operation.path} lists {identity}"
                    return failed(seen, "the caller's own tasks only", (own[identity], exchange))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED, "nothing is listed")
