"""Reading answers, without the code under test: what the lifecycle machine goes by."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import av
import orjson

NOTHING = object()


def at(body: Any, pointer: str) -> Any:
    """What stands at a JSON pointer, or NOTHING."""
    for part in pointer.split("/")[1:]:
        try:
            body = orjson.loads(body) if part == "~json" else body[int(part) if isinstance(body, list) else part]
        except (KeyError, IndexError, TypeError, ValueError):
            return NOTHING
    return body


def first(body: Any, pointers: tuple[str, ...]) -> Any:
    return next((value for pointer in pointers if (value := at(body, pointer)) is not NOTHING), NOTHING)


def holes(tree: Any, body: Any) -> Iterator[tuple[str, str, Any]]:
    """(name, form, value) of every `{{name|form}}` that is a whole member of a documented body, where answered."""
    if isinstance(tree, dict) and set(tree) == {"~json"}:
        yield from holes(tree["~json"], orjson.loads(body))
    elif isinstance(tree, dict) and isinstance(body, dict):
        for name, inner in tree.items():
            if name in body:
                yield from holes(inner, body[name])
    elif isinstance(tree, list) and isinstance(body, list):
        for inner, item in zip(tree, body, strict=False):
            yield from holes(inner, item)
    elif isinstance(tree, str) and (found := re.fullmatch(r"\{\{(\w+)(?:\|([^|}]*))?(?:\|[^}]*)?\}\}", tree)):
        yield found[1], found[2] or "", body


def seconds_of(value: Any, form: str) -> float:
    """Epoch seconds of a written time."""
    if form.startswith("epoch"):
        return int(value) / {"s": 1, "ms": 1e3, "ns": 1e9}[form.split("-")[1]]
    zone = form[-6:] if re.search(r"[+-]\d\d:\d\d$", form) else "+00:00"
    if form == "compact":
        return datetime.strptime(value + "+0000", "%Y%m%d%H%M%S%z").timestamp()
    return datetime.fromisoformat(value + (zone if form.startswith("naive") else "")).timestamp()


def percent_of(value: Any, form: str) -> float:
    return float(value) * 100 if form == "fraction" else float(str(value).rstrip("%"))


@cache
def length_of(video: bytes) -> float:
    """Seconds of a video, every picture decoded."""
    with av.open(io.BytesIO(video)) as container:
        assert sum(1 for _ in container.decode(video=0)) > 0
        assert container.duration is not None
        return container.duration / 1_000_000


def cut(header: str | None, size: int) -> tuple[int, int] | str | None:
    """RFC 9110, 14.1.2 in our own words: (first, last), None for the whole file, "no" for 416."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if not found or found[0] == "bytes=-":
        return None
    start, end = found[1], found[2]
    if not start:
        return "no" if int(end) == 0 else (max(0, size - int(end)), size - 1)
    if end and int(end) < int(start):
        return None
    return "no" if int(start) >= size else (int(start), min(int(end), size - 1) if end else size - 1)


def tree_key(tree: Any, name: str) -> str:
    """Holes of one name that may be written differently in another body stay apart."""
    return str(re.findall(r"\{\{" + name + r"[^}]*\}\}", str(tree)))
