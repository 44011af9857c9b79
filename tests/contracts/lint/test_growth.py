"""Time and memory of lint grow with the document: twice the text, twice the work."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.turns import by_turns

from screentest_contracts.lint import lint_file
from screentest_contracts.raw.text import parse

Tree = dict[str, Any]
TEXT = {"type": "string", "maxLength": 100, "example": "x"}
OK = {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


def media(schema: Tree) -> Tree:
    return {"content": {"application/json": {"schema": schema}}}


def examples(count: int) -> Tree:
    """Operations with 20 members each, an example in each member."""
    members = {"type": "object", "properties": {f"p{index}": TEXT for index in range(20)}}
    paths = {
        f"/t{n}": {"post": {"operationId": f"o{n}", "requestBody": media(members), "responses": {"200": OK}}}
        for n in range(count)
    }
    return {"paths": paths, "components": {"schemas": {"Error": {"type": "object", "example": {}}}}}


def chain(count: int) -> Tree:
    """Schemas that refer to each other in a long circle, each of them used by an operation."""
    schemas: Tree = {"Error": {"type": "object", "properties": {f"m{index}": TEXT for index in range(20)}}}
    for n in range(count):
        after = {"$ref": f"#/components/schemas/T{(n + 1) % count}"}
        members = {"a": {**TEXT, "default": "x"}, "error": {"$ref": "#/components/schemas/Error"}, "after": after}
        schemas[f"T{n}"] = {"type": "object", "properties": members, "example": {"a": "x", "after": {}}}
    paths = {
        f"/t{n}": {
            "post": {
                "operationId": f"o{n}",
                "requestBody": media({"$ref": f"#/components/schemas/T{n}"}),
                "responses": {"200": OK, **{str(status): OK for status in range(400, 409)}},
            }
        }
        for n in range(count)
    }
    return {"paths": paths, "components": {"schemas": schemas}}


def tagged(count: int) -> Tree:
    """Operations that lint has something to say about: the same operationId, and parameters that are missing."""
    get = {"operationId": "same", "responses": {"200": OK}}
    schemas = {"Error": {"type": "object"}}
    get = {"operationId": "same", "responses": {"200": OK}}
    schemas = {"Error": {"type": "object"}}
    return {"paths": {f"/t{n}/{{id}}": {"get": get} for n in range(count)}, "components": {"schemas": schemas}}


def plain(tree: Tree) -> Tree:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1"},
        "servers": [{"url": "https://x.example"}],
    } | tree


def provider(tree: Tree) -> Tree:
    """The same in a provider document: references are then inlined, too."""
    file = Path(__file__).parents[2] / "documents" / "rest.yaml"
    whole: Tree = parse(file, file.read_bytes())
    whole["paths"] |= tree["paths"]
    whole["components"]["schemas"] |= tree["components"]["schemas"]
    return whole


KINDS: dict[str, Callable[[int], Tree]] = {
    "examples": lambda count: plain(examples(count)),
    "references": lambda count: plain(chain(count)),
    "findings": lambda count: plain(tagged(count)),
    "provider": lambda count: provider(chain(count)),
}


def written(folder: Path, tree: Tree) -> Path:
    file = folder / f"{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps(tree))
    return file


def calls_of(file: Path) -> int:
    """Calls of Python functions while a file is linted, those of C among them."""
    count = 0

    def step(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        lint_file(str(file))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", by_turns(KINDS, 2))
def test_twice_the_document_is_twice_the_work(kind: str, tmp_path: Path) -> None:
    make = KINDS[kind]
    lint_file(str(written(tmp_path, make(3))))  # what is only done once
    counts = [calls_of(written(tmp_path, make(size))) for size in (30, 60, 90)]
    assert counts[2] - counts[1] < 1.2 * (counts[1] - counts[0])


MEASURE = """
import resource, sys
from screentest_contracts.lint import lint_file
lint_file(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(file: Path) -> int:
    """The most bytes that a process of its own held while it linted a file."""
    output = subprocess.run([sys.executable, "-c", MEASURE, str(file)], capture_output=True, check=True).stdout
    return int(output) * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("kind", by_turns(KINDS, 4))
def test_memory_grows_with_the_document(kind: str, tmp_path: Path) -> None:
    """About 50 bytes for each byte of text; all of the document for each of its schemas would be thousands."""
    make = KINDS[kind]
    small, large = written(tmp_path, make(50)), written(tmp_path, make(400))
    added = large.stat().st_size - small.stat().st_size
    assert peak(large) - peak(small) < 200 * added
