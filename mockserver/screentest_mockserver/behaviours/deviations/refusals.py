"""What refusals look like: their words, their shapes, their headers."""

from typing import Any

from screentest_contracts.contract import Contract
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations.edit import put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import row_of
from screentest_mockserver.wire.answer import Answer


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


def _without_headers(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    row = row_of(call, refusal)
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
