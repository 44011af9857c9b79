"""Members of schemas, found by their names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

DEPTH = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A member: its JSON pointer inside of the body, name, schema (references followed), whether it must be there."""

    pointer: str
    name: str
    schema: Mapping[str, Any]
    required: bool

    @property
    def types(self) -> set[str]:
        return set(map(str, sequence(self.schema.get("type")))) - {"null"}


def walk(
    document: RawDocument, schema: Any, at: str = "", depth: int = DEPTH, *, required: bool = True
) -> Iterator[Found]:
    """Every member of a body, outermost first; the first item of a list stands for it."""
    schema = mapping(document.follow(schema))
    needed = set(sequence(schema.get("required")))
    inner = []
    for name, node in mapping(schema.get("properties")).items():
        found = Found(child(at, name), str(name), mapping(document.follow(node)), required and name in needed)
        yield found
        inner.append(found)
    for word in ("allOf", "oneOf", "anyOf"):
        for part in sequence(schema.get(word)):
            yield from walk(document, part, at, depth, required=required and word == "allOf")
    for found in inner if depth > 1 else ():
        yield from walk(document, found.schema, found.pointer, depth - 1, required=found.required)
        if "items" in found.schema:
            item = mapping(document.follow(found.schema["items"]))
            yield Found(child(found.pointer, 0), found.name, item, required=False)
            yield from walk(document, item, child(found.pointer, 0), depth - 2, required=False)


def first(found: Sequence[Found], names: Sequence[str], *types: str) -> Found | None:
    """The outermost member with one of these names (the earlier name wins) and one of these types."""
    for name in names:
        for each in sorted(found, key=lambda one: one.pointer.count("/")):
            plain = each.name.replace("_", "").lower()
            if plain == name.replace("_", "").lower() and (not types or not each.types or each.types & set(types)):
                return each
    return None
