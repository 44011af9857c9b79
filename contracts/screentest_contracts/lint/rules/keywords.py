"""Keywords of request schemas of which nothing is judged, and marks of keywords."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.parameters import TWO_SIDED, UNJUDGED, is_split
from screentest_contracts.raw.asked import asked_schemas
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping


def _asked(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schemas of models and those of parameters, with their pointers."""
    models = mapping(mapping(document.task).get("models")).values()
    return asked_schemas(document, [mapping(each).get("schema") for each in models])


@rule(
    "schema.keyword-unjudged",
    Severity.WARNING,
    "Every keyword of a request schema is judged",
    "say it with a keyword that is judged, or leave it to the mock, which keeps it",
    task=True,
)
def keywords_are_judged(document: RawDocument) -> Iterator[Hit]:
    """Keywords of which no requirement comes, in the schemas of models and in those of parameters."""
    for at, schema in _asked(document):
        for keyword in UNJUDGED:
            if keyword in schema:
                yield Hit(child(at, keyword), f"no requirement comes of `{keyword}`: a server that breaks it passes")


_MORE = ("required", "default", "x-public-url", "optional")
"""Words of `x-marks` that need no keyword beside them: `required` stands in the schema around."""


@rule(
    "marks.keyword",
    Severity.WARNING,
    "An entry of x-marks is about a keyword of its own schema",
    "name a keyword that stands beside x-marks; `accept` and `refuse` are for keywords of which both can be seen",
    task=True,
)
def marks_have_their_keyword(document: RawDocument) -> Iterator[Hit]:
    """Marks of keywords that the schema lacks, and marks of two sides for what has one."""
    for at, schema in _asked(document):
        for keyword, marked in mapping(schema.get("x-marks")).items():
            if keyword not in schema and keyword not in _MORE:
                yield Hit(child(at, "x-marks", keyword), f"a mark of `{keyword}`, which the schema does not have")
            elif is_split(marked) and keyword not in (*TWO_SIDED, "required"):
                what = f"`{keyword}` is judged by what is refused only"
                yield Hit(child(at, "x-marks", keyword), f"{what}: the marks of two sides say too much")
