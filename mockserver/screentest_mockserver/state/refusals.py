"""Answers to refused calls: in the document's words, or plain ones where it has none."""

import math
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime

import orjson

from screentest_contracts.contract import Contract, ErrorRow, Role
from screentest_mockserver.state.hooks import Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.render import ErrorContext, response_headers
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.wire.answer import Answer, Headers

_UNROUTED = ("unknown-path", "wrong-method")
_RETRY: Headers = [(b"retry-after", b"1")]
_PLAIN: Mapping[str, tuple[int, str, Headers]] = {
    "rate-limited": (429, "too many requests", _RETRY),
    "server-error": (500, "internal server error", []),
    "timed-out": (504, "gateway timeout", []),
    "unavailable": (503, "service unavailable", _RETRY),
}
"""What any server may answer at any time, whether or not its document speaks of it."""


def refuse(call: Call, refusal: Refusal) -> Answer:
    """The answer with which the document meets a condition, or its nearest relative."""
    contract = call.facts.contract
    row = row_of(call, refusal)
    unrouted = refusal.condition in _UNROUTED
    if row is None and unrouted:
        row = next((other for other in contract.error_rows() if other.condition == "unknown-path"), None)
    if row is None and refusal.condition in _PLAIN:
        status, text, more = _PLAIN[refusal.condition]
        answer = plain(status, text)
        answer.headers = _when_again(call, refusal, status, [*answer.headers, *more])
        return _said(answer, refusal)
    if row is None:
        near = None if refusal.condition == "invalid-parameter" else contract.error(refusal.role, "unknown-task")
        row = near or contract.error(Role.CREATE, "invalid-body")
    if row is None or (unrouted and row.condition == "invalid-body"):
        return _said(plain(404, "not found"), refusal)
    reading = row.made
    if unrouted and reading.status < 400 and row.condition not in _UNROUTED:
        return _said(
            plain(404, "not found"), refusal
        )  # where every answer is a 200, a path that nobody has is still none
    context = ErrorContext(call, refusal.values)
    body = None if reading.body is None else reading.body.render(context)
    status = reading.status
    headers = response_headers(call, refusal.role, status, refused=True)
    headers += [
        (name.lower().encode("latin-1"), str(template.render(context)).encode("latin-1"))
        for name, template in reading.all_headers.items()
    ]
    headers = _when_again(call, refusal, status, headers)
    status, body, headers = call.hooks.refusal(call, refusal, status, body, headers)
    about = "" if refusal.role is Role.CREATE else str(refusal.values.get("task_id", ""))  # a create names what it made
    return _said(Answer(status, headers, b"" if body is None else orjson.dumps(body), about), refusal)


def _said(answer: Answer, refusal: Refusal) -> Answer:
    answer.said = "asked-too-early" if refusal.values.get("early") else refusal.condition
    return answer


def _when_again(call: Call, refusal: Refusal, status: int, headers: Headers) -> Headers:
    """The headers, with Retry-After at the pace of the clock: whole seconds, of which a fast clock has few. A refusal
    may say how long is left (`wait`), that it is to be told (`tells`), and that as a date (`as_date`)."""
    wait, as_date, tells = (refusal.values.get(name) for name in ("wait", "as_date", "tells"))
    told = next((value for name, value in headers if name == b"retry-after"), None)
    if told is None and wait is None and not (tells and status == 429):
        return headers
    if wait is None:
        wait = (float(told) if told is not None and told.isdigit() else 2.0) / call.speed
        if told is not None and not told.isdigit():
            return headers
    until = math.ceil(call.now + wait)
    text = formatdate(until, usegmt=True) if as_date else str(math.ceil(wait))
    return [*(row for row in headers if row[0] != b"retry-after"), (b"retry-after", text.encode())]


def seconds_told(headers: Headers, now: float) -> float | None:
    """How many seconds an answer tells a client to wait (RFC 9110, 10.2.3), None where it does not."""
    told = next((value for name, value in headers if name.lower() == b"retry-after"), None)
    if told is None:
        return None
    if told.isdigit():
        return float(told)
    try:
        return max(parsedate_to_datetime(told.decode("latin-1")).timestamp() - now, 0.0)
    except ValueError:
        return None


def row_of(call: Call, refusal: Refusal) -> ErrorRow | None:
    """What the document says of a refusal."""
    return call.contract.error(refusal.role, refusal.condition, str(refusal.values.get("param") or ""), call.model)


def plain(status: int, text: str) -> Answer:
    """An answer that no document speaks of."""
    return Answer(status, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())


def undocumented(chosen: Scenario, contract: Contract) -> str | None:
    """What there is to say of a scenario that answers what the document does not speak of; None: nothing."""
    for role, errors in ((Role.CREATE, chosen.create_errors), (Role.QUERY, chosen.query_errors)):
        if errors and errors[0] in _PLAIN and contract.error(role, errors[0]) is None:
            status, _, headers = _PLAIN[errors[0]]
            answered = f"a plain {status}{' with Retry-After' if headers else ''}"
            return (
                f"{contract.name} documents no {errors[0]!r} answer to a {role}: scenario {chosen.name} is {answered}"
            )
    return None
