"""Brings each condition of the error catalogue about, one at a time, on every operation of a role."""

from collections.abc import Callable
from typing import Any

import orjson

from screentest_contracts.contract import ErrorRow, Model, Operation, Role, StatusClass
from screentest_contracts.location import MISSING, replaced, segments
from screentest_contracts.reading import Verdict, judge_call, status_of
from screentest_contracts.requirements import ErrorCase
from screentest_suites.download import followed
from screentest_suites.exchange import Exchange, Sent, Trace
from screentest_suites.requests import form_of, upload_of
from screentest_suites.samples import variation
from screentest_suites.session import Session
from screentest_suites.target import EmbeddedTarget
from screentest_suites.verdicts import Finding, NotObservedError, Skip, skipped

Provoked = list[Exchange] | Finding
"""The answers to a provoked condition, or why it could not be provoked."""

WRONG_KEY = "=sk-screentest-no-such-key-0000"


_WITHOUT_TASK = (Role.CREATE, Role.LIST, Role.UPLOAD)
"""Roles whose calls name no task."""


def provoke(session: Session, case: ErrorCase) -> Provoked:
    """Brings a condition about, once for each operation of the role; answers are kept for the second requirement."""
    key = (case.role, case.row.condition, case.row.members)
    cache: dict[Any, Provoked] = session.memory.setdefault("provoked", {})
    if key not in cache:
        cache[key] = _PROVOKE.get(case.row.condition, _spontaneous)(session, case)
    return cache[key]


def _operations(session: Session, role: Role) -> tuple[Operation, ...]:
    return session.contract.roles[role]


def probe(session: Session, operation: Operation, task: str, **options: Any) -> Exchange:
    """A plain request of any role."""
    body: Any = MISSING
    if operation.role is Role.CREATE:
        model = next(
            (model for model in session.contract.models.values() if operation in model.operations),
            next(iter(session.contract.models.values())),
        )
        body = options.pop("body", model.base)
    return session.send(operation.role, session.request(operation, task=task, body=body, **options))


def any_task(session: Session, role: Role = Role.QUERY) -> str:
    """The id of a task that is there to be asked for by this role; an unknown one where none could be made: whom no
    good key lets in is refused either way."""
    try:
        model = session.any_model()
    except NotObservedError:
        return session.unknown_id()
    if model is not None and session.target.steerable:  # a shared task may have expired in virtual time
        fresh = session.start(model, model.base)
        if isinstance(fresh, Trace):
            _until_known(session, fresh, role)
            return fresh.task_id
    made = session.shared(model) if model else None
    return made.task_id if isinstance(made, Trace) else session.unknown_id()


def _until_known(session: Session, trace: Trace, role: Role) -> None:
    """Follows a task where the role's id for it is shown at its end only."""
    if session.contract.roles[role][0].shown_id is not None:
        session.follow(trace, linger=0)


def _with_key(key: str | None) -> Callable[[Session, ErrorCase], Provoked]:
    def run(session: Session, case: ErrorCase) -> Provoked:
        if session.contract.operation(case.role) is None:
            return skipped(Skip.NOT_OBSERVED)
        task = "" if case.role in _WITHOUT_TASK else any_task(session, case.role)
        return [probe(session, operation, task, key=key) for operation in _operations(session, case.role)]

    return run


def send_flawed(session: Session, role: Role, flaw: str) -> list[Exchange]:
    """Asks with a token that has a flaw, once for each operation of the role; answers are kept."""
    kept: dict[Any, list[Exchange]] = session.memory.setdefault("flawed", {})
    if (role, flaw) not in kept:
        task = "" if role in (Role.CREATE, Role.LIST) else any_task(session)
        kept[role, flaw] = [probe(session, each, task, key=f"!{flaw}") for each in _operations(session, role)]
    return kept[role, flaw]


def _flawed(flaw: str) -> Callable[[Session, ErrorCase], Provoked]:
    return lambda session, case: send_flawed(session, case.role, flaw)


def _wrong_key(session: Session, case: ErrorCase) -> Provoked:
    if session.contract.token is not None:
        return send_flawed(session, case.role, "stranger")
    return _with_key(WRONG_KEY)(session, case)


def _second_key(session: Session, case: ErrorCase) -> Provoked:
    if "second" not in session.target.keys:
        return skipped(Skip.NEEDS_SECOND_KEY)
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    task = any_task(session, case.role)
    return [probe(session, operation, task, key="second") for operation in _operations(session, case.role)]


