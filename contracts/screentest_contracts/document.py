"""Reads a provider document: YAML (or JSON) to plain data, references resolved, structure checked."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from screentest_contracts.errors import DocumentError, Problem, UsageError
from screentest_contracts.location import MISSING, pointer_of, resolve, segments
from screentest_openapi import HERE

MAX_BYTES = 8 * 1024 * 1024
"""A larger file is refused: no provider document comes near it."""
MAX_DEPTH, MAX_NODES = 60, 1_000_000
"""Likewise: levels of nesting, and nodes when every YAML alias is counted as often as it is used."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):  # type: ignore[misc]
    """YAML without silent surprises: no duplicate keys, and dates stay text."""


def _construct_mapping(loader: Any, node: Any) -> Any:
    own = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a plain value", key.start_mark)
        if key.value in own:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
        if key.tag != "tag:yaml.org,2002:merge":
            own.add(key.value)
    loader.flatten_mapping(node)
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        # As text: `200:` and `'200':` are the same key, as they are in JSON.
        result[key_node.value] = loader.construct_object(value_node, deep=True)
    return result


_UniqueKeys.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
# YAML 1.1 reads `on`, `yes` and 2026-11-21 as booleans and dates; a document means the words.
_UniqueKeys.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp" and not (tag == "tag:yaml.org,2002:bool" and first not in "tTfF")
    ]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed provider document.

    `raw` keeps the file's own order; `resolved` is the same with every reference inlined (member order is not kept).
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
    """The file of a built-in name or of a path. Raises UsageError that suggests the nearest name."""
    if provider in built_in():
        return HERE / f"{provider}.yaml"
    path = Path(provider)
    if path.suffix.lower() in {".yaml", ".yml", ".json"} or "/" in provider or "\\" in provider or path.exists():
        return path
    near = get_close_matches(provider, built_in(), n=1, cutoff=0.5)
    known = ", ".join(built_in())
    hint = f"did you mean {near[0]}?" if near else f"built in: {known}; or give the path of a provider document"
    raise UsageError(f"unknown provider {provider!r}", hint)


def read_document(file: Path, *, thorough: bool = True) -> Document:
    """Reads and checks a document. `thorough` adds the whole OpenAPI validation, which our own files have in CI.

    Raises DocumentError with every problem found, UsageError when the file cannot be read.
    """
    data = _read_bytes(file)
    raw = _parse(file, data)
    if not _is_reasonable(raw):
        raise DocumentError(file, [Problem("", "nested too deeply or too large", "is it a provider document?")])
    try:
        json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        problem = Problem("", "half a surrogate pair in a text", "write the whole character")
        raise DocumentError(file, [problem]) from None
    except ValueError:
        problems = [Problem(at, "not a finite number", "JSON has no such number") for at in _not_finite(raw)]
        raise DocumentError(file, problems) from None
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
        problems += _openapi_problems(raw)
    if problems:
        raise DocumentError(file, problems)
    return Document(file, raw, resolved, hashlib.sha256(data).hexdigest())


def _read_bytes(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a directory", "give the path of one provider document")
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file} is larger than {MAX_BYTES} bytes", "is it a provider document?")
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot read {file}: {reason}", f"built-in providers: {', '.join(built_in())}") from None


