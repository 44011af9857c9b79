"""Brings about the conditions that an uploaded file is in: missing, unknown, somebody else's."""

from typing import Any

from screentest_contracts.contract import Role
from screentest_contracts.requirements import ErrorCase
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.probes import Provoked, model_with_file, naming
from screentest_suites.core.credential import SECOND
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Skip, skipped
from screentest_suites.requests.bodies import form_of
from screentest_suites.tasks.session import Session


def without_file(session: Session) -> Provoked:
    """An upload without the file or, where the bytes come later, without anything."""
    operation = session.contract.roles[Role.UPLOAD][0]
    media, content = form_of({}) if operation.takes_form else ("application/json", b"[]")
    return [session.send(Role.UPLOAD, session.request(operation, raw=content, headers=[("content-type", media)]))]


def unknown(session: Session, case: ErrorCase) -> Provoked:
    rule, model = session.contract.upload, model_with_file(session)
    if rule is None or model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    stand_in = rule.stand_ins[0]
    if isinstance(stand_in, int):
        nobodys: Any = stand_in + 1
    else:  # of the same form, and neither the stand-in nor, but by a chance that nobody has, a file's
        nobodys = stand_in[:-1] + ("1" if stand_in.endswith("0") else "0")
    return [session.send(Role.CREATE, naming(session, model, nobodys))]


def foreign(session: Session, case: ErrorCase) -> Provoked:
    model = model_with_file(session)
    if (missing := unusable(session, "second")) is not None:
        return missing
    if model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    return [session.send(Role.CREATE, naming(session, model, session.client.uploads.reference(SECOND)))]
