"""No word of the vocabulary is forgotten by `compare`: each one that is altered in a document makes a difference."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, DocumentError
from screentest_contracts.comparison import compare
from screentest_contracts.comparison.models import pairs
from screentest_contracts.comparison.rest import TOLD, UNTOLD, differences, fits
from screentest_contracts.location import MISSING, replaced, resolve, segments
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import load
from screentest_openapi import HERE

Tree = dict[str, Any]
Path_ = tuple[str, ...]
SCHEMA = json.loads((HERE / "x-task.schema.json").read_text("utf-8"))
DOCUMENTS = sorted((Path(__file__).parents[2] / "documents").glob("*.yaml"), key=lambda each: each.stat().st_size)
TREES: dict[str, Tree] = {path.stem: load(path).value for path in DOCUMENTS}
TREES |= {name: load(find_document(name)).value for name in ("ark", "dashscope", "openai")}
"""Documents by name, the smallest first."""


def forms(node: Any) -> list[Any]:
    """The schemas of which a value keeps one; rows that stand for several are written out as documents are read."""
    return [*node.get("oneOf", ()), *node.get("anyOf", ()), *([node["else"]] if "else" in node else ())]


def properties(node: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The properties of a schema, each by its names from the root: `*` for any name, and for any item."""
    if "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
    for part in forms(node):
        yield from properties(part, path)
    for name, inner in node.get("properties", {}).items():
        yield (*path, name)
        yield from properties(inner, (*path, name))
    for inner in (node.get("items"), node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
        if isinstance(inner, dict) and inner:
            yield from properties(inner, (*path, "*"))


ALL = list(dict.fromkeys(properties(SCHEMA)))


def places(node: Any, pattern: Path_, at: Path_ = ()) -> Iterator[Path_]:
    """Where a document has a property."""
    if not pattern:
        yield at
    elif pattern[0] == "*":
        for name in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            yield from places(node[name], pattern[1:], (*at, str(name)))
    elif isinstance(node, dict) and pattern[0] in node:
        yield from places(node[pattern[0]], pattern[1:], (*at, pattern[0]))


def value_of(node: Any) -> Iterator[Any]:
    """Values that a schema allows, where that is easily said."""
    if "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
    for part in forms(node):
        yield from value_of(part)
    yield from node.get("enum", [node["const"]] if "const" in node else ())
    kinds = node.get("type", ())
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        plain = {
            "boolean": [True],
            "integer": [7],
            "number": [7],
            "string": ["/other", "other"],
            "object": [{"a": "b"}],
        }
        yield from plain.get(kind, ())
        yield from ([each] for each in value_of(node.get("items", {})) if kind == "array")


def schemas(pattern: Path_) -> Iterator[Any]:
    """The schemas of a property."""
    left = [(SCHEMA, pattern)]
    while left:
        node, rest = left.pop()
        if "$ref" in node:
            node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
        left += [(part, rest) for part in forms(node)]
        if not rest:
            yield node
        elif rest[0] == "*":
            more = (node.get("items"), node.get("additionalProperties"), *node.get("patternProperties", {}).values())
            left += [(part, rest[1:]) for part in more if isinstance(part, dict)]
        elif rest[0] in node.get("properties", {}):
            left.append((node["properties"][rest[0]], rest[1:]))


def altered(value: Any, pattern: Path_) -> Iterator[Any]:
    """Other values of a property; None: it is left out."""
    said = [each for schema in schemas(pattern) for each in value_of(schema)]
    if isinstance(value, list):
        said = [each[0] for each in said if isinstance(each, list) and each[0] not in value]
    if any("enum" in schema or "$ref" in schema for schema in schemas(pattern)):
        yield from (each for each in said if each != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value * 2)
    elif isinstance(value, str):
        yield f"{value}/other" if value.startswith("/") else f"{value}-other"
    elif isinstance(value, list):
        yield from ([*value[1:], each] for each in (*said, f"{value[0]}-other" if value else "other"))
        yield value[1:]
    elif isinstance(value, dict):
        yield {**value, "other": "other"}
        yield from ({name: each for name, each in value.items() if name != gone} for gone in value)
    else:
        yield from said
    yield None


def changes(pattern: Path_) -> Iterator[tuple[str, Tree]]:
    """Documents in which a property has another value or is missing; then those in which it is there and was not."""
    for there in (True, False):
        for name, tree in TREES.items():
            for at in places(tree["x-task"], pattern[:-1]):
                node = resolve(tree["x-task"], at)
                if isinstance(node, dict) and (pattern[-1] in node) is there:
                    for value in altered(node.get(pattern[-1]), pattern):
                        if value is not None or there:
                            yield name, with_word(tree, (*at, pattern[-1]), MISSING if value is None else value)
    made = tuple("0" if part == "*" else part for part in pattern)
    yield from (("studio", with_word(TREES["studio"], made, value)) for value in altered(None, pattern) if value)


def with_word(tree: Tree, at: Path_, value: Any) -> Tree:
    return replaced(tree, ("x-task", *at), value)


def one_reading(pattern: Path_) -> bool:
    """Whether it is a property of one of several readings, which is told as that of a single one."""
    shorter = (pattern[:index] + pattern[index + 1 :] for index, part in enumerate(pattern) if part == "*")
    return any(each in ALL for each in shorter)


LEAVES = [
    path for path in ALL if not any(other[: len(path)] == path != other for other in ALL) and not one_reading(path)
]
SILENT = ("source", "note", "statement", "when")
"""Ends of words that say where a fact is from, how to read it, or when a reading holds: no difference to a client."""

NEW = {"type": "object", "required": ["model", "prompt"], "properties": {"model": {"enum": ["reel-1"]}, "prompt": {}}}
EXPLICIT: dict[str, tuple[str, dict[str, Any]]] = {
    "callback/handshake/body": (
        "relay",
        {"/x-task/callback/handshake": {"at": "/challenge", "body": {"type": "verification"}, "timeout": 5}},
    ),
    "roles/*": (
        "openai",
        {
            "/x-task/roles/list": MISSING,
            "/x-task/list": MISSING,
            "/x-task/errors/0/on/3": MISSING,
            "/x-task/errors/1/on/3": MISSING,
        },
    ),
    "models/*/match/*": (
        "sequel",
        {"/x-task/models/reel-1/match": {"family": "reel", "kind": "text-to-video"}},
    ),
    "success/*/status": ("sequel", {"/x-task/success/create/status": [202]}),
    "success/*/equals": ("jobs", {"/x-task/success/create/equals": {"/code": [201]}}),
    "models/*/schema": (
        "sequel",
        {"/components/schemas/New": NEW, "/x-task/models/reel-1/schema": "New"},
    ),
    "models/*/request/*": (
        "sequel",
        {
            "/components/schemas/FromText/properties/length": {"type": "integer"},
            "/x-task/models/reel-1/request": {"duration": "/length"},
        },
    ),
    "request/*": (
        "sequel",
        {
            "/components/schemas/FromText/properties/length": {"type": "integer"},
            "/x-task/request/duration": "/length",
        },
    ),
    "wait/at": (
        "relay",
        {"/x-task/wait": {"at": "/wait", "value": True, "seconds": 120, "status": [201]}},
    ),
    "models/*/earlier/at": (
        "sequel",
        {
            "/components/schemas/Longer/properties/of": {"type": "string"},
            "/x-task/models/reel-1-longer/base/of": "clip_000000",
            "/x-task/models/reel-1-longer/earlier/at": "/of",
        },
    ),
    "models/*/earlier/parameter": (
        "sequel",
        {
            "/components/schemas/Larger/properties/of": {"type": "string"},
            "/x-task/models/reel-1-larger/base/of": "clip_000000",
            "/x-task/models/reel-1-larger/earlier": {"at": "/of"},
        },
    ),
    "models/*/earlier/from": ("sequel", {"/x-task/models/reel-1-longer/earlier/from": ["succeeded", "failed"]}),
    "id/parameter": (
        "jobs",
        {"/x-task/id/parameter": "job", "/paths/~1api~1v1~1jobs~1recordInfo/get/parameters/0/name": "job"},
    ),
    "profiles/*/bodies": ("sequel", {"/x-task/profiles/default/bodies/broken/error": "{{reason_code}}"}),
    "profiles/*/receipt": ("rest", {"/x-task/profiles/default/receipt/render/id": "{{id}}"}),
    "list/order/parameter": (
        "rest",
        {"/x-task/list/order/parameter": "by", "/paths/~1renders/get/parameters/5/name": "by"},
    ),
    "resources/balance/body": (
        "studio",
        {
            "/x-task/resources/balance/body/funds": {"left": "{{balance:100}}", "spent": "{{spent:100}}"},
            "/paths/~1funds/get/responses/200/content/application~1json/schema": {},
        },
    ),
    "idempotency/at": (
        "queue",
        {
            "/components/schemas/Text/properties/twice": {"type": "string"},
            "/components/schemas/Image/properties/twice": {"type": "string"},
            "/x-task/idempotency/at": "/twice",
        },
    ),
}
"""Alterations that need more than one word to be a document, by what they alter."""


def is_in(pattern: Path_, known: Iterable[str]) -> bool:
    return any(fits(pattern, each) for each in known)


JUDGED = [path for path in LEAVES if not path[-1].endswith(SILENT) and not is_in(path, UNTOLD)]
TOLD_ELSEWHERE = [path for path in JUDGED if is_in(path, TOLD)]


@pytest.fixture(scope="module")
def contracts(load_tree: Callable[[Tree], Contract]) -> dict[str, Contract]:
    return {name: load_tree(tree) for name, tree in TREES.items()}


def test_a_document_does_not_differ_from_itself(contracts: dict[str, Contract]) -> None:
    assert {name: compare(each, each).differences for name, each in contracts.items()} == dict.fromkeys(contracts, ())


def test_every_word_that_no_module_tells_is_told_as_it_is_written(contracts: dict[str, Contract]) -> None:
    matched = {name: pairs(each, each) for name, each in contracts.items()}

    def is_told(path: Path_) -> bool:
        return any(
            any(differences(contracts[name], replace(contracts[name], document=tree), matched[name]))
            for name, tree in islice(changes(path), 12)
        )

    assert ["/".join(path) for path in JUDGED if path not in TOLD_ELSEWHERE and not is_told(path)] == []


def test_every_word_that_a_module_tells_makes_a_difference(
    contracts: dict[str, Contract], load_tree: Callable[[Tree], Contract]
) -> None:
    def is_told(path: Path_) -> bool:
        for name, tree in islice(changes(path), 12):
            with suppress(DocumentError):
                if compare(contracts[name], load_tree(tree)).differences:
                    return True
        return False

    left = [path for path in TOLD_ELSEWHERE if not is_in(path, EXPLICIT)]
    assert len(left) > 50
    assert ["/".join(path) for path in left if not is_told(path)] == []


@pytest.mark.parametrize("word", EXPLICIT)
def test_words_that_go_together_make_a_difference(
    word: str, contracts: dict[str, Contract], load_tree: Callable[[Tree], Contract]
) -> None:
    name, edits = EXPLICIT[word]
    tree = TREES[name]
    for pointer, value in edits.items():
        assert resolve(tree, segments(pointer)[:-1]) is not MISSING, pointer
        tree = replaced(tree, segments(pointer), value)
    assert compare(contracts[name], load_tree(tree)).differences


def test_each_exception_is_a_word_with_a_reason() -> None:
    for pattern in (*TOLD, *UNTOLD, *EXPLICIT):
        parts = tuple(part for part in pattern.split("/") if part != "**")
        assert any(fits(path[: len(parts)], "/".join(parts)) for path in ALL), pattern
    assert all(UNTOLD.values())
