"""OpenAPI 3.0 descriptions in the words of 3.1, so that one reader serves both. Pointers stay the same."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.raw.nodes import DATA, NAMED


def upgraded(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a 3.0 description as 3.1: `nullable`, exclusive bounds that are booleans, and the version itself."""
    result: dict[str, Any] = _copy(raw)
    result["openapi"] = "3.1.0"
    return result


def _copy(node: Any, *, names: bool = False) -> Any:
    """`names`: the keys of this mapping are names that someone chose, no words of OpenAPI."""
    if isinstance(node, list):
        return [_copy(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    result = {
        key: value if key in DATA and not names else _copy(value, names=key in NAMED and not names)
        for key, value in node.items()
    }
    return result if names else _schema_words(result)


def _schema_words(node: dict[str, Any]) -> dict[str, Any]:
    nullable = node.get("nullable")
    if isinstance(nullable, bool):
        del node["nullable"]
        kind = node.get("type")
        if nullable and isinstance(kind, str):
            node["type"] = [kind, "null"]
        if nullable and isinstance(node.get("enum"), list) and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        word = node.get(exclusive)
        if isinstance(word, bool):
            del node[exclusive]
            if word and bound in node:
                node[exclusive] = node.pop(bound)
    return node
