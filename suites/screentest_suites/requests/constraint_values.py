"""Values of one member that keep a constraint, and values that break it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.contract import Constraint, Model
from screentest_contracts.location import MISSING, replaced, resolve
from screentest_contracts.parameters import tolerances
from screentest_suites.requests.samples import sample

CJK = "城"


@dataclass(frozen=True)
class WholeBody:
    """A whole body, where a value of one member does not do."""

    body: Any


_WRONG_TYPES: Mapping[str, tuple[Any, ...]] = {
    "integer": ("text", "5", 5.5, [], {}),
    "number": ("text", "5", [], {}),
    "string": (12345, ["text"], {"text": "text"}, True),
    "boolean": ("text", 12345, [], {}),
    "array": ("text", 12345, {}),
    "object": ("text", 12345, []),
}


Values = Iterator[tuple[Any, bool, str]]
"""Values of a member, whether each is to be accepted, and what to call it."""


def constraint_values(model: Model, constraint: Constraint) -> Values:
    """Boundaries and near misses of a constraint; nothing for what the document tolerates."""
    schema = constraint.schema
    tolerated = tolerances(schema)
    if "any" in tolerated and constraint.kind not in {"required", "x-ignored", "x-text-limit"}:
        return
    if schema.get("x-ignored") and constraint.kind not in {"x-ignored", "required"}:
        return
    yield from _plain_values(model, constraint, tolerated)
    yield from _whole_bodies(model, constraint, tolerated)
    yield from _special_values(constraint)


def _plain_values(model: Model, constraint: Constraint, tolerated: frozenset[str]) -> Values:
    """Values of one member, by a keyword of JSON Schema."""
    value, schema, name = constraint.value, constraint.schema, constraint.name
    match constraint.kind:
        case "type":
            yield from _wrong_types(value, schema, name, tolerated)
        case "enum" | "const":
            yield from _enum(value if constraint.kind == "enum" else [value], name, tolerated)
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum":
            yield from _bound(constraint, tolerated)
        case "minLength" | "maxLength":
            yield from _length(constraint, tolerated)
        case "minItems" | "maxItems":
            yield from _items(model, constraint, tolerated)
        case "pattern":
            candidates = ("   ", "!!!", "", "ftp://media.example.com/x", "x" * 40)
            for text in candidates:
                if not re.search(value, text) and not (text.strip() == "" and "empty" in tolerated):
                    yield text, False, f"{name} = {text!r}"
        case "format" if value == "uri":
            yield "no address", False, f"{name} = 'no address'"
        case "uniqueItems" if value:
            item = sample(schema.get("items", {}))
            yield [item, item], False, f"{name} with equal items"
        case "multipleOf":
            yield value * 2, True, f"{name} = {value * 2}"
            yield value * 2 + value / 2, False, f"{name} = {value * 2 + value / 2}"
        case "contains":
            yield from _mixtures(constraint, resolve(model.base, constraint.path))


def _whole_bodies(model: Model, constraint: Constraint, tolerated: frozenset[str]) -> Values:
    """Members that are missing, and members that are not known."""
    value, name = constraint.value, constraint.name
    match constraint.kind:
        case "required":
            if "missing" not in tolerated:
                yield MISSING, False, f"without {name}"
        case "optional":
            yield MISSING, True, f"without {name}"
        case "one-of-required":
            body = model.base
            parent = tuple("0" if part == "*" else part for part in constraint.path)
            for names in value:
                for member in names:
                    body = replaced(body, (*parent, member), MISSING)
            yield WholeBody(body), False, "without " + ", ".join(" + ".join(names) for names in value)
        case "additionalProperties":
            current = resolve(model.base, constraint.path) if constraint.path else model.base
            current = sample(constraint.schema) if current is MISSING else current
            if isinstance(current, dict):
                changed = {**current, "x_unknown_member": 1}
                yield (changed if constraint.path else WholeBody(changed)), False, f"unknown member in {name}"


def _special_values(constraint: Constraint) -> Values:
    """Values of one member, by a keyword of the documents' own."""
    value, schema, name = constraint.value, constraint.schema, constraint.name
    match constraint.kind:
        case "x-text-limit":
            yield from _text_limit(value, name)
        case "x-public-url":
            yield from _public_url(value, name)
        case "x-ignored":
            for candidate in (schema.get("enum") or [sample(schema)])[:3]:
                yield candidate, True, f"{name} = {candidate!r} (ignored)"


def _wrong_types(kinds: Any, schema: Mapping[str, Any], name: str, tolerated: frozenset[str]) -> Values:
    if "wrong-type" in tolerated:
        return
    allowed = [kinds] if isinstance(kinds, str) else list(kinds)
    main = next((kind for kind in allowed if kind != "null"), "null")
    if main == "boolean" and "enum" not in schema and "const" not in schema:
        yield True, True, f"{name} = true"
        yield False, True, f"{name} = false"
    for wrong in _WRONG_TYPES.get(main, ()):
        if wrong == "5" and tolerated & {"numeric-string", "numeric-text"}:
            continue
        if wrong == "text" and "numeric-text" in tolerated:
            continue
        if wrong == 5.5 and "fraction" in tolerated:
            continue
        if wrong in ([], {}) and "empty" in tolerated:
            continue
        yield wrong, False, f"{name} = {wrong!r}"