def _parse(file: Path, data: bytes) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(file, [Problem("", f"not UTF-8 at byte {error.start}", "save it as UTF-8")]) from None
    try:
        if file.suffix.lower() == ".json":
            return json.loads(text)
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader subclass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DocumentError(file, [Problem("", f"{place}{error.problem}", "mend the YAML")]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(file, [Problem("", str(error), "mend the syntax")]) from None
    except RecursionError:
        raise DocumentError(file, [Problem("", "nested too deeply", "is it a provider document?")]) from None


def _is_reasonable(raw: Any) -> bool:
    known: dict[int, tuple[int, int]] = {}  # aliases share their nodes: each is measured once

    def measure(node: Any) -> tuple[int, int]:
        """(levels, nodes)"""
        if id(node) not in known:
            children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            sizes = [measure(child) for child in children]
            known[id(node)] = 1 + max((depth for depth, _ in sizes), default=0), 1 + sum(count for _, count in sizes)
        return known[id(node)]

    try:
        depth, count = measure(raw)
    except RecursionError:
        return False
    return depth <= MAX_DEPTH and count <= MAX_NODES


def _not_finite(node: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    """Where infinity stands, or what is no number."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _not_finite(value, (*at, str(key)))
    elif isinstance(node, float) and not isfinite(node):
        yield pointer_of(at)


def _resolve(file: Path, raw: dict[str, Any]) -> dict[str, Any]:
    openapi = {key: value for key, value in raw.items() if key != "x-task"}
    for pointer, reference in references(openapi):
        if not (isinstance(reference, str) and reference.startswith("#/")):
            what = f"reference {reference!r} leaves the document"
            raise DocumentError(file, [Problem(pointer, what, "a document is one file")])
    try:
        resolved: dict[str, Any] = jsonschema_rs.dereference(openapi, offline=True)
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        broken = [Problem(pointer, f"reference {target!r} leads nowhere", "") for pointer, target in _dangling(openapi)]
        raise DocumentError(file, broken or [Problem("", str(error), "every $ref must lead somewhere")]) from None
    return resolved


def references(node: Any, at: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """Where references stand, and what they name."""
    found = []
    stack: list[tuple[Any, tuple[str, ...]]] = [(node, at)]
    while stack:
        here, path = stack.pop()
        if isinstance(here, dict):
            if "$ref" in here and path[-1:] != ("properties",):
                found.append((pointer_of(path), here["$ref"]))
            stack.extend((value, (*path, key)) for key, value in here.items())
        elif isinstance(here, list):
            stack.extend((value, (*path, str(index))) for index, value in enumerate(here))
    return found


def _dangling(openapi: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (pointer, target)
        for pointer, target in references(openapi)
        if isinstance(target, str) and resolve(openapi, segments(target[1:])) is MISSING
    ]


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
        pointer = pointer_of(("x-task", *map(str, error.instance_path)))
        problems.append(Problem(pointer, error.message, _mend(error)))
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
                    pointer = pointer_of((*at, *map(str, error.instance_path)))
                    problems.append(Problem(pointer, error.message, "see openapi/README.md"))
            stack.extend((value, (*at, key)) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend((value, (*at, str(index))) for index, value in enumerate(node))
    return problems


def _mend(error: Any) -> str:
    unknown = re.match(r"Additional properties are not allowed \((.+?) (?:was|were) unexpected\)", error.message)
    if unknown is None:
        return ""
    names = re.findall(r"'([^']*)'", unknown[1])
    node: Any = task_schema()
    for part in [str(part) for part in error.schema_path][:-1]:
        if isinstance(node, dict) and "$ref" in node:
            node = task_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
        node = node[int(part)] if isinstance(node, list) else node.get(part, {})
    if isinstance(node, dict) and "$ref" in node:
        node = task_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
    known = sorted(node.get("properties", {})) if isinstance(node, dict) else []
    near = get_close_matches(names[0], known, n=1) if names else []
    return f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}" if known else ""


def _openapi_problems(raw: dict[str, Any]) -> list[Problem]:
    from openapi_spec_validator import OpenAPIV31SpecValidator  # slow to import: only when asked for

    found = []
    try:
        for error in OpenAPIV31SpecValidator(raw).iter_errors():
            path = tuple(str(part) for part in getattr(error, "absolute_path", ()))
            found.append(Problem(pointer_of(path), str(getattr(error, "message", error)).splitlines()[0][:300], ""))
    except Exception as error:  # the validator itself stumbles over some broken structures
        what = f"the OpenAPI validator stopped here: {type(error).__name__}: {error}"
        found.append(Problem("", what[:300], "mend the OpenAPI part"))
    return found
