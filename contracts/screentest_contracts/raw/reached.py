"""The part of a schema that a value reaches: small, however much the schema refers to."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from screentest_contracts.location import MISSING
from screentest_contracts.raw.inlined import target_of
from screentest_contracts.raw.nodes import mapping

_SAME: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
_MEMBERS: Final = frozenset({"additionalProperties", "unevaluatedProperties"})
_ITEMS: Final = frozenset({"items", "prefixItems", "contains", "unevaluatedItems", "additionalItems"})
_NOTES: Final = frozenset({"$defs", "definitions", "example", "examples", "default", "description", "title"})


def reached(root: Any, schema: Any, values: Sequence[Any], followed: frozenset[str] = frozenset()) -> Any:
    """A copy of `schema` that says the same of `values`, without references; what none of them reaches is `true`.

    Time and size are those of the values and of the schemas that apply to them. Raises ValueError for a reference that
    is no pointer into `root`. `followed`: references on the way here that apply to the same values.
    """
    if isinstance(schema, bool) or not isinstance(schema, Mapping):
        return schema
    if not values:
        return True
    members = [value for value in values if isinstance(value, dict)]
    made: dict[str, Any] = {}
    for key, node in schema.items():
        if key in _SAME:
            made[key] = _each(root, node, values, followed)
        elif key in _MEMBERS:
            made[key] = reached(root, node, [each for value in members for each in value.values()])
        elif key in _ITEMS:
            made[key] = _each(root, node, [each for value in values if isinstance(value, list) for each in value])
        elif key == "properties":
            made[key] = {
                name: reached(root, each, [value[name] for value in members if name in value])
                for name, each in mapping(node).items()
            }
        elif key == "patternProperties":
            inner = [each for value in members for each in value.values()]
            made[key] = {name: reached(root, each, inner) for name, each in mapping(node).items()}
        elif key == "dependentSchemas":
            made[key] = {name: reached(root, each, values, followed) for name, each in mapping(node).items()}
        elif key == "propertyNames":
            made[key] = reached(root, node, [name for value in members for name in value])
        elif key not in _NOTES and key != "$ref":
            made[key] = node
    if "$ref" in schema and schema["$ref"] not in followed:
        target = reached(root, _target(root, schema["$ref"]), values, followed | {schema["$ref"]})
        made["allOf"] = [*made.get("allOf", []), target]
    return made


def _each(root: Any, node: Any, values: Sequence[Any], followed: frozenset[str] = frozenset()) -> Any:
    if isinstance(node, list):
        return [reached(root, each, values, followed) for each in node]
    return reached(root, node, values, followed)


def _target(root: Any, reference: Any) -> Any:
    target = target_of(root, reference) if isinstance(reference, str) and reference.startswith("#/") else MISSING
    if target is MISSING:
        raise ValueError(f"{reference!r} leads nowhere")
    return target
