"""Headers that creates need for some values."""

from dataclasses import replace

from screentest_contracts.contract import NeededHeader, Role
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import id_text
from screentest_contracts.requirements import HeaderCase, Requirement, kinds
from screentest_suites.checks.probes import misjudged
from screentest_suites.checks.registry import check
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import EXTRA_FILE, Finding, NotObservedError, Skip, failed, passed
from screentest_suites.tasks.session import Session


@check(kinds.NEEDED_HEADER)
def judge_needed(session: Session, requirement: Requirement[HeaderCase]) -> Finding:
    """A create with a value that needs the header: accepted with it, refused without it."""
    case = requirement.subject
    needed = session.contract.operations[case.operation].needed_headers
    header = next(each for each in needed if each.name == case.header)
    exchange = send_needing(session, header, with_it=case.accept)
    what = f"a create with {header.name}" if case.accept else f"a create without {header.name}"
    wrong = misjudged(session.contract, Role.CREATE, exchange, what, case.accept)
    return passed() if wrong is None else failed(wrong.seen, wrong.expected, wrong.exchanges)


def send_needing(session: Session, header: NeededHeader, *, with_it: bool) -> Exchange:
    """The answer to a create with a value that needs a header. Raises NotObservedError where no such value is known."""

    def as_asked(sent: SentRequest) -> SentRequest:
        if with_it:
            return sent
        kept = tuple(each for each in sent.headers if each[0].lower() != header.name.lower())
        return replace(sent, headers=kept)

    value = _value(session, header)
    for model in session.models:
        pointer = next((pointer for pointer, _ in header.places(model.base)), None)
        if header not in model.operations[0].needed_headers or pointer is None or model.earlier is not None:
            continue
        body = replaced(model.base, segments(pointer), value)
        if model.takes(body):
            return session.create(model, body, valid=with_it, once=not with_it, change=as_asked)
    raise NotObservedError(Skip.NOT_OBSERVED, f"no minimal request has anything at {header.at}")


def _value(session: Session, header: NeededHeader) -> str:
    """The document's example, or else the reference to an uploaded file. Raises NotObservedError where neither needs
    the header, or a file would have to be left on a vendor's server for it."""
    if header.example is not None:
        return header.example
    uploads, rule = session.client.uploads, session.contract.upload
    if rule is not None and session.options.metered and uploads.known() is None:
        raise NotObservedError(Skip.NEEDS_SPEND, EXTRA_FILE)
    reference = None if rule is None else id_text(uploads.reference())
    if reference is None or not header.pattern.search(reference):
        raise NotObservedError(Skip.NOT_OBSERVED, f"no value is known that needs {header.name}")
    return reference
