"""Keywords of request schemas of which nothing is judged."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.parameters import UNJUDGED
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

_BRANCHES = ("allOf", "anyOf", "oneOf")


@rule(
    "schema.keyword-unjudged",
    Severity.WARNING,
    "Every keyword of a request schema is judged",
    "say it with a keyword that is judged (openapi/README.md), or leave it to the mock, which keeps it",
    task=True,
)
def keywords_are_judged(document: RawDocument) -> Iterator[Hit]:
    """Keywords of which no requirement comes, in the schemas of models and in those of parameters."""
    for at, schema in _reached(document):
        for keyword in UNJUDGED:
            if keyword in schema:
                yield Hit(child(at, keyword), f"no requirement comes of `{keyword}`: a server that breaks it passes")


def _reached(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema that a request is held to, once, with its pointer."""
    models = mapping(mapping(document.task).get("models")).values()
    names = [mapping(each).get("schema") for each in models]
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
