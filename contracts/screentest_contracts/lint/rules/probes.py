"""Constraints that no request shows: who makes requests finds them, which is not this package."""

from collections.abc import Iterator

from screentest_contracts.contract import Constraint, Model
from screentest_contracts.lint.findings import Severity, stated
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

NOT_ALONE = stated(
    "constraint.not-alone",
    Severity.WARNING,
    "Each constraint of a request can be broken alone, so that a refusal tells of it",
    "give the members around it an `example`",
)


def pointer_of_constraint(document: RawDocument, model: Model, constraint: Constraint) -> str:
    """Where the document states a constraint; the model's entry in x-task where its schema has no name."""
    at = child("/components/schemas", model.schema_name)
    if resolve(document.raw, segments(at)) is MISSING:
        return child("/x-task/models", model.name)
    for part in constraint.path:
        at = next(_steps(document, at, part), at)
    node = mapping(resolve(document.raw, segments(at)))
    return child(at, constraint.kind) if constraint.kind in node else at


def _steps(document: RawDocument, at: str, part: str) -> Iterator[str]:
    """Where a member, or the items for `*`, of the schema at a pointer stand, through references and `allOf`."""
    at = document.place(resolve(document.raw, segments(at)), at)
    node = mapping(resolve(document.raw, segments(at)))
    if part == "*" and "items" in node:
        found = child(at, "items")
    elif part in mapping(node.get("properties")):
        found = child(at, "properties", part)
    else:
        for index in range(len(sequence(node.get("allOf")))):
            yield from _steps(document, child(at, "allOf", str(index)), part)
        return
    yield document.place(resolve(document.raw, segments(found)), found)
