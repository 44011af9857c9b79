"""The result: its address, its bytes, and what the video is."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.template import digits
from screentest_mockserver.answer import Answer, Request
from screentest_mockserver.deviations.edit import change, has_hole, in_query, put_at
from screentest_mockserver.deviations.registry import Deviation, View, register

if TYPE_CHECKING:
    from screentest_mockserver.provider import ProviderMock
    from screentest_mockserver.store import Task

FILE = ("error.content.*", "result.*")


def task_of(mock: "ProviderMock", request: Request) -> "Task | None":
    """The task whose bytes a request asks for, or None when it asks for something else."""
    if request.path.startswith("/media/"):
        return mock.store.get(unquote(request.path.split("/", 3)[2]))
    found = mock.route(request.method, request.path)
    if found is None or found[0].role is not Role.CONTENT:
        return None
    return mock.store.get(unquote(found[1]))


def _file(name: str, about: str, breaks: tuple[str, ...], new: Any, **options: Any) -> None:
    """Changes the answer to a download that worked; `new` gets mock, request, answer and task."""

    def answer(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
        task = task_of(mock, request) if made.status in (200, 206) else None
        return made if task is None else new(mock, request, made, task)

    register(Deviation(name, about, breaks, answer=answer, **options))


def _answer(status: int, media: bytes = b"text/plain", body: bytes = b"gone") -> Any:
    return lambda mock, request, made, task: Answer(status, [(b"content-type", media)], body, task.id)


_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to watch."
_file("dead-link", "the result's address answers 404", ("result.fetch",), _answer(404), also=FILE)
_file("forbidden-link", "the result's address answers 403", ("result.fetch",), _answer(403), also=FILE)
_file(
    "link-to-a-page",
    "the result's address shows a web page",
    ("result.playable",),
    _answer(200, b"text/html", _PAGE),
    also=FILE,
)
_file("empty-file", "the result is an empty file", ("result.fetch",), _answer(200, b"video/mp4", b""), also=FILE)
_file(
    "not-a-video",
    "the result is no video",
    ("result.playable",),
    _answer(200, b"video/mp4", b'{"status":"still processing"}'),
    also=FILE,
)


def _cut(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    if made.status == 200:
        made.body = made.body[: len(made.body) * 2 // 3]
    return made


def _break_off(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    if made.status == 200:
        made.cut = len(made.body) // 2
    return made


_file(
    "truncated-file",
    "the file lacks its last third, and its length says nothing of it",
    ("result.playable",),
    _cut,
    also=FILE,
)
_file("broken-download", "downloads break off in the middle", ("result.fetch",), _break_off, also=FILE)


def _header(made: Answer, name: bytes, value: bytes) -> Answer:
    made.headers = [(key, value if key == name else old) for key, old in made.headers]
    return made


_file(
    "wrong-media-type",
    "the file is called a picture",
    ("result.media-type",),
    lambda m, r, made, t: _header(made, b"content-type", b"image/png"),
)

register(
    Deviation(
        "wrong-duration",
        "every video is two seconds too long",
        ("result.duration",),
        also=("result.default.duration",),
        video=lambda d, r, s: (d + 2, r, s),
    )
)
register(
    Deviation(
        "fixed-duration",
        "every video lasts 7 seconds, whatever was asked for",
        ("result.duration",),
        also=("result.default.duration",),
        video=lambda d, r, s: (7.0, r, s),
    )
)


def _turned(duration: float, ratio: str, resolution: str) -> tuple[float, str, str]:
    """A square instead; a whole size is given as one."""
    side = resolution.replace("*", "x").split("x")[-1] if "x" in resolution or "*" in resolution else ""
    if side:
        return duration, ratio, f"{side}x{side}"
    return (
        (duration, "1:1" if ratio != "1:1" else "16:9", resolution)
        if "x" not in ratio and "*" not in ratio
        else (duration, "640x640", resolution)
    )


def _smaller(duration: float, ratio: str, resolution: str) -> tuple[float, str, str]:
    """A quarter of the size in the same shape."""
    return duration, ratio if ratio.count(":") == 1 else "16:9", "360p"


register(
    Deviation(
        "wrong-ratio",
        "every video is square, or wide when square was asked for",
        ("result.ratio",),
        video=_turned,
        also=("result.resolution", "result.default.*"),
    )
)
register(
    Deviation(
        "wrong-resolution",
        "every video has 360 lines",
        ("result.resolution",),
        video=_smaller,
        also=("result.default.resolution", "result.default.ratio"),
    )
)


def _other_default(aspect: str, new: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    def changed(defaults: Mapping[str, Any]) -> Mapping[str, Any]:
        if aspect not in defaults:
            return defaults
        value = new(defaults[aspect])
        # one default where one member holds shape and size ("1280x720")
        same = {name for name in ("ratio", "resolution") if defaults.get(name) == defaults[aspect]}
        return {**defaults, aspect: value, **dict.fromkeys(same, value)}

    return changed


def _other_shape(ratio: Any) -> str:
    """Upright instead of wide; a whole size is turned."""
    width, x, height = str(ratio).partition("x")
    return f"{height}x{width}" if x else "9:16" if ratio != "9:16" else "16:9"


def _other_tier(resolution: Any) -> str:
    """1080 for 720 and what is near it, 720 for all else, spelled as the default is."""
    text, lines = str(resolution), digits(resolution) or 0
    if "720" in text:
        return text.replace("720", "1080")
    return text.replace(str(lines), "1080" if 640 < lines < 960 else "720")


for _aspect, _about, _new in (
    ("duration", "a video lasts a second longer when no duration is asked for", lambda d: int(digits(d) or 5) + 1),
    ("ratio", "a video has another shape when no ratio is asked for", _other_shape),
    ("resolution", "a video has another tier when no resolution is asked for", _other_tier),
):
    register(
        Deviation(
            f"other-default-{_aspect}",
            _about,
            (f"result.default.{_aspect}",),
            defaults=_other_default(_aspect, _new),
            also=("result.default.ratio", "result.default.resolution"),
        )
    )

# -- ranges -------------------------------------------------------------------------------------------------------


def _whole(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    if made.status != 206:
        return made
    headers = [(name, value) for name, value in request.headers if name != b"range"]
    again = Request(request.method, request.path, request.query, headers, request.body, request.base)
    return mock.media(again, task.id) if request.path.startswith("/media/") else mock.handle(again)


def _shifted(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    if made.status == 206:
        made.body = made.body[1:] + made.body[:1]
    return made


def _miscounted(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    return _header(made, b"content-range", b"bytes 1-2/3")


def _unplaced(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    made.headers = [(name, value) for name, value in made.headers if name != b"content-range"]
    return made


def _late(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    place = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header(b"range") or "")
    if made.status == 206 and place is not None:
        whole = _whole(mock, request, made, task).body
        made.body = whole[int(place[1]) + 1 : int(place[2]) + 2]
    return made


_RANGE = ("result.range", "result.range.suffix")
_file("ignores-range", "a Range request gets the whole file", _RANGE, _whole)
_file("range-other-bytes", "a Range request gets other bytes", _RANGE, _shifted)
_file("range-late", "a Range request gets the bytes from the next one on", ("result.range",), _late)
_file("range-other-place", "Content-Range tells another place", _RANGE, _miscounted)
_file("range-without-place", "a 206 has no Content-Range", _RANGE, _unplaced)


def _satisfied(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    if made.status == 416 and task_of(mock, request) is not None:
        return Answer(206, [(b"content-type", b"video/mp4"), (b"content-range", b"bytes 0-1/2")], b"\0\0")
    return made


register(
    Deviation(
        "bad-range-satisfied",
        "a range beyond the end gets some bytes",
        ("result.range.unsatisfiable", "error.content.bad-range"),
        answer=_satisfied,
        also=("error.content.bad-range.body",),
    )
)

# -- keys and life ------------------------------------------------------------------------------------------------


def _unguarded(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    task = task_of(mock, request)
    if made.status == 401 and task is not None:
        name = mock.contract.key_header.encode()
        headers = [each for each in request.headers if each[0] != name]
        headers.append((name, (mock.contract.key_prefix + mock.credential()).encode()))
        again = Request(request.method, request.path, request.query, headers, request.body, request.base)
        return mock.media(again, task.id) if request.path.startswith("/media/") else mock.handle(again)
    return made


register(
    Deviation(
        "bytes-without-key",
        "the bytes are given without a key",
        ("result.auth", "auth.content.missing-key"),
        answer=_unguarded,
        applies=lambda c: c.link.auth == "required" and c.key_query is None,
        also=("auth.content.*",),
    )
)


def _short_life(mock: "ProviderMock", request: Request, made: Answer, task: "Task") -> Answer:
    life = mock.contract.link.life or 0
    if mock.elapsed(task) - task.plan.end > life / 2:
        return Answer(403, [(b"content-type", b"text/plain")], b"expired", task.id)
    return made


_file(
    "short-link-life",
    "the result's address works half as long as documented",
    ("result.link.life",),
    _short_life,
    applies=lambda c: c.link.life is not None,
    also=FILE,
)


def _short_retention(mock: "ProviderMock", operation: Any, task_id: str, task: "Task | None") -> "Task | None":
    rule = mock.contract.retention
    assert rule is not None
    return None if task is not None and mock.elapsed(task) > rule.task / 2 else task


register(
    Deviation(
        "short-retention",
        "a task is forgotten after half of the documented time",
        ("query.retention",),
        find=_short_retention,
        applies=lambda c: c.retention is not None,
        also=("result.link.life", "error.*.link-expired", "error.*.expired-task", "auth.*.foreign-task"),
    )
)


def _stated(view: View, body: Any) -> Any:
    """The link states an end that is a third of its life too early."""
    link = view.mock.contract.link

    def earlier(hole: Any, value: Any) -> Any:
        head, _, tail = value.partition(f"{link.expiry_query}=")
        stated, amp, rest = tail.partition("&")
        if not stated.isdecimal():
            return value
        unit = 1000 if link.expiry_form == "epoch-ms" else 1
        return f"{head}{link.expiry_query}={int(stated) - int((link.life or 0) / 3) * unit}{amp}{rest}"

    return change(view, body, ("link",), earlier)


register(
    Deviation(
        "link-states-other-end",
        "the address states another end than the documented one",
        ("result.link.expiry",),
        body=in_query(StatusClass.SUCCEEDED)(_stated),
        applies=lambda c: c.link.expiry_query is not None and (c.link.expiry_form or "epoch").startswith("epoch"),
    )
)


def _elsewhere(view: View, body: Any) -> Any:
    return change(
        view,
        body,
        ("link",),
        lambda hole, value: (
            f"{view.task.base if view.task else ''}/media/{view.task.id if view.task else ''}/video.mp4"
        ),
    )


register(
    Deviation(
        "link-is-not-content",
        "the result's address is not the content operation",
        ("result.link.content",),
        body=in_query(StatusClass.SUCCEEDED)(_elsewhere),
        also=("query.schema", "result.auth"),
    )
)


def _renewed(view: View, body: Any) -> Any:
    """Another path at every look: whoever kept the first address holds a dead one."""
    assert view.task is not None
    count = view.mock.notes[view.task.id] = view.mock.notes.get(view.task.id, 0) + 1
    name = quote(view.task.id, safe="")
    return change(
        view,
        body,
        ("link",),
        lambda hole, value: value.replace(name, f"{name}-{count}"),
    )


register(
    Deviation(
        "result-changes",
        "an ended task shows another address at every look",
        ("query.status.terminal",),
        body=in_query(StatusClass.SUCCEEDED)(_renewed),
        applies=has_hole(Role.QUERY, "link"),
        also=("result.*", "callback.body", "query.alias.*", "error.*"),
    )
)


def _reason_changes(view: View, body: Any) -> Any:
    assert view.task is not None
    count = view.mock.notes[view.task.id] = view.mock.notes.get(view.task.id, 0) + 1
    return change(view, body, ("reason",), lambda hole, value: f"{value} ({count})")


register(
    Deviation(
        "reason-changes",
        "a failed task gives another reason at every look",
        ("query.status.terminal",),
        body=in_query(StatusClass.FAILED)(_reason_changes),
        applies=has_hole(Role.QUERY, "reason"),
        also=("query.alias.*",),
    )
)


def _other_file(view: View, body: Any) -> Any:
    """A query's success with ids beside the task's own that lead nowhere."""
    for operations in view.mock.contract.roles.values():
        shown = operations[0].shown_id
        if shown is not None:
            body = put_at(body, shown.at, "1")
    return body


register(
    Deviation(
        "result-id-leads-nowhere",
        "the id with which a finished task's result is asked for is nobody's",
        ("result.link", "result.fetch"),
        body=in_query(StatusClass.SUCCEEDED)(
            lambda view, body: body if view.role is Role.RESULT else _other_file(view, body)
        ),
        applies=lambda contract: any(operations[0].shown_id for operations in contract.roles.values()),
        also=("query.schema",),
    )
)
