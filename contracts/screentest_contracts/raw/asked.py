"""The schemas that requests are held to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

_BRANCHES = ("allOf", "anyOf", "oneOf")


def asked_schemas(document: RawDocument, names: Iterable[object]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema below those with these names and below those of parameters, once, with its pointer."""
    stack: list[tuple[Any, str]] = [({"$ref": f"#/components/schemas/{name}"}, "") for name in names]
    for call in document.calls:
        for index, node in enumerate(sequence(call.node.get("parameters"))):
            place = document.place(node, child(call.pointer, "parameters", index))
            stack.append((mapping(document.follow(node)).get("schema"), child(place, "schema")))
    seen: set[str] = set()
    while stack:
        node, at = stack.pop()
        at, schema = document.place(node, at), document.follow(node)
        if at in seen or not isinstance(schema, Mapping):
            continue
        seen.add(at)
        yield at, schema
        stack += [(each, child(at, "properties", name)) for name, each in mapping(schema.get("properties")).items()]
        stack += [(each, child(at, word, i)) for word in _BRANCHES for i, each in enumerate(sequence(schema.get(word)))]
        stack += [(schema["items"], child(at, "items"))] if "items" in schema else []
