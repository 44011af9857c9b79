"""What a refused create leaves behind: no task, no id, no charge."""

from dataclasses import replace
from itertools import islice

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import resolve, segments
from screentest_contracts.reading import CallOutcome, id_text, judge_call, slots_by_pointer, task_id
from screentest_contracts.requirements import ErrorCase, Requirement, kinds
from screentest_suites.checks.listed import listed_models
from screentest_suites.checks.probes import refusals
from screentest_suites.checks.provoke import provoke
from screentest_suites.checks.registry import check
from screentest_suites.core.credential import GOOD
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.session import Session

_NO_ID = "request 1"
"""A form of ids that matches this tells ids from nothing."""


@check(kinds.REFUSAL_LEAVES_NOTHING)
def judge_nothing_left(session: Session, requirement: Requirement[ErrorCase]) -> Finding:
    """No refusal hands out an id of a task or charges, and what was refused is in no list."""
    provoke(session, requirement.subject)
    refused = [each for each in _refused(session) if each.sent.credential == GOOD]
    if not refused:
        return skipped(Skip.NOT_OBSERVED, "no create was refused")
    for exchange in refused:
        finding = _handed_out(session, exchange) or _charged(session.contract, exchange)
        if finding is not None:
            return finding
    return _listed(session) or passed(len(refused))


def _refused(session: Session) -> list[Exchange]:
    creates = [exchange for role, exchange in list(session.client.seen) if role is Role.CREATE]
    return [each for each in creates if _outcome(session, each) is CallOutcome.REFUSED]


def _outcome(session: Session, exchange: Exchange) -> CallOutcome:
    return judge_call(session.contract, Role.CREATE, exchange.status, exchange.json)


def _handed_out(session: Session, exchange: Exchange) -> Finding | None:
    """A refusal with an id that a query knows, or that looks like those of tasks and like nothing else."""
    contract, identity = session.contract, task_id(session.contract, exchange.json)
    if identity is None or _documented(contract):
        return None
    operation = contract.roles[Role.QUERY][0]
    answer = session.send(Role.QUERY, session.request(operation, task=identity))
    if judge_call(contract, Role.QUERY, answer.status, answer.json) is CallOutcome.ACCEPTED:
        return failed(f"a refused create made the task {identity!r}", "no task", (exchange, answer))
    forms = [form.pattern for form in contract.id.forms]
    if any(each.search(identity) and not each.search(_NO_ID) for each in forms):
        return failed(f"a refusal hands out the id {identity!r}", "no id", (exchange,))
    return None


def _documented(contract: Contract) -> bool:
    """Whether some refusal has a documented member where receipts have the id."""
    bodies = (reading.body for row in contract.error_rows() for reading in row.readings if reading.body is not None)
    places = {at for body in bodies for at in (*(slot.pointer for slot in body.slots), *dict(body.literals))}
    return bool(places & set(contract.id.at.pointers))


def _charged(contract: Contract, exchange: Exchange) -> Finding | None:
    """A refusal with an amount where receipts have one."""
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    for pointer in slots_by_pointer(receipts, "charge"):
        amount = resolve(exchange.json, segments(pointer))
        if isinstance(amount, int | float) and not isinstance(amount, bool) and amount > 0:
            return failed(f"a refusal charges {amount!r} at {pointer}", "nothing", (exchange,))
    return None


def _listed(session: Session) -> Finding | None:
    """A task that is in the list after a refusal, and was not before it. Others may use the account: what appears
    without a refusal, too, or not with each one, proves nothing."""
    rule, sent = session.contract.listing, _to_repeat(session)
    if rule is None or Role.LIST not in session.contract.roles or session.options.metered or len(sent) < 2:
        return None
    seen, _ = _ids(session)
    appeared, evidence = [], []
    for request in (*sent, None):  # the last look is after no refusal
        answer = session.send(Role.CREATE, request) if request is not None else None
        if answer is not None and _outcome(session, answer) is not CallOutcome.REFUSED:
            return None
        session.target.sleep(0 if answer is None else 0.01)
        found, listed = _ids(session)
        made = {task_id(session.contract, each.json) for each in _creates(session) if session.accepted(each)}
        appeared.append(found - seen - made)
        evidence += [answer, listed] if answer is not None else []
        seen |= found
    *after, control = appeared
    if all(after) and not control:
        return failed(f"{min(after[0])!r} is listed after a refused create", "no new task", evidence[:2])
    return None


def _creates(session: Session) -> list[Exchange]:
    return [exchange for role, exchange in list(session.client.seen) if role is Role.CREATE]


def _to_repeat(session: Session) -> list[SentRequest]:
    """Two refused requests, or one twice, of those that break one member only where there are some. Which they are does
    not depend on the order in which threads were answered."""
    probed = [each.exchange.sent for each in refusals(session)]
    other = [each.sent for each in _refused(session) if each.sent.credential == GOOD and each.sent.body]
    listed = {operation.id for model in listed_models(session) for operation in model.operations}
    probed, other = ([each for each in sent if each.operation in listed] for sent in (probed, other))
    in_order = sorted(probed or other, key=lambda each: (each.url, each.body or b"", each.purpose))
    return [replace(each, purpose=session.runner.purpose) for each in islice(in_order * 2, 2)]


def _ids(session: Session) -> tuple[set[str], Exchange]:
    """The ids in the longest list, and that list."""
    rule, operation = session.contract.listing, session.contract.roles[Role.LIST][0]
    exchange = session.send(Role.LIST, session.request(operation, query=rule.longest if rule else ""))
    items = rule.items.find(exchange.json) if rule else None
    found = (id_text(rule.id_at.find(item)) for item in items) if rule and isinstance(items, list) else ()
    return {identity for identity in found if identity is not None}, exchange
