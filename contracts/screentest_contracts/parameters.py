"""The constraints of a request schema, one by one, each with its own mark."""

from collections.abc import Iterator, Mapping
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


def own_fact(schema: Mapping[str, Any], keyword: str, fact: Fact) -> Fact:
    """The fact of one constraint: `x-marks` of the schema, else the schema's own mark."""
    mark = schema.get("x-marks", {}).get(keyword)
    return fact if mark is None else Fact(Mark(mark), fact.source)


_LONGEST = 100_000_000
"""Characters or items: a limit beyond it cannot be tried."""


def _is_beyond(keyword: str, limit: Any) -> bool:
    return keyword in ("minLength", "maxLength", "minItems", "maxItems") and limit > _LONGEST


def _walk(schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact) -> Iterator[Constraint]:
    for keyword in KEYWORDS:
        if keyword in schema and not (keyword == "type" and not path) and not _is_beyond(keyword, schema[keyword]):
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
