"""Request bodies as values."""

from typing import Any

import orjson

from screentest_contracts.contract import FORM, Operation
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.wire.answer import Request


def is_form(request: Request, operation: Operation) -> bool:
    """Whether an operation is sent a form that it takes."""
    return operation.takes_form and (request.header(b"content-type") or "").lower().startswith(FORM)


def parse_json(request: Request, operation: Operation) -> Any:
    """The body as JSON. Raises Refusal."""
    role, media = operation.role, request.header(b"content-type")
    if operation.form_only or (media is not None and "json" not in media.lower() and request.body):
        raise Refusal(role, "wrong-content-type")
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        detail = f"the JSON breaks at line {error.lineno}, column {error.colno}"
        raise Refusal(role, "malformed-json", detail=detail) from None
