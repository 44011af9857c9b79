"""The constraints of a request schema, one by one, each with its own mark."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from screentest_contracts.contract import Constraint
from screentest_contracts.facts import Fact, Mark

KEYWORDS = (
    *("type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "contains"),
    *("x-text-limit", "x-public-url", "x-ignored"),
)
"""The keywords that become constraints, in the order in which they are judged."""


def constraints_of(schema: Mapping[str, Any], fact: Fact) -> tuple[Constraint, ...]:
    """Every constraint of an object schema, outermost first, members in schema order."""
    return tuple(_walk(schema, (), fact.over(schema, "x-")))


def vendor_choices(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values with which a request leaves a member to the vendor (`x-vendor-chooses`)."""
    return tuple(schema.get("x-vendor-chooses", ()))


def tolerances(schema: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of deviation from a schema that `x-tolerates` names."""
    return frozenset(word for word in schema.get("x-tolerates", ()) if isinstance(word, str))


def leaves_open(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether `x-tolerates` names this very value, by `zero` or in a list. The documents contradict each other about
    it: neither who takes it nor who refuses it is held to its schema."""
    if isinstance(value, bool):
        return False
    if value == 0 and "zero" in tolerances(schema):
        return True
    return any(value in word["values"] for word in schema.get("x-tolerates", ()) if isinstance(word, Mapping))


_NUMBER = re.compile(r"\s*-?\d+(\.\d+)?\s*")
_BOUNDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems"}
)


def tolerates(schema: Mapping[str, Any], keyword: str, value: Any) -> bool:
    """Whether a member may be taken although it breaks this keyword of its schema, by `x-tolerates`."""
    words = tolerances(schema)
    if keyword == "required":
        return "missing" in words
    return (
        "any" in words
        or leaves_open(schema, value)
        or any(word in words and is_one(value) for word, is_one in _BY_VALUE.items())
        or ("string" not in schema.get("type", "") and _is_told_as_text(words, value))
        or ("case" in words and value in _in_other_case(schema, value))
        or ("wrong-type" in words and keyword == "type")
        or ("unknown-value" in words and keyword in {"enum", "const"})
        or ("out-of-range" in words and keyword in _BOUNDS)
    )


_BY_VALUE: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "empty": lambda value: value in ("", [], {}) or (isinstance(value, str) and not value.strip()),
    "fraction": lambda value: isinstance(value, float) and not value.is_integer(),
}
"""Words of `x-tolerates` that tell what a value looks like, whatever keyword it breaks."""


def _is_told_as_text(words: frozenset[str], value: Any) -> bool:
    """Whether a text may stand for something that is none."""
    if not isinstance(value, str):
        return False
    return "numeric-text" in words or ("numeric-string" in words and _NUMBER.fullmatch(value) is not None)


def _in_other_case(schema: Mapping[str, Any], value: Any) -> list[Any]:
    """The value itself, where a word of the schema differs from it in capitals only."""
    words = [*schema.get("enum", ()), schema.get("const")]
    same = any(isinstance(word, str) and isinstance(value, str) and word.lower() == value.lower() for word in words)
    return [value] if same else []


def own_fact(schema: Mapping[str, Any], keyword: str, fact: Fact) -> Fact:
    """The fact of one constraint: `x-marks` of the schema, else the schema's own mark."""
    mark = schema.get("x-marks", {}).get(keyword)
    return fact if mark is None else Fact(Mark(mark), fact.source)


def _walk(schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact) -> Iterator[Constraint]:
    for keyword in KEYWORDS:
        if keyword in schema and not (keyword == "type" and not path):
            yield Constraint(path, keyword, schema[keyword], schema, own_fact(schema, keyword, fact))
    yield from _choices(schema, path, fact)
    required = set(schema.get("required", ()))
    if schema.get("additionalProperties") is False:
        yield Constraint(path, "additionalProperties", False, schema, own_fact(schema, "additionalProperties", fact))
    for name, member in schema.get("properties", {}).items():
        if not isinstance(member, Mapping):
            continue
        member_path = (*path, name)
        member_fact = fact.over(member, "x-")
        if name in required:
            outer = own_fact(schema, "required", fact)
            marked = member.get("x-marks", {}).get("required")
            yield Constraint(
                member_path, "required", True, member, Fact(Mark(marked), member_fact.source) if marked else outer
            )
        yield from _walk(member, member_path, member_fact)
    for part in schema.get("allOf", ()):
        if isinstance(part, Mapping):
            yield from _walk({key: value for key, value in part.items() if key != "type"}, path, fact.over(part, "x-"))
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield from _walk(items, (*path, "*"), fact.over(items, "x-"))


def _choices(schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact) -> Iterator[Constraint]:
    """`anyOf` / `oneOf` of `required` lists: at least one of these members must be there."""
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword)
        if (
            isinstance(branches, list)
            and branches
            and all(isinstance(b, Mapping) and "required" in b for b in branches)
        ):
            names = tuple(tuple(branch["required"]) for branch in branches)
            yield Constraint(path, "one-of-required", names, schema, own_fact(schema, keyword, fact))
