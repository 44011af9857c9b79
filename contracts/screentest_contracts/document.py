"""Reads a provider document: YAML (or JSON) to plain data, references resolved, structure checked."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import jsonschema_rs

from screentest_contracts.complaints import complaints
from screentest_contracts.errors import DocumentError, Problem, UsageError
from screentest_contracts.extensions import installed_documents
from screentest_contracts.location import MISSING, pointer_of
from screentest_contracts.raw.inlined import inlined, target_of
from screentest_contracts.raw.nodes import references
from screentest_contracts.raw.specification import openapi_problems
from screentest_contracts.raw.text import parse
from screentest_contracts.suggestions import did_you_mean, nearest
from screentest_openapi import HERE

MAX_BYTES = 8 * 1024 * 1024
"""A larger file is refused: no provider document comes near it."""


_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed provider document.

    `raw` keeps the file's own order; `resolved` is the same with every reference inlined (`raw/inlined.py`).
    `digest` is the SHA-256 of the file's bytes.
    """

    file: Path
    raw: dict[str, Any]
    resolved: dict[str, Any]
    digest: str

    @property
    def task(self) -> dict[str, Any]:
        """The `x-task` extension."""
        task: dict[str, Any] = self.raw["x-task"]
        return task


def built_in() -> tuple[str, ...]:
    """The names of the documents that come with Screentest."""
    return tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


def find_document(provider: str) -> Path:
    """The file of a built-in name, of a path, or of an installed package's name (`screentest.providers`).

    Raises UsageError that suggests the nearest name.
    """
    if provider in built_in():
        return HERE / f"{provider}.yaml"
    path = Path(provider)
    if path.suffix.lower() in {".yaml", ".yml", ".json"} or "/" in provider or "\\" in provider or path.exists():
        return path
    if provider in installed_documents():
        return installed_documents()[provider]
    known = (*built_in(), *installed_documents())
    otherwise = f"known: {', '.join(known)}; or give the path of a provider document"
    raise UsageError(f"unknown provider {provider!r}", did_you_mean(provider, known, otherwise, cutoff=0.5))


def read_document(file: Path, *, thorough: bool = True) -> Document:
    """Reads and checks a document. `thorough` adds the whole OpenAPI validation, which our own files have in CI.

    Raises DocumentError with every problem found, UsageError when the file cannot be read.
    """
    data = read_bytes(file)
    raw = parse(file, data)
    problems = json_problems(raw)
    if problems:
        raise DocumentError(file, problems)
    if not isinstance(raw, dict):
        raise DocumentError(file, [Problem("", "not an object", "a document starts with `openapi: 3.1.0`")])
    version = raw.get("openapi")
    if not (isinstance(version, str) and version.startswith("3.1")):
        what = f"`openapi` is {version!r}" if version is not None else "`openapi` is missing"
        raise DocumentError(file, [Problem("/openapi", what, "Screentest reads OpenAPI 3.1: write `openapi: 3.1.0`")])
    if "x-task" not in raw:
        raise DocumentError(file, [Problem("", "no x-task extension", "openapi/README.md shows what it holds")])
    resolved = _resolve(file, raw)
    problems = [*_schema_problems(raw["x-task"]), *_word_problems(raw)]
    if thorough and not problems:
        problems += openapi_problems(raw)
    if problems:
        raise DocumentError(file, problems)
    return Document(file, raw, resolved, hashlib.sha256(data).hexdigest())


def read_description(file: Path) -> dict[str, Any]:
    """The data of an OpenAPI 3 description, with or without x-task. Raises UsageError for anything else."""
    raw = parse(file, read_bytes(file))
    if not isinstance(raw, dict):
        raise DocumentError(file, [Problem("", "not an object", "a document starts with `openapi: 3.1.0`")])
    version = raw.get("openapi")
    if not (isinstance(version, str) and version.startswith(("3.0", "3.1"))):
        what = f"`openapi` is {version!r}" if "openapi" in raw else "`openapi` is missing"
        raise UsageError(f"{file}: {what}", "lint reads OpenAPI 3.0 and 3.1; convert older descriptions first")
    return raw


