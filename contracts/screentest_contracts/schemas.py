"""JSON Schemas of the documents: compiled, and searched for members."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from screentest_contracts.location import Location
from screentest_contracts.rules import KEYWORDS


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """A compiled validator that knows formats and the named rules."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, keywords=KEYWORDS, offline=True)


def member_schemas(schema: Any, location: Location | None) -> list[Mapping[str, Any]]:
    """The schemas of the members that a location names inside an object schema."""
    found = []
    for pointer in location.pointers if location else ():
        nodes = [schema]
        for part in pointer.split("/")[1:]:
            nodes = [child for node in nodes for child in _children(node, part)]
        found += nodes
    return [node for node in found if isinstance(node, Mapping)]


def _children(node: Any, part: str) -> list[Any]:
    if not isinstance(node, Mapping):
        return []
    found = [node["properties"][part]] if part in node.get("properties", {}) else []
    if part.isdecimal() and isinstance(node.get("items"), Mapping):
        found.append(node["items"])
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in node.get(keyword, ()):
            found += _children(branch, part)
    return found
