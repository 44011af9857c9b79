"""Reads a provider document: YAML (or JSON) to plain data, references resolved, structure checked."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from screentest_contracts.complaints import complaints
from screentest_contracts.errors import VOCABULARY, DocumentError, Problem, UsageError
from screentest_contracts.location import MISSING, pointer_of
from screentest_contracts.raw.inlined import inlined, target_of
from screentest_contracts.raw.loaded import Loaded, load
from screentest_contracts.raw.nodes import references
from screentest_contracts.raw.specification import openapi_problems
from screentest_contracts.raw.text import json_problems
from screentest_contracts.suggestions import nearest
from screentest_openapi import HERE


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed provider document.

    `raw` keeps the file's own order; `resolved` is the same with every reference inlined (`raw/inlined.py`).
    """

    loaded: Loaded
    raw: dict[str, Any]
    resolved: dict[str, Any]

    @property
    def file(self) -> Path:
        """The document's own file; it may extend another."""
        return self.loaded.file

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, and of those of all files that it takes something from."""
        return self.loaded.digest

    @property
    def task(self) -> dict[str, Any]:
        """The `x-task` extension."""
        task: dict[str, Any] = self.raw["x-task"]
        return task

    def unusable(self, problems: list[Problem]) -> DocumentError:
        """The error for problems of the document, with their places where several files hold it."""
        return _unusable(self.loaded, problems)


def read_document(file: Path, *, thorough: bool = True) -> Document:
    """Reads and checks a document. `thorough` adds the whole OpenAPI validation, which our own files have in CI.

    Raises DocumentError with every problem found, UsageError when a file cannot be read.
    """
    loaded = load(file)
    raw = loaded.value
    problems = json_problems(raw) or _kind_problems(raw)
    if problems:
        raise _unusable(loaded, problems)
    problems = [*loaded.problems, *_broken_references(raw)]
    if problems:
        raise _unusable(loaded, problems)
    problems = [*_schema_problems(raw["x-task"]), *_word_problems(raw)]
    if thorough and not problems:
        problems += openapi_problems(raw)
    if problems:
        raise _unusable(loaded, problems)
    return Document(loaded, raw, inlined({key: value for key, value in raw.items() if key != "x-task"}))


def load_description(file: Path) -> Loaded:
    """An OpenAPI 3 description, with or without x-task, and where its parts come from; its value is an object.

    Raises UsageError for anything else.
    """
    loaded = load(file)
    raw = loaded.value
    if not isinstance(raw, dict):
        raise _unusable(loaded, [_NO_OBJECT])
    version = raw.get("openapi")
    if not (isinstance(version, str) and version.startswith(("3.0", "3.1"))):
        what = f"`openapi` is {version!r}" if "openapi" in raw else "`openapi` is missing"
        raise UsageError(f"{file}: {what}", "lint reads OpenAPI 3.0 and 3.1; convert older descriptions first")
    return loaded


_NO_OBJECT = Problem("", "not an object", "a document starts with `openapi: 3.1.0`")


def _unusable(loaded: Loaded, problems: list[Problem]) -> DocumentError:
    return DocumentError(loaded.file, loaded.located(problems))


def _kind_problems(raw: Any) -> list[Problem]:
    """Why data is no provider document at all."""
    if not isinstance(raw, dict):
        return [_NO_OBJECT]
    version = raw.get("openapi")
    if not (isinstance(version, str) and version.startswith("3.1")):
        what = f"`openapi` is {version!r}" if version is not None else "`openapi` is missing"
        return [Problem("/openapi", what, "Screentest reads OpenAPI 3.1: write `openapi: 3.1.0`")]
    if "x-task" not in raw:
        return [Problem("", "no x-task extension", VOCABULARY)]
    return []


def _broken_references(raw: dict[str, Any]) -> list[Problem]:
    """References inside of the document that lead nowhere; those to other files are followed before."""
    openapi = {key: value for key, value in raw.items() if key != "x-task"}
    found = []
    for pointer, target in references(openapi):
        if not isinstance(target, str) or (target.startswith("#") and not target.startswith("#/")):
            found.append(Problem(pointer, f"reference {target!r} is no pointer", "write `#/components/...`"))
        elif target.startswith("#/") and target_of(openapi, target) is MISSING:
            found.append(Problem(pointer, f"reference {target!r} leads nowhere", "every $ref must lead somewhere"))
    return found


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
                        Problem(pointer_of((*at, *place)), words, VOCABULARY) for place, words in complaints(error)
                    ]
            stack.extend((value, (*at, key)) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend((value, (*at, str(index))) for index, value in enumerate(node))
    return problems


def _mend(error: Any, place: tuple[str, ...]) -> str:
    if not hasattr(error.kind, "unexpected"):
        return VOCABULARY
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
