"""Reads a provider document: YAML (or JSON) to plain data, references resolved, structure checked."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from screentest_contracts.complaints import complaint
from screentest_contracts.errors import DocumentError, Problem, UsageError
from screentest_contracts.location import MISSING, pointer_of, resolve, segments
from screentest_contracts.specification import openapi_problems
from screentest_openapi import HERE

MAX_BYTES = 8 * 1024 * 1024
"""A larger file is refused: no provider document comes near it."""
MAX_DEPTH, MAX_NODES = 60, 1_000_000
"""Likewise: levels of nesting, and nodes when every YAML alias is counted as often as it is used."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"


class _UnfitError(Exception):
    """Text that is no data of a document: what is wrong with it and what would mend it."""

    def __init__(self, what: str, mend: str, mark: Any = None) -> None:
        super().__init__(what)
        place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        self.problem = Problem("", f"{place}{what}", mend)


class _UniqueKeys(_Loader):  # type: ignore[misc]
    """YAML without silent surprises: no duplicate keys, no tags of others, and dates stay text."""


def _construct_mapping(loader: Any, node: Any) -> Any:
    if not isinstance(node, yaml.MappingNode):
        raise _UnfitError(f"{_start(node)} cannot be read as map", _MEND_YAML, node.start_mark)
    own = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _UnfitError("a key must be a plain value", _MEND_YAML, key.start_mark)
        if key.value in own:
            raise _UnfitError(f"duplicate key {key.value!r}", _MEND_YAML, key.start_mark)
        if key.tag != f"{_TAG}merge":
            own.add(key.value)
    try:
        loader.flatten_mapping(node)
    except yaml.MarkedYAMLError as error:
        raise _UnfitError("`<<` merges mappings only", _MEND_YAML, error.problem_mark) from None
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        # As text: `200:` and `'200':` are the same key, as they are in JSON.
        result[key_node.value] = loader.construct_object(value_node, deep=True)
    return result


def _construct_plain(loader: Any, node: Any) -> Any:
    """A number, a boolean or null. A tag can say so of what is none: `!!int x`."""
    try:
        return _Loader.yaml_constructors[node.tag](loader, node)
    except (ValueError, KeyError, IndexError, yaml.MarkedYAMLError):  # as the loader happens to stumble
        kind = node.tag.removeprefix(_TAG)
        raise _UnfitError(f"{_start(node)} cannot be read as {kind}", _MEND_YAML, node.start_mark) from None


def _construct_other(loader: Any, node: Any) -> Any:
    raise _UnfitError(f"the tag {node.tag} is not for documents", "remove the tag", node.start_mark)


def _start(node: Any) -> str:
    return repr(node.value[:20]) if isinstance(node, yaml.ScalarNode) else "a list or mapping"


_UniqueKeys.yaml_constructors = {
    f"{_TAG}map": _construct_mapping,
    **{f"{_TAG}{name}": _construct_plain for name in ("null", "bool", "int", "float")},
    **{f"{_TAG}{name}": _Loader.yaml_constructors[f"{_TAG}str"] for name in ("str", "merge", "value")},
    f"{_TAG}seq": _Loader.yaml_constructors[f"{_TAG}seq"],
    None: _construct_other,
}
# YAML 1.1 reads `on`, `yes` and 2026-11-21 as booleans and dates; a document means the words.
_UniqueKeys.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != f"{_TAG}timestamp" and not (tag == f"{_TAG}bool" and first not in "tTfF")
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
    data = read_bytes(file)
    raw = parse(file, data)
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
        problems += openapi_problems(raw)
    if problems:
        raise DocumentError(file, problems)
    return Document(file, raw, resolved, hashlib.sha256(data).hexdigest())


