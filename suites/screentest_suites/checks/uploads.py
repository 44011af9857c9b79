"""Files that are uploaded before a create."""

from collections.abc import Iterator

from screentest_contracts.contract import Role, UploadRule
from screentest_contracts.location import MISSING, Location, is_empty, resolve, segments
from screentest_contracts.reading import id_text
from screentest_contracts.requirements import MemberValue, Requirement, kinds
from screentest_contracts.times import described
from screentest_suites.checks.probes import model_with_file, naming
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Exchange, Trace
from screentest_suites.core.verdicts import Finding, NotObservedError, Skip, failed, passed, skipped
from screentest_suites.requests.bodies import reference_of, upload_rule
from screentest_suites.requests.media import small_file
from screentest_suites.tasks.session import Session
from screentest_suites.tasks.uploads import Uploaded

SLACK = 120.0
"""Seconds by which two honest clocks may differ."""


def uploaded_file(session: Session) -> Uploaded:
    """The upload that the shared tasks have asked for, or one of its own. Raises NotObservedError where creates cost
    money and none was affordable: nothing is left on a vendor's server for nothing."""
    if not session.options.metered:
        return session.client.uploads.uploaded()
    session.ensure_base_tasks()
    uploaded = session.client.uploads.known()
    if uploaded is None:
        raise NotObservedError(Skip.NOT_OBSERVED, "no create needed a file")
    return uploaded


@check(kinds.UPLOAD_ACCEPTED)
def judge_accepted(session: Session, requirement: Requirement[None]) -> Finding:
    """A valid file is taken."""
    uploaded = uploaded_file(session)
    answer = uploaded.answer
    if session.client.uploads.accepted(uploaded):
        return passed()
    return failed(answer.error or f"answered {answer.status}", "accepted", (answer,))


@check(kinds.UPLOAD_SCHEMA)
def judge_schema(session: Session, requirement: Requirement[None]) -> Finding:
    """The answer is the documented one."""
    violation = schema_violation(session.contract.roles[Role.UPLOAD][0], uploaded_file(session).answer)
    return failed(violation.seen, violation.expected, violation.exchanges) if violation else passed()


@check(kinds.UPLOAD_REFERENCE)
def judge_reference(session: Session, requirement: Requirement[None]) -> Finding:
    """There is a reference, and it looks as documented."""
    rule, answer = upload_rule(session.contract), uploaded_file(session).answer
    reference = id_text(reference_of(rule, answer.json))
    if reference is None:
        return failed("there is none", f"a reference at {rule.place}", (answer,))
    if not rule.pattern.search(reference):
        return failed(f"the reference is {reference!r}", rule.pattern.pattern, (answer,))
    return passed()


@check(kinds.UPLOAD_PUT)
def judge_put(session: Session, requirement: Requirement[None]) -> Finding:
    """The bytes are taken at the address that the answer holds for them."""
    uploaded = uploaded_file(session)
    if uploaded.stored is None:
        return failed("there is no address", f"one at {upload_rule(session.contract).put}", (uploaded.answer,))
    return _stored(uploaded, uploaded.stored)


@check(kinds.UPLOAD_FORM)
def judge_form(session: Session, requirement: Requirement[None]) -> Finding:
    """The answer tells all that the form with the bytes holds, and its address takes it."""
    uploaded = uploaded_file(session)
    if uploaded.stored is None:
        rule = upload_rule(session.contract)
        untold = [place for place in _told(rule) if is_empty(Location(place).find(uploaded.answer.json))]
        return failed(f"nothing at {', '.join(untold)}", "what the form holds, and its address", (uploaded.answer,))
    return _stored(uploaded, uploaded.stored)


def _told(rule: UploadRule) -> Iterator[str]:
    """Where the answer holds what the form needs."""
    if rule.form is not None:
        yield from rule.form.at.pointers
        for text in rule.form.fields.values():
            yield from (slot.hole.argument for slot in text.slots_named("answer"))


def _stored(uploaded: Uploaded, stored: Exchange) -> Finding:
    if stored.error or not 200 <= stored.status < 300:
        seen = stored.error or f"the bytes were answered {stored.status}"
        return failed(seen, "a 2xx status", (uploaded.answer, stored))
    return passed()


