"""Nodes of raw data, and where they stand: JSON pointers as text."""

from collections.abc import Mapping
from typing import Any, Final

from screentest_contracts.location import pointer_of

METHODS: Final = ("get", "post", "put", "delete", "patch", "head", "options")
"""The keys of a path item that hold operations."""
DATA: Final = frozenset({"example", "examples", "default", "enum", "const", "value", "x-task"})
"""Keys below which no words of OpenAPI stand, only values."""

NAMED: Final = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "$defs", "paths", "responses", "schemas", "parameters"}
    | {"headers", "requestBodies", "links", "callbacks", "pathItems", "content", "encoding"}
)
"""Keys of objects whose own keys are names that a description gives, as a response is called `default`."""

HEADERS_OF_HTTP: Final = frozenset({"content-type", "accept", "authorization"})
"""Header parameters that OpenAPI says shall be ignored: media types and `security` say what they would."""


def child(pointer: str, *parts: object) -> str:
    """The pointer of a member below another."""
    return pointer + pointer_of(tuple(map(str, parts)))


def mapping(node: Any) -> Mapping[str, Any]:
    """`node` where it is an object, else an empty one."""
    return node if isinstance(node, Mapping) else {}


def sequence(node: Any) -> list[Any]:
    """`node` where it is a list; a single value as a list of one; nothing for None."""
    return node if isinstance(node, list) else [] if node is None else [node]


def server_urls(raw: Mapping[str, Any]) -> list[str]:
    """The addresses of a document's servers, each variable with its default; one without a default stays as it is."""
    found = []
    for server in map(mapping, sequence(raw.get("servers"))):
        url = str(server.get("url", ""))
        for name, variable in mapping(server.get("variables")).items():
            if "default" in mapping(variable):
                url = url.replace("{" + str(name) + "}", str(variable["default"]))
        found.append(url)
    return found


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


def measured(node: Any) -> tuple[int, int]:
    """(levels, nodes) of data, where an object that is there several times counts each time; but it is measured once.

    Raises RecursionError for hundreds of levels.
    """
    known: dict[int, tuple[int, int]] = {}

    def measure(node: Any) -> tuple[int, int]:
        if id(node) not in known:
            children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            sizes = [measure(child) for child in children]
            known[id(node)] = 1 + max((depth for depth, _ in sizes), default=0), 1 + sum(count for _, count in sizes)
        return known[id(node)]

    return measure(node)


def is_ignored(parameter: Mapping[str, Any]) -> bool:
    """Whether OpenAPI ignores a parameter, as something else says what it would."""
    return parameter.get("in") == "header" and str(parameter.get("name")).lower() in HEADERS_OF_HTTP
