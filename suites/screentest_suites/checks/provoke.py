"""Brings each condition of the error catalogue about, one at a time, on every operation of a role."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from screentest_contracts.contract import ErrorRow, Model, Role
from screentest_contracts.location import MISSING, replaced, segments
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import ErrorCase
from screentest_contracts.requirements.earlier import GOING_ON
from screentest_suites.checks import call_parameters, earlier, provoke_files, provoke_tasks
from screentest_suites.checks.accounts import unusable
from screentest_suites.checks.needed_headers import send_needing
from screentest_suites.checks.probes import (
    Provoked,
    any_task,
    models_of_row,
    operations_of,
    probe,
    refusals,
)
from screentest_suites.checks.provoke_server import by_request, forced, spontaneous
from screentest_suites.core.credential import (
    NO_KEY,
    SECOND,
    AccountKey,
    Credential,
    FlawedToken,
    LiteralKey,
)
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import NotObservedError, Skip, skipped
from screentest_suites.requests.bodies import upload_of
from screentest_suites.requests.probes import probes
from screentest_suites.requests.samples import variation
from screentest_suites.tasks.session import Session

WRONG_KEY = LiteralKey("sk-screentest-no-such-key-0000")


def provoke(session: Session, case: ErrorCase) -> Provoked:
    """Brings a condition about, once for each operation of the role; answers are kept for the second requirement."""
    key = (case.role, case.row.condition, case.row.members, case.row.models)
    cache: dict[Any, Provoked] = session.memory.setdefault("provoked", {})
    if key not in cache:
        of_earlier = case.role is Role.CREATE and case.row.condition in GOING_ON
        bring_about = earlier.provoke if of_earlier else _PROVOKE.get(case.row.condition, spontaneous)
        cache[key] = bring_about(session, case)
    return cache[key]


def _subject(session: Session, role: Role) -> str:
    """The id of what the calls of a role are about, a task or an uploaded file; "" where they name neither."""
    if role is Role.FILE:
        return provoke_files.any_file(session)
    return any_task(session, role) if role.names_task else ""


def _with_key(credential: Credential) -> Callable[[Session, ErrorCase], Provoked]:
    def run(session: Session, case: ErrorCase) -> Provoked:
        if session.contract.operation(case.role) is None:
            return skipped(Skip.NOT_OBSERVED)
        task = _subject(session, case.role)
        return [
            probe(session, operation, task, credential=credential) for operation in operations_of(session, case.role)
        ]

    return run


def send_flawed(session: Session, role: Role, flaw: str) -> list[Exchange]:
    """Asks with a token that has a flaw, once for each operation of the role; answers are kept."""
    kept: dict[Any, list[Exchange]] = session.memory.setdefault("flawed", {})
    if (role, flaw) not in kept:
        task = any_task(session) if role.names_task else _subject(session, role)
        token = FlawedToken(flaw)
        operations = operations_of(session, role)
        kept[role, flaw] = [probe(session, operation, task, credential=token) for operation in operations]
    return kept[role, flaw]


def _flawed(flaw: str) -> Callable[[Session, ErrorCase], Provoked]:
    return lambda session, case: send_flawed(session, case.role, flaw)


def _wrong_key(session: Session, case: ErrorCase) -> Provoked:
    if session.contract.token is not None:
        return send_flawed(session, case.role, "stranger")
    return _with_key(WRONG_KEY)(session, case)


def _second_key(session: Session, case: ErrorCase) -> Provoked:
    if (missing := unusable(session, "second")) is not None:
        return missing
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    task = any_task(session, case.role)
    return [probe(session, operation, task, credential=SECOND) for operation in operations_of(session, case.role)]


def _account(role: str) -> Callable[[Session, ErrorCase], Provoked]:
    def run(session: Session, case: ErrorCase) -> Provoked:
        first = next(iter(session.contract.models.values()))
        alone = [each for each in session.contract.models.values() if each.earlier is None]  # others need a task, too
        others = [each for each in alone if each.wire != first.wire]
        if role == "restricted" and not others:
            return skipped(Skip.NOT_OBSERVED, "the provider has one model only")
        if (missing := unusable(session, role)) is not None:
            return missing
        # One that the documents are surest of: who does not have a model says so, whatever the key may do.
        if role == "restricted":
            model = min(reversed(others), key=lambda each: each.fact.mark.rank)
        else:
            known = _accepted(session, first)
            if known is None:
                return skipped(Skip.NOT_OBSERVED, "no minimal request is accepted, with or without balance")
            model = first if known.earlier is not None else known
        if role != "restricted" and case.row.models:
            mine = [each for each in models_of_row(session, case.role, case.row) if each.earlier is None]
            if not mine:
                return skipped(Skip.NOT_OBSERVED, "none of its models was chosen, or each needs an earlier task")
            model = mine[0]
        operation = model.operations[0]
        return [session.send(Role.CREATE, session.request(operation, body=model.base, credential=AccountKey(role)))]

    return run


def _accepted(session: Session, otherwise: Model) -> Model | None:
    """A model whose minimal request is accepted; `otherwise` where nothing may be created to find that out."""
    with suppress(NotObservedError):
        return session.any_model()
    return otherwise


def _raw(body: bytes, media: str = "application/json") -> Callable[[Session, ErrorCase], Provoked]:
    def run(session: Session, case: ErrorCase) -> Provoked:
        headers = [("content-type", media)]
        return [
            session.send(case.role, session.request(operation, raw=body, headers=headers))
            for operation in operations_of(session, case.role)
        ]

    return run


def _wrong_media(session: Session, case: ErrorCase) -> Provoked:
    return _raw(b"<task/>", "text/xml")(session, case)


def _missing_model(session: Session, case: ErrorCase) -> Provoked:
    return _model_probe(session, case, MISSING)


def _unknown_model(session: Session, case: ErrorCase) -> Provoked:
    name = "no-such-model-0000"
    if session.contract.models_named(name):
        return skipped(Skip.NOT_OBSERVED, "the names of models are an open set")
    return _model_probe(session, case, name)


def _model_probe(session: Session, case: ErrorCase, name: Any) -> Provoked:
    at = session.contract.model_at
    if at is None:
        return skipped(Skip.NOT_OBSERVED, "the model is not named in the body")
    model = session.models[0]
    body = replaced(model.base, segments(at.pointers[0]), name)
    return [session.send(Role.CREATE, session.request(model.operations[0], body=body))]


def _missing_header(session: Session, case: ErrorCase) -> Provoked:
    answers = []
    for operation in operations_of(session, case.role):
        for parameter in operation.parameters:
            if parameter.get("in") == "header" and parameter.get("required"):
                sent = session.request(operation, body=session.models[0].base)
                kept = tuple(each for each in sent.headers if each[0].lower() != str(parameter["name"]).lower())
                answers.append(session.send(case.role, replace(sent, headers=kept)))
    return answers or skipped(Skip.NOT_OBSERVED, "no header is required")


def _needed_header(session: Session, case: ErrorCase) -> Provoked:
    headers = {each.name: each for operation in operations_of(session, case.role) for each in operation.needed_headers}
    return [send_needing(session, each, with_it=False) for each in headers.values()]


def _idempotency_conflict(session: Session, case: ErrorCase) -> Provoked:
    model = session.any_model()
    other = MISSING if model is None else another_body(model)
    if model is None or other is MISSING:
        return skipped(Skip.NOT_OBSERVED, "no second body can be made")
    key = session.fresh_key()
    if not session.accepted(session.create(model, model.base, idempotency=key)):
        return skipped(Skip.NOT_OBSERVED, "the create was not accepted")
    return [session.send(Role.CREATE, session.request(model.operations[0], body=other, idempotency=key))]


def another_body(model: Model) -> Any:
    """A valid body beside the base, which costs the same where it can; MISSING when there is none."""
    at = model.request.prompt
    reworded = model.base if at is None else replaced(model.base, segments(at.pointers[0]), "The key is the same.")
    bodies = (reworded, variation(model))
    return next((each for each in bodies if each != model.base and model.takes(each)), MISSING)


def _invalid(session: Session, case: ErrorCase) -> Provoked:
    """What the parameter suite provoked; when it did not run, one plain invalid request."""
    if case.role is Role.UPLOAD:
        return provoke_files.without_file(session)
    mine = [each.exchange for each in refusals(session) if each.row is case.row]
    models = models_of_row(session, case.role, case.row)
    if not models:
        return skipped(Skip.NOT_OBSERVED, "none of its models was chosen")
    mine.sort(key=lambda exchange: exchange.received_at)  # not in the order in which threads noted them
    if not mine and case.row.members:
        mine = _invalid_member(session, case.row, models)
    elif not mine and case.row.models:
        mine = _invalid_of(session, models)
    elif not mine:
        model = models[0]
        operation = model.operations[0]
        sent = session.request(operation, body={}) if operation.form_only else session.request(operation, raw=b"[]")
        mine = [session.send(Role.CREATE, sent)]
    mine = [exchange for exchange in mine if exchange.status != 429]
    return mine or skipped(Skip.NOT_OBSERVED)


def _invalid_of(session: Session, models: list[Model]) -> list[Exchange]:
    """The answer to a request that says which model it is for, and breaks one of its constraints."""
    for model in models:
        for constraint in model.constraints:
            for tried in probes(model, constraint):
                meant = session.contract.models_meant(model.operations[0], tried.body)
                if not tried.accept and meant and all(each in models for each in meant):
                    return [session.create(model, tried.body, valid=False)]
    return []


def _invalid_member(session: Session, row: ErrorRow, models: list[Model]) -> list[Exchange]:
    answers = []
    for model in models:
        for member in row.members:
            body = replaced(model.base, tuple(member.split(".")), MISSING)
            if body != model.base and model.refuses(body):
                exchange = session.create(model, body, valid=False)
                if judge_call(session.contract, Role.CREATE, exchange.status, exchange.json) is CallOutcome.REFUSED:
                    answers.append(exchange)
    return answers


def _unknown_path(session: Session, case: ErrorCase) -> Provoked:
    sent = session.request(session.contract.roles[Role.QUERY][0], task="x")
    return [session.send(case.role, replace(sent, url=f"{session.target.base_url}/v1/no-such-path"))]


def _wrong_method(session: Session, case: ErrorCase) -> Provoked:
    operation = session.contract.roles[case.role][0]
    methods = {each.method for each in session.contract.operations.values() if each.path == operation.path}
    method = next(each for each in ("DELETE", "PUT", "PATCH", "POST") if each not in methods)
    sent = session.request(operation, task=_subject(session, case.role))
    return [session.send(case.role, replace(sent, method=method, body=None))]


def _too_large(session: Session, case: ErrorCase) -> Provoked:
    if session.target.steering is None:
        return skipped(Skip.NOT_OBSERVED, "large bodies are not sent to foreign servers")
    if case.role is Role.UPLOAD:
        media, content = upload_of(session.contract)
        return _raw(content + b"\0" * (case.row.limit or 11 * 1024 * 1024), media)(session, case)
    size = case.row.limit or 11 * 1024 * 1024
    if case.row.models:
        models = models_of_row(session, case.role, case.row)
        at = models[0].request.prompt if models else None
        if at is None:
            return skipped(Skip.NOT_OBSERVED, "no request of its models can be made as large")
        body = replaced(models[0].base, segments(at.pointers[0]), "a" * size)
        return [session.send(Role.CREATE, session.request(models[0].operations[0], body=body))]
    return _raw(b'{"prompt":"' + b"a" * size + b'"}')(session, case)


_PROVOKE: dict[str, Callable[[Session, ErrorCase], Provoked]] = {
    "missing-key": _with_key(NO_KEY),
    "wrong-key": _wrong_key,
    "expired-key": _flawed("expired"),
    "foreign-task": _second_key,
    "insufficient-balance": _account("poor"),
    "forbidden-model": _account("restricted"),
    "malformed-json": _raw(b'{"model": '),
    "wrong-content-type": _wrong_media,
    "missing-model": _missing_model,
    "unknown-model": _unknown_model,
    "missing-header": _missing_header,
    "needed-header": _needed_header,
    "idempotency-conflict": _idempotency_conflict,
    "invalid-body": _invalid,
    "invalid-parameter": lambda session, case: call_parameters.provoke_invalid(session, case.role),
    "unknown-task": provoke_tasks.unknown,
    "malformed-id": provoke_tasks.malformed,
    "unknown-file": provoke_files.unknown,
    "foreign-file": provoke_files.foreign,
    "not-ready": provoke_tasks.not_ready,
    "failed-task": provoke_tasks.failed_task,
    "expired-task": provoke_tasks.expired,
    "link-expired": provoke_tasks.link_expired,
    "bad-range": provoke_tasks.bad_range,
    "not-cancellable": provoke_tasks.not_endable,
    "not-deletable": provoke_tasks.not_endable,
    "unknown-path": _unknown_path,
    "wrong-method": _wrong_method,
    "too-large": _too_large,
    "content-refused": by_request("content-refused"),
    "region-refused": by_request("region-refused"),
    "timed-out": forced("timed-out"),
    "rate-limited": forced("rate-limited"),
    "server-error": forced("server-error"),
    "unavailable": forced("unavailable"),
}
