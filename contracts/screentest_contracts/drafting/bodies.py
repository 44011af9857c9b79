"""Bodies of answers: every member of the schema with the hole that its name suggests, mended until it is valid."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from screentest_contracts.drafting.places import ENDED, Places, nullable
from screentest_contracts.drafting.reasons import is_beside_error, reason, reason_beside
from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Shape, Shapes, plain
from screentest_contracts.generate import generate
from screentest_contracts.location import MISSING, replaced, resolve, segments
from screentest_contracts.raw.nodes import child, mapping, sequence
from screentest_contracts.vocabulary import moment_of_member

_LEAVE_OUT: Any = object()
_LEVELS, _MENDS = 5, 60
_IDS = ("id", "taskid")
_TRUE = frozenset({"success", "ok", "deleted", "cancelled", "canceled"})
_LINK = "https://media.example.com/video.mp4"
_MOMENT = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Body:
    """Makes the body at one status. `word`: the status, `kind`: its class, `known`: an id as tasks have it."""

    shapes: Shapes
    places: Places
    word: str
    kind: str
    known: str

    def of(self, schema: Any) -> tuple[Any, str]:
        """The body, and why the schema still refuses it; an empty text where it does not."""
        made = self._object(schema, "", 0)
        return self._mended(schema, made)

    def _choice(self, at: str) -> Any:
        """Which form is meant: the first whose status may have this word, else the first that has one at all."""
        status = self.places.status.pointer if self.places.status else ""
        inside = segments(status.removeprefix(at)) if status.startswith(f"{at}/") else ()

        def choose(forms: list[Shape]) -> int:
            rated = [_admits(self.shapes, form, inside, self.word) if inside else 0 for form in forms]
            if not inside and self.kind == "succeeded" and self.places.link is not None:
                link = self.places.link.pointer
                way = segments(link.removeprefix(at)) if link.startswith(f"{at}/") else ()
                rated = [2 * leads(self.shapes, form, way) for form in forms]
            return rated.index(max(rated))

        return choose

    def _object(self, schema: Any, at: str, depth: int) -> Any:
        shape = self.shapes.chosen(schema, self._choice(at))
        if "items" in shape and "properties" not in shape:
            item = self._value(shape["items"], child(at, 0), at.rpartition("/")[2], needed=True, depth=depth + 1)
            return [] if item is _LEAVE_OUT else [item]
        found = {}
        for name, node in mapping(shape.get("properties")).items():
            needed = name in sequence(shape.get("required"))
            value = self._value(node, child(at, name), str(name), needed=needed, depth=depth)
            if value is not _LEAVE_OUT:
                found[str(name)] = value
        return found

    def _value(self, node: Any, at: str, name: str, *, needed: bool, depth: int) -> Any:
        shape, places = self.shapes.of(node), self.places
        kinds = set(shape.get("type", ())) - {"null"}
        if at in places.ids or (
            not places.ids and plain(name) in _IDS and depth < 3 and kinds <= {"string", "integer"}
        ):
            return "{{id|integer}}" if kinds == {"integer"} else "{{id}}"
        if places.status is not None and at == places.status.pointer:
            return self.word
        special = self._special(node, shape, at, needed=needed, depth=depth)
        if special is not None:
            return special
        moment = moment_of_member(_snake(name))
        if (
            moment is not None
            and moment != "link_expires"
            and kinds <= {"string", "integer", "number"}
            and "enum" not in shape
        ):
            return self._time(shape, moment, needed=needed)
        return self._usual(node, shape, at, name, needed=needed, depth=depth)

    def _special(self, node: Any, shape: Shape, at: str, *, needed: bool, depth: int) -> Any:
        """Error, link and progress; None for any other member."""
        places = self.places
        if places.error is not None and at == places.error.pointer:
            if self.kind in ("failed", "cancelled", "expired"):
                return reason(self.shapes, node, shape)
            return self._unset(node, shape, needed=needed)
        link = places.link.pointer if places.link else ""
        vital = [*places.ids, *([places.status.pointer] if places.status else [])]
        around = link.startswith(f"{at}/") and not any(each.startswith(f"{at}/") for each in vital)
        if link and (link == at or around):
            if self.kind != "succeeded":
                return self._unset(node, shape, needed=needed)
            inner = {"properties", "items"} & set(shape)
            return "{{link}}" if link == at else self._object(node, at, depth + 1) if inner else _down(link, at)
        if places.progress is not None and at == places.progress.pointer:
            return _progress(shape, at)
        if is_beside_error(places, at):
            failed = self.kind in ("failed", "cancelled", "expired")
            return reason_beside(self.shapes, node, shape, at) if failed else self._unset(node, shape, needed=needed)
        return None

    def _unset(self, node: Any, shape: Shape, *, needed: bool) -> Any:
        if not needed:
            return _LEAVE_OUT
        empty: tuple[Any, ...] = (None, "", [], {})
        fitting = (value for value in empty if not self.shapes.document.complaints(node, value))
        return next(fitting, sample(self.shapes, node))

    def _time(self, shape: Shape, moment: str, *, needed: bool) -> Any:
        late = self.kind not in ENDED if moment == "finished" else moment == "started" and self.kind == "queued"
        never = moment == "started" and self.kind in ENDED and self.kind != "succeeded"  # ended while it was queued
        if late and not needed:
            return _LEAVE_OUT
        kinds, said = set(shape.get("type", ())), str(shape.get("description", "")).lower()
        numbers = bool(kinds & {"integer", "number"}) and not (
            kinds & {"string"} and shape.get("format") == "date-time"
        )
        form = ("epoch-ms" if "milli" in said else "epoch-s") if numbers else "iso-ms"
        if never and not needed:
            return _hole(moment, form, "omit")
        if (late or never) and not nullable(shape):
            return _hole(moment, form, "0") if numbers else _hole("created", form)
        return _hole(moment, form, *(["null"] if late or never else []))

    def _usual(self, node: Any, shape: Shape, at: str, name: str, *, needed: bool, depth: int) -> Any:
        kinds = [kind for kind in sequence(shape.get("type")) if kind != "null"]
        if "const" in shape:
            return shape["const"]
        if shape.get("enum") and not nullable(shape):
            return next((word for word in shape["enum"] if "video" in str(word)), shape["enum"][0])
        if kinds == ["boolean"] and plain(name) in _TRUE and not nullable(shape):
            return True
        if plain(name) == "model" and kinds == ["string"] and not shape.get("enum"):
            return "{{model}}"
        if plain(name) == "duration" and set(kinds) & {"integer", "number"}:
            return "{{duration}}"
        if any(each.startswith(f"{at}/") for each in self._vital()):
            return self._object(node, at, depth + 1)
        if nullable(shape):
            return None if needed else _LEAVE_OUT
        if ("properties" in shape or "object" in kinds) and not shape.get("enum"):
            if depth >= _LEVELS:
                return sample(self.shapes, node, name) if needed else _LEAVE_OUT
            made = self._object(node, at, depth + 1)
            return made if made or needed else _LEAVE_OUT
        if not needed and (not kinds or "array" in kinds or "pattern" in shape):
            return _LEAVE_OUT
        if kinds == ["string"] and not {"enum", "pattern", "format", "example", "examples", "default"} & set(shape):
            return "{{text:text}}" if int(shape.get("minLength", 0)) < 5 else sample(self.shapes, node, name)
        return sample(self.shapes, node, name)

    def _vital(self) -> list[str]:
        link = self.places.link if self.kind == "succeeded" else None
        return [*(each.pointer for each in (self.places.status, link) if each is not None), *self.places.ids]

    def _mended(self, schema: Any, body: Any) -> tuple[Any, str]:
        """Takes what the schema refuses out, or puts what it asks for in, place by place."""
        smallest = sample(self.shapes, schema, chosen=self._choice)
        for pointer, value in self._needed():
            if resolve(smallest, segments(pointer)) is not MISSING:
                smallest = replaced(smallest, segments(pointer), value)
        told = self.shapes.document.complaints(schema, shown(body, self.known))
        for _ in range(_MENDS):
            if not told:
                return body, ""
            before, place = body, told[0][0]
            body = _patched(body, place, resolve(smallest, place))
            if body == before:
                break
            told = self.shapes.document.complaints(schema, shown(body, self.known))
        if told and not self.shapes.document.complaints(schema, shown(smallest, self.known)):
            return smallest, ""
        return body, told[0][1] if told else ""

    def _needed(self) -> list[tuple[str, Any]]:
        status = [(self.places.status.pointer, self.word)] if self.places.status else []
        return [*((at, "{{id}}") for at in self.places.ids), *status]


def _admits(shapes: Shapes, form: Shape, way: tuple[str, ...], word: str) -> int:
    """2 where a form's status may be the word, 0 where it may not, 1 where it has none."""
    for part in way:
        if part not in mapping(form.get("properties")):
            return 1
        form = shapes.of(form["properties"][part])
    words = form.get("enum")
    return 2 if words is None or word in words else 0


