"""Requirements on refusals: one per condition and role, and one on its body."""

import re
from dataclasses import replace

from screentest_contracts.contract import Contract, ErrorReading, ErrorRow, Operation, Role
from screentest_contracts.facts import Fact, Level, Mark
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.call_parameters import judged_constraints
from screentest_contracts.requirements.earlier import GOING_ON, refused_to_go_on
from screentest_contracts.requirements.members import schema_fact
from screentest_contracts.requirements.model import CREATE, IDEMPOTENT, Builder, there
from screentest_contracts.requirements.subjects import ErrorCase, ErrorSchema, ErrorWords, TokenCase
from screentest_contracts.template import tells_value
from screentest_contracts.tokens import FLAWS

_KEY_CONDITIONS = (
    "missing-key",
    "wrong-key",
    "expired-key",
    "forbidden-model",
    "insufficient-balance",
    "foreign-task",
    "foreign-file",
)


def error_requirement_id(role: Role, row: ErrorRow) -> str:
    """`auth.query.missing-key`, `error.create.invalid-body`, ..."""
    group = "auth" if row.condition in _KEY_CONDITIONS else "error"
    parts = [row.name or row.members[0]] if row.members else []
    parts += [] if row.name and parts else [row.name or "-".join(row.models)] if row.models else []
    suffix = "".join(f".{re.sub(r'[^A-Za-z0-9._-]+', '-', part)}" for part in parts)
    return f"{group}.{role}.{row.condition}{suffix}"


def add_errors(builder: Builder) -> None:
    contract = builder.contract
    for row in contract.error_rows():
        for role in row.roles:
            operation = _operation(contract, role, row.condition)
            if operation is None or not condition_applies(contract, operation, row.condition):
                continue
            name = error_requirement_id(role, row)
            known = [reading for reading in row.readings if not _weak(reading)] or list(row.readings)
            fact = min((reading.fact for reading in known), key=lambda fact: fact.mark.rank)
            shown = " or ".join(dict.fromkeys(str(reading.status) for reading in row.readings))
            what = refused_to_go_on(role, row.condition) or _CONDITIONS[row.condition].format(role=_called(role))
            models = [model.name for model in contract.models.values() if row.names(model)]
            text = f"{what} is answered {shown}."
            depends = () if row.condition == "unknown-path" else (there(role), *_NEEDS.get(row.condition, ()))
            case = ErrorCase(role, row)
            builder.add(name, kinds.ERROR_STATUS, "errors", fact, text, case, depends, models=models)
            _add_shape(builder, name, ErrorCase(role, row), operation, known)
            headed = [reading for reading in known if reading.headers or reading.optional_headers]
            if headed:
                _add_headers(builder, name, ErrorCase(role, row), headed, depends)


def _called(role: Role) -> str:
    """What a call of a role is called, with its article."""
    name = "read of a file" if role is Role.FILE else str(role)
    return f"{'An' if name[0] in 'aeiou' else 'A'} {name}"


def _operation(contract: Contract, role: Role, condition: str) -> Operation | None:
    """The operation that meets a condition: a create that goes on from an earlier task where it speaks of that."""
    if role is Role.CREATE and condition in GOING_ON and contract.goes_on:
        return next(model.operations[0] for model in contract.models.values() if model.earlier is not None)
    return contract.operation(role)


def _add_headers(
    builder: Builder, name: str, case: ErrorCase, headed: list[ErrorReading], depends: tuple[str, ...]
) -> None:
    """That the headers of a refusal are there, and that those are like the documented ones that are."""
    add, headers, needs = builder.add, f"{name}.headers", (*depends, name)
    fact = min((reading.headers_fact for reading in headed), key=lambda fact: fact.mark.rank)
    names = ", ".join(dict.fromkeys(header for reading in headed for header in reading.headers))
    if names:
        text = f"That answer has the headers {names} ({name})."
        add(headers, kinds.ERROR_HEADERS, "errors", fact, text, case, needs)
        needs = (*needs, headers)
    if any(tells_value(*header) for reading in headed for header in reading.all_headers.items()):
        text = f"The headers of that answer have values like the documented ones ({name})."
        add(f"{headers}.values", kinds.ERROR_HEADER_VALUES, "errors", fact, text, case, needs)


