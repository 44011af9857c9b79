"""Files that are uploaded before a create."""

from screentest_contracts.contract import Role
from screentest_contracts.reading import id_text
from screentest_contracts.requirements import Requirement, kinds
from screentest_suites.checks.probes import model_with_file, naming
from screentest_suites.checks.registry import check
from screentest_suites.checks.shapes import schema_violation
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Finding, NotObservedError, Skip, failed, passed, skipped
from screentest_suites.requests.bodies import upload_rule
from screentest_suites.tasks.session import Session
from screentest_suites.tasks.uploads import Uploaded


def _seen(session: Session) -> Uploaded:
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
    uploaded = _seen(session)
    answer = uploaded.answer
    if session.client.uploads.accepted(uploaded):
        return passed()
    return failed(answer.error or f"answered {answer.status}", "accepted", (answer,))


@check(kinds.UPLOAD_SCHEMA)
def judge_schema(session: Session, requirement: Requirement[None]) -> Finding:
    """The answer is the documented one."""
    violation = schema_violation(session.contract.roles[Role.UPLOAD][0], _seen(session).answer)
    return failed(violation.seen, violation.expected, violation.exchanges) if violation else passed()


@check(kinds.UPLOAD_REFERENCE)
def judge_reference(session: Session, requirement: Requirement[None]) -> Finding:
    """There is a reference, and it looks as documented."""
    rule, answer = upload_rule(session.contract), _seen(session).answer
    reference = id_text(rule.gives.find(answer.json))
    if reference is None:
        return failed("there is none", f"a reference at {rule.gives}", (answer,))
    if not rule.pattern.search(reference):
        return failed(f"the reference is {reference!r}", rule.pattern.pattern, (answer,))
    return passed()


@check(kinds.UPLOAD_PUT)
def judge_put(session: Session, requirement: Requirement[None]) -> Finding:
    """The bytes are taken at the address that the answer holds for them."""
    rule, uploaded = upload_rule(session.contract), _seen(session)
    if uploaded.put is None:
        return failed("there is no address", f"one at {rule.put}", (uploaded.answer,))
    if uploaded.put.error or not 200 <= uploaded.put.status < 300:
        seen = uploaded.put.error or f"the bytes were answered {uploaded.put.status}"
        return failed(seen, "a 2xx status", (uploaded.answer, uploaded.put))
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
