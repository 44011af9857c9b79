"""A description as Screentest can use it: in the words of 3.1, with what real files write loosely put right."""

import re
from collections.abc import Mapping
from typing import Any

from screentest_contracts.raw.nodes import DATA, METHODS, NAMED, mapping, sequence
from screentest_contracts.raw.upgrade import upgraded

_ANGLES = re.compile(r"<([A-Za-z_][\w-]*)>")
_BRACES = re.compile(r"\{([^{}]+)\}")


def tidied(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A copy: statuses that are numbers become texts, `<id>` in a path becomes `{id}`, parameters of paths that nobody
    describes are described, operations have ids, and null beside a reference is allowed."""
    whole = upgraded(_copy(raw, old=str(raw["openapi"]).startswith("3.0")))
    paths = {_ANGLES.sub(r"{\1}", str(path)): item for path, item in mapping(whole.get("paths")).items()}
    if "paths" in whole:
        whole["paths"] = paths
    known: set[str] = set()
    for path, item in paths.items():
        for method in METHODS if isinstance(item, dict) else ():
            node = item.get(method)
            if isinstance(node, dict):
                _identified(node, method, path, known)
                _described(whole, item, node, path)
    return whole


def _copy(node: Any, *, old: bool, names: bool = False) -> Any:
    if isinstance(node, list):
        return [_copy(each, old=old) for each in node]
    if not isinstance(node, Mapping):
        return node
    made = {
        str(key): value if key in DATA and not names else _copy(value, old=old, names=key in NAMED and not names)
        for key, value in node.items()
    }
    return _nullable(made) if old and not names else made


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """`nullable` beside a reference or a combination, which 3.0 leaves without effect and everybody means."""
    if node.get("nullable") is True and "type" not in node:
        rest = {key: value for key, value in node.items() if key != "nullable"}
        for word in ("anyOf", "oneOf"):
            if word in rest:
                return {**rest, word: [*sequence(rest[word]), {"type": "null"}]}
        if "$ref" in rest or "allOf" in rest:
            return {"anyOf": [rest, {"type": "null"}]}
    return node


def _identified(node: dict[str, Any], method: str, path: str, known: set[str]) -> None:
    words = re.findall(r"[A-Za-z0-9]+", path)
    made = method + "".join(word[:1].upper() + word[1:] for word in words)
    name = str(node.get("operationId") or made)
    if name in known:
        name = made
    known.add(name)
    if node.get("operationId") != name:
        node["operationId"] = name


def _described(whole: dict[str, Any], item: Mapping[str, Any], node: dict[str, Any], path: str) -> None:
    listed = [*sequence(item.get("parameters")), *sequence(node.get("parameters"))]
    followed = [_target(whole, each) for each in listed]
    described = {str(each.get("name")) for each in followed if each.get("in") == "path"}
    missing = [name for name in _BRACES.findall(path) if name not in described]
    if missing:
        made = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in missing]
        node["parameters"] = [*sequence(node.get("parameters")), *made]


def _target(whole: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    reference = mapping(node).get("$ref")
    if isinstance(reference, str) and reference.startswith("#/components/parameters/"):
        return mapping(mapping(mapping(whole.get("components")).get("parameters")).get(reference.rpartition("/")[2]))
    return mapping(node)