def _add_shape(builder: Builder, name: str, case: ErrorCase, operation: Operation, known: list[ErrorReading]) -> None:
    """The body of a refusal; and apart, words that the schema of the response marks as less sure than that."""
    shaped = [reading for reading in known if reading.body is not None]
    if not shaped:
        return
    fact = min((reading.body_fact for reading in shaped), key=lambda fact: fact.mark.rank)
    words: dict[Fact, set[str]] = {}
    for reading in shaped:
        for pointer, _ in reading.body.literals if reading.body is not None else ():
            own = schema_fact(operation, reading.status, pointer)
            if own.mark is not schema_fact(operation, reading.status, "").mark and own.mark.rank > fact.mark.rank:
                words.setdefault(own, set()).add(pointer)
    weak = frozenset(pointer for pointers in words.values() for pointer in pointers)
    depends = (*_NEEDS.get(case.row.condition, ()), name)
    text = f"The body of that answer has the documented shape and words ({name})."
    builder.add(f"{name}.body", kinds.ERROR_BODY, "errors", fact, text, replace(case, weak=weak), depends)
    for own, pointers in words.items():
        text = f"The body of that answer has the documented words at {', '.join(sorted(pointers))} ({name})."
        subject = ErrorWords(case, frozenset(pointers))
        known_as = f"{name}.body.words.{own.mark}"
        builder.add(known_as, kinds.ERROR_WORDS, "errors", own, text, subject, (*depends, f"{name}.body"))
    made = case.row.made
    if made in shaped and made.body_fact.mark.level is not fact.mark.level:  # what the mock says is less sure than that
        text = f"The body of that answer has the documented shape and words ({name}), as far as is known."
        known_as = f"{name}.body.{made.body_fact.mark}"
        builder.add(known_as, kinds.ERROR_BODY, "errors", made.body_fact, text, case, depends)


def add_refused(builder: Builder) -> None:
    """That a refused create leaves nothing behind, by the surest word that there are refusals."""
    rows = [row for row in builder.contract.error_rows() if Role.CREATE in row.roles]
    row = next((row for row in rows if row.condition == "invalid-body" and not row.members and not row.models), None)
    if row is None:
        return
    name = error_requirement_id(Role.CREATE, row)
    fact = min((reading.fact for reading in row.readings), key=lambda fact: fact.mark.rank)
    text = "A create that is refused makes no task, hands out no id and charges nothing."
    case = ErrorCase(Role.CREATE, row)
    builder.add(f"{name}.leaves-nothing", kinds.REFUSAL_LEAVES_NOTHING, "errors", fact, text, case, (CREATE,))


def add_tokens(builder: Builder) -> None:
    """Where requests are signed: one per role and flaw of a token."""
    rule = builder.contract.token
    if rule is None:
        return
    for role, operations in builder.contract.roles.items():
        if operations[0].secured:
            for flaw in ("expired", "forged", "unsigned"):
                text = f"{_called(role)} with a token {FLAWS[flaw]} is refused."
                name, subject = f"auth.{role}.{flaw}-token", TokenCase(role, flaw)
                builder.add(name, kinds.TOKEN_REFUSED, "errors", rule.fact, text, subject, (there(role),))


def add_error_schemas(builder: Builder) -> None:
    """One per role and mark: whatever was refused, the body is the one that is declared for its status."""
    contract = builder.contract
    for role, operations in contract.roles.items():
        rows = [
            row
            for row in contract.error_rows()
            if role in row.roles and condition_applies(contract, operations[0], row.condition)
        ]
        declared: dict[Mark, list[int]] = {}
        for status in sorted({each.status for row in rows for each in row.readings if not each.tolerated}):
            response = operations[0].response(status)
            if response is not None and response.validators:
                declared.setdefault(schema_fact(operations[0], status, "").mark, []).append(status)
        for mark, statuses in sorted(declared.items(), key=lambda each: each[0].rank):
            name = f"error.{role}.schema" + ("" if mark.level is Level.MUST else f".{mark}")
            shown = ", ".join(map(str, statuses))
            text = f"{_called(role)} that is refused ({shown}) has a body that validates against the documented schema."
            cases = tuple(ErrorCase(role, row) for row in rows if any(each.status in statuses for each in row.readings))
            fact = min((schema_fact(operations[0], each, "") for each in statuses), key=lambda fact: fact.mark.rank)
            subject = ErrorSchema(tuple(statuses), cases)
            builder.add(name, kinds.ERROR_SCHEMA, "errors", fact, text, subject, (there(role),))


def _weak(reading: ErrorReading) -> bool:
    return reading.tolerated and reading.fact.mark.level is Level.NOTE


