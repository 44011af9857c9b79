"""Schemas merged into one plain object each."""

from typing import Any

import pytest

from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Shapes, first, walk
from screentest_contracts.raw.document import RawDocument


def shapes(**schemas: Any) -> Shapes:
    return Shapes(RawDocument({"openapi": "3.1.0", "components": {"schemas": schemas}}))


@pytest.mark.parametrize(
    ("schema", "words", "kinds"),
    [
        ({"type": "string", "enum": ["a", "b"]}, ["a", "b"], {"string"}),
        ({"const": "a"}, ["a"], set()),
        ({"anyOf": [{"type": "string"}, {"type": "string", "enum": ["a", "b"]}]}, ["a", "b"], {"string"}),
        ({"oneOf": [{"type": "string", "const": "a"}, {"type": "string", "const": "b"}]}, ["a", "b"], {"string"}),
        ({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}, ["a"], {"string"}),
        ({"allOf": [{"type": "string"}, {"enum": ["a"]}]}, ["a"], {"string"}),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, ["b"], set()),
    ],
)
def test_words_and_types(schema: Any, words: list[str], kinds: set[str]) -> None:
    found = first(list(walk(shapes(), {"properties": {"taskStatus": schema}})), ["task_status"])
    assert found is not None
    assert (found.words, found.types) == (words, kinds)


def test_only_an_open_set_takes_other_words() -> None:
    open_set = shapes().of({"anyOf": [{"type": "string"}, {"enum": ["a"]}]})
    assert ("enum" in open_set, open_set["known"]) == (False, ["a"])


def test_what_each_form_requires_is_required() -> None:
    one = {"required": ["id", "status"], "properties": {"id": {}, "status": {"const": "on"}}}
    two = {"required": ["id"], "properties": {"id": {}, "status": {"const": "off"}, "url": {"type": "string"}}}
    found = {each.name: each for each in walk(shapes(), {"oneOf": [one, two]})}
    assert {name: each.required for name, each in found.items()} == {"id": True, "status": False, "url": False}
    assert found["status"].words == ["on", "off"]
    both = {each.name: each.required for each in walk(shapes(), {"allOf": [one, two]})}
    assert both == {"id": True, "status": True, "url": False}


def test_one_form_alone() -> None:
    forms = [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "string"}}}]
    made = shapes()
    assert list(made.chosen({"anyOf": [*forms, {"type": "null"}]}, lambda found: 1)["properties"]) == ["b"]
    assert made.chosen({"anyOf": [*forms, {"type": "null"}]}, lambda found: 0)["nullable"] is True


def test_schemas_that_hold_themselves_end() -> None:
    again = {"$ref": "#/components/schemas/Node"}
    made = shapes(Node={"properties": {"next": again, "name": {"type": "string"}}}, Odd={"allOf": [again]})
    assert {each.pointer for each in walk(made, again, 2)} == {"/next", "/name", "/next/next", "/next/name"}
    loop = shapes(Loop={"allOf": [{"$ref": "#/components/schemas/Loop"}], "type": "object"})
    assert loop.of({"$ref": "#/components/schemas/Loop"})["type"] == ["object"]
    assert loop.chosen({"$ref": "#/components/schemas/Loop"}, lambda found: 0)["type"] == ["object"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "minimum": -(2**53)}, 1),
        ({"type": "number", "maximum": 0.5}, 0.5),
        ({"type": "integer", "minimum": 3, "multipleOf": 4}, 4),
        ({"type": "string", "pattern": "^v[0-9]$"}, "v0"),
        ({"type": "string", "default": "no", "maxLength": 1, "enum": ["y"]}, "y"),
        ({"type": "array", "minItems": 2, "items": {"const": 1}}, [1, 1]),
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {}}}, {"a": False}),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
    ],
)
def test_the_smallest_value(schema: Any, value: Any) -> None:
    made = shapes()
    assert sample(made, schema) == value
    assert made.document.complaints(schema, value) == []
