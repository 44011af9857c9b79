"""Brings about the conditions that an uploaded file is in: missing, unknown, somebody else's."""

from contextlib import suppress
from typing import Any

from screentest_contracts.contract import Role
from screentest_contracts.reading import id_text
from screentest_contracts.requirements import ErrorCase
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.probes import Provoked, model_with_file, naming
from screentest_suites.checks.uploads import uploaded_file
from screentest_suites.core.credential import SECOND
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import NotObservedError, Skip, skipped
from screentest_suites.requests.bodies import form_of, reference_of, upload_rule
from screentest_suites.tasks.session import Session


def without_file(session: Session) -> Provoked:
    """An upload without the file or, where the bytes come later, without anything."""
    operation = session.contract.roles[Role.UPLOAD][0]
    media, content = form_of({}) if operation.takes_form else ("application/json", b"[]")
    return [session.send(Role.UPLOAD, session.request(operation, raw=content, headers=[("content-type", media)]))]


def any_file(session: Session) -> str:
    """The reference to the uploaded file; a made-up one where there is none: whom no good key lets in is refused either
    way."""
    with suppress(NotObservedError):
        reference = id_text(reference_of(upload_rule(session.contract), uploaded_file(session).answer.json))
        if reference is not None:
            return reference
    return "no-such-file-0000"


def unknown(session: Session, case: ErrorCase) -> Provoked:
    if case.role is Role.FILE:
        operation, reference = session.contract.roles[Role.FILE][0], any_file(session)
        return [session.send(Role.FILE, session.request(operation, task=_nobodys(reference)))]
    rule, model = session.contract.upload, model_with_file(session)
    if rule is None or model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    stand_in = rule.stand_ins[0]
    nobodys: Any = stand_in + 1 if isinstance(stand_in, int) else _nobodys(stand_in)
    return [session.send(Role.CREATE, naming(session, model, nobodys))]


def _nobodys(reference: str) -> str:
    """Of the same form, and neither this reference nor, but by a chance that nobody has, a file's."""
    return reference[:-1] + ("1" if reference.endswith("0") else "0")


def foreign(session: Session, case: ErrorCase) -> Provoked:
    model = model_with_file(session)
    if (missing := unusable(session, "second")) is not None:
        return missing
    if case.role is Role.FILE:
        operation, reference = session.contract.roles[Role.FILE][0], any_file(session)
        return [session.send(Role.FILE, session.request(operation, task=reference, credential=SECOND))]
    if model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    return [session.send(Role.CREATE, naming(session, model, session.client.uploads.reference(SECOND)))]