def condition_applies(contract: Contract, operation: Operation, condition: str) -> bool:
    """Whether a condition can arise on an operation at all."""
    role = operation.role
    on_create = {"malformed-json", "invalid-body", "missing-model", "unknown-model", "forbidden-model"}
    on_create |= {"wrong-content-type", "missing-header", "needed-header", "too-large", "idempotency-conflict"}
    on_create |= {"content-refused", "region-refused", "insufficient-balance"}
    on_upload = {"invalid-body", "too-large"}
    if condition == "invalid-parameter":
        return any(not parameter.carries_id for parameter, _ in judged_constraints(contract, operation))
    if condition in on_upload and role is Role.UPLOAD:
        return bool(operation.body_media)
    if condition in {"unknown-file", "foreign-file"}:
        named = role is Role.CREATE and contract.upload is not None and bool(contract.upload.stand_ins)
        return named or role is Role.FILE
    on_task = {"unknown-task", "foreign-task", "expired-task", "malformed-id"}
    on_bytes = {"link-expired", "bad-range"}
    if condition == "malformed-json" and operation.form_only:
        return False
    if condition == "needed-header" and not any(each.needed_headers for each in contract.roles[Role.CREATE]):
        return False
    if condition in on_create:
        return role is Role.CREATE and (
            condition not in {"missing-model", "unknown-model"} or contract.model_at is not None
        )
    if condition == "expired-task" and contract.retention is None:
        return False  # nothing says when a task expires
    if role is Role.CREATE and condition in GOING_ON:
        return contract.goes_on
    if condition in on_task and role is Role.BATCH:
        return contract.batch is not None and contract.batch.unknown == "refused"
    if condition in on_task:
        return role.names_task
    if condition in on_bytes:
        return role is Role.CONTENT
    if condition in {"not-ready", "failed-task"}:
        if operation.shown_id is not None:
            return False  # nobody knows the id of a task that has not succeeded
        return role in (Role.CONTENT, Role.RESULT)
    if condition in {"not-cancellable", "not-deletable"}:
        return role is (Role.CANCEL if condition == "not-cancellable" else Role.DELETE)
    if condition == "expired-key" and contract.token is None:
        return False  # nothing says when a key expires
    if condition in {"missing-key", "wrong-key", "expired-key"}:
        return operation.secured
    return True


_NEED_TASK = (
    "foreign-task",
    "expired-task",
    "not-ready",
    "failed-task",
    "link-expired",
    "bad-range",
    "not-cancellable",
    "not-deletable",
)
_NEEDS = {**dict.fromkeys(_NEED_TASK, (CREATE,)), "idempotency-conflict": (CREATE, IDEMPOTENT)}

_CONDITIONS = {
    "missing-key": "{role} without a key",
    "wrong-key": "{role} with a key that does not exist",
    "expired-key": "{role} with a token that has expired",
    "malformed-json": "{role} whose body is not JSON",
    "invalid-body": "{role} with an invalid member",
    "invalid-parameter": "{role} with an invalid parameter",
    "missing-model": "{role} without a model's name",
    "unknown-model": "{role} for a model that does not exist",
    "forbidden-model": "{role} for a model that the key may not use",
    "wrong-content-type": "{role} whose body is declared as something else than JSON",
    "missing-header": "{role} without a required header",
    "needed-header": "{role} without a header that one of its values needs",
    "idempotency-conflict": "{role} with the key of another one and another body",
    "insufficient-balance": "{role} by an account without balance",
    "content-refused": "{role} for content that may not be made",
    "region-refused": "{role} from a region that is not served",
    "timed-out": "{role} that takes the server too long",
    "rate-limited": "{role} beyond the rate limit",
    "server-error": "{role} that fails on the server's side",
    "unavailable": "{role} while the service is unavailable",
    "unknown-task": "{role} of a task that does not exist",
    "foreign-task": "{role} of another account's task",
    "expired-task": "{role} of an expired task",
    "malformed-id": "{role} of an id that no task could have",
    "not-ready": "{role} before the task has succeeded",
    "failed-task": "{role} of a task that failed",
    "link-expired": "{role} after the result's link has expired",
    "not-cancellable": "{role} of a task that can no longer be cancelled",
    "not-deletable": "{role} of a task in a status that does not allow it",
    "unknown-file": "{role} with a reference to a file that nobody uploaded",
    "foreign-file": "{role} with a reference to another account's file",
    "bad-range": "{role} with a range outside of the file",
    "unknown-path": "{role} on a path that does not exist",
    "wrong-method": "{role} with a wrong method",
    "too-large": "{role} whose body is too large",
}
