"""Answers to refused calls, in the document's words."""

import orjson

from screentest_contracts.contract import Role
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.render import ErrorContext, response_headers
from screentest_mockserver.wire.answer import Answer

_UNROUTED = ("unknown-path", "wrong-method")


def refuse(call: Call, refusal: Refusal) -> Answer:
    """The answer with which the document meets a condition, or its nearest relative."""
    contract = call.facts.contract
    row = contract.error(refusal.role, refusal.condition, str(refusal.values.get("param") or ""))
    unrouted = refusal.condition in _UNROUTED
    if row is None and unrouted:
        row = next((other for other in contract.error_rows() if other.condition == "unknown-path"), None)
    if row is None:
        near = None if refusal.condition == "invalid-parameter" else contract.error(refusal.role, "unknown-task")
        row = near or contract.error(Role.CREATE, "invalid-body")
    if row is None or (unrouted and row.condition == "invalid-body"):
        return plain(404, "not found")
    reading = row.made
    context = ErrorContext(call, refusal.values)
    body = None if reading.body is None else reading.body.render(context)
    status = reading.status
    headers = response_headers(call, refusal.role, status)
    headers += [
        (name.lower().encode("latin-1"), str(template.render(context)).encode("latin-1"))
        for name, template in reading.headers.items()
    ]
    status, body, headers = call.hooks.refusal(call, refusal, status, body, headers)
    return Answer(status, headers, b"" if body is None else orjson.dumps(body), str(refusal.values.get("task_id", "")))


def plain(status: int, text: str) -> Answer:
    """An answer that no document speaks of."""
    return Answer(status, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())
