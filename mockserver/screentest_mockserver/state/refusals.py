"""Refusals: a condition of the document's error catalogue on its way to an answer."""

from typing import TYPE_CHECKING, Any

import orjson

from screentest_contracts.contract import Role
from screentest_mockserver.state.render import ErrorContext
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


class Refusal(Exception):  # noqa: N818 - control flow, not an error
    """A condition of the document's error catalogue."""

    def __init__(self, role: Role, condition: str, **values: Any) -> None:
        super().__init__(condition)
        self.role = role
        self.condition = condition
        self.values = values


def refuse(mock: "ProviderMock", refusal: Refusal, request: Request) -> Answer:
    """The answer with which the document meets a condition, or its nearest relative."""
    member = str(refusal.values.get("param") or "")
    row = mock.contract.error(refusal.role, refusal.condition, member)
    if row is None and refusal.condition in ("unknown-path", "wrong-method"):
        row = next((each for each in mock.contract.error_rows() if each.condition == "unknown-path"), None)
    if row is None:
        row = mock.contract.error(refusal.role, "unknown-task") or mock.contract.error(Role.CREATE, "invalid-body")
    unrouted = refusal.condition in ("unknown-path", "wrong-method")
    if row is None or (unrouted and row.condition == "invalid-body"):
        return plain(404, "not found")
    reading = row.made
    context = ErrorContext(mock.clock.now(), mock.random, refusal.values)
    body = None if reading.body is None else reading.body.render(context)
    status = reading.status
    headers = mock.response_headers(refusal.role, status)
    headers += [
        (name.lower().encode("latin-1"), str(template.render(context)).encode("latin-1"))
        for name, template in reading.headers.items()
    ]
    if mock.deviation is not None and mock.deviation.refusal is not None:
        status, body, headers = mock.deviation.refusal(mock, refusal, status, body, headers)
    return Answer(status, headers, b"" if body is None else orjson.dumps(body), str(refusal.values.get("task_id", "")))


def plain(status: int, text: str) -> Answer:
    """An answer that no document speaks of."""
    return Answer(status, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())
