"""Where an answer keeps what matters, and the words of its status: by the names of its members."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.drafting.shapes import Found, Shape, Shapes, first, plain, walk
from screentest_contracts.location import MISSING, is_empty, resolve, segments
from screentest_contracts.raw.nodes import sequence
from screentest_contracts.vocabulary import (
    CLASSES,
    ERROR_MEMBERS,
    PROGRESS_MEMBERS,
    RESULT_MEMBERS,
    STATUS_MEMBERS,
    class_of_word,
    stated_life,
    tells_progress,
)

ENDED = ("succeeded", "failed", "cancelled", "expired")
_ERRORS = (*ERROR_MEMBERS, "failure", "failurecode", "failcode", "failmsg", "reason")
_RESULTS = frozenset(map(plain, (*RESULT_MEMBERS, "download")))
_NO_RESULT = re.compile(
    r"thumb|cover|poster|preview|gif|image|frame|audio|caption|subtitle|webhook|callback|(?<!re)source|input|request|prompt|"
    r"share|web$|get$|cancel$|self$|stream$|status|log|doc|avatar|keyframe|sprite|srt|vtt|console|api|poll|upload|next|prev|track|refresh|response|settings?$|button"
)


@dataclass(frozen=True, slots=True)
class Places:
    """The members of an answer that mean something to every gateway; `ids`: pointers of the task's id."""

    members: tuple[Found, ...]
    status: Found | None
    progress: Found | None
    link: Found | None
    error: Found | None
    ids: tuple[str, ...]


def places(shapes: Shapes, schema: Any, ids: list[str]) -> Places:
    """What can be told of an answer by the names of its members."""
    found = list(walk(shapes, schema))
    error = first(found, _ERRORS)
    status = _status(_outside(found, error))
    envelope = f"{status.pointer.rpartition('/')[0]}/" if status is not None else "/"
    error = first([each for each in found if each.pointer.startswith(envelope)], _ERRORS) or error
    outside = _outside(found, error)
    plain_ones = [each for each in outside if not re.search(r"/\d+(/|$)", each.pointer)]
    progress = first(plain_ones, PROGRESS_MEMBERS, "integer", "number", "string") or _number_of_progress(plain_ones)
    return Places(tuple(found), status, progress, _link(outside, status), error, tuple(ids))


def _outside(found: list[Found], error: Found | None) -> list[Found]:
    return [each for each in found if error is None or not each.pointer.startswith(error.pointer)]


def _number_of_progress(found: list[Found]) -> Found | None:
    return next((each for each in found if each.types & {"integer", "number"} and tells_progress(each.name)), None)


def _status(found: list[Found]) -> Found | None:
    """The member with the status: the one whose words tell of most classes, whatever its name is where they tell of a
    whole life; else the outermost by its name."""
    named = [each for name in STATUS_MEMBERS for each in found if plain(each.name) == plain(name)]
    told = [each for each in found if each not in named and {"succeeded", "failed"} < _classes(each)]
    texts = [each for each in (*named, *told) if not each.types or "string" in each.types]
    texts.sort(key=lambda each: (-len(_classes(each)), each.pointer.count("/")))
    return texts[0] if texts else None


def _classes(found: Found) -> set[str]:
    """The classes that its words tell of."""
    return {kind for word in found.words if (kind := class_of_word(str(word))) is not None}


def _link(found: list[Found], status: Found | None) -> Found | None:
    """The likeliest address of the video. What hides in a member without a type is found by its name alone, and what
    the envelope is called that holds the status, too, says nothing of it."""
    envelope = status.pointer.rpartition("/")[0] if status is not None else ""
    rated = [(points, each) for each in found if (points := _rated(each, envelope)) > 0]
    rated.sort(key=lambda row: (-row[0], row[1].pointer.count("/")))
    return rated[0][1] if rated else None


def _rated(each: Found, envelope: str) -> int:
    pointer = each.pointer.removeprefix(envelope) if each.pointer.startswith(f"{envelope}/") else each.pointer
    path = [plain(part) for part in segments(pointer) if not part.isdecimal()]
    if not path or ("string" not in each.types and (each.types or path[-1] not in _RESULTS)):
        return 0
    if any(_NO_RESULT.search(part) for part in path[-1:]) or any(
        _NO_RESULT.search(part) for part in path[:-1] if "video" not in path[-1] and "mp4" not in path[-1]
    ):
        return 0
    if each.words or each.schema.get("format") in ("date-time", "uuid", "date"):
        return 0
    address = each.schema.get("format") in ("uri", "url", "uri-reference") or path[-1].endswith(("url", "uri", "urls"))
    named = path[-1] in _RESULTS
    inside = any(part in _RESULTS for part in path[:-1])
    video = any("video" in part or "mp4" in part for part in path)
    if not (address or named):
        return 0
    return 3 * address + 2 * named + inside + 2 * video + (path[-1] in ("url", "downloadurl", "resulturl")) * named


