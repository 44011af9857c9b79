"""What a document must be before anything else can be said of it; found by the reader and the compiler."""

from collections.abc import Iterator

from screentest_contracts.errors import VOCABULARY
from screentest_contracts.lint.findings import Hit, Severity, rule, stated
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import mapping

STRUCTURE = stated(
    "document.structure",
    Severity.ERROR,
    "x-task and our own words follow their vocabulary, and its parts fit together",
    VOCABULARY,
)
OPENAPI = stated(
    "document.openapi",
    Severity.ERROR,
    "The OpenAPI part is valid OpenAPI",
    "mend it as the OpenAPI Specification says",
)


@rule(
    "schema.required-undefined",
    Severity.WARNING,
    "A required member of a closed schema is defined",
    "define the member, or take it out of `required`",
)
def required_undefined(document: RawDocument) -> Iterator[Hit]:
    """Members that are demanded and, as nothing else may be there, can never be given."""
    for at, schema in document.schemas:
        if schema.get("additionalProperties") is not False or "properties" not in schema:
            continue
        if any(word in schema for word in ("allOf", "anyOf", "oneOf", "$ref", "patternProperties")):
            continue
        names = schema.get("required")
        for name in names if isinstance(names, list) else ():
            if name not in mapping(schema["properties"]):
                yield Hit(f"{at}/required", f"{name!r} is required and no other members than the listed may be there")
