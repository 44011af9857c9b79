"""What a value holds against a JSON Schema, in our own words: a validator's words change from version to version.

They are made of what the validator says as data: the keyword, its limit, the members it names.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

MOST = 300
"""Characters of a complaint; a longer one is cut."""
_VALUE, _NAMES = 80, 12


def complaint(error: Any) -> str:
    """One sentence about a `jsonschema_rs.ValidationError`; it names the value, not the place."""
    kind = error.kind
    say = _WORDS.get(kind.name)
    if say is not None:
        said = say(kind, error.instance)
    elif kind.name.startswith("x-"):  # a rule of ours, which says it itself
        said = str(kind.message)
    else:
        said = f"{_shown(error.instance)} does not keep `{kind.name}`"
    return said if len(said) <= MOST else f"{said[: MOST - 3]}..."


def complaints(error: Any) -> list[tuple[tuple[str, ...], str]]:
    """(place in what was judged, sentence) of an error: members that are not known are told each at its own place."""
    place = tuple(map(str, error.instance_path))
    names = sorted(map(str, getattr(error.kind, "unexpected", ())))
    return [((*place, name), _unknown([name])) for name in names] or [(place, complaint(error))]


def _shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    head = value[:_VALUE] if isinstance(value, str) else value
    try:
        text = json.dumps(head, ensure_ascii=False, separators=(",", ":"), default=str)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= _VALUE and head == value else f"{text[: _VALUE - 3]}..."


def _listed(values: Iterable[Any], last: str = "or") -> str:
    shown = [_shown(value) for value in values]
    if len(shown) > _NAMES:
        shown[_NAMES:] = [f"{len(shown) - _NAMES} more"]
    return " ".join((", ".join(shown[:-1]), last, shown[-1])) if len(shown) > 1 else "".join(shown)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


_TYPES = {
    "array": "an array", "boolean": "a boolean", "integer": "an integer", "null": "null", "number": "a number",
    "object": "an object", "string": "a string",
}  # fmt: skip


def _type(kind: Any, value: Any) -> str:
    return _must_be(value, kind.types)


def _must_be(value: Any, types: Iterable[str]) -> str:
    return f"{_shown(value)} must be {' or '.join(_TYPES[name] for name in sorted(types))}"


def _unexpected(kind: Any, value: Any) -> str:
    return _unknown(sorted(map(str, kind.unexpected)))


def _unknown(names: list[str]) -> str:
    return f"{_listed(names, 'and')} {'is' if len(names) == 1 else 'are'} not known here"


def _no_form(kind: Any, value: Any) -> str:
    """None of several forms: with the reason of each, where they differ."""
    firsts = [errors[0] for errors in kind.context if errors]
    if all(first.kind.name == "type" and first.instance == value for first in firsts):
        return _must_be(value, {name for first in firsts for name in first.kind.types})
    reasons = dict.fromkeys(complaint(first) for first in firsts)
    return f"{_shown(value)} has none of the forms it may have: {'; or '.join(reasons)}"


def _limit(words: str) -> Callable[[Any, Any], str]:
    return lambda kind, value: f"{_shown(value)} must be {words} {_shown(kind.limit)}"


def _size(words: str, one: str, many: str) -> Callable[[Any, Any], str]:
    return lambda kind, value: f"{_shown(value)} must have {words} {_count(kind.limit, one, many)}"


_ITEMS, _MEMBERS, _CHARACTERS = ("item", "items"), ("member", "members"), ("character", "characters")
_WORDS: dict[str, Callable[[Any, Any], str]] = {
    "type": _type,
    "enum": lambda kind, value: f"{_shown(value)} must be {_listed(kind.options) or 'one of nothing'}",
    "const": lambda kind, value: f"{_shown(value)} must be {_shown(kind.expected_value)}",
    "required": lambda kind, value: f"{_shown(kind.property)} is missing",
    "additionalProperties": _unexpected,
    "unevaluatedProperties": _unexpected,
    "pattern": lambda kind, value: f"{_shown(value)} must match {kind.pattern}",
    "format": lambda kind, value: f"{_shown(value)} must have the format {kind.format}",
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "exclusiveMinimum": _limit("more than"),
    "exclusiveMaximum": _limit("less than"),
    "multipleOf": lambda kind, value: f"{_shown(value)} must be a multiple of {_shown(kind.multiple_of)}",
    "minLength": _size("at least", *_CHARACTERS),
    "maxLength": _size("at most", *_CHARACTERS),
    "minItems": _size("at least", *_ITEMS),
    "maxItems": _size("at most", *_ITEMS),
    "minProperties": _size("at least", *_MEMBERS),
    "maxProperties": _size("at most", *_MEMBERS),
    "uniqueItems": lambda kind, value: f"{_shown(value)} holds an item twice",
    "contains": lambda kind, value: f"{_shown(value)} does not hold an item that it must hold",
    "not": lambda kind, value: f"{_shown(value)} is what it must not be",
    "falseSchema": lambda kind, value: f"{_shown(value)} may not be here",
    "propertyNames": lambda kind, value: f"a member's name: {complaint(kind.error)}",
    "anyOf": _no_form,
    "oneOf": lambda kind, value: (
        _no_form(kind, value)
        if all(kind.context)
        else f"{_shown(value)} has more than one of the forms of which it may have one"
    ),
}