def status_words(places: Places) -> tuple[dict[str, str], list[str]]:
    """Each word of the status with its likely class, and what is left to do. Placeholders where nothing names words."""
    status, left = places.status, []
    words = [str(word) for word in (status.words if status else ()) if isinstance(word, str)]
    if not words and status is not None:
        words = _told(status.schema)
        if words:
            left.append(f"the words of {status.pointer} are read from its description: {', '.join(words)}")
    if not words:
        words = [CLASSES[kind][0] for kind in ("queued", "running", "succeeded", "failed")]
        left.append(f"no schema names the words of the status: {', '.join(words)} are placeholders, replace them")
    classes = {word: class_of_word(word) or "running" for word in words}
    for word in words:
        if class_of_word(word) is None:
            left.append(f"what the status {word!r} means is not plain: its class is a guess")
    for kind in ("succeeded", "failed"):
        if kind not in classes.values():
            word = next(each for each in CLASSES[kind] if each not in classes)
            classes[word] = kind
            left.append(f"no status word means {kind}: {word!r} is a placeholder, replace it")
    return classes, left


_SERIES = re.compile(r"[A-Za-z_-]{3,20}(?:(?:\s*[,|/]\s*(?:(?:or|and)\s+)?|\s+or\s+)[A-Za-z_-]{3,20}\b){2,}")


def _in_series(text: str) -> list[str]:
    """The words of a series: `pending, staged or done`."""
    return re.split(r"\s*[,|/]\s*(?:(?:or|and)\s+)?|\s+or\s+", text)


def _known(words: list[str]) -> int:
    """How many classes a series tells of whose ends are usual words."""
    classes = [class_of_word(word) for word in words]
    return len({*classes} - {None}) if words and None not in (classes[0], classes[-1]) else 0


def _told(shape: Shape) -> list[str]:
    """The words in quotation marks or as examples that mean a status, where they tell of an end and of its way;
    unusual ones where they stand in one series with such."""
    said = f"{shape.get('description', '')} {shape.get('title', '')}"
    marked = re.findall(r"[`'\"*]+([A-Za-z_-]{3,20})[`'\"*]+", said)
    listed = re.findall(r"[A-Za-z_-]{3,20}", said) if not marked else []
    examples = [each for each in (shape.get("example"), *sequence(shape.get("examples"))) if isinstance(each, str)]
    series = [] if marked else max(map(_in_series, _SERIES.findall(said)), key=_known, default=[])
    usual = [word for word in (*marked, *listed, *examples) if class_of_word(word) is not None]
    words = list(dict.fromkeys([*(series if _known(series) > 1 else ()), *usual]))
    kinds = {class_of_word(word) for word in words}
    return words if "succeeded" in kinds and kinds & {"queued", "running"} else []


def transitions(words: Mapping[str, str]) -> dict[str, list[str]]:
    """Every status may be followed by what comes later; those of one class follow each other as they are listed."""
    order, listed = ["queued", "running"], list(words)
    found: dict[str, list[str]] = {}
    for word, kind in words.items():
        rank = order.index(kind) if kind in order else len(order)
        after = [e for e, other in words.items() if rank < 2 and (other in ENDED or other in order[rank + 1 :])]
        if rank < 2:
            after += [e for e in listed if e != word and words[e] == kind and e not in after]
        found[word] = after
    return found


def link_life(found: Places, texts: list[str]) -> float | None:
    """Seconds that a description gives the result's link, or None."""
    top = found.link.pointer if found.link else ""
    near = [str(each.schema.get("description", "")) for each in found.members if top.startswith(each.pointer)]
    lives = (stated_life(text) for text in (*near, *texts))
    return next((life for life in lives if life is not None), None)


_SHOWN = ("queued", "running", "succeeded", "failed")
_TYPES = ("string", "integer", "number", "boolean", "array", "object")


def presence(found: Places, on: str, kinds: list[str], bodies: list[Any]) -> list[dict[str, Any]]:
    """What the schema requires and lets not be null; outer members that every body shows; the address with success, the
    reason with failure. What is required and may be null is left to the schema, which says just that.
    """
    rows: list[dict[str, Any]] = []
    for each in found.members:
        own = [kind for kind in sequence(each.schema.get("type")) if kind in _TYPES]
        shown = each.pointer.count("/") == 1
        shown = shown and all(resolve(body, segments(each.pointer)) is not MISSING for body in bodies)
        in_list = re.search(r"/\d+(/|$)", each.pointer)
        if in_list or nullable(each.schema) or not (each.required or shown) or not own:
            continue
        if any(special and each.pointer.startswith(special.pointer) for special in (found.link, found.error)):
            continue
        row = {"at": each.pointer, "on": on, "is": "present", "mark": "documented" if each.required else "assumed"}
        rows.append({**row, "type": own[0]} if len(own) == 1 else row)
    if on != "all":
        return rows
    for special, kind in ((found.link, "succeeded"), (found.error, "failed")):
        if special is None or kind not in kinds:
            continue
        parts = segments(special.pointer)
        holding = {other for other, body in zip(kinds, bodies, strict=True) if not is_empty(resolve(body, parts))}
        lacking = {other for other, body in zip(kinds, bodies, strict=True) if is_empty(resolve(body, parts))}
        if kind in holding - lacking:
            rows.append({"at": special.pointer, "on": [kind], "is": "present"})
        others = [each for each in _SHOWN if each in lacking - holding and each != kind]
        if others and not special.required:
            rows.append({"at": special.pointer, "on": others, "is": "absent"})
    return rows


def nullable(shape: Shape) -> bool:
    """Whether null is allowed."""
    return "null" in sequence(shape.get("type")) or shape.get("nullable") is True
