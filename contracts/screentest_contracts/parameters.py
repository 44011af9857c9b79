"""The constraints of a request schema, one by one, each with its own mark."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from screentest_contracts.contract import Constraint
from screentest_contracts.facts import Fact, Mark

KEYWORDS = (
    *("type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "contains"),
    *("x-text-limit", "x-public-url", "x-ignored"),
)
"""The keywords that become constraints, in the order in which they are judged."""

RULES = ("if", "dependentRequired", "dependentSchemas", "not", "anyOf", "oneOf", "propertyNames")
"""Keywords that tell how the parts of a value go together; each of them is one constraint, whatever it holds inside.
A dependency is one for each member on which others depend."""

CLOSING = ("additionalProperties", "unevaluatedProperties")
"""Keywords that are judged where they are false: no member beside the known ones."""

UNJUDGED = (
    *("patternProperties", "minProperties", "maxProperties", "dependencies"),
    *("prefixItems", "additionalItems", "unevaluatedItems"),
)
"""Keywords that say what a request may hold, and that no constraint is made of."""


NUMERIC_TEXT = "numeric-text"
"""A constraint that follows from `type`: a number is not written as a text."""

UNUSUAL_URL = "x-public-url.other"
"""A constraint that follows from `x-public-url`: neither are addresses that the vendor need not have thought of."""


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


def own_fact(schema: Mapping[str, Any], keyword: str, fact: Fact, side: str = "refuse") -> Fact:
    """The fact of one constraint: `x-marks` of the schema, else the schema's own mark. `side`: where the two have marks
    of their own, which of them."""
    marked = schema.get("x-marks", {}).get(keyword)
    if is_split(marked):
        marked = marked.get(side)
    return fact.over(marked if isinstance(marked, Mapping) else {"mark": marked})


def is_split(marked: Any) -> bool:
    """Whether an entry of `x-marks` speaks apart of what is to be accepted and what is to be refused."""
    return isinstance(marked, Mapping) and "mark" not in marked


TWO_SIDED = frozenset(
    {
        *("enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "minItems", "maxItems", "contains", "x-text-limit", "x-public-url"),
        *("if", "dependentRequired", "dependentSchemas", "anyOf", "oneOf", "propertyNames"),
    }
)
"""Keywords that are judged by values to be accepted and by values to be refused."""


def _constraints(
    path: tuple[str, ...], keyword: str, value: Any, schema: Mapping[str, Any], fact: Fact
) -> Iterator[Constraint]:
    """One constraint, or one for each side where these have marks of their own."""
    split = is_split(schema.get("x-marks", {}).get(keyword)) and keyword in TWO_SIDED
    for side in ("accept", "refuse") if split else ("",):
        yield Constraint(path, keyword, value, schema, own_fact(schema, keyword, fact, side or "refuse"), side)


_LONGEST = 100_000_000
"""Characters or items: a limit beyond it cannot be tried."""


def _is_beyond(keyword: str, limit: Any) -> bool:
    return keyword in ("minLength", "maxLength", "minItems", "maxItems") and limit > _LONGEST


def _walk(
    schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact, around: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Constraint]:
    """`around`: the members that the schema has beside its own, where it is a part of another one."""
    for keyword in KEYWORDS:
        if keyword in schema and not (keyword == "type" and not path) and not _is_beyond(keyword, schema[keyword]):
            yield from _constraints(path, keyword, schema[keyword], schema, fact)
    yield from _derived(schema, path, fact)
    yield from _choices(schema, path, fact)
    known = {**around, **schema.get("properties", {})}
    yield from _rules({**schema, "properties": known} if known else schema, path, fact)
    required = set(schema.get("required", ()))
    for keyword in CLOSING:
        if schema.get(keyword) is False:
            yield Constraint(path, keyword, False, schema, own_fact(schema, keyword, fact))
    for name, member in schema.get("properties", {}).items():
        if not isinstance(member, Mapping):
            continue
        member_path = (*path, name)
        member_fact = fact.over(member, "x-")
        if name in required:
            outer = own_fact(schema, "required", fact)
            marked = "required" in member.get("x-marks", {})
            own = own_fact(member, "required", member_fact) if marked else outer
            yield Constraint(member_path, "required", True, member, own)
        yield from _walk(member, member_path, member_fact)
    for part in schema.get("allOf", ()):
        if isinstance(part, Mapping):
            untyped = {key: value for key, value in part.items() if key != "type"}
            yield from _walk(untyped, path, fact.over(part, "x-"), {**around, **schema.get("properties", {})})
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield from _walk(items, (*path, "*"), fact.over(items, "x-"))


def _derived(schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact) -> Iterator[Constraint]:
    """What follows from a keyword, and is less sure than the keyword itself."""
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    lenient = schema.get("x-ignored") or {"any", "wrong-type", "numeric-string", "numeric-text"} & tolerances(schema)
    if path and kinds & {"integer", "number"} and "string" not in kinds and not lenient:
        yield Constraint(path, NUMERIC_TEXT, schema["type"], schema, own_fact(schema, "type", fact))
    if "x-public-url" in schema:
        source = own_fact(schema, "x-public-url", fact).source
        yield Constraint(path, UNUSUAL_URL, schema["x-public-url"], schema, Fact(Mark.ASSUMED, source))


def _rules(schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact) -> Iterator[Constraint]:
    """The rules of a schema: conditions, dependencies, alternatives, and what must not be."""
    for keyword in RULES:
        value = schema.get(keyword)
        if value is None or (keyword == "anyOf" and _are_lists(value)):
            continue
        if keyword == "if":
            value = {word: schema[word] for word in ("if", "then", "else") if word in schema}
            if len(value) > 1:
                yield from _constraints(path, keyword, value, schema, fact)
        elif keyword in ("dependentRequired", "dependentSchemas"):
            for name, needed in value.items():
                yield from _constraints(path, keyword, {name: needed}, schema, fact)
        else:
            yield from _constraints(path, keyword, value, schema, fact)


def _are_lists(branches: Any) -> bool:
    """Whether alternatives only list required members: that one of them is there is a constraint of its own kind."""
    return isinstance(branches, list) and all(
        isinstance(branch, Mapping) and branch.keys() - {"title", "description"} == {"required"} for branch in branches
    )


def rule_schema(constraint: Constraint) -> Mapping[str, Any]:
    """A schema that holds one rule and nothing else."""
    return constraint.value if constraint.kind == "if" else {constraint.kind: constraint.value}


def mentioned(schema: Any) -> tuple[str, ...]:
    """The members of a value that a schema, or a list of schemas, speaks of, each once."""
    return tuple(dict.fromkeys(_mentioned(schema)))


def _mentioned(node: Any) -> Iterator[str]:
    for each in node if isinstance(node, list) else [node]:
        if not isinstance(each, Mapping):
            continue
        yield from each.get("properties", {})
        yield from each.get("required", ())
        for word in ("dependentRequired", "dependentSchemas"):
            for name, needed in each.get(word, {}).items():
                yield name
                yield from needed if isinstance(needed, list) else _mentioned(needed)
        for word in ("if", "then", "else", "not", "allOf", "anyOf", "oneOf"):
            yield from _mentioned(each.get(word))


def _choices(schema: Mapping[str, Any], path: tuple[str, ...], fact: Fact) -> Iterator[Constraint]:
    """Alternatives that each require some members: at least one of these must be there. Where exactly one form holds,
    what it requires is a part of it."""
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword)
        if not isinstance(branches, list) or not branches:
            continue
        requires = all(isinstance(branch, Mapping) and "required" in branch for branch in branches)
        if requires and (keyword == "anyOf" or _are_lists(branches)):
            names = tuple(tuple(branch["required"]) for branch in branches)
            yield Constraint(path, "one-of-required", names, schema, own_fact(schema, keyword, fact))
