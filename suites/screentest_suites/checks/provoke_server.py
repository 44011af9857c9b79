"""Conditions that only the server brings about: by its own state, or by what it thinks of a request."""

from collections.abc import Callable

from screentest_contracts.contract import Role
from screentest_contracts.location import replaced, segments
from screentest_contracts.requirements import ErrorCase
from screentest_suites.checks.probes import Provoked, models_of_row
from screentest_suites.core.credential import GOOD
from screentest_suites.core.exchange import Trace
from screentest_suites.core.verdicts import Skip, skipped
from screentest_suites.spending import model_named
from screentest_suites.tasks.session import Session


def forced(condition: str) -> Callable[[Session, ErrorCase], Provoked]:
    """Conditions that only the server's own state brings about: steered on the mock, else taken as they come."""

    def run(session: Session, case: ErrorCase) -> Provoked:
        if session.target.steering is None or case.role not in (Role.CREATE, Role.QUERY):
            return spontaneous(session, case)
        return _steered(session, case, condition)

    return run


def by_request(condition: str) -> Callable[[Session, ErrorCase], Provoked]:
    """Conditions that a request can be made to meet, where the document says how."""

    def run(session: Session, case: ErrorCase) -> Provoked:
        if not case.row.request:
            return forced(condition)(session, case)
        for model in models_of_row(session, case.role, case.row):
            body = model.base
            for pointer, value in case.row.request.items():
                body = replaced(body, segments(pointer), value)
            if model.validator.is_valid(body):
                sent = session.request(model.operations[0], body=body)
                return [session.send(Role.CREATE, sent)]
        return skipped(Skip.NOT_OBSERVED, "no model takes the request of the document")

    return run


def _steered(session: Session, case: ErrorCase, condition: str) -> Provoked:
    model = session.any_model()
    if case.role is Role.CREATE and model not in (mine := models_of_row(session, case.role, case.row)):
        model = next((each for each in mine if session.accepts_base_request(each)), None)
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    if case.role is Role.CREATE:
        if model.earlier is not None and session.client.earlier is not None:
            session.client.earlier.task_of(model)  # or the scenario would wait for another create
        session.steer(f"refuse-create:{condition}")
        sent = session.request(model.operations[0], body=model.base)
        answer = session.send(Role.CREATE, sent, patient=condition != "rate-limited")
        session.create(model, model.base)  # uses the scenario up
        return [answer]
    session.steer(f"refuse-query:{condition}")
    made = session.start(model, model.base)
    if not isinstance(made, Trace):
        return skipped(Skip.NOT_OBSERVED)
    operation = session.contract.roles[Role.QUERY][0]
    session.target.sleep(session.contract.polling.grace)
    sent = session.request(operation, task=made.task_id)
    return [session.send(Role.QUERY, sent, patient=condition != "rate-limited")]


_STATUS_OF = {"rate-limited": (429,), "server-error": (500,), "unavailable": (502, 503, 504), "timed-out": (408, 504)}


def spontaneous(session: Session, case: ErrorCase) -> Provoked:
    """Answers that came by themselves."""
    others = {name for of, name in session.contract.errors if of is case.role} - {case.row.condition}
    taken = {status for name in others for status in _STATUS_OF.get(name, ())}
    own = {reading.status for reading in case.row.readings}
    statuses = [each for each in _STATUS_OF.get(case.row.condition, ()) if each in own or each not in taken]
    answers = [
        exchange for role, exchange in session.client.seen if role is case.role and exchange.sent.credential == GOOD
    ]
    seen = [exchange for exchange in answers if exchange.status in statuses]
    if case.role is Role.CREATE:
        names = {model.name for model in models_of_row(session, case.role, case.row)} | {""}
        seen = [exchange for exchange in seen if model_named(session.contract, exchange.sent) in names]
    return sorted(seen, key=lambda exchange: exchange.received_at)[:5] or skipped(Skip.NOT_OBSERVED)
