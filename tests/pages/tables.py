"""Markdown for pages that are made from code."""

from collections.abc import Iterable, Mapping
from typing import Any


def made(title: str, about: str) -> str:
    """The head of a page that nobody edits."""
    return f"# {title}\n\n<!-- Made by tests/pages/reference.py: do not edit. -->\n\n{about}\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table, with its cells on one line each."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n" + "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def cell(text: str) -> str:
    """A text that may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A text as code."""
    return f"`{text}`" if text else ""


def kind_of(schema: Mapping[str, Any]) -> str:
    """What a value of a JSON Schema may be, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    choices = [kind_of(choice) for word in ("oneOf", "anyOf") for choice in schema.get(word, ())]
    if choices:
        return " or ".join(dict.fromkeys(choices))
    kinds = schema.get("type", "any")
    if kinds == "array" and isinstance(schema.get("items"), Mapping):
        return f"list of {kind_of(schema['items'])}"
    if kinds == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"by name: {kind_of(schema['additionalProperties'])}"
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def members(schema: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str, str]]:
    """Each member of a schema, those of inner objects too: its path, what it is, and what it means."""
    for name, inner in schema.get("properties", {}).items():
        needed = " (required)" if name in schema.get("required", ()) else ""
        yield code(f"{path}{name}") + needed, kind_of(inner), inner.get("description", "")
        yield from _inside(inner, f"{path}{name}")


def _inside(schema: Mapping[str, Any], path: str) -> Iterable[tuple[str, str, str]]:
    if "properties" in schema:
        yield from members(schema, f"{path}.")
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _inside(choice, path)
    for word, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(word), Mapping):
            yield from _inside(schema[word], path + mark)
