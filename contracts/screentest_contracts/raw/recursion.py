"""Schemas that hold themselves: a reference that leads back to where it stands stays one when others are inlined."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from screentest_contracts.location import segments
from screentest_contracts.raw.inlined import target_of
from screentest_contracts.raw.nodes import mapping, references, sequence

_LISTS: Final = ("allOf", "anyOf", "oneOf")
_SINGLE: Final = ("not", "if", "then", "else")


class EndlessError(ValueError):
    """A schema is a part of itself with no member and no item between, so that it never says anything."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"{reference} holds itself with no member between")


def closed(schema: Any, root: Mapping[str, Any]) -> Any:
    """The schema with what its references name in `root`, at the same places, so that a validator finds it there.

    Raises EndlessError. Time: the size of the schema and of what is named.
    """
    named = [str(name) for _, name in references(schema)]
    known: dict[str, Any] = {}
    while named:
        name = named.pop()
        if name not in known:
            known[name] = target_of(root, name)
            named += [str(inner) for _, inner in references(known[name])]
    if not known:
        return schema
    _check_progress(known)
    whole = dict(schema)
    for name, target in known.items():
        node = whole
        *path, last = segments(unquote(name[1:]))
        for part in path:
            node[part] = dict(node.get(part, {}))
            node = node[part]
        node[last] = target
    return whole


def _check_progress(known: Mapping[str, Any]) -> None:
    """That whoever follows references comes to another value before coming back. Raises EndlessError."""
    beside = {name: set(_beside(target)) for name, target in known.items()}
    for first in known:
        seen: set[str] = set()
        left = [*beside[first]]
        while left:
            name = left.pop()
            if name == first:
                raise EndlessError(first)
            if name not in seen:
                seen.add(name)
                left += beside[name]


def _beside(schema: Any) -> Iterator[str]:
    """What a schema refers to for the very value that it judges."""
    node = mapping(schema)
    if "$ref" in node:
        yield str(node["$ref"])
    inner = [part for key in _LISTS for part in sequence(node.get(key))]
    inner += [node[key] for key in _SINGLE if key in node]
    inner += mapping(node.get("dependentSchemas")).values()
    for part in inner:
        yield from _beside(part)