def read_bytes(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise UsageError(f"{file} is a directory", "give the path of one provider document")
        if file.stat().st_size > MAX_BYTES:
            raise UsageError(f"{file} is larger than {MAX_BYTES} bytes", "is it a provider document?")
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot read {file}: {reason}", f"built-in providers: {', '.join(built_in())}") from None


def parse(file: Path, data: bytes) -> Any:
    """The data that a file's bytes hold. Raises DocumentError, in our own words, for what is none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(file, [Problem("", f"not UTF-8 at byte {error.start}", "save it as UTF-8")]) from None
    try:
        raw = _json(text) if file.suffix.lower() == ".json" else _yaml(text)
        _check_size(raw)
    except _UnfitError as error:
        raise DocumentError(file, [error.problem]) from None
    return raw


_MEND_YAML, _MEND_JSON, _IS_IT_ONE = "mend the YAML", "mend the JSON", "is it a provider document?"
_TOO_DEEP = f"nested too deeply: more than {MAX_DEPTH} levels"
_IN_JSON = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_NO_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _json(text: str) -> Any:
    depth = 0
    for part in _IN_JSON.findall(text):  # before the parser does, whose limit is its own
        depth += (part in "[{") - (part in "]}")
        if depth > MAX_DEPTH:
            raise _UnfitError(_TOO_DEEP, _IS_IT_ONE)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = f"line {error.lineno}, column {error.colno}: the JSON breaks here ({error.msg})"
        raise _UnfitError(what, _MEND_JSON) from None
    except ValueError:  # Python's limit, thousands of digits
        raise _UnfitError("a number is too long", _MEND_JSON) from None


def _yaml(text: str) -> Any:
    bad = _NO_YAML.search(text)
    if bad is not None:
        line, column = text.count("\n", 0, bad.start()) + 1, bad.start() - text.rfind("\n", 0, bad.start())
        what = f"line {line}, column {column}: a character that YAML does not have: U+{ord(bad[0]):04X}"
        raise _UnfitError(what, "remove it, or write it escaped in double quotes")
    try:
        _check_events(text, _Loader)
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader subclass
    except yaml.YAMLError as error:
        with suppress(yaml.YAMLError):
            # libyaml reads ahead of what it tells, and has a limit of its own: the other loader has none
            _check_events(text, yaml.SafeLoader)
        mark, words = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        raise _UnfitError("the YAML breaks here" + (f" ({words})" if words else ""), _MEND_YAML, mark) from None


def _check_events(text: str, loader: Any) -> None:
    """What can be said of YAML before it is data. Raises _UnfitError."""
    documents, anchors = 0, set()
    open_: list[str | None] = []
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _UnfitError("a second document begins here", "a file holds one document", event.start_mark)
        elif isinstance(event, yaml.AliasEvent) and event.anchor not in anchors:
            raise _UnfitError(f"no anchor &{event.anchor} stands before this alias", _MEND_YAML, event.start_mark)
        elif isinstance(event, yaml.AliasEvent) and event.anchor in open_:
            raise _UnfitError(f"&{event.anchor} holds itself", _MEND_YAML, event.start_mark)
        elif isinstance(event, yaml.NodeEvent):
            anchors.add(event.anchor)
            if isinstance(event, yaml.CollectionStartEvent):
                open_.append(event.anchor)
            if len(open_) > MAX_DEPTH:
                raise _UnfitError(_TOO_DEEP, _IS_IT_ONE)


def _check_size(raw: Any) -> None:
    """Levels and nodes, aliases followed. Raises _UnfitError."""
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
    except RecursionError:  # levels by aliases
        depth, count = MAX_DEPTH + 1, 0
    if depth > MAX_DEPTH:
        raise _UnfitError(_TOO_DEEP, _IS_IT_ONE)
    if count > MAX_NODES:
        raise _UnfitError(f"too large: more than {MAX_NODES} nodes, aliases followed", _IS_IT_ONE)


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
        broken = [
            Problem(pointer, f"reference {target!r} leads nowhere", "every $ref must lead somewhere")
            for pointer, target in _dangling(openapi)
        ]
        other = Problem("", f"a reference cannot be followed ({error})", "every $ref must lead somewhere")
        raise DocumentError(file, broken or [other]) from None
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
        problems.append(Problem(pointer, complaint(error), _mend(error)))
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
                    problems.append(Problem(pointer, complaint(error), "see openapi/README.md"))
            stack.extend((value, (*at, key)) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend((value, (*at, str(index))) for index, value in enumerate(node))
    return problems


def _mend(error: Any) -> str:
    names = sorted(map(str, getattr(error.kind, "unexpected", ())))
    if not names:
        return "see openapi/README.md"
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