def leads(shapes: Shapes, form: Shape, way: tuple[str, ...]) -> bool:
    """Whether a form has a member at the end of a way."""
    for part in way:
        node = form.get("items") if part.isdecimal() else mapping(form.get("properties")).get(part)
        if node is None:
            return False
        form = shapes.of(node)
    return True


def _hole(*parts: str) -> str:
    return "{{" + "|".join(parts) + "}}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _down(link: str, at: str) -> Any:
    made: Any = "{{link}}"
    for part in reversed(segments(link.removeprefix(at))):
        made = [made] if part.isdecimal() else {part: made}
    return made


def _progress(shape: Shape, at: str) -> str:
    kinds, said = set(shape.get("type", ())), f"{at.rpartition('/')[2]} {shape.get('description', '')}".lower()
    if "string" in kinds:
        return "{{progress|percent}}" if "%" in str(shape) else "{{progress|string}}"
    share = shape.get("maximum") == 1 or re.search(r"\b0(\.0)? ?(and|to|-|\u2013) ?1(\.0+)?(?!\.?\d)", said) is not None
    open_ = kinds == {"number"} and "maximum" not in shape and not re.search(r"percent|pct|%|\b100\b", said)
    return "{{progress|fraction}}" if share else "{{any:0.5}}" if open_ else "{{progress}}"


