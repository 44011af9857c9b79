"""Models: their names on the wire, and one request schema for each."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.location import MISSING, Location
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping


def _named(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """(key, node, name on the wire) of each model whose requests hold its name."""
    task = mapping(document.task)
    for key, node in mapping(task.get("models")).items():
        location = {**mapping(task.get("request")), **mapping(mapping(node).get("request"))}.get("model")
        name = MISSING if location is None else Location(location).find(mapping(node).get("base"))
        if name is not MISSING and name is not None:
            yield str(key), mapping(node), str(name)


@rule(
    "model.name",
    Severity.WARNING,
    "A model is listed by the name that its requests hold",
    "use the name on the wire as the key: echoes are compared with it",
    task=True,
)
def keys_are_names(document: RawDocument) -> Iterator[Hit]:
    """Keys of `models` that their own base contradicts."""
    for key, _, name in _named(document):
        if name != key:
            yield Hit(child("/x-task/models", key), f"the requests of {key!r} ask for {name!r}")


@rule(
    "model.two-schemas",
    Severity.WARNING,
    "One name of a model has one request schema",
    "write one schema that holds both forms, or give the two operations of their own",
    task=True,
)
def one_schema(document: RawDocument) -> Iterator[Hit]:
    """Entries of one name on one operation with different schemas: a server cannot tell them apart."""
    known: dict[tuple[str, Any], tuple[str, Any]] = {}
    for key, node, name in _named(document):
        first, schema = known.setdefault((name, node.get("operation")), (key, node.get("schema")))
        if schema != node.get("schema"):
            at = child("/x-task/models", key, "schema")
            yield Hit(at, f"{name!r} has the schema {node.get('schema')} here, and {schema} at {first!r}")