def read_bytes(file: Path) -> bytes:
    """The bytes of a document's file. Raises UsageError for a directory, a file that is too large or cannot be read."""
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a directory", "give the path of one provider document")
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file} is larger than {MAX_BYTES} bytes", "is it a provider document?")
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot read {file}: {reason}", f"built-in providers: {', '.join(built_in())}") from None


def json_problems(raw: Any) -> list[Problem]:
    """Where data is no JSON: infinity and what is no number, and half a surrogate pair in a text or a name."""
    found = []
    stack: list[tuple[Any, tuple[str, ...]]] = [(raw, ())]
    while stack:
        node, at = stack.pop()
        if isinstance(node, dict):
            stack += [(text, (*at, key)) for key, value in reversed(node.items()) for text in (value, key)]
        elif isinstance(node, list):
            stack += [(value, (*at, str(index))) for index, value in reversed(list(enumerate(node)))]
        elif isinstance(node, float) and not isfinite(node):
            found.append(Problem(pointer_of(at), "not a finite number", "JSON has no such number"))
        elif isinstance(node, str) and _HALF_A_PAIR.search(node):
            found.append(Problem(pointer_of(at), "half a surrogate pair in a text", "write the whole character"))
    return found


def _resolve(file: Path, raw: dict[str, Any]) -> dict[str, Any]:
    openapi = {key: value for key, value in raw.items() if key != "x-task"}
    for pointer, reference in references(openapi):
        if not (isinstance(reference, str) and reference.startswith("#/")):
            what = f"reference {reference!r} leaves the document"
            raise DocumentError(file, [Problem(pointer, what, "a document is one file")])
    broken = [
        Problem(pointer, f"reference {target!r} leads nowhere", "every $ref must lead somewhere")
        for pointer, target in references(openapi)
        if target_of(openapi, target) is MISSING
    ]
    if broken:
        raise DocumentError(file, broken)
    return inlined(openapi)


@cache
def task_schema() -> dict[str, Any]:
    """The JSON Schema of `x-task`."""
    schema: dict[str, Any] = json.loads((HERE / "x-task.schema.json").read_bytes())
    return schema


@cache
def _task_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(task_schema())


def _schema_problems(task: Any) -> list[Problem]:
    problems = []
    for error in _task_validator().iter_errors(task):
        problems += [
            Problem(pointer_of(("x-task", *place)), words, _mend(error, place)) for place, words in complaints(error)
        ]
    return problems


@cache
def _word_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": "#/$defs/words", "$defs": task_schema()["$defs"]})


def _word_problems(raw: dict[str, Any]) -> list[Problem]:
    """Misuse of our own words in the OpenAPI part."""
    problems = []
    stack: list[tuple[Any, tuple[str, ...]]] = [({key: value for key, value in raw.items() if key != "x-task"}, ())]
    while stack:
        node, at = stack.pop()
        if isinstance(node, dict):
            if any(key.startswith("x-") for key in node) and at[-1:] not in (("properties",), ("x-marks",)):
                for error in _word_validator().iter_errors(node):
                    problems += [
                        Problem(pointer_of((*at, *place)), words, "see openapi/README.md")
                        for place, words in complaints(error)
                    ]
            stack.extend((value, (*at, key)) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend((value, (*at, str(index))) for index, value in enumerate(node))
    return problems


def _mend(error: Any, place: tuple[str, ...]) -> str:
    if not hasattr(error.kind, "unexpected"):
        return "see openapi/README.md"
    node: Any = task_schema()
    for part in [str(part) for part in error.schema_path][:-1]:
        if isinstance(node, dict) and "$ref" in node:
            node = task_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
        node = node[int(part)] if isinstance(node, list) else node.get(part, {})
    if isinstance(node, dict) and "$ref" in node:
        node = task_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
    known = sorted(node.get("properties", {})) if isinstance(node, dict) else []
    near = nearest(place[-1], known)
    return f"did you mean {near!r}?" if near else f"known here: {', '.join(known)}" if known else ""