def _account(role: str) -> Callable[[Session, ErrorCase], Provoked]:
    def run(session: Session, case: ErrorCase) -> Provoked:
        if role not in session.target.keys:
            return skipped(Skip.NEEDS_SECOND_KEY, f"of the {role} account")
        first, *others = session.contract.models.values()
        if role == "restricted" and not others:
            return skipped(Skip.NOT_OBSERVED, "the provider has one model only")
        # One that the documents are surest of: who does not have a model says so, whatever the key may do.
        model = min(reversed(others), key=lambda each: each.fact.mark.rank) if role == "restricted" else first
        operation = model.operations[0]
        return [session.send(Role.CREATE, session.request(operation, body=model.base, key=role))]

    return run


def _raw(body: bytes, media: str = "application/json") -> Callable[[Session, ErrorCase], Provoked]:
    def run(session: Session, case: ErrorCase) -> Provoked:
        headers = [("content-type", media)]
        return [
            session.send(case.role, session.request(operation, raw=body, headers=headers))
            for operation in _operations(session, case.role)
        ]

    return run


def _wrong_media(session: Session, case: ErrorCase) -> Provoked:
    return _raw(b"<task/>", "text/xml")(session, case)


def _missing_model(session: Session, case: ErrorCase) -> Provoked:
    return _model_probe(session, case, MISSING)


def _unknown_model(session: Session, case: ErrorCase) -> Provoked:
    return _model_probe(session, case, "no-such-model-0000")


def _model_probe(session: Session, case: ErrorCase, name: Any) -> Provoked:
    at = session.contract.model_at
    if at is None:
        return skipped(Skip.NOT_OBSERVED, "the model is not named in the body")
    model = session.models[0]
    body = replaced(model.base, segments(at.pointers[0]), name)
    return [session.send(Role.CREATE, session.request(model.operations[0], body=body))]


def _missing_header(session: Session, case: ErrorCase) -> Provoked:
    answers = []
    for operation in _operations(session, case.role):
        for parameter in operation.parameters:
            if parameter.get("in") == "header" and parameter.get("required"):
                sent = session.request(operation, body=session.models[0].base)
                kept = tuple(each for each in sent.headers if each[0].lower() != str(parameter["name"]).lower())
                answers.append(session.send(case.role, _with_headers(sent, kept)))
    return answers or skipped(Skip.NOT_OBSERVED, "no header is required")


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
    return next((each for each in bodies if each != model.base and model.validator.is_valid(each)), MISSING)


def _with_headers(sent: Any, headers: tuple[tuple[str, str], ...]) -> Any:
    from dataclasses import replace

    return replace(sent, headers=headers)


def _invalid(session: Session, case: ErrorCase) -> Provoked:
    """What the parameter suite provoked; when it did not run, one plain invalid request."""
    if case.role is Role.UPLOAD:
        return _without_file(session)
    mine = [each.exchange for each in session.refusals if each.row is case.row]
    mine.sort(key=lambda exchange: exchange.received_at)  # not in the order in which threads noted them
    if not mine and case.row.members:
        mine = _invalid_member(session, case.row)
    elif not mine:
        model = session.models[0]
        operation = model.operations[0]
        sent = session.request(operation, body={}) if operation.form_only else session.request(operation, raw=b"[]")
        mine = [session.send(Role.CREATE, sent)]
    mine = [exchange for exchange in mine if exchange.status != 429]
    return mine or skipped(Skip.NOT_OBSERVED)


def _invalid_member(session: Session, row: ErrorRow) -> list[Exchange]:
    answers = []
    for model in session.models:
        for member in row.members:
            body = replaced(model.base, tuple(member.split(".")), MISSING)
            if body != model.base and not model.validator.is_valid(body):
                exchange = session.create(model, body, valid=False)
                if judge_call(session.contract, Role.CREATE, exchange.status, exchange.json) is Verdict.REFUSED:
                    answers.append(exchange)
    return answers


def _unknown(session: Session, case: ErrorCase) -> Provoked:
    return [probe(session, operation, session.unknown_id()) for operation in _operations(session, case.role)]


def _malformed(session: Session, case: ErrorCase) -> Provoked:
    return [probe(session, operation, "not-a-task-id") for operation in _operations(session, case.role)]


def _fresh(session: Session, scenario: str = "") -> Trace | Finding:
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    if scenario and not session.steer(scenario):
        return skipped(Skip.NEEDS_CLOCK)
    made = session.start(model, model.base)
    return made if isinstance(made, Trace) else skipped(Skip.NOT_OBSERVED, "the create was not accepted")


def _not_ready(session: Session, case: ErrorCase) -> Provoked:
    made = _fresh(session)
    if isinstance(made, Finding):
        return made
    if session.contract.polling.grace:
        session.poll(made)  # until it is known
    answers = [probe(session, operation, made.task_id) for operation in _operations(session, case.role)]
    session.poll(made)
    if made.ended:
        return skipped(Skip.NOT_OBSERVED, "the task had already ended")
    return answers


