"""Lifecycle, bodies and presence: from the schemas of receipt and query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.drafting.members import Found, first, walk
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence
from screentest_contracts.vocabulary import (
    CLASSES,
    ERROR_MEMBERS,
    PROGRESS_MEMBERS,
    RESULT_MEMBERS,
    STATUS_MEMBERS,
    class_of_word,
    moment_of_member,
    stated_life,
)

_ENDED = ("succeeded", "failed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Places:
    """Where an answer keeps what matters. `words`: the status words by class, in the order of the enum."""

    members: tuple[Found, ...]
    status: Found | None
    progress: Found | None
    link: Found | None
    error: Found | None
    ids: tuple[str, ...]


def places(document: RawDocument, schema: Any, ids: list[str]) -> Places:
    """What can be told of an answer by the names of its members."""
    found = list(walk(document, main_branch(document, schema)))
    error = first(found, ERROR_MEMBERS)
    outside = [each for each in found if error is None or not each.pointer.startswith(error.pointer)]
    return Places(
        tuple(found),
        first(found, STATUS_MEMBERS, "string"),
        first(found, PROGRESS_MEMBERS, "integer", "number", "string"),
        _link(outside),
        error,
        tuple(ids),
    )


def _link(found: list[Found]) -> Found | None:
    texts = [each for each in found if "string" in each.types]
    for name in RESULT_MEMBERS:
        each = first(texts, [name])
        if each is not None:
            return each
    for name in RESULT_MEMBERS:
        inside = [each for each in texts if f"/{name}/" in each.pointer and each.name.lower().endswith("url")]
        if inside:
            return inside[0]
    return None


def status_words(places: Places) -> dict[str, str]:
    """Each word of the status with its likely class; the commonest words where the schema has no enum."""
    enum = places.status.schema.get("enum") if places.status else None
    words = [str(word) for word in sequence(enum) if isinstance(word, str)]
    if not words:
        words = [CLASSES[kind][0] for kind in ("queued", "running", "succeeded", "failed")]
    return {word: class_of_word(word) or "running" for word in words}


def transitions(words: Mapping[str, str]) -> dict[str, list[str]]:
    """Every status may be followed by what comes later."""
    order = ["queued", "running"]
    found: dict[str, list[str]] = {}
    for word, kind in words.items():
        rank = order.index(kind) if kind in order else len(order)
        found[word] = [
            each for each, other in words.items() if rank < 2 and (other in _ENDED or other in order[rank + 1 :])
        ]
        listed = list(words)
        if rank < 2:  # words of one class follow each other in the order of the enum
            found[word] += [e for e in listed[listed.index(word) + 1 :] if words[e] == kind and e not in found[word]]
    return found


def body(document: RawDocument, schema: Any, places: Places, status: str, kind: str) -> Any:
    """A body at a status: every member of the schema with the hole that its name suggests."""
    return _object(document, main_branch(document, schema), places, status, kind, "", 0)


def main_branch(document: RawDocument, schema: Any) -> Any:
    """The branch of an answer that may look otherwise, too, which tells of a task: the first with an id or status."""
    node = mapping(document.follow(schema))
    parts = sequence(node.get("oneOf")) or sequence(node.get("anyOf"))
    if "properties" in node or not parts:
        return schema
    names = {"id", "task_id", *STATUS_MEMBERS}
    return next((part for part in parts if names & {each.name for each in walk(document, part)}), parts[0])


def _object(
    document: RawDocument, schema: Any, places: Places, status: str, kind: str, at: str, depth: int
) -> dict[str, Any]:
    schema = mapping(document.follow(schema))
    parts = [schema, *(mapping(document.follow(part)) for part in sequence(schema.get("allOf")))]
    result: dict[str, Any] = {}
    for part in parts:
        for name, node in mapping(part.get("properties")).items():
            pointer = child(at, name)
            needed = name in sequence(part.get("required"))
            value = _value(
                document, mapping(document.follow(node)), places, status, kind, pointer, str(name), needed, depth
            )
            if value is not _LEAVE_OUT:
                result[str(name)] = value
    return result


_LEAVE_OUT: Any = object()


def _value(
    document: RawDocument,
    schema: Mapping[str, Any],
    places: Places,
    status: str,
    kind: str,
    pointer: str,
    name: str,
    needed: bool,
    depth: int,
) -> Any:
    if pointer in places.ids or (name in ("id", "task_id") and "string" in sequence(schema.get("type"))):
        return "{{id}}"
    if places.status is not None and pointer == places.status.pointer:
        return status
    if places.error is not None and pointer == places.error.pointer:
        return _error(document, schema) if kind in ("failed", "cancelled", "expired") else _LEAVE_OUT
    link = places.link.pointer if places.link else ""
    inner = link.startswith(f"{pointer}/")
    vital = any(
        each.startswith(f"{pointer}/") for each in (*places.ids, places.status.pointer if places.status else "")
    )
    if link and (link == pointer or inner) and not vital:
        if kind != "succeeded":
            return _LEAVE_OUT
        if link == pointer or "properties" not in schema:
            return _down(link.removeprefix(pointer).split("/")[1:])
        return _object(document, schema, places, status, kind, pointer, depth + 1)
    if places.progress is not None and pointer == places.progress.pointer:
        return _progress(schema)
    moment = moment_of_member(name)
    if moment is not None and moment != "link_expires":
        late = kind not in _ENDED if moment == "finished" else moment == "started" and kind == "queued"
        return _LEAVE_OUT if late and not needed else _time(schema, moment, unset=late)
    return _usual(document, schema, places, status, kind, pointer, name, needed, depth)


def _usual(
    document: RawDocument,
    schema: Mapping[str, Any],
    places: Places,
    status: str,
    kind: str,
    pointer: str,
    name: str,
    needed: bool,
    depth: int,
) -> Any:
    types = sequence(schema.get("type"))
    if "const" in schema:
        return schema["const"]
    if name == "model":
        return "{{model}}"
    if "duration" in name and set(types) & {"integer", "number"}:
        return "{{duration}}"
    if schema.get("enum"):
        return next((each for each in schema["enum"] if "video" in str(each)), schema["enum"][0])
    if "null" in types and not needed:
        return _LEAVE_OUT
    if "properties" in schema or "allOf" in schema:
        if depth > 4:
            return _LEAVE_OUT
        return _object(document, schema, places, status, kind, pointer, depth + 1) or _LEAVE_OUT
    for word in ("example", "default"):
        if word in schema:
            return schema[word]
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    plain = {"boolean": True, "integer": schema.get("minimum", 0), "number": schema.get("minimum", 0), "string": "text"}
    kind_ = next((each for each in types if each in plain), None)
    if kind_ is None or (kind_ == "string" and not needed and "pattern" in schema):
        return _LEAVE_OUT
    return "{{text:text}}" if kind_ == "string" else plain[kind_]


def _down(parts: list[str]) -> Any:
    if not parts:
        return "{{link}}"
    return [_down(parts[1:])] if parts[0].isdecimal() else {parts[0]: _down(parts[1:])}


def _error(document: RawDocument, schema: Mapping[str, Any]) -> Any:
    properties = mapping(schema.get("properties"))
    if not properties:
        return "{{reason}}"
    found: dict[str, Any] = {}
    for name, node in properties.items():
        member = mapping(document.follow(node))
        if name in ("code", "error_code"):
            found[name] = "{{reason_code}}"
        elif name in ("message", "msg", "detail", "reason"):
            found[name] = "{{reason}}"
        elif member.get("enum"):
            found[name] = member["enum"][0]
    return found or "{{reason}}"


def _progress(schema: Mapping[str, Any]) -> str:
    types = set(sequence(schema.get("type")))
    if "string" in types:
        return "{{progress|percent}}" if "%" in str(schema) else "{{progress|string}}"
    return "{{progress|fraction}}" if schema.get("maximum") == 1 else "{{progress}}"


def _time(schema: Mapping[str, Any], moment: str, *, unset: bool) -> str:
    types, said = set(sequence(schema.get("type"))), str(schema.get("description", "")).lower()
    if types & {"integer", "number"}:
        return f"{{{{{moment}|{'epoch-ms' if 'milli' in said else 'epoch-s'}{'|0' if unset else ''}}}}}"
    return f"{{{{{moment}|iso-ms{'|null' if unset else ''}}}}}"


def presence(found: Places, on: str, kinds: list[str], bodies: list[Any]) -> list[dict[str, Any]]:
    """What the schema requires and what every body shows; what only some statuses have, as far as names tell."""
    rows: list[dict[str, Any]] = []
    for each in found.members:
        type_ = next(iter(sorted(each.types - {"object"})), None)
        if re.search(r"/\d+(/|$)", each.pointer) or (type_ is None and not each.required):
            continue
        shown = all(resolve(body, segments(each.pointer)) is not MISSING for body in bodies)
        if each.required or shown:
            row = {"at": each.pointer, "on": on, "is": "present", "mark": "documented" if each.required else "assumed"}
            rows.append({**row, "type": type_} if type_ else row)
    if on != "all":
        return rows
    if found.link is not None and "succeeded" in kinds:
        top = found.link.pointer
        rows.append({"at": top, "on": ["succeeded"], "is": "present", "type": "string"})
        rows.append({"at": top, "on": [k for k in ("queued", "running", "failed") if k in kinds], "is": "absent"})
    if found.error is not None and "failed" in kinds:
        rows.append({"at": found.error.pointer, "on": ["failed"], "is": "present"})
        rows.append(
            {
                "at": found.error.pointer,
                "on": [k for k in ("queued", "running", "succeeded") if k in kinds],
                "is": "absent",
            }
        )
    return rows


def link_life(found: Places, texts: list[str]) -> float | None:
    """Seconds that a description gives the result's link, or None."""
    top = found.link.pointer if found.link else ""
    near = [str(each.schema.get("description", "")) for each in found.members if top.startswith(each.pointer)]
    lives = (stated_life(text) for text in (*near, *texts))
    return next((life for life in lives if life is not None), None)
