"""Keywords of request schemas of which nothing is judged."""

from collections.abc import Iterator

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.parameters import UNJUDGED
from screentest_contracts.raw.asked import asked_schemas
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping


@rule(
    "schema.keyword-unjudged",
    Severity.WARNING,
    "Every keyword of a request schema is judged",
    "say it with a keyword that is judged (openapi/README.md), or leave it to the mock, which keeps it",
    task=True,
)
def keywords_are_judged(document: RawDocument) -> Iterator[Hit]:
    """Keywords of which no requirement comes, in the schemas of models and in those of parameters."""
    models = mapping(mapping(document.task).get("models")).values()
    for at, schema in asked_schemas(document, [mapping(each).get("schema") for each in models]):
        for keyword in UNJUDGED:
            if keyword in schema:
                yield Hit(child(at, keyword), f"no requirement comes of `{keyword}`: a server that breaks it passes")
