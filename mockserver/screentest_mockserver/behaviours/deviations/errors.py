"""Refusals: other statuses, successes instead, and none at all."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import Contract, Model, Role
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import row_of

CONDITIONS = {
    "missing-key": "a call without a key",
    "wrong-key": "a call with a wrong key",
    "expired-key": "a call with an expired token",
    "malformed-json": "a body that is not JSON",
    "invalid-body": "an invalid body",
    "invalid-parameter": "a bad parameter of an address",
    "missing-model": "a request without a model",
    "unknown-model": "an unknown model",
    "forbidden-model": "a model that the key may not use",
    "wrong-content-type": "a body of another media type",
    "insufficient-balance": "a call without balance",
    "content-refused": "content that may not be made",
    "region-refused": "a call from a region that is not served",
    "timed-out": "a call that takes too long",
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
    "needed-header": "a request without a header that one of its values needs",
    "not-cancellable": "a cancel that comes too late",
    "not-deletable": "a delete of a task in a status that does not allow it",
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
        row = row_of(call, refusal)
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
            also=("create.*", "auth.*-token", "query.*.pattern", "error.*.schema"),
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
    "content-refused": "content that may not be made is made",
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


def _needs_headers(contract: Contract) -> bool:
    return any(operation.needed_headers for operation in contract.roles[Role.CREATE])


def _not_even_with_it(model: Model, body: Any) -> str | None:
    needed = (header for header in model.operations[0].needed_headers if header.needed_by(body))
    return next((header.at.strip("/").replace("/*", "").replace("/", ".") for header in needed), None)


register(
    Deviation(
        "forgives-needed-header",
        "a request without a header that one of its values needs makes a task",
        ("create.parameter.*.needed", "error.create.needed-header"),
        hooks=Hooks(forgives=_forgives("needed-header")),
        applies=_needs_headers,
        also=("error.create.needed-header.*", "create.generated.*"),
    )
)
register(
    Deviation(
        "needed-header-in-vain",
        "a value that needs a header is refused with it, too",
        ("create.parameter.*.accepted",),
        hooks=Hooks(refuses=_not_even_with_it),
        applies=_needs_headers,
        also=("error.create.needed-header*", "create.generated.*"),
    )
)
