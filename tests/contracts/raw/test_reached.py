"""The part of a schema that a value reaches says the same of it as the whole."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.raw.reached import reached

NAMES = st.sampled_from(["a", "b", "c"])
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "null", "boolean"])
REFERENCES = st.sampled_from(["#/components/schemas/A", "#/components/schemas/B"]).map(lambda name: {"$ref": name})


def objects(inner: Any) -> Any:
    maps, lists = st.dictionaries(NAMES, inner, max_size=2), st.lists(inner, min_size=1, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "properties": maps,
            "patternProperties": maps,
            "dependentSchemas": maps,
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), lists),
            **dict.fromkeys(("not", "if", "then", "else", "items", "contains", "propertyNames"), inner),
            **dict.fromkeys(("additionalProperties", "unevaluatedProperties", "unevaluatedItems"), inner),
        },
    )


SCHEMAS: Any = st.recursive(st.booleans() | REFERENCES | objects(st.booleans()), objects, max_leaves=6)


@given(SCHEMAS, SCHEMAS, SCHEMAS, VALUES)
def test_what_a_value_reaches_says_the_same_as_the_whole(schema: Any, first: Any, second: Any, value: Any) -> None:
    root = {"components": {"schemas": {"A": first, "B": second}}}
    whole = {"allOf": [schema], **root}
    try:
        expected = jsonschema_rs.Draft202012Validator(whole).is_valid(value)
    except (ValueError, jsonschema_rs.ReferencingError):  # a reference that is nothing but itself
        return
    assert jsonschema_rs.Draft202012Validator(reached(root, schema, [value])).is_valid(value) is expected


def test_what_is_not_reached_costs_nothing() -> None:
    schemas = {f"T{n}": {"properties": {"after": {"$ref": f"#/components/schemas/T{n + 1}"}}} for n in range(500)}
    root = {"components": {"schemas": schemas}}
    assert reached(root, schemas["T0"], [{"after": {}}]) == {
        "properties": {"after": {"allOf": [{"properties": {"after": True}}]}}
    }


@pytest.mark.parametrize("target", ["#/components/schemas/No", "other.yaml#/A", "#anchor", 5])
def test_a_reference_that_leads_nowhere_is_told(target: Any) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        reached({}, {"$ref": target}, [1])