def _failed_task(session: Session, case: ErrorCase) -> Provoked:
    if session.embedded is None:
        ended = [trace for trace in session.traces() if _failed(session, trace)]
        if not ended:
            return skipped(Skip.NOT_OBSERVED, "no task failed")
        return [probe(session, each, ended[0].task_id) for each in _operations(session, case.role)]
    made = _fresh(session, "failure")
    if isinstance(made, Finding):
        return made
    session.follow(made, linger=0)
    return [probe(session, operation, made.task_id) for operation in _operations(session, case.role)]


def _failed(session: Session, trace: Trace) -> bool:
    status = status_of(session.contract, trace.polls[-1].exchange.json) if trace.polls else None
    if id(trace) in session.refused:
        return True
    return status is not None and status.status_class is StatusClass.FAILED


def _succeeded(session: Session, trace: Trace) -> bool:
    status = status_of(session.contract, trace.polls[-1].exchange.json) if trace.ended else None
    succeeded = status is not None and status.status_class is StatusClass.SUCCEEDED
    return succeeded and id(trace) not in session.refused


def _expired(session: Session, case: ErrorCase) -> Provoked:
    rule, mock = session.contract.retention, session.embedded
    if mock is None or rule is None:
        return skipped(Skip.NEEDS_CLOCK)
    made = _fresh(session)
    if isinstance(made, Finding):
        return made
    _until_known(session, made, case.role)
    mock.sleep(rule.task + session.timeout + 60)
    return [probe(session, operation, made.task_id) for operation in _operations(session, case.role)]


def _link_expired(session: Session, case: ErrorCase) -> Provoked:
    life, mock = session.contract.link.life, session.embedded
    if mock is None or life is None:
        return skipped(Skip.NEEDS_CLOCK)
    rule = session.contract.retention
    if rule is not None and rule.task <= life:
        return skipped(Skip.NOT_OBSERVED, "the task is gone before its link is")
    made = _fresh(session)
    if isinstance(made, Finding):
        return made
    _until_known(session, made, case.role)
    mock.sleep(life + session.timeout + 60)
    return [probe(session, operation, made.task_id) for operation in _operations(session, case.role)]


def _bad_range(session: Session, case: ErrorCase) -> Provoked:
    for trace in session.living_bases():
        if _succeeded(session, trace):
            beyond = (("range", "bytes=99999999999-"),)
            operations = _operations(session, case.role)
            answers = [probe(session, each, trace.task_id, headers=beyond) for each in operations]
            return [followed(session.target, answer, beyond) for answer in answers]
    return skipped(Skip.NOT_OBSERVED, "no task succeeded")


def _not_cancellable(session: Session, case: ErrorCase) -> Provoked:
    rule = session.contract.cancel
    if rule is None:
        return skipped(Skip.NOT_OBSERVED)
    possible = {*rule.classes, *rule.deletes}
    for trace in session.living_bases():
        status = status_of(session.contract, trace.polls[-1].exchange.json) if trace.ended else None
        if status is not None and status.status_class not in possible:
            return [probe(session, operation, trace.task_id) for operation in _operations(session, case.role)]
    made = _fresh(session)
    if isinstance(made, Finding):
        return made
    deadline = session.target.now() + session.timeout
    while not made.ended and session.target.now() < deadline:  # until it has come to where it cannot be cancelled
        status = status_of(session.contract, session.poll(made).json)
        if status is not None and status.status_class not in possible:
            return [probe(session, operation, made.task_id) for operation in _operations(session, case.role)]
        session.target.sleep(session.interval)
    return skipped(Skip.NOT_OBSERVED, "no task was seen beyond cancelling")


def _unknown_path(session: Session, case: ErrorCase) -> Provoked:
    from dataclasses import replace

    sent = session.request(session.contract.roles[Role.QUERY][0], task="x")
    return [session.send(case.role, replace(sent, url=f"{session.target.base_url}/v1/no-such-path"))]


def _wrong_method(session: Session, case: ErrorCase) -> Provoked:
    from dataclasses import replace

    operation = session.contract.roles[case.role][0]
    methods = {each.method for each in session.contract.operations.values() if each.path == operation.path}
    method = next(each for each in ("DELETE", "PUT", "PATCH", "POST") if each not in methods)
    sent = session.request(operation, task="" if case.role in _WITHOUT_TASK else any_task(session, case.role))
    return [session.send(case.role, replace(sent, method=method, body=None))]


