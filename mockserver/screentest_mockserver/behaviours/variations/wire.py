"""Files, JSON, headers and refusals."""

import json
from collections.abc import Callable
from typing import Any

import orjson

from screentest_contracts.contract import Contract, ErrorReading, Role
from screentest_contracts.location import MATCH, group_in, segments
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import row_of
from screentest_mockserver.state.render import ErrorContext
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer

# -- uploads ------------------------------------------------------------------------------------------------------


def _stored(status: int) -> Callable[[Call, Answer], Answer]:
    def answer(call: Call, made: Answer) -> Answer:
        storing = call.request.method in ("PUT", "POST") and call.request.path.startswith("/media/")
        if storing and made.status == 200:
            made.status = status
        return made

    return answer


vary(
    "bytes-without-content",
    "the address for a file's bytes answers 204",
    Hooks(answer=_stored(204)),
    lambda contract: (
        contract.upload is not None and (contract.upload.put is not None or contract.upload.form is not None)
    ),
)


# -- links and files ----------------------------------------------------------------------------------------------


def _file(name: str, about: str, new: Callable[[Answer], None]) -> None:
    def download(call: Call, made: Answer, whole: bytes) -> Answer:
        if made.status in (200, 206):
            new(made)
        return made

    vary(name, about, Hooks(download=download))


def _set(name: bytes, value: bytes) -> Callable[[Answer], None]:
    def new(made: Answer) -> None:
        made.headers = [each for each in made.headers if each[0] != name] + [(name, value)]

    return new


def _starred(made: Answer) -> None:
    made.headers = [(n, v.rpartition(b"/")[0] + b"/*" if n == b"content-range" else v) for n, v in made.headers]


_file(
    "binary-media-type",
    "the file is called application/octet-stream",
    _set(b"content-type", b"application/octet-stream"),
)
_file(
    "media-type-parameter",
    "the file's media type has a parameter",
    lambda made: _set(b"content-type", b'video/mp4; codecs="avc1.42c00a"')(made),
)
_file(
    "file-name",
    "the file comes with a name and a caching rule",
    lambda made: made.headers.extend(
        [(b"content-disposition", b'attachment; filename="video.mp4"'), (b"x-cache", b"HIT")]
    ),
)
_file("unknown-total", "a part of the file does not tell the size of the whole", _starred)
vary("frame-rounding", "a video is a few frames longer", hooks=Hooks(video=lambda d, r, s: (d + 0.2, r, s)))

# -- how JSON is written and sent ---------------------------------------------------------------------------------


def _json(name: str, about: str, new: Callable[[Any], bytes]) -> None:
    def answer(call: Call, made: Answer) -> Answer:
        if (b"content-type", b"application/json") in made.headers and made.body:
            made.body = new(orjson.loads(made.body))
        return made

    vary(name, about, hooks=Hooks(answer=answer))


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(each) for key, each in reversed(value.items())}
    return [_reversed(each) for each in value] if isinstance(value, list) else value


_json("pretty-json", "answers are indented", lambda body: orjson.dumps(body, option=orjson.OPT_INDENT_2))
_json("reordered-members", "members come in the reverse order", lambda body: orjson.dumps(_reversed(body)))
_json("sorted-members", "members are sorted by name", lambda body: orjson.dumps(body, option=orjson.OPT_SORT_KEYS))
_json(
    "escaped-text",
    "every character beyond ASCII is escaped",
    lambda body: json.dumps(body).replace("/", "\\/").encode(),
)
_json("blanks-around", "answers begin and end with white space", lambda body: b"\r\n " + orjson.dumps(body) + b" \n")


def _headers(name: str, about: str, new: Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]) -> None:
    def answer(call: Call, made: Answer) -> Answer:
        made.headers = new(made.headers)
        return made

    vary(name, about, hooks=Hooks(answer=answer))


_MORE = [
    (b"server", b"nginx"),
    (b"x-request-id", b"7f3a"),
    (b"cf-ray", b"0"),
    (b"set-cookie", b"a=b; HttpOnly"),
    (b"vary", b"Accept-Encoding"),
    (b"vary", b"Origin"),
]
_headers(
    "charset",
    "the media type says charset=utf-8",
    lambda h: [(n, v + b"; charset=utf-8" if v == b"application/json" else v) for n, v in h],
)
_headers(
    "media-type-case",
    "the media type is written Application/JSON",
    lambda h: [(n, b"Application/JSON;charset=UTF-8" if v == b"application/json" else v) for n, v in h],
)
_headers("header-case", "header names are capitalised", lambda h: [(n.title(), v) for n, v in h])
_headers("more-headers", "answers carry further headers", lambda h: [*h, *_MORE])


