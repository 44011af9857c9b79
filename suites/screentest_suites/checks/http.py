"""HTTP itself, as real clients use it: content codings and HEAD."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from screentest_contracts.contract import Contract, Role
from screentest_contracts.mp4 import read_header
from screentest_contracts.reading import judge_call
from screentest_contracts.requirements import OneRole, Requirement, kinds
from screentest_suites.checks.links import working_download
from screentest_suites.checks.probes import any_task, operations_of, probe
from screentest_suites.checks.registry import Judgement, Violation, check, trace_check
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.statuses import status_in
from screentest_suites.core.verdicts import Finding, Skip, failed, passed, skipped
from screentest_suites.tasks.download import fetch
from screentest_suites.tasks.session import Session

GZIP = ("accept-encoding", "gzip")
ASKED = {"", "gzip", "x-gzip"}
"""Content codings that answer a request for gzip."""

Pair = tuple[Exchange, Exchange]
"""The answers to a plain request, and to the same one in another way."""


@check(kinds.ENCODED_ANSWER)
def judge_encoded(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """Who takes gzip gets the same answer, in the coding that it says it has."""
    role, judged = requirement.subject.role, 0
    for plain, packed in _ways_of(session, role):
        problem = encoding_problem(packed)
        if problem:
            return failed(problem, "a body as its Content-Encoding says", (plain, packed))
        if _passing(plain) or _passing(packed):
            continue
        judged += 1
        problem = _meaning_problem(session.contract, role, plain, packed)
        if problem:
            return failed(problem, "the same as without gzip", (plain, packed))
    return passed(judged) if judged else skipped(Skip.NOT_OBSERVED)


def _ways_of(session: Session, role: Role) -> Iterator[Pair]:
    """Requests of a role, each plain and with gzip. Creates are such as no server takes, and free."""
    if role is Role.CONTENT:
        found = working_download(session)
        if found is not None and found[0].link is not None:
            yield found[1], fetch(session.contract, session.target, found[0].link, headers=(GZIP,))
        return
    for operation in operations_of(session, role):
        task = any_task(session, role) if role is Role.QUERY else ""
        if role is Role.QUERY:
            yield probe(session, operation, task), probe(session, operation, task, headers=[GZIP])
            continue
        if operation.secured:
            unknown = probe(session, operation, task, credential=NO_KEY)
            yield unknown, probe(session, operation, task, credential=NO_KEY, headers=[GZIP])
        if not operation.form_only:
            broken = probe(session, operation, task, raw=b"{")
            yield broken, probe(session, operation, task, raw=b"{", headers=[GZIP])


def encoding_problem(exchange: Exchange) -> str:
    """What is wrong with how an answer to a client that takes gzip is encoded, "" for nothing."""
    if exchange.error:
        return exchange.error
    if exchange.encoding not in ASKED:
        return f"the content coding is {exchange.encoding}, which was not asked for"
    if not exchange.encoding and exchange.body.startswith(b"\x1f\x8b"):
        return "the body is gzip, and no Content-Encoding says so"
    return ""


def _passing(exchange: Exchange) -> bool:
    """Whether an answer tells of a passing weakness, which says nothing of others."""
    return bool(exchange.error) or exchange.status == 429 or exchange.status >= 500


def _meaning_problem(contract: Contract, role: Role, plain: Exchange, packed: Exchange) -> str:
    """What one of two answers says otherwise, "" for nothing. A task may have moved on between them."""
    if plain.status != packed.status:
        return f"answered {packed.status} to who takes gzip, {plain.status} else"
    if role is Role.CONTENT:
        return "" if _plays(packed) or not _plays(plain) else "the file that came as gzip is no video"
    outcomes = [judge_call(contract, role, each.status, each.json) for each in (plain, packed)]
    if outcomes[0] is not outcomes[1]:
        return f"the call is {outcomes[1]} for who takes gzip, {outcomes[0]} else"
    before, after = status_in(contract, plain), status_in(contract, packed)
    if role is Role.QUERY and before is not None and before.status_class.terminal and after is not before:
        return f"the status is {after.name if after else 'none'} for who takes gzip, {before.name} else"
    return ""


def _plays(file: Exchange) -> bool:
    try:
        read_header(file.body)
    except ValueError:
        return False
    return True


@trace_check(kinds.UNASKED_ENCODING)
def judge_unasked(contract: Contract, requirement: Requirement[None], trace: Trace) -> Judgement:
    """Nothing is encoded that was asked for as it is."""
    exchanges = [each for each in trace.exchanges if not each.error]
    for exchange in exchanges:
        if exchange.encoding:
            return Violation(f"the content coding is {exchange.encoding}", "none, as was asked for", (exchange,))
    return len(exchanges)


@dataclass(frozen=True)
class Headed:
    """The answers to GET and to HEAD, and the length that both have to tell; None where it is not certain."""

    got: Exchange
    head: Exchange
    length: str | None


@check(kinds.HEAD_LENGTH)
def judge_head(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """HEAD tells no other length than GET has, and sends no body."""
    headed = _headed(session, requirement.subject.role)
    if headed is None:
        return skipped(Skip.NOT_OBSERVED)
    got, head = headed.got, headed.head
    if not 200 <= head.status < 300:
        return skipped(Skip.NOT_OBSERVED, f"HEAD is answered {head.status}")
    if head.body:
        return failed(f"HEAD is answered with {head.size} bytes", "no body", (got, head))
    told = head.header("content-length")
    if headed.length is None or got.encoding != head.encoding:
        return skipped(Skip.NOT_OBSERVED, "nobody knows the length of what GET sends")
    if told is not None and told != headed.length:
        return failed(f"HEAD tells {told} bytes, GET sends {headed.length}", "the same length", (got, head))
    return passed()


@check(kinds.HEAD_ALIKE)
def judge_head_alike(session: Session, requirement: Requirement[OneRole]) -> Finding:
    """HEAD has the status and the media type of GET."""
    headed = _headed(session, requirement.subject.role)
    if headed is None:
        return skipped(Skip.NOT_OBSERVED)
    got, head = headed.got, headed.head
    if head.error or head.status != got.status:
        return failed(f"HEAD is answered {head.error or head.status}", f"{got.status}, as GET is", (got, head))
    if head.media_type != got.media_type:
        return failed(f"HEAD tells the media type {head.media_type!r}", repr(got.media_type), (got, head))
    return passed()


def _headed(session: Session, role: Role) -> Headed | None:
    """What GET and HEAD answer for one thing, asked once for all requirements; None where GET gives nothing."""
    kept: dict[Role, Headed | None] = session.memory.setdefault("headed", {})
    if role not in kept:
        kept[role] = _file_headed(session) if role is Role.CONTENT else _answer_headed(session, role)
    return kept[role]


def _file_headed(session: Session) -> Headed | None:
    found = working_download(session)
    if found is None or found[0].link is None:
        return None
    head = fetch(session.contract, session.target, found[0].link, method="HEAD")
    return Headed(found[1], head, _length(found[1])) if head.status != 429 else None


_ROUNDS = 3


def _answer_headed(session: Session, role: Role) -> Headed | None:
    """GET, HEAD and GET, again until they agree.

    What is told may change from one answer to the next (a progress, a clock), and its length with it. So the length is
    certain where both GETs of each round send the same bytes, or where every GET has the same length.
    """
    operation = session.contract.roles[role][0]
    task = any_task(session, role) if role is Role.QUERY else ""
    if role is Role.QUERY and session.target.steering is not None:
        session.target.sleep(session.contract.polling.typical[1])  # once it has ended it is told with the same words
    headed, same, lengths = None, True, set[str | None]()
    for _ in range(_ROUNDS):
        before = probe(session, operation, task)
        head = session.send(role, replace(session.request(operation, task=task), method="HEAD"))
        after = probe(session, operation, task)
        if before.status != 200 or head.status == 429:
            return headed
        headed = Headed(before, head, _length(before))
        if head.header("content-length") in (None, headed.length):
            return headed
        same = same and (before.encoding, before.size, before.body) == (after.encoding, after.size, after.body)
        lengths |= {headed.length, _length(after)}
    return headed if headed is None or same or len(lengths) == 1 else replace(headed, length=None)


def _length(got: Exchange) -> str | None:
    """The length of a GET's body on the wire; None where it is not known."""
    return got.header("content-length") or (None if got.encoding else str(got.size))
