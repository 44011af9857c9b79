"""An overlay to begin with: what every gateway changes, and what many do as comments that can be taken in."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from screentest_contracts.document import Document, read_document
from screentest_contracts.drafting.writing import yaml_text
from screentest_contracts.location import resolve, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.files import SUFFIXES, built_in, find_document
from screentest_contracts.raw.nodes import child, mapping, sequence, server_urls

_HEAD = """\
# A gateway that speaks as {title} does, but for what the actions change. Each is applied to what the one before it
# left: `update` is merged (objects member by member, lists are appended), `remove: true` takes away. A target is a
# JSONPath (RFC 9535); names with other characters than letters, digits and _ stand in brackets.
# `screentest show FILE` prints the whole document, `screentest compare {extends} FILE` what is different.
overlay: 1.1.0
info: {{title: {own_title} (an overlay), version: "1"}}
extends: {extends}
actions:
"""

_Action = Mapping[str, Any]


def skeleton(base: str, output: str | None = None) -> str:
    """The text of an overlay that extends `base`: a built-in or installed name, or a file.

    `output`: the file that it is written to, which names the provider. Raises UsageError, DocumentError.
    """
    file = find_document(base)
    document = read_document(file)
    name = _name(output)
    title = name.replace("-", " ").title()
    extends = base if file.suffix.lower() not in SUFFIXES or base in built_in() else _relative(file, output)
    provider = {
        "name": name,
        "title": title,
        "key": re.sub("[^A-Z0-9]", "_", name.upper()) + "_API_KEY",
        "kind": "gateway",
    }
    always = [
        {"target": "$['x-task'].provider", "update": provider},
        {"target": "$.servers[0]", "update": {"url": _server(document, name)}},
    ]
    head = _HEAD.format(title=document.task["provider"]["title"], own_title=title, extends=_scalar(extends))
    blocks = ["".join(_lines(action) for action in always)]
    for about, actions in _usual(document):
        lines = "".join(_lines(action) for action in actions)
        blocks.append(f"  # {about}\n" + re.sub("(?m)^  ", "  #", lines))
    return head + "\n".join(blocks)


def _name(output: str | None) -> str:
    stem = re.sub("[^a-z0-9]+", "-", Path(output or "").stem.lower()).strip("-")
    return stem if re.match("[a-z]", stem) else "my-gateway"


def _relative(file: Path, output: str | None) -> str:
    folder = Path(output).parent if output else Path()
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _scalar(value: str) -> str:
    return yaml_text([value], width=1000).removeprefix("- ").rstrip("\n")


def _server(document: Document, name: str) -> str:
    url = server_urls(document.raw)[0]
    return re.sub(r"^[a-z]+://[^/]*", f"https://api.{name}.example", url)


def _lines(action: _Action) -> str:
    text = yaml_text([dict(action)], width=10_000)
    return "".join(f"  {line}\n" for line in text.rstrip("\n").split("\n"))


def _usual(document: Document) -> Iterator[tuple[str, list[_Action]]]:
    """What many gateways change: what it is, and the actions that do it."""
    task = document.task
    names = list(task["models"])
    source = {"title": "API reference", "url": "https://docs.example.com", "read": "2026-01-31"}
    yield "Where its facts come from:", [{"target": "$['x-task'].sources", "update": {"G1": source}}]
    path = next(iter(mapping(document.raw.get("paths"))))
    yield (
        "Another path: copied, then the old one removed.",
        [
            {"target": "$.paths", "update": {"/v2/another": {}}},
            {"target": "$.paths['/v2/another']", "copy": _query("paths", path)},
            {"target": _query("paths", path), "remove": True},
        ],
    )
    yield "One model more, with the schema of another:", _model(document, names[0])
    named = {each for row in task.get("errors", ()) for each in row.get("models", ())}
    named |= {each for model in task["models"].values() for each in model.get("earlier", {}).get("models", ())}
    free = [name for name in names[1:] if name not in named]
    if free:
        yield "One model less:", [{"target": _query("x-task", "models", free[-1]), "remove": True}]
    yield from _limits(document, names[0])
    running = next((word for word, each in task["lifecycle"]["statuses"].items() if each["class"] == "running"), None)
    if running:
        word = {"archived": {"class": "failed", "tolerated": True}}
        update = {"statuses": word, "transitions": {running: ["archived"], "archived": []}}
        about = "A further word for a status, which a client must expect and the mock does not say:"
        yield about, [{"target": "$['x-task'].lifecycle", "update": update}]
    if task.get("prices"):
        price = {"models": ["*"], "per": "second", "amount": 0.1, "currency": "USD", "mark": "documented"}
        yield (
            "Its own prices:",
            [
                {"target": "$['x-task'].prices", "remove": True},
                {"target": "$['x-task']", "update": {"prices": [price]}},
            ],
        )


def _model(document: Document, name: str) -> list[_Action]:
    """What adds a model: its entry, and its name where the schema lists names."""
    task = document.task
    node = task["models"][name]
    new = f"{name}-fast"
    place = next(iter(sequence(mapping(task.get("request")).get("model"))), "/model")
    entry = {key: each for key, each in node.items() if key in ("schema", "operation", "profile", "request", "output")}
    base = _with(node["base"], segments(place), new)
    added = {"target": "$['x-task'].models", "update": {new: {**entry, "base": base}}}
    return [*_named(document, str(node["schema"]), segments(place), new), added]


def _named(document: Document, schema: str, parts: tuple[str, ...], new: str) -> Iterator[_Action]:
    """What adds a name to those that a schema lists at a member."""
    raw = RawDocument(document.raw)
    at = child("/components/schemas", schema)
    node: Any = resolve(document.raw, segments(at))
    for part in parts:
        at = child(raw.place(node, at), "properties", part)
        node = mapping(mapping(raw.follow(node)).get("properties")).get(part)
    at, node = raw.place(node, at), mapping(raw.follow(node))
    if isinstance(node.get("enum"), list):
        yield {"target": _query(*segments(at), "enum"), "update": [new]}
    elif "const" in node:
        yield {"target": _query(*segments(at), "const"), "remove": True}
        yield {"target": _query(*segments(at)), "update": {"enum": [node["const"], new]}}


def _limits(document: Document, name: str) -> Iterator[tuple[str, list[_Action]]]:
    """Another limit of the first parameter that has one in its model's schema."""
    schema = str(document.task["models"][name]["schema"])
    properties = mapping(mapping(document.raw["components"]["schemas"].get(schema)).get("properties"))
    for member, node in properties.items():
        for word in ("maximum", "maxLength", "maxItems"):
            if isinstance(node, dict) and isinstance(node.get(word), int):
                target = _query("components", "schemas", schema, "properties", member)
                yield "Another limit of a parameter:", [{"target": target, "update": {word: node[word]}}]
                return


def _with(body: Any, parts: tuple[str, ...], value: str) -> Any:
    if not parts or not isinstance(body, dict):
        return value
    return {**body, parts[0]: _with(body.get(parts[0]), parts[1:], value)}


def _query(*names: str) -> str:
    """The JSONPath of names, as short as it can be written."""
    shown = [f".{name}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) else f"['{_escaped(name)}']" for name in names]
    return "$" + "".join(shown)


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")
