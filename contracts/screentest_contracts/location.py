"""Locations: JSON pointers by priority, with `~json` for JSON that is kept inside a string, and `~match=PATTERN` for
the first group of a pattern in a text."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import orjson


class Missing:
    """The type of `MISSING`: no such member (unlike `None`, which is JSON `null`)."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "(missing)"


MISSING: Final = Missing()


MATCH: Final = "~match="
"""How a segment begins that takes the first group of a pattern in a text."""


def group_in(segment: str, text: Any) -> re.Match[str] | None:
    """Where a `~match=` segment finds its pattern in a text; None too where the pattern is none."""
    try:
        found = re.search(segment.removeprefix(MATCH), text) if isinstance(text, str) else None
    except re.error:
        return None
    return found if found is not None and found.lastindex else None


@lru_cache(4096)
def segments(pointer: str) -> tuple[str, ...]:
    """The unescaped segments of a JSON pointer; `~json` is kept as it is."""
    return tuple(
        part if part == "~json" else part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]
    )


def pointer_of(parts: tuple[str, ...]) -> str:
    """The JSON pointer of some segments."""
    return "".join("/" + (part if part == "~json" else part.replace("~", "~0").replace("/", "~1")) for part in parts)


def first_item(pointer: str) -> str:
    """The pointer with 0 for every index: the same for all items of a list."""
    return pointer_of(tuple("0" if part.isdecimal() else part for part in segments(pointer)))


def resolve(value: Any, parts: tuple[str, ...]) -> Any:
    """What stands at `parts` inside `value`, or `MISSING`."""
    for part in parts:
        if part == "~json":
            if not isinstance(value, str):
                return MISSING
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                return MISSING
        elif part.startswith(MATCH):
            found = group_in(part, value) if isinstance(value, str) else None
            value = MISSING if found is None else found[1]
        elif isinstance(value, dict):
            value = value.get(part, MISSING)
        elif isinstance(value, list) and part.isdecimal() and len(part) < 10 and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


class Location:
    """Where a value stands: pointers tried in order."""

    __slots__ = ("_member", "_parts", "pointers")

    def __init__(self, pointers: str | list[str] | tuple[str, ...]) -> None:
        self.pointers = (pointers,) if isinstance(pointers, str) else tuple(pointers)
        self._parts = tuple(segments(pointer) for pointer in self.pointers)
        # the commonest location by far: one member of the outermost object
        simple = len(self._parts) == 1 and len(self._parts[0]) == 1 and self._parts[0][0] != "~json"
        self._member = self._parts[0][0] if simple else None

    def find(self, value: Any) -> Any:
        """The first value present, or `MISSING`."""
        if self._member is not None and isinstance(value, dict):
            return value.get(self._member, MISSING)
        for parts in self._parts:
            found = resolve(value, parts)
            if found is not MISSING:
                return found
        return MISSING

    def all(self, value: Any) -> Iterator[tuple[str, Any]]:
        """Every (pointer, value) that is present."""
        for pointer, parts in zip(self.pointers, self._parts, strict=True):
            found = resolve(value, parts)
            if found is not MISSING:
                yield pointer, found

    def __repr__(self) -> str:
        return " or ".join(self.pointers)


def is_empty(value: Any) -> bool:
    """Whether a member counts as not there: missing, null, "", [], {} or an object that only says code 0."""
    if value is MISSING or value is None or value == "" or value == [] or value == {}:
        return True
    return isinstance(value, dict) and set(value) == {"code"} and value["code"] in (0, "0", "")


def replaced(value: Any, parts: tuple[str, ...], new: Any) -> Any:
    """A copy of `value` in which `parts` holds `new`; `MISSING` removes it. Objects on the way are made."""
    if not parts:
        return new
    head, rest = parts[0], parts[1:]
    if isinstance(value, list) and head.isdecimal():
        items = list(value)
        index = int(head)
        while len(items) <= index:
            items.append({})
        if rest or new is not MISSING:
            items[index] = replaced(items[index], rest, new)
        else:
            del items[index]
        return items
    result = dict(value) if isinstance(value, dict) else {}
    if not rest and new is MISSING:
        result.pop(head, None)
    elif rest or new is not MISSING:
        if rest and new is MISSING and head not in result:
            return result
        default: Any = [] if rest and rest[0].isdecimal() else {}
        result[head] = replaced(result.get(head, default), rest, new)
    return result
