"""The result: its address, its bytes, and what the video is."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from screentest_contracts.frames import whole_size
from screentest_contracts.template import digits
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.wire.answer import Answer

FILE = ("error.content.*", "result.*")


Change = Callable[[Call, Answer, bytes], Answer]
"""Given call, answer and all the bytes of the file."""


def on_file(
    name: str,
    about: str,
    breaks: tuple[str, ...],
    new: Change,
    also: tuple[str, ...] = (),
) -> None:
    """Changes the answer to a download that worked."""

    def download(call: Call, made: Answer, whole: bytes) -> Answer:
        return new(call, made, whole) if made.status in (200, 206) else made

    register(Deviation(name, about, breaks, also=also, hooks=Hooks(download=download)))


def _answer(status: int, media: bytes = b"text/plain", body: bytes = b"gone") -> Change:
    """Another body; headers that say nothing of the body stay."""

    def change(call: Call, made: Answer, whole: bytes) -> Answer:
        kept = [(name, value) for name, value in made.headers if not name.startswith(b"content-")]
        return Answer(status, [*kept, (b"content-type", media)], body, made.task_id)

    return change


_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to watch."
on_file("dead-link", "the result's address answers 404", ("result.fetch",), _answer(404), also=FILE)
on_file("forbidden-link", "the result's address answers 403", ("result.fetch",), _answer(403), also=FILE)
on_file(
    "link-to-a-page",
    "the result's address shows a web page",
    ("result.playable",),
    _answer(200, b"text/html", _PAGE),
    also=FILE,
)
on_file("empty-file", "the result is an empty file", ("result.fetch",), _answer(200, b"video/mp4", b""), also=FILE)
on_file(
    "not-a-video",
    "the result is no video",
    ("result.playable",),
    _answer(200, b"video/mp4", b'{"status":"still processing"}'),
    also=FILE,
)


def _cut(call: Call, made: Answer, whole: bytes) -> Answer:
    if made.status == 200:
        made.body = made.body[: len(made.body) * 2 // 3]
    return made


def _break_off(call: Call, made: Answer, whole: bytes) -> Answer:
    if made.status == 200:
        made.cut = len(made.body) // 2
    return made


on_file(
    "truncated-file",
    "the file lacks its last third, and its length says nothing of it",
    ("result.playable",),
    _cut,
    also=FILE,
)
on_file("broken-download", "downloads break off in the middle", ("result.fetch",), _break_off, also=FILE)


def _header(made: Answer, name: bytes, value: bytes) -> Answer:
    made.headers = [(key, value if key == name else old) for key, old in made.headers]
    return made


on_file(
    "wrong-media-type",
    "the file is called a picture",
    ("result.media-type",),
    lambda call, made, whole: _header(made, b"content-type", b"image/png"),
)

register(
    Deviation(
        "wrong-duration",
        "every video is two seconds too long",
        ("result.duration",),
        also=("result.default.duration",),
        hooks=Hooks(video=lambda d, r, s: (d + 2, r, s)),
    )
)
register(
    Deviation(
        "fixed-duration",
        "every video lasts 7 seconds, whatever was asked for",
        ("result.duration",),
        also=("result.default.duration",),
        hooks=Hooks(video=lambda d, r, s: (7.0, r, s)),
    )
)


def _turned(duration: float, ratio: str, resolution: str) -> tuple[float, str, str]:
    """A square instead; a whole size is given as one."""
    whole = whole_size(resolution)
    if whole is not None:
        return duration, ratio, f"{whole[1]}x{whole[1]}"
    if whole_size(ratio) is not None:
        return duration, "640x640", resolution
    return duration, "1:1" if ratio != "1:1" else "16:9", resolution


def _smaller(duration: float, ratio: str, resolution: str) -> tuple[float, str, str]:
    """A quarter of the size in the same shape; a whole size is given as one."""
    for size in (resolution, ratio):
        whole = whole_size(size)
        if whole is not None:
            return duration, ratio, f"{whole[0] // 4 * 2}x{whole[1] // 4 * 2}"
    return duration, ratio if ratio.count(":") == 1 else "16:9", "360p"


register(
    Deviation(
        "wrong-ratio",
        "every video is square, or wide when square was asked for",
        ("result.ratio",),
        hooks=Hooks(video=_turned),
        also=("result.resolution", "result.default.*"),
    )
)
register(
    Deviation(
        "wrong-resolution",
        "every video has 360 lines, or half of those that a whole size names",
        ("result.resolution",),
        hooks=Hooks(video=_smaller),
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
    whole = whole_size(ratio)
    if whole is not None:
        return f"{whole[1]}x{whole[0]}"
    if not digits(ratio):
        return "4:3"  # a word may stand for either
    return "9:16" if ratio != "9:16" else "16:9"


def _other_tier(resolution: Any) -> str:
    """1080 for 720 and what is near it, 720 for all else, spelled as the default is."""
    text, lines = str(resolution), digits(resolution) or 0
    if not lines:
        return "240p"  # a word may stand for any usual one
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
            hooks=Hooks(defaults=_other_default(_aspect, _new)),
            also=("result.default.ratio", "result.default.resolution", "create.*.amount", "query.*.amount"),  # prices
        )
    )

# -- ranges -------------------------------------------------------------------------------------------------------


def _whole(call: Call, made: Answer, whole: bytes) -> Answer:
    if made.status == 206:
        made.status, made.body = 200, whole
        made.headers = [row for row in made.headers if row[0] != b"content-range"]
    return made


def _shifted(call: Call, made: Answer, whole: bytes) -> Answer:
    if made.status == 206:
        made.body = made.body[1:] + made.body[:1]
    return made


def _miscounted(call: Call, made: Answer, whole: bytes) -> Answer:
    return _header(made, b"content-range", b"bytes 1-2/3")


def _unplaced(call: Call, made: Answer, whole: bytes) -> Answer:
    made.headers = [(name, value) for name, value in made.headers if name != b"content-range"]
    return made


def _late(call: Call, made: Answer, whole: bytes) -> Answer:
    place = re.fullmatch(r"bytes=(\d+)-(\d+)", call.request.header(b"range") or "")
    if made.status == 206 and place is not None:
        made.body = whole[int(place[1]) + 1 : int(place[2]) + 2]
    return made


_RANGE = ("result.range", "result.range.suffix")
on_file("ignores-range", "a Range request gets the whole file", _RANGE, _whole)
on_file("range-other-bytes", "a Range request gets other bytes", _RANGE, _shifted)
on_file("range-late", "a Range request gets the bytes from the next one on", ("result.range",), _late)
on_file("range-other-place", "Content-Range tells another place", _RANGE, _miscounted)
on_file("range-without-place", "a 206 has no Content-Range", _RANGE, _unplaced)


def _satisfied(call: Call, made: Answer, whole: bytes) -> Answer:
    if made.status == 416:
        return Answer(206, [(b"content-type", b"video/mp4"), (b"content-range", b"bytes 0-1/2")], b"\0\0")
    return made


register(
    Deviation(
        "bad-range-satisfied",
        "a range beyond the end gets some bytes",
        ("result.range.unsatisfiable", "error.content.bad-range"),
        hooks=Hooks(download=_satisfied),
        also=("error.content.bad-range.body",),
    )
)