def _patched(body: Any, place: tuple[str, ...], value: Any) -> Any:
    """A body with what the smallest one has at a place: the members that it lacks there, else all of it."""
    own = resolve(body, place)
    if value is MISSING:
        return replaced(body, place, MISSING) if place else body
    if isinstance(own, Mapping) and isinstance(value, Mapping) and set(value) - set(own):
        value = {**own, **{name: each for name, each in value.items() if name not in own}}
    return replaced(body, place, value) if place else value


def shown(body: Any, known: str = "") -> Any:
    """A body with its holes filled in as they would be, to be held against its schema. `known`: the id."""
    if isinstance(body, Mapping):
        return {key: shown(value, known) for key, value in body.items()}
    if isinstance(body, list):
        return [shown(each, known) for each in body]
    match = _HOLE.fullmatch(body) if isinstance(body, str) else None
    return body if match is None else _filled(known, *match.groups())


_HOLE = re.compile(r"\{\{(\w+)(?::([^}|]*))?(?:\|([\w-]+))?(?:\|(\w+))?\}\}")


def _filled(known: str, name: str, argument: str | None, form: str | None, unset: str | None) -> Any:
    if unset not in (None, "omit"):
        return {"null": None, "0": 0}.get(unset, unset)
    if form in ("epoch-s", "epoch-ms"):
        return 1_767_225_600 * (1000 if form == "epoch-ms" else 1)
    if form == "iso-ms":
        return _MOMENT
    if name == "progress":
        return {None: 50, "fraction": 0.5, "percent": "50%", "string": "50"}[form]
    if name == "id":
        return int(known) if form == "integer" and known.isdecimal() else known
    if name == "any":
        return orjson.loads(argument or "null")
    filled = {"link": _LINK, "duration": 5, "reason_code": "failed", "reason": "The task failed."}
    return argument if argument is not None else filled.get(name, name)


def sample_id(make: str, seed: int = 1) -> str:
    """An id made as a document says, always the same for a seed."""
    random = Random(seed)  # noqa: S311 - no secret
    return re.sub(r"\{\{random:([^}]+)\}\}", lambda match: str(generate(match[1], random)), make)
