"""Makes docs/reference/vocabulary.md from the schema of `x-task`: `python -m tests.pages.reference` writes it."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.document import task_schema

EVERYWHERE = {
    "mark": "how well it is known: `documented`, `recommended`, `derived` or `assumed`",
    "source": "keys of `sources`",
    "note": "for readers",
    "when": "the reading holds where these settings are chosen",
    "tolerated": "true: it passes, and the mock does not say it",
}
HEAD = """\
# Document vocabulary

<!-- Made by tests/pages/reference.py: do not edit. -->

Every member of `x-task`, as its JSON Schema has it (`x-task.schema.json` in the package `screentest_openapi`).
[Write a provider document](../documents.md) teaches them by topic.

Many objects may have these members, so the tables leave them out:

| member | meaning |
|---|---|
"""
OBJECTS = {
    "success": "success of a role",
    "form": "form of an id",
    "request": "request",
    "model": "model",
    "lifecycle": "lifecycle",
    "status": "status",
    "profile": "profile",
    "stage": "stage",
    "outcome": "outcome",
    "deletion": "delete",
    "presence": "row of presence",
    "error": "refusal",
    "errorReading": "reading of a refusal",
    "several": "several rows in one",
    "words": "words in the OpenAPI part",
}
"""The definitions of the schema that have tables of their own, by the title of each."""
PLAIN = {"mark": "a mark", "source": "list of keys", "pointer": "pointer", "location": "location", "marked": "a mark"}
PLAIN |= {"timeform": "form of a time", "generator": "form of a value", "bodies": "template by status"}


def page() -> str:
    """The whole page. Raises LookupError for a member without a description, or a definition that no table shows."""
    schema = task_schema()
    if unknown := schema["$defs"].keys() - OBJECTS.keys() - PLAIN.keys():
        raise LookupError(f"say in tests/vocabulary/page.py how to show the definitions {sorted(unknown)}")
    head = HEAD + "".join(f"| `{name}` | {meaning} |\n" for name, meaning in EVERYWHERE.items())
    head += "| `<member>_mark`, `<member>_source` | those of one member, where they differ |\n"
    head += "| `x-...` | yours: no effect |\n"
    head += "\nOnly these members have a mark of their own beside them. "
    head += "Elsewhere the mark of the row holds for all of it.\n\n"
    head += "| object | members |\n|---|---|\n" + "".join(_own_marks(schema))
    parts = [head, *_table("x-task", "`x-task`", schema)]
    for name, title in OBJECTS.items():
        parts += _table(name, title[0].upper() + title[1:], schema["$defs"][name])
    return "\n".join(parts)


def _own_marks(schema: Mapping[str, Any]) -> Iterator[str]:
    """A row for each object with members that have marks of their own."""
    objects = {"x-task": schema} | {title: schema["$defs"][name] for name, title in OBJECTS.items()}
    for title, node in objects.items():
        for path, names in _marked(node):
            shown = ", ".join(f"`{name}`" for name in names)
            yield f"| {f'`{path}`' if path else title} | {shown} |\n"


def _marked(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, list[str]]]:
    members = node.get("properties", {})
    if names := [name.removesuffix("_mark") for name in members if name.endswith("_mark")]:
        yield path, names
    for name, member in members.items():
        yield from _marked(member, f"{path}.{name}" if path else name)
    if isinstance(inner := node.get("additionalProperties"), Mapping):
        yield from _marked(inner, f"{path}.*")


def _table(path: str, title: str, node: Mapping[str, Any]) -> Iterator[str]:
    rows = "".join(_rows("", node))
    yield (
        f"## {title}\n\n"
        + (f"{node['description']}\n\n" if path in OBJECTS and "description" in node else "")
        + (f"| member | value | meaning |\n|---|---|---|\n{rows}")
    )


def _rows(path: str, node: Mapping[str, Any]) -> Iterator[str]:
    required = node.get("required", [])
    for name, member in node.get("properties", {}).items():
        described = member.get("description")
        if described is None and (name in EVERYWHERE or name.endswith(("_mark", "_source"))):
            continue
        if described is None:
            raise LookupError(f"{path}{name} has no description in x-task.schema.json")
        needed = " (required)" if name in required else ""
        yield f"| `{path}{name}`{needed} | {_kind(member)} | {described} |\n"
        for inner, suffix in _objects(member):
            yield from _rows(f"{path}{name}{suffix}.", inner)


def _objects(node: Mapping[str, Any], suffix: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
    """The objects with members of their own that a member may hold, each with what stands between the names."""
    if "properties" in node:
        yield node, suffix
    for word in ("oneOf", "anyOf"):
        for choice in node.get(word, ()):
            yield from _objects(choice, suffix)
    for word, more in (("items", "[]"), ("additionalProperties", ".*"), ("else", "")):
        if isinstance(node.get(word), dict):
            yield from _objects(node[word], suffix + more)


def _kind(node: Mapping[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return PLAIN[name] if name in PLAIN else f"[{OBJECTS[name]}](#{OBJECTS[name].replace(' ', '-').lower()})"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    choices = [_kind(choice) for word in ("oneOf", "anyOf") for choice in node.get(word, ())]
    if choices:
        return " or ".join(dict.fromkeys(choices))
    if "else" in node:
        return f"{_kind(node['else'])}, or [several](#several-rows-in-one)"
    kind = node.get("type")
    if kind == "array":
        return f"list of {_kind(node.get('items', {}))}"
    if kind == "object":
        inner = node.get("additionalProperties")
        return f"by name: {_kind(inner)}" if isinstance(inner, dict) and inner else "object"
    return " or ".join(kind) if isinstance(kind, list) else kind or "any"
