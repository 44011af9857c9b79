"""Values of one member that keep a constraint, and values that break it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from screentest_contracts.contract import Constraint
from screentest_contracts.location import MISSING, replaced, resolve
from screentest_contracts.parameters import CLOSING, NUMERIC_TEXT, RULES, UNUSUAL_URL, tolerances
from screentest_contracts.rules import documented_ranges
from screentest_suites.requests.addresses import disguised, ends, unusual_hosts, written
from screentest_suites.requests.rule_values import rule_values
from screentest_suites.requests.values import sample

CJK = "城"
_PUBLIC_HOST = "media.example.com"


@dataclass(frozen=True)
class Host:
    """A valid body with the member of a constraint: what every probe of the member changes. `at`: where the member
    stands, with `0` for an item."""

    body: Any
    at: tuple[str, ...]

    @property
    def value(self) -> Any:
        """The valid value of the member."""
        return resolve(self.body, self.at)

    def holding(self, value: Any) -> Any:
        """The body with another value of the member; without it for `MISSING`."""
        return replaced(self.body, self.at, value)


_WRONG_TYPES: Mapping[str, tuple[Any, ...]] = {
    "integer": ("text", 5.5, [], {}),
    "number": ("text", [], {}),
    "string": (12345, ["text"], {"text": "text"}, True),
    "boolean": ("text", 12345, [], {}),
    "array": ("text", 12345, {}),
    "object": ("text", 12345, []),
}


Tried = tuple[Any, bool, str]
"""A value of a member, whether it is to be accepted, and what to call it."""

Values = Iterator[Tried]

Generator = Callable[[Constraint, Host, frozenset[str]], Values]
"""The values for one kind of constraint: at a host, without those that the document tolerates."""

_ALWAYS = {"required", "x-ignored", "x-text-limit"}
"""Kinds that are judged of a member of which any value is tolerated."""


def constraint_values(constraint: Constraint, host: Host) -> Values:
    """Boundaries and near misses of a constraint; nothing for what the document tolerates. They need not be usable:
    a value to be accepted may break another constraint, one to be refused more than this one."""
    schema = constraint.schema
    tolerated = tolerances(schema)
    if "any" in tolerated and constraint.kind not in _ALWAYS:
        return
    if schema.get("x-ignored") and constraint.kind not in {"x-ignored", "required"}:
        return
    if constraint.kind in GENERATORS:
        yield from GENERATORS[constraint.kind](constraint, host, tolerated)


def _pattern(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    rest = host.value.partition("://")[2] if isinstance(host.value, str) else ""
    others = [f"{scheme}://{rest}" for scheme in ("http", "https")] if rest else []
    for text in (*others, "   ", "!!!", "", "ftp://media.example.com/x", "x" * 40):
        if not re.search(constraint.value, text) and not (text.strip() == "" and "empty" in tolerated):
            yield text, False, f"{constraint.name} = {text!r}"


def _format(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    if constraint.value == "uri":
        yield "no address", False, f"{constraint.name} = 'no address'"


def _unique(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    if constraint.value and isinstance(host.value, list) and host.value:
        size = max(len(host.value), 2)
        yield host.value[:1] * size, False, f"{constraint.name} with equal items"


def _multiple(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    value, name = constraint.value, constraint.name
    between = value * 2 + (1 if isinstance(value, int) and value > 1 else value / 2)
    yield value * 2, True, f"{name} = {value * 2}"
    yield between, False, f"{name} = {between}"


def _required(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    if "missing" not in tolerated:
        yield MISSING, False, f"without {constraint.name}"


def _one_of_required(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    named = {member for names in constraint.value for member in names}
    kept = {name: value for name, value in host.value.items() if name not in named}
    yield kept, False, "without " + ", ".join(" + ".join(names) for names in constraint.value)


def _unknown_member(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    if isinstance(host.value, dict):
        yield {**host.value, "x_unknown_member": 1}, False, f"unknown member in {constraint.name}"


def _ignored(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    for candidate in (constraint.schema.get("enum") or [sample(constraint.schema)])[:3]:
        yield candidate, True, f"{constraint.name} = {candidate!r} (ignored)"


def _wrong_types(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    if "wrong-type" in tolerated or not constraint.path:
        return
    kinds, schema, name = constraint.value, constraint.schema, constraint.name
    allowed = [kinds] if isinstance(kinds, str) else list(kinds)
    main = next((kind for kind in allowed if kind != "null"), "null")
    if main == "boolean" and "enum" not in schema and "const" not in schema:
        yield True, True, f"{name} = true"
        yield False, True, f"{name} = false"
    for wrong in _WRONG_TYPES.get(main, ()):
        if wrong == "text" and "numeric-text" in tolerated:
            continue
        if wrong == 5.5 and "fraction" in tolerated:
            continue
        if wrong in ([], {}) and "empty" in tolerated:
            continue
        yield wrong, False, f"{name} = {wrong!r}"


def _enum(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    values, name = constraint.value if constraint.kind == "enum" else [constraint.value], constraint.name
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
        elif isinstance(value, bool):
            if (not value) not in values:
                yield not value, False, f"{name} = {not value}"
        elif isinstance(value, int):
            numbers = [each for each in values if isinstance(each, int)]
            yield max(numbers) + 1, False, f"{name} = {max(numbers) + 1}"


def _bound(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
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


def _length(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    limit, name, schema = constraint.value, constraint.name, constraint.schema
    yield _stretch(schema, limit), True, f"{name} of {limit} characters"
    beyond = limit + (1 if constraint.kind == "maxLength" else -1)
    if beyond >= 0 and not (beyond == 0 and "empty" in tolerated) and "out-of-range" not in tolerated:
        yield _stretch(schema, beyond), False, f"{name} of {beyond} characters"


def _items(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    limit, name, schema, current = constraint.value, constraint.name, constraint.schema, host.value
    # Prefer to repeat the last item: where kinds are mixed, the first is often the one that may stand alone only.
    item = current[-1] if isinstance(current, list) and current else sample(schema.get("items", {}))
    first = list(current) if isinstance(current, list) else []

    def items(count: int) -> list[Any]:
        return (first + [item] * count)[:count]

    full = sample({**schema, "minItems": limit, "maxItems": limit}) if schema.get("uniqueItems") else items(limit)
    yield full, True, f"{name} with {limit} items"
    beyond = limit + (1 if constraint.kind == "maxItems" else -1)
    if beyond >= 0 and not (beyond == 0 and "empty" in tolerated) and "out-of-range" not in tolerated:
        yield items(beyond), False, f"{name} with {beyond} items"


def _mixtures(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    """Lists with too few and too many of the items that `contains` counts, made from those of the host."""
    current = host.value
    if not isinstance(current, list):
        return
    counts = jsonschema_rs.validator_for(constraint.value)
    counted = [item for item in current if counts.is_valid(item)]
    others = [item for item in current if not counts.is_valid(item)]
    if not others:
        other = sample({"allOf": [constraint.schema.get("items", {}), {"not": constraint.value}]})
        others = [] if other is MISSING else [other]
    name, most = constraint.name, constraint.schema.get("maxContains")
    if counted and constraint.schema.get("minContains", 1) > 0:
        yield others, False, f"{name} without an item of the needed kind"
    if counted and most is not None:
        yield others + counted[:1] * most, True, f"{name} with {most} items of one kind"
        yield others + counted[:1] * (most + 1), False, f"{name} with {most + 1} items of one kind"


def _text_limit(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    """Texts at the boundary and one character beyond: in Latin letters, in Chinese, and in both."""
    rule, name = constraint.value, constraint.name
    units, wide, excess = int(rule["units"]), int(rule.get("wide", 1)), rule.get("excess", "unspecified")
    half = units // wide // 2
    texts = [
        ("a" * units, "letters"),
        (CJK * (units // wide), "Chinese characters"),
        (CJK * half + "a" * (units - half * wide), "letters and Chinese characters"),
    ]
    for text, script in texts:
        yield text, True, f"{name} of {len(text)} {script}"
    if excess != "unspecified":
        for text, script in texts:
            yield text + text[-1], excess == "cut", f"{name} of {len(text) + 1} {script}"


def _public_url(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    """Addresses with each scheme, and at both ends of each documented range."""
    schemes, name = constraint.value.get("schemes", ["https"]), constraint.name
    for known in ("http", "https"):
        yield f"{known}://{_PUBLIC_HOST}/hook", known in schemes, f"{name} over {known}"
    for inside in ("127.0.0.1", *map(written, ends(documented_ranges(constraint.value)))):
        yield f"{schemes[0]}://{inside}/hook", False, f"{name} at {inside}"


def _unusual_url(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    scheme, name = constraint.value.get("schemes", ["https"])[0], constraint.name
    for inside in unusual_hosts(documented_ranges(constraint.value)):
        yield f"{scheme}://{inside}/hook", False, f"{name} at {inside}"
    for address in disguised(scheme, _PUBLIC_HOST, "/hook"):
        yield address, False, f"{name} = {address!r}"


def _numeric_text(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    for text in dict.fromkeys((str(host.value), "5")):
        yield text, False, f"{constraint.name} = {text!r}"


def _rule(constraint: Constraint, host: Host, tolerated: frozenset[str]) -> Values:
    yield from rule_values(constraint, host.value, tolerated)


GENERATORS: Mapping[str, Generator] = {
    "type": _wrong_types,
    "enum": _enum,
    "const": _enum,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "multipleOf": _multiple,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
    "format": _format,
    "minItems": _items,
    "maxItems": _items,
    "uniqueItems": _unique,
    "contains": _mixtures,
    "required": _required,
    "optional": lambda constraint, host, tolerated: iter([(MISSING, True, f"without {constraint.name}")]),
    "one-of-required": _one_of_required,
    **dict.fromkeys(CLOSING, _unknown_member),
    **dict.fromkeys(RULES, _rule),
    "x-text-limit": _text_limit,
    "x-public-url": _public_url,
    UNUSUAL_URL: _unusual_url,
    NUMERIC_TEXT: _numeric_text,
    "x-ignored": _ignored,
}
"""What is tried for each kind of constraint."""
