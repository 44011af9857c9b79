"""Other ways of making a call: forms, addresses that a receipt hands out, ids of single answers."""

from typing import Any
from urllib.parse import quote

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import resolve, segments
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import AnswerId, OperationAddress, OperationName, Requirement, kinds
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.core.addresses import is_address, join_address, normal_path, split_address
from screentest_suites.core.exchange import Exchange, SentRequest, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.requests.bodies import form_of
from screentest_suites.requests.samples import variation
from screentest_suites.tasks.download import origin
from screentest_suites.tasks.session import Session


@check(kinds.CREATE_FORM)
def judge_form(session: Session, requirement: Requirement[OperationName]) -> Finding:
    """A request is accepted as a form, and its task can be polled."""
    operation = session.contract.operations[requirement.subject.operation]
    model = next((each for each in session.models if operation in each.operations), None)
    if model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    session.client.refuse_extra_tasks()
    media, content = form_of(variation(model), model.schema)
    sent = session.request(operation, raw=content, headers=[("content-type", media)])
    exchange = session.send(Role.CREATE, sent)
    if not session.accepted(exchange):
        return failed(exchange.error or f"a form was answered {exchange.status}", "accepted as JSON is", (exchange,))
    return passed()


@check(kinds.RECEIPT_ADDRESS)
def judge_address(session: Session, requirement: Requirement[OperationAddress]) -> Finding:
    """What a receipt calls the address of an operation answers as that operation."""
    contract = session.contract
    pointer, name = requirement.subject.pointer, requirement.subject.operation
    operation, judged = contract.operations[name], 0
    for trace in session.living_bases():
        if pointer.startswith("header:"):
            address: Any = trace.created.header(pointer.removeprefix("header:"))
        else:
            address = resolve(trace.created.json, segments(pointer))
        if not isinstance(address, str) or not address:
            return failed(f"nothing at {pointer}", f"the address of {name}", (trace.created,))
        own = session.request(operation, task=trace.task_id)
        url = join_address(trace.created.sent.url, address)  # as RFC 3986 has it, or below the provider's own address
        if url is None or not is_address(url):
            return failed(f"{pointer} is {address!r}, which is no address", f"that of {name}", (trace.created,))
        within = normal_path(session.target.base_url).rstrip("/") + "/"
        if address.startswith("/") and not normal_path(url).startswith(within):
            url = session.target.base_url + address
        if contract.key_query is not None and f"{contract.key_query}=" not in url:
            key = quote(session.target.keys["good"], safe="")
            url += f"{'&' if split_address(url).query else '?'}{contract.key_query}={key}"
        if origin(url) != origin(own.url):
            return failed(f"{pointer} leads to {'://'.join(origin(url))}", origin(own.url)[1], (trace.created,))
        judged += 1
        if operation.role not in (Role.QUERY, Role.RESULT, Role.CONTENT):
            if normal_path(url) != normal_path(own.url):
                return failed(f"{pointer} is {address!r}", split_address(own.url).path, (trace.created,))
            continue
        if operation.role is not Role.QUERY and (not trace.ended or trace in session.records.refused):
            continue
        exchange = session.send(
            operation.role, SentRequest(operation.method, url, own.headers, own.body, own.credential)
        )
        if not _answers(contract, operation.role, exchange) or not _agrees(session, trace, operation.role, exchange):
            return failed(f"it answers {exchange.status}", f"as {operation.path} does", (trace.created, exchange))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)


def _answers(contract: Contract, role: Role, exchange: Exchange) -> bool:
    if role is Role.CONTENT:
        return exchange.status in (200, 206)
    return judge_call(contract, role, exchange.status, exchange.json) is CallOutcome.ACCEPTED


def _agrees(session: Session, trace: Trace, role: Role, exchange: Exchange) -> bool:
    """Whether a query by the address tells what the documented path tells."""
    if role is not Role.QUERY or not trace.ended:
        return True
    return status_in(session.contract, exchange) == status_in(session.contract, trace.polls[-1].exchange)


@trace_check(kinds.ANSWER_ID)
def judge_answer_id(contract: Contract, requirement: Requirement[AnswerId], trace: Trace) -> Judgement:
    """The id of an answer is the same in its header and its body."""
    subject = requirement.subject
    role, pointer, header = subject.role, subject.pointer, subject.header
    judged = 0
    for exchange in [trace.created] if role is Role.CREATE else [poll.exchange for poll in trace.polls]:
        shown, sent = resolve(exchange.json, segments(pointer)), exchange.header(header)
        if isinstance(shown, str) and shown:
            judged += 1
            if shown != sent:
                return Violation(f"{pointer} is {shown!r}, {header} is {sent!r}", "the same", (exchange,))
    return judged
