"""Refusals: other statuses, other words, other shapes, and none at all."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations.edit import put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.wire.answer import Answer

CONDITIONS = {
    "missing-key": "a call without a key",
    "wrong-key": "a call with a wrong key",
    "expired-key": "a call with an expired token",
    "malformed-json": "a body that is not JSON",
    "invalid-body": "an invalid body",
    "missing-model": "a request without a model",
    "unknown-model": "an unknown model",
    "forbidden-model": "a model that the key may not use",
    "wrong-content-type": "a body of another media type",
    "insufficient-balance": "a call without balance",
    "rate-limited": "too many calls",
    "server-error": "a fault of the server",
    "unavailable": "an overload",
    "unknown-task": "an unknown id",
    "foreign-task": "another account's task",
    "expired-task": "an expired task",
    "malformed-id": "an id of no form",
    "not-ready": "a download before success",
    "failed-task": "a download of a failed task",
    "link-expired": "an expired address",
    "bad-range": "a range beyond the end",
    "unknown-path": "an unknown path",
    "wrong-method": "a wrong method",
    "too-large": "a body that is too large",
    "missing-header": "a request without a required header",
    "not-cancellable": "a cancel that comes too late",
    "idempotency-conflict": "another body under a used key",
    "unknown-file": "a file that nobody uploaded",
    "foreign-file": "another account's file",
}


def _arises(condition: str) -> Callable[[Contract], bool]:
    """Without a life span nothing ever expires."""
    return lambda contract: condition != "expired-task" or contract.retention is not None


def _never_500(condition: str) -> Callable[[Contract], bool]:
    return lambda contract: not any(500 in _statuses(contract, role, condition) for role in contract.roles)


def _statuses(contract: Contract, role: Role, condition: str) -> set[int]:
    row = contract.error(role, condition)
    return set() if row is None else {reading.status for reading in row.readings}


def _other_status(condition: str) -> Any:
    def hook(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        if refusal.condition != condition:
            return status, body, headers
        member = str(refusal.values.get("param") or "")
        row = call.contract.error(refusal.role, condition, member)
        known = set() if row is None else {reading.status for reading in row.readings}
        return next(each for each in (418, 451, 423) if each not in known), body, headers

    return hook


for _condition, _what in CONDITIONS.items():
    register(
        Deviation(
            f"{_condition}-other-status",
            f"{_what} is answered with an undocumented status",
            (f"*.{_condition}", f"*.{_condition}.*"),
            hooks=Hooks(refusal=_other_status(_condition)),
            also=("create.generated.conforms", "create.*"),
            applies=_arises(_condition),
        )
    )


def _shape(
    name: str,
    about: str,
    new: Any,
    breaks: tuple[str, ...] = ("error.*.body", "auth.*.body"),
    applies: Applies = everywhere,
    also: tuple[str, ...] = (),
) -> None:
    """Changes the body of every refusal with a documented one; `new` gets contract and body."""

    def hook(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body if body is None else new(call.contract, body), headers

    register(Deviation(name, about, breaks, hooks=Hooks(refusal=hook), applies=applies, also=also))


def _member(name: str, value: Any) -> Any:
    def new(contract: Contract, body: Any) -> Any:
        location = contract.error_at.get(name)
        return body if location is None else put_at(body, location, value)

    return new


def _literal(name: str) -> Any:
    """Whether some documented refusal has a literal word there."""

    def applies(contract: Contract) -> bool:
        location = contract.error_at.get(name)
        return location is not None and any(
            reading.body is not None and any(pointer in location.pointers for pointer, _ in reading.body.literals)
            for row in contract.error_rows()
            for reading in row.readings
            if reading.selected
        )

    return applies


_KIN = ("create.generated.conforms", "error.*.schema*")
_shape(
    "refusal-other-code",
    "refusals carry an undocumented code",
    _member("code", "odd_code"),
    applies=_literal("code"),
    also=_KIN,
)
_shape(
    "refusal-other-type",
    "refusals carry an undocumented type",
    _member("type", "odd_type"),
    applies=_literal("type"),
    also=_KIN,
)
_shape(
    "refusal-without-code",
    "refusals carry no code",
    _member("code", MISSING),
    applies=_literal("code"),
    also=(*_KIN, "create.*"),  # where the code alone tells a refusal from a success
)
_shape(
    "refusal-without-message",
    "refusals carry no message",
    _member("message", MISSING),
    applies=lambda c: "message" in c.error_at,
    also=_KIN,
)
_shape(
    "refusal-empty-message",
    "refusals carry an empty message",
    _member("message", ""),
    applies=lambda c: "message" in c.error_at,
    also=_KIN,
)
_shape(
    "refusal-in-other-envelope",
    "refusals are wrapped in another member",
    lambda contract, body: {"failure": {"detail": body}},
    also=("create.*", "auth.*", "error.*"),
)


def _retyped(contract: Contract, body: Any) -> Any:
    """Objects become texts, and everything else objects."""
    if not isinstance(body, dict):
        return {"text": body}
    return {name: "text" if isinstance(value, dict) else {"text": value} for name, value in body.items()}


def _typed(contract: Contract) -> bool:
    """Whether the schema of some documented refusal says what its members are."""
    for row in contract.error_rows():
        for reading in row.readings:
            for role in row.roles if reading.body is not None and not reading.tolerated else ():
                operation = contract.operation(role)
                response = operation.response(reading.status) if operation is not None else None
                validators = list(response.validators.values()) if response is not None else []
                body = reading.body.tree if reading.body is not None else None
                if validators and not validators[0].is_valid(_retyped(contract, body)):
                    return True
    return False


_shape(
    "refusal-retyped",
    "the members of refusals have other types",
    _retyped,
    applies=_typed,
    breaks=("error.*.schema*",),
    also=("create.*", "auth.*", "error.*"),
)


def _raw(name: str, about: str, media: bytes, body: bytes) -> None:
    def answer(call: Call, made: Answer) -> Answer:
        if made.status >= 400 and not call.request.path.startswith("/media/"):
            return Answer(made.status, [(b"content-type", media)], body)
        return made

    register(
        Deviation(
            name,
            about,
            ("error.*.body", "auth.*.body", "error.*.schema*"),
            hooks=Hooks(answer=answer),
            applies=_refuses_by_status,
            also=("create.generated.conforms", "create.*", "error.*", "auth.*"),
        )
    )


def _refuses_by_status(contract: Contract) -> bool:
    """Whether some operation refuses with a status of its own."""
    rows = (row for row in contract.error_rows() if row.condition not in ("wrong-method", "unknown-path"))
    return any(row.made.status >= 400 for row in rows)


_raw("refusal-as-web-page", "refusals are web pages", b"text/html", b"<!doctype html><title>Error</title>")
_raw("refusal-as-text", "refusals are plain text", b"text/plain", b"error")
_raw("refusal-empty", "refusals have no body", b"application/json", b"")


def _as_success(condition: str, name: str, about: str, body: Any, breaks: tuple[str, ...]) -> None:
    def hook(call: Call, refusal: Refusal, status: int, made: Any, headers: Any) -> tuple[int, Any, Any]:
        if refusal.condition != condition:
            return status, made, headers
        return 200, made if body is None else body, headers

    def applies(contract: Contract) -> bool:
        """With a body of another kind 200 is no refusal, whatever the document says of the status."""
        return body is not None or not any(200 in _statuses(contract, role, condition) for role in contract.roles)

    register(Deviation(name, about, breaks, applies, hooks=Hooks(refusal=hook), also=("create.*", "error.*", "auth.*")))


_as_success(
    "invalid-body",
    "invalid-body-under-200",
    "an invalid body is answered 200 with the error object",
    None,
    ("error.create.invalid-body*",),
)
_as_success(
    "invalid-body",
    "invalid-body-answered-empty",
    "an invalid body is answered 200 with an empty object",
    {},
    ("error.create.invalid-body*", "create.*"),
)
_as_success(
    "unknown-task",
    "unknown-task-under-200",
    "an unknown id is answered 200 with the error object",
    None,
    ("error.*.unknown-task",),
)
_as_success(
    "unknown-model",
    "unknown-model-under-200",
    "an unknown model is answered 200 with the error object",
    None,
    ("error.*.unknown-model",),
)
_as_success(
    "wrong-key", "wrong-key-under-200", "a wrong key is answered 200 with the error object", None, ("auth.*.wrong-key",)
)


def _server_error(condition: str) -> Any:
    def hook(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return (500 if refusal.condition == condition else status), body, headers

    return hook


for _condition in (
    "invalid-body",
    "malformed-json",
    "unknown-model",
    "missing-model",
    "unknown-task",
    "malformed-id",
    "wrong-key",
    "expired-key",
    "missing-key",
):
    register(
        Deviation(
            f"{_condition}-server-error",
            f"{CONDITIONS[_condition]} is answered 500",
            (f"error.*.{_condition}*", f"auth.*.{_condition}*"),
            hooks=Hooks(refusal=_server_error(_condition)),
            also=("create.*", "auth.*-token"),
            applies=_never_500(_condition),
        )
    )


def _forgives(condition: str) -> Callable[[Call, Refusal], bool]:
    return lambda call, refusal: refusal.condition == condition


for _condition, _about in {
    "malformed-json": "a body that is not JSON makes a task",
    "wrong-content-type": "a body of another media type makes a task",
    "missing-model": "a request without a model makes a task",
    "unknown-model": "an unknown model makes a task",
    "missing-header": "a request without a required header makes a task",
    "too-large": "a body that is too large makes a task",
    "forbidden-model": "a model that the key may not use makes a task",
    "insufficient-balance": "an account without balance gets a task",
    "not-ready": "the bytes are given before the task has succeeded",
    "failed-task": "a failed task has bytes to download",
    "unknown-file": "a file can be used that nobody uploaded",
    "foreign-file": "another account's file can be used",
}.items():
    register(
        Deviation(
            f"forgives-{_condition}",
            _about,
            (f"error.*.{_condition}", f"auth.*.{_condition}"),
            hooks=Hooks(forgives=_forgives(_condition)),
            also=(f"*.{_condition}.*", "create.generated.*"),
        )
    )


def _without_headers(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    row = call.contract.error(refusal.role, refusal.condition, str(refusal.values.get("param") or ""))
    own = set() if row is None else {name.lower().encode() for reading in row.readings for name in reading.headers}
    return status, body, [each for each in headers if each[0] not in own]


register(
    Deviation(
        "refusal-without-headers",
        "a refusal lacks the header that it has in the document, such as Retry-After",
        ("error.*.headers", "auth.*.headers"),
        hooks=Hooks(refusal=_without_headers),
    )
)


def _bare(call: Call, made: Answer) -> Answer:
    promised = {header.name.lower().encode() for header in call.contract.headers}
    made.headers = [(name, value) for name, value in made.headers if name.lower() not in promised]
    return made


register(
    Deviation(
        "without-promised-headers",
        "answers lack the promised headers",
        ("*.header.*",),
        hooks=Hooks(answer=_bare),
        also=("create.*.answers", "error.*.headers"),
    )
)
