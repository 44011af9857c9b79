"""Constraints of members against their own defaults and examples, and against each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping

_PAIRS = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)


@rule(
    "range.default",
    Severity.ERROR,
    "A default lies within the range of its member",
    "correct the default or the range, whichever the vendor's server contradicts",
)
def defaults_fit(document: RawDocument) -> Iterator[Hit]:
    """Defaults that their own schema refuses."""
    for at, schema in document.schemas:
        if "default" in schema:
            for _, reason in document.complaints(schema, schema["default"])[:1]:
                yield Hit(
                    child(at, "default"), f"the default {schema['default']!r} is refused by its own member: {reason}"
                )
    for at, node in _parameters(document):
        schema = mapping(document.follow(node.get("schema")))
        if "default" in node and schema:
            for _, reason in document.complaints(schema, node["default"])[:1]:
                yield Hit(child(at, "default"), f"the default {node['default']!r} is refused: {reason}")


def _parameters(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for call in document.calls:
        parameters = call.node.get("parameters")
        for index, node in enumerate(parameters if isinstance(parameters, list) else ()):
            yield child(call.pointer, "parameters", index), mapping(document.follow(node))


@rule(
    "range.example",
    Severity.ERROR,
    "An example of a member lies within its range",
    "correct the example or the range, whichever the vendor's server contradicts",
)
def examples_fit(document: RawDocument) -> Iterator[Hit]:
    """Examples inside of schemas that the schema refuses."""
    by_place = dict(document.schemas)
    for sample in document.samples:
        schema = by_place.get(sample.schema_pointer)
        if schema is None or not sample.pointer.startswith(sample.schema_pointer + "/example"):
            continue
        for place, reason in document.complaints(schema, sample.value)[:1]:
            yield Hit(
                child(sample.pointer, *place), f"the example {sample.value!r:.80} is refused by its member: {reason}"
            )


@rule("range.empty", Severity.ERROR, "A range holds a value", "swap or correct the two bounds")
def ranges_hold_something(document: RawDocument) -> Iterator[Hit]:
    """Lower bounds above their upper bounds, and enums without a value."""
    for at, schema in document.schemas:
        for low, high in _PAIRS:
            first, last = schema.get(low), schema.get(high)
            if isinstance(first, int | float) and isinstance(last, int | float) and first > last:
                yield Hit(child(at, low), f"{low} {first} lies above {high} {last}")
        if schema.get("enum") == []:
            yield Hit(child(at, "enum"), "no value is allowed")


@rule(
    "range.enum",
    Severity.ERROR,
    "Every value of an enum is one that the member's other constraints allow",
    "correct the enum, the type or the range",
)
def enums_fit(document: RawDocument) -> Iterator[Hit]:
    """Values of enums that the type, range or pattern beside them refuses."""
    for at, schema in document.schemas:
        values, rest = schema.get("enum"), _without(schema, "enum")
        for index, value in enumerate(values if isinstance(values, list) else ()):
            for _, reason in document.complaints(rest, value)[:1]:
                yield Hit(child(at, "enum", index), f"{value!r} can never be given: {reason}")


def _without(schema: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    return {key: value for key, value in schema.items() if key != word}