def _too_large(session: Session, case: ErrorCase) -> Provoked:
    if session.embedded is None:
        return skipped(Skip.NOT_OBSERVED, "large bodies are not sent to foreign servers")
    if case.role is Role.UPLOAD:
        media, content = upload_of(session.contract)
        return _raw(content + b"\0" * (case.row.limit or 11 * 1024 * 1024), media)(session, case)
    return _raw(b'{"prompt":"' + b"a" * (case.row.limit or 11 * 1024 * 1024) + b'"}')(session, case)


def model_with_file(session: Session) -> Model | None:
    """A model whose minimal request refers to an uploaded file."""
    rule = session.contract.upload
    return next((each for each in session.models if rule is not None and any(rule.used.all(each.base))), None)


def naming(session: Session, model: Model, reference: Any) -> Sent:
    """A model's minimal request with this very reference."""
    rule, body, operation = session.contract.upload, model.base, model.operations[0]
    for pointer, _ in rule.used.all(body) if rule is not None else ():
        body = replaced(body, segments(pointer), reference)
    if not operation.form_only:
        return session.request(operation, raw=orjson.dumps(body))
    media, content = form_of(body)
    return session.request(operation, raw=content, headers=[("content-type", media)])


def _without_file(session: Session) -> Provoked:
    """An upload without the file or, where the bytes come later, without anything."""
    operation = session.contract.roles[Role.UPLOAD][0]
    media, content = form_of({}) if operation.takes_form else ("application/json", b"[]")
    return [session.send(Role.UPLOAD, session.request(operation, raw=content, headers=[("content-type", media)]))]


def _unknown_file(session: Session, case: ErrorCase) -> Provoked:
    rule, model = session.contract.upload, model_with_file(session)
    if rule is None or model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    stand_in = rule.stand_ins[0]
    if isinstance(stand_in, int):
        nobodys: Any = stand_in + 1
    else:  # of the same form, and neither the stand-in nor, but by a chance that nobody has, a file's
        nobodys = stand_in[:-1] + ("1" if stand_in.endswith("0") else "0")
    return [session.send(Role.CREATE, naming(session, model, nobodys))]


def _foreign_file(session: Session, case: ErrorCase) -> Provoked:
    model = model_with_file(session)
    if "second" not in session.target.keys:
        return skipped(Skip.NEEDS_SECOND_KEY)
    if model is None or not isinstance(session.shared(model), Trace):
        return skipped(Skip.NOT_OBSERVED)
    return [session.send(Role.CREATE, naming(session, model, session.reference("second")))]


def _forced(condition: str) -> Callable[[Session, ErrorCase], Provoked]:
    """Conditions that only the server's own state brings about: steered on the mock, else taken as they come."""

    def run(session: Session, case: ErrorCase) -> Provoked:
        mock = session.embedded
        if mock is None or case.role not in (Role.CREATE, Role.QUERY):
            return _spontaneous(session, case)
        return _steered(session, case, mock, condition)

    return run


def _steered(session: Session, case: ErrorCase, mock: EmbeddedTarget, condition: str) -> Provoked:
    model = session.any_model()
    if model is None:
        return skipped(Skip.NOT_OBSERVED)
    if case.role is Role.CREATE:
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
    mock.sleep(session.contract.polling.grace)
    sent = session.request(operation, task=made.task_id)
    return [session.send(Role.QUERY, sent, patient=condition != "rate-limited")]


_STATUS_OF = {"rate-limited": (429,), "server-error": (500,), "unavailable": (502, 503, 504)}


def _spontaneous(session: Session, case: ErrorCase) -> Provoked:
    """Answers that came by themselves."""
    statuses = _STATUS_OF.get(case.row.condition, ())
    answers = [exchange for role, exchange in session.seen if role is case.role and exchange.sent.key == "good"]
    seen = [exchange for exchange in answers if exchange.status in statuses]
    return sorted(seen, key=lambda exchange: exchange.received_at)[:5] or skipped(Skip.NOT_OBSERVED)


_PROVOKE: dict[str, Callable[[Session, ErrorCase], Provoked]] = {
    "missing-key": _with_key(None),
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
    "idempotency-conflict": _idempotency_conflict,
    "invalid-body": _invalid,
    "unknown-task": _unknown,
    "malformed-id": _malformed,
    "unknown-file": _unknown_file,
    "foreign-file": _foreign_file,
    "not-ready": _not_ready,
    "failed-task": _failed_task,
    "expired-task": _expired,
    "link-expired": _link_expired,
    "bad-range": _bad_range,
    "not-cancellable": _not_cancellable,
    "unknown-path": _unknown_path,
    "wrong-method": _wrong_method,
    "too-large": _too_large,
    "rate-limited": _forced("rate-limited"),
    "server-error": _forced("server-error"),
    "unavailable": _forced("unavailable"),
}