def _slow(call: Call, made: Answer) -> Answer:
    made.delay = 2.5
    return made


vary("slow-answers", "every answer takes 2.5 seconds", hooks=Hooks(answer=_slow))


def _other_status(call: Call, made: Answer) -> Answer:
    role = call.role
    if role is None or role not in (Role.CREATE, Role.QUERY) or made.status >= 300 or not made.task_id:
        return made
    readings = call.contract.success[role].readings
    body = orjson.loads(made.body)
    others = [status for each in readings if each.body_holds(body) for status in each.statuses if status != made.status]
    made.status = others[0] if others else made.status
    return made


vary(
    "other-success-status",
    "a success has the other documented status",
    hooks=Hooks(answer=_other_status),
    applies=lambda c: any(len(set(s.statuses)) > 1 for r, s in c.success.items() if r in (Role.CREATE, Role.QUERY)),
)


def _now_and_then(call: Call, task_id: str, task: Task | None) -> Task | None:
    count = call.notes.count("queries")
    if count % 7 == 0 and task is not None and call.role is Role.QUERY:
        raise Refusal(Role.QUERY, "rate-limited", task_id=task_id)
    return task


vary(
    "rate-limited-now-and-then",
    "every seventh poll is answered 429",
    hooks=Hooks(find=_now_and_then),
    applies=lambda c: (row := c.error(Role.QUERY, "rate-limited")) is not None and row.made.status == 429,
)

# -- refusals -----------------------------------------------------------------------------------------------------


def _refusals(name: str, about: str, new: Callable[[Contract, Any], Any]) -> None:
    def refusal(call: Call, refused: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body if body is None else new(call.contract, body), headers

    vary(name, about, hooks=Hooks(refusal=refusal))


def _message(text: str) -> Callable[[Contract, Any], Any]:
    def worded(contract: Contract, body: Any) -> Any:
        """The body with another message, in which codes that stand inside of it are kept."""
        for pointer, value in list(contract.error_at["message"].all(body)) if "message" in contract.error_at else ():
            inside = [at.removeprefix(f"{pointer}/") for each in contract.error_at.values() for at in each.pointers]
            found = [group_in(segments(f"/{at}")[0], value) for at in inside if at.startswith(MATCH)]
            kept = max((match.end() for match in found if match is not None), default=0)
            body = put(body, pointer, str(value)[:kept] + text) if isinstance(value, str) else body
        return body

    return worded


_refusals("chinese-refusals", "refusals are worded in Chinese", _message("请求参数错误"))
_refusals(
    "long-refusals", "refusals are worded at length", _message("Something about this request is not right. " * 100)
)
_refusals(
    "refusals-with-more",
    "refusals carry further members",
    lambda c, b: {
        **{k: {**v, "request_id": "7f3a", "param": v.get("param")} if isinstance(v, dict) else v for k, v in b.items()},
        "request_id": "7f3a",
    },
)


def _challenge(call: Call, refused: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    return status, body, [*headers, (b"www-authenticate", b'Bearer realm="api"')] if status == 401 else headers


vary("auth-challenge", "401 comes with WWW-Authenticate", hooks=Hooks(refusal=_challenge))


def _without_optional(call: Call, refused: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    row = row_of(call, refused)
    own = {name.lower().encode() for name in row.made.optional_headers} if row is not None else set()
    return status, body, [each for each in headers if each[0] not in own]


vary(
    "refusals-without-optional-headers",
    "refusals lack the headers that they may have",
    hooks=Hooks(refusal=_without_optional),
    applies=lambda c: any(reading.optional_headers for row in c.error_rows() for reading in row.readings),
)


def _reading(number: int) -> Any:
    """The `number`-th of the other documented readings of a refusal."""

    def refusal(call: Call, refused: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        row = row_of(call, refused)
        others: list[ErrorReading] = [] if row is None else [each for each in row.readings if not each.selected]
        if number >= len(others):
            return status, body, headers
        values = {"detail": "not acceptable", "param": "prompt", **refused.values}
        reading = others[number]
        made = None if reading.body is None else reading.body.render(ErrorContext(call, values))
        return reading.status, made, headers

    return refusal


def _readings(number: int) -> Callable[[Contract], bool]:
    return lambda contract: any(len(row.readings) > number + 1 for row in contract.error_rows())


for _number in range(5):
    vary(
        f"refusal-reading-{_number + 2}",
        f"refusals are spelled in another documented way (no. {_number + 2})",
        hooks=Hooks(refusal=_reading(_number)),
        applies=_readings(_number),
    )