def _enum(values: list[Any], name: str, tolerated: frozenset[str]) -> Values:
    for value in values:
        yield value, True, f"{name} = {value!r}"
    if "unknown-value" in tolerated:
        return
    for value in values[:1]:
        if isinstance(value, str):
            for near in (
                f"{value}x",
                re.sub(r"\d+", lambda match: str(int(match[0]) + 1), value, count=1),
                "no-such-value",
            ):
                if near.lower() not in {str(each).lower() for each in values}:
                    yield near, False, f"{name} = {near!r}"
        elif isinstance(value, int) and not isinstance(value, bool):
            numbers = [each for each in values if isinstance(each, int)]
            yield max(numbers) + 1, False, f"{name} = {max(numbers) + 1}"


def _bound(constraint: Constraint, tolerated: frozenset[str]) -> Values:
    limit, name = constraint.value, constraint.name
    down = "inimum" in constraint.kind
    step = -1 if down else 1
    edge = limit if not constraint.kind.startswith("exclusive") else limit - step
    yield edge, True, f"{name} = {edge}"
    inside = edge - step
    yield inside, True, f"{name} = {inside}"
    if "out-of-range" not in tolerated:
        beyond = edge + step
        yield beyond, False, f"{name} = {beyond}"
        far = edge + step * 1000
        yield far, False, f"{name} = {far}"


def _stretch(schema: Mapping[str, Any], length: int) -> str:
    """A text of exactly `length` characters that keeps the member's other constraints where it can."""
    start = sample(schema)
    text = start if isinstance(start, str) else "a"
    if schema.get("format") == "uri" or "x-public-url" in schema:
        head = "https://media.example.com/"
        return (head + "a" * length)[:length] if length > len(head) else head[:length]
    return (text + "a" * length)[:length]


def _length(constraint: Constraint, tolerated: frozenset[str]) -> Values:
    limit, name, schema = constraint.value, constraint.name, constraint.schema
    yield _stretch(schema, limit), True, f"{name} of {limit} characters"
    beyond = limit + (1 if constraint.kind == "maxLength" else -1)
    if beyond >= 0 and not (beyond == 0 and "empty" in tolerated) and "out-of-range" not in tolerated:
        yield _stretch(schema, beyond), False, f"{name} of {beyond} characters"


def _items(model: Model, constraint: Constraint, tolerated: frozenset[str]) -> Values:
    limit, name, schema = constraint.value, constraint.name, constraint.schema
    current = resolve(model.base, tuple("0" if part == "*" else part for part in constraint.path))
    # Prefer to repeat the last item: where kinds are mixed, the first is often the one that may stand alone only.
    item = current[-1] if isinstance(current, list) and current else sample(schema.get("items", {}))
    first = list(current) if isinstance(current, list) else []

    def items(count: int) -> list[Any]:
        return (first + [item] * count)[:count]

    yield items(limit), True, f"{name} with {limit} items"
    beyond = limit + (1 if constraint.kind == "maxItems" else -1)
    if beyond >= 0 and not (beyond == 0 and "empty" in tolerated) and "out-of-range" not in tolerated:
        yield items(beyond), False, f"{name} with {beyond} items"


def _mixtures(constraint: Constraint, current: Any) -> Values:
    """Lists with too few and too many of the items that `contains` counts, made from those of the base."""
    if not isinstance(current, list):
        return
    counts = jsonschema_rs.validator_for(constraint.value)
    counted = [item for item in current if counts.is_valid(item)]
    others = [item for item in current if not counts.is_valid(item)]
    name, most = constraint.name, constraint.schema.get("maxContains")
    if counted and constraint.schema.get("minContains", 1) > 0:
        yield others, False, f"{name} without an item of the needed kind"
    if counted and most is not None:
        yield others + counted[:1] * most, True, f"{name} with {most} items of one kind"
        yield others + counted[:1] * (most + 1), False, f"{name} with {most + 1} items of one kind"


def _text_limit(rule: Mapping[str, Any], name: str) -> Values:
    units, wide, excess = int(rule["units"]), int(rule.get("wide", 1)), rule.get("excess", "unspecified")
    yield "a" * units, True, f"{name} of {units} letters"
    yield CJK * (units // wide), True, f"{name} of {units // wide} Chinese characters"
    if excess != "unspecified":
        accept = excess == "cut"
        yield "a" * (units + 1), accept, f"{name} of {units + 1} letters"
        yield CJK * (units // wide + 1), accept, f"{name} of {units // wide + 1} Chinese characters"


def _public_url(rule: Mapping[str, Any], name: str) -> Values:
    schemes = rule.get("schemes", ["https"])
    scheme = schemes[0]
    for known in ("http", "https"):
        yield f"{known}://media.example.com/hook", known in schemes, f"{name} over {known}"
    for host in ("127.0.0.1", "10.1.2.3", "172.16.9.9", "192.168.1.20"):
        yield f"{scheme}://{host}/hook", False, f"{name} at {host}"
