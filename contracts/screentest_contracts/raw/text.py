"""A file's text as plain data: YAML or JSON, without silent surprises, within bounds."""

import json
import re
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from screentest_contracts.errors import DocumentError, Problem
from screentest_contracts.location import pointer_of
from screentest_contracts.raw.nodes import measured
from screentest_contracts.raw.scalars import TAG, read_float, read_int, resolvers

MAX_DEPTH, MAX_NODES = 60, 1_000_000
"""Levels of nesting, and nodes when every YAML alias is counted as often as it is used: more is refused, as no provider
document comes near it."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    _merge(node)
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        # As text: `200:` and `'200':` are the same key, as they are in JSON.
        result[key_node.value] = loader.construct_object(value_node, deep=True)
    return result


def _merge(node: Any) -> None:
    """Replaces `<<` by the members that it names: one of the mapping's own wins, then that of an earlier mapping.

    PyYAML has this too, but which of several mappings wins has changed between its versions.
    """
    own: dict[str, tuple[Any, Any]] = {}
    merged: dict[str, tuple[Any, Any]] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _UnfitError("a key must be a plain value", _MEND_YAML, key.start_mark)
        if key.tag == f"{TAG}merge":
            for mapping in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(mapping, yaml.MappingNode):
                    raise _UnfitError("`<<` merges mappings only", _MEND_YAML, mapping.start_mark)
                _merge(mapping)
                for name, inner in mapping.value:
                    merged.setdefault(name.value, (name, inner))
        elif key.value in own:
            raise _UnfitError(f"duplicate key {key.value!r}", _MEND_YAML, key.start_mark)
        else:
            own[key.value] = (key, value)
    node.value = list((merged | own).values())


def _construct_plain(loader: Any, node: Any) -> Any:
    """A number, a boolean or null. A tag can say so of what is none: `!!int x`."""
    try:
        return _PLAIN[node.tag](loader, node)
    except (ValueError, KeyError, IndexError, yaml.MarkedYAMLError):  # as the loader happens to stumble
        kind = node.tag.removeprefix(TAG)
        raise _UnfitError(f"{_start(node)} cannot be read as {kind}", _MEND_YAML, node.start_mark) from None


_PLAIN = {
    f"{TAG}null": _Loader.yaml_constructors[f"{TAG}null"],
    f"{TAG}bool": _Loader.yaml_constructors[f"{TAG}bool"],
    f"{TAG}int": lambda loader, node: read_int(loader.construct_scalar(node)),
    f"{TAG}float": lambda loader, node: read_float(loader.construct_scalar(node)),
}


def _construct_other(loader: Any, node: Any) -> Any:
    raise _UnfitError(f"the tag {node.tag} is not for documents", "remove the tag", node.start_mark)


def _start(node: Any) -> str:
    return repr(node.value[:20]) if isinstance(node, yaml.ScalarNode) else "a list or mapping"


_UniqueKeys.yaml_constructors = {
    f"{TAG}map": _construct_mapping,
    **dict.fromkeys(_PLAIN, _construct_plain),
    **{f"{TAG}{name}": _Loader.yaml_constructors[f"{TAG}str"] for name in ("str", "merge", "value")},
    f"{TAG}seq": _Loader.yaml_constructors[f"{TAG}seq"],
    None: _construct_other,
}
_UniqueKeys.yaml_implicit_resolvers = resolvers()


def parse(file: Path, data: bytes) -> Any:
    """The data that a file's bytes hold. Raises DocumentError, in our own words, for what is none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(file, [Problem("", f"not UTF-8 at byte {error.start}", "save it as UTF-8")]) from None
    try:
        raw = _json(text) if file.suffix.lower() == ".json" else _yaml_or_json(text)
        _check_size(raw)
    except _UnfitError as error:
        raise DocumentError(file, [error.problem]) from None
    return raw


_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


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


def _yaml_or_json(text: str) -> Any:
    """YAML, or JSON under the name of YAML where it is not quite: with halves of surrogate pairs as escapes."""
    try:
        return _yaml(text)
    except _UnfitError:
        if not text.lstrip().startswith("{"):
            raise
        try:
            return _json(text)
        except _UnfitError:
            pass
        raise


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
        return json.loads(text, parse_float=read_float)
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
    try:
        depth, count = measured(raw)
    except RecursionError:  # levels by aliases
        depth, count = MAX_DEPTH + 1, 0
    if depth > MAX_DEPTH:
        raise _UnfitError(_TOO_DEEP, _IS_IT_ONE)
    if count > MAX_NODES:
        raise _UnfitError(f"too large: more than {MAX_NODES} nodes, aliases followed", _IS_IT_ONE)