@check(kinds.UPLOAD_VALUE)
def judge_value(session: Session, requirement: Requirement[MemberValue]) -> Finding:
    """The size is that of the file, a time has its form, and the file's end is the documented one."""
    rule, answer, pointer = upload_rule(session.contract), uploaded_file(session).answer, requirement.subject.pointer
    slot, value = rule.body.slot_at(pointer), resolve(answer.json, segments(pointer))
    if slot is None or is_empty(value):
        return skipped(Skip.NOT_OBSERVED, f"the answer holds nothing at {pointer}")
    if requirement.subject.value == "size":
        size = len(small_file(rule.media)[1])
        seen = f"{pointer} is {value!r}, and the file has {size} bytes"
        return passed() if str(value) == str(size) else failed(seen, f"{size}", (answer,))
    problem = slot.hole.problem(value)
    if problem is not None:
        return failed(f"{pointer}: {problem}", f"a time {described(slot.hole.form)}", (answer,))
    if requirement.subject.value == "link_expires" and rule.life is not None:
        stated, lives = slot.hole.read(value), {rule.life, rule.life / session.options.speed}
        if not any(answer.sent_at + life - SLACK <= stated <= answer.received_at + life + SLACK for life in lives):
            seen = f"{pointer} states {stated - answer.received_at:.0f} s after the upload"
            return failed(seen, f"{rule.life:g} s after it", (answer,))
    return passed()


def shown_file(session: Session) -> Exchange:
    """The answer to who asks for the uploaded file, the first time. Raises NotObservedError where no reference to one
    can be had."""
    answer = uploaded_file(session).answer
    reference = id_text(reference_of(upload_rule(session.contract), answer.json))
    if reference is None:
        raise NotObservedError(Skip.NOT_OBSERVED, "no file could be uploaded")
    known: dict[str, Exchange] = session.memory.setdefault("files", {})
    if reference not in known:
        operation = session.contract.roles[Role.FILE][0]
        known[reference] = session.send(Role.FILE, session.request(operation, task=reference))
    return known[reference]


@check(kinds.FILE_READ)
def judge_read(session: Session, requirement: Requirement[None]) -> Finding:
    """The file is known by the reference that its upload gave."""
    exchange, success = shown_file(session), session.contract.success[Role.FILE]
    if not success.holds(exchange.status, exchange.json):
        seen = exchange.error or f"answered {exchange.status}"
        return failed(seen, f"answered {success.made}", (uploaded_file(session).answer, exchange))
    return passed()


@check(kinds.FILE_SCHEMA)
def judge_shown(session: Session, requirement: Requirement[None]) -> Finding:
    """What the file is shown as is the documented answer."""
    violation = schema_violation(session.contract.roles[Role.FILE][0], shown_file(session))
    return failed(violation.seen, violation.expected, violation.exchanges) if violation else passed()


@check(kinds.FILE_TOLD)
def judge_told(session: Session, requirement: Requirement[MemberValue]) -> Finding:
    """A member has the value that the answer to the upload had at its place."""
    uploaded, exchange = uploaded_file(session).answer, shown_file(session)
    here = resolve(exchange.json, segments(requirement.subject.pointer))
    there = resolve(uploaded.json, segments(requirement.subject.value))
    if is_empty(there):
        return skipped(Skip.NOT_OBSERVED, f"the answer to the upload holds nothing at {requirement.subject.value}")
    if here != there:
        shown = "missing" if here is MISSING else repr(here)
        return failed(
            f"{requirement.subject.pointer} is {shown}", f"{there!r}, as the upload told", (uploaded, exchange)
        )
    return passed()


@check(kinds.UPLOAD_LIFE)
def judge_life(session: Session, requirement: Requirement[None]) -> Finding:
    """A file can still be used just before its time is up."""
    rule, uploads = upload_rule(session.contract), session.client.uploads
    model = model_with_file(session)
    if session.target.steering is None or rule.life is None:
        return skipped(Skip.NEEDS_CLOCK)
    if model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED, "no task was made with a file")
    uploads.forget()
    uploaded = uploads.uploaded()
    reference = uploads.reference()
    session.target.sleep(rule.life - 5)
    exchange = session.send(Role.CREATE, naming(session, model, reference))
    if not session.accepted(exchange):
        seen = f"answered {exchange.status} after {rule.life - 5:g} s"
        return failed(seen, f"accepted, for {rule.life:g} s", (uploaded.answer, exchange))
    return passed()
