"""What is said of a value that its schema refuses: our words, whatever the validator's are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator.schemas import schema_v30, schema_v31

from screentest_contracts.complaints import MOST, complaint
from screentest_contracts.document import task_schema
from screentest_contracts.schemas import validator
from screentest_suites.recording.header import SCHEMA as RECORDING

SAID: list[tuple[Any, Any, str]] = [
    # (schema, value, what is said)
    ({"type": "string"}, 5, "5 must be a string"),
    ({"type": ["object", "null"]}, "x", '"x" must be null or an object'),
    ({"enum": ["a", 1, None]}, "b", '"b" must be "a", 1 or null'),
    ({"enum": []}, 1, "1 must be one of nothing"),
    ({"enum": list(range(20))}, 99, "99 must be 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 or 8 more"),
    ({"const": {"a": 1}}, [], '[] must be {"a":1}'),
    ({"required": ["a"]}, {}, '"a" is missing'),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, '"b" is missing'),
    ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, '"b" is missing'),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, '"b" is missing'),
    ({"properties": {}, "additionalProperties": False}, {"b": 1, "a": 1}, '"a" and "b" are not known here'),
    ({"unevaluatedProperties": False}, {"a": 1}, '"a" is not known here'),
    ({"pattern": "^a+$"}, "b", '"b" must match ^a+$'),
    ({"format": "uri"}, "a b", '"a b" must have the format uri'),
    ({"minimum": 3}, 2, "2 must be at least 3"),
    ({"maximum": 3}, 3.5, "3.5 must be at most 3"),
    ({"exclusiveMinimum": 0}, 0, "0 must be more than 0"),
    ({"exclusiveMaximum": 1}, 1, "1 must be less than 1"),
    ({"multipleOf": 8}, 9, "9 must be a multiple of 8"),
    ({"minLength": 1}, "", '"" must have at least 1 character'),
    ({"maxLength": 2}, "abc", '"abc" must have at most 2 characters'),
    ({"minItems": 2}, [1], "[1] must have at least 2 items"),
    ({"maxItems": 1}, [1, 2], "[1,2] must have at most 1 item"),
    ({"minProperties": 1}, {}, "{} must have at least 1 member"),
    ({"maxProperties": 0}, {"a": 1}, '{"a":1} must have at most 0 members'),
    ({"uniqueItems": True}, [1, 1], "[1,1] holds an item twice"),
    ({"contains": {"const": 1}}, [2], "[2] does not hold an item that it must hold"),
    ({"not": {"type": "string"}}, "a", '"a" is what it must not be'),
    ({"properties": {"a": False}}, {"a": 1}, "1 may not be here"),
    (False, 1, "1 may not be here"),
    ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, 'a member\'s name: "b" must match ^a'),
    ({"oneOf": [{"type": "string"}, {"type": ["array", "null"]}]}, 5, "5 must be an array or null or a string"),
    (
        {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"c": 1},
        '{"c":1} has none of the forms it may have: "a" is missing; or "b" is missing',
    ),
    ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, 3, "3 has more than one of the forms of which it may have one"),
    ({"x-text-limit": {"units": 2, "excess": "refuse"}}, "abc", "longer than 2 units"),
    ({"unevaluatedItems": False}, [1], "[1] does not keep `unevaluatedItems`"),
    ({"type": "object"}, "ü" * 100, f'"{"ü" * 76}... must be an object'),
]


@pytest.mark.parametrize(("schema", "value", "said"), SAID)
def test_a_complaint(schema: Any, value: Any, said: str) -> None:
    assert [complaint(error) for error in validator(schema).iter_errors(value)] == [said]


def test_a_long_complaint_is_cut() -> None:
    (error,) = validator({"pattern": "a" * 500}).iter_errors("b")
    assert len(complaint(error)) == MOST
    assert complaint(error).endswith("aaa...")


def _keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            named = key in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
            for each in value.values() if named and isinstance(value, dict) else (value,):
                yield from _keywords(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _keywords(each)


WORDLESS = {"additionalItems", "unevaluatedItems", "minContains", "maxContains"}
"""Keywords that can fail and have no words of their own."""


@pytest.mark.parametrize(
    "schema", [task_schema(), json.loads(RECORDING.read_bytes()), dict(schema_v31), dict(schema_v30)]
)
def test_every_keyword_of_our_schemas_has_words(schema: Any) -> None:
    used = set(_keywords(schema))
    assert {"type", "required", "enum"} < used
    assert not used & WORDLESS
