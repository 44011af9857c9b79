"""The raw document: its operations, schemas and samples, references followed on the way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from screentest_contracts.complaints import complaints
from screentest_contracts.location import MISSING
from screentest_contracts.raw.inlined import target_of
from screentest_contracts.raw.nodes import DATA, METHODS, child, mapping, sequence
from screentest_contracts.raw.reached import reached
from screentest_contracts.rules import KEYWORDS

_CHILDREN = ("properties", "patternProperties", "dependentSchemas", "$defs")
_BRANCHES = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = frozenset({"headers", "responses", "parameters", "requestBodies", "links", "callbacks", "pathItems"})
_SINGLE = ("items", "additionalProperties", "then", "else")


@dataclass(frozen=True, slots=True)
class Sample:
    """A value that a description gives as an example, with the schema it belongs to. `answer`: of an answer."""

    pointer: str
    value: Any
    schema: Any
    schema_pointer: str
    answer: bool


@dataclass(frozen=True, slots=True)
class Call:
    """An operation. `pointer` is that of its node."""

    id: str
    method: str
    path: str
    pointer: str
    node: Mapping[str, Any]


@dataclass
class RawDocument:
    """A document or plain description. `task` is the x-task extension, None in a plain description."""

    raw: Mapping[str, Any]

    @property
    def task(self) -> Mapping[str, Any] | None:
        task = self.raw.get("x-task")
        return task if isinstance(task, Mapping) else None

    def follow(self, node: Any) -> Any:
        """`node`, or what its references lead to; an empty object for one that leads nowhere."""
        for _ in range(20):
            if not (isinstance(node, Mapping) and isinstance(node.get("$ref"), str)):
                return node
            found = target_of(self.raw, node["$ref"]) if node["$ref"].startswith("#/") else MISSING
            node = {} if found is MISSING else found
        return {}

    def place(self, node: Any, pointer: str) -> str:
        """The pointer where a node that may be a reference really stands."""
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#/"):
            pointer = unquote(node["$ref"][1:])
            found = target_of(self.raw, node["$ref"])
            if found is MISSING or found is node:
                break
            node = found
        return pointer

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every operation under `paths`."""
        found = []
        for path, item in mapping(self.raw.get("paths")).items():
            for method in METHODS:
                node = self.follow(mapping(self.follow(item)).get(method))
                if isinstance(node, Mapping):
                    name = str(node.get("operationId", f"{method} {path}"))
                    found.append(Call(name, method, str(path), child("/paths", path, method), node))
        return tuple(found)

    def call(self, name: str) -> Call | None:
        """The operation with an operationId."""
        return next((each for each in self.calls if each.id == name), None)

    def answer_schema(self, call: Call, status: object) -> tuple[Any, str] | None:
        """The JSON schema of an operation's answer, with its pointer; None where none is declared."""
        responses = mapping(call.node.get("responses"))
        for key in (str(status), f"{str(status)[0]}XX", "default"):
            if key in responses:
                at = self.place(responses[key], child(call.pointer, "responses", key))
                for media, node in mapping(mapping(self.follow(responses[key])).get("content")).items():
                    if "json" in media and isinstance(node, Mapping) and "schema" in node:
                        return node["schema"], child(at, "content", media, "schema")
                return None
        return None

    def parameters(self, node: Mapping[str, Any], at: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The parameters of an operation's node or a path item's, each with its pointer there; references followed."""
        listed = node.get("parameters")
        return [
            (child(at, "parameters", index), mapping(self.follow(each)))
            for index, each in enumerate(listed if isinstance(listed, list) else ())
        ]

    def all_parameters(self, call: Call) -> list[tuple[str, Mapping[str, Any]]]:
        """The parameters of an operation, those of its path first."""
        item = mapping(self.raw.get("paths")).get(call.path)
        at = self.place(item, child("/paths", call.path))
        return self.parameters(mapping(self.follow(item)), at) + self.parameters(call.node, call.pointer)

    @cached_property
    def references(self) -> tuple[tuple[str, str], ...]:
        """(pointer, target) of every reference of the OpenAPI part, outside of examples and other values."""
        nodes = [*_objects(self.raw), *self.schemas]
        return tuple((child(at, "$ref"), node["$ref"]) for at, node in nodes if isinstance(node.get("$ref"), str))

    @cached_property
    def outer_schemas(self) -> tuple[tuple[str, Any], ...]:
        """The schemas of the OpenAPI part that are inside of no other, each with its pointer."""
        return tuple(_outer_schemas(self.raw))

    @cached_property
    def schemas(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Every schema of the OpenAPI part once, outermost first, with its pointer. References are not followed."""
        return tuple(_schemas(self.outer_schemas))

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """Every example of a body, a parameter, a header or a schema."""
        return tuple(self._samples())

    def _samples(self) -> Iterator[Sample]:
        for at, node in _objects(self.raw):
            schema = node.get("schema")
            if not isinstance(schema, Mapping):
                continue
            answer = "/responses/" in at or "/callbacks/" in at
            where = self.place(schema, child(at, "schema"))
            if "example" in node:
                yield Sample(child(at, "example"), node["example"], schema, where, answer)
            for name, each in mapping(node.get("examples")).items():
                value = mapping(self.follow(each)).get("value", MISSING)
                if value is not MISSING:
                    yield Sample(child(at, "examples", name, "value"), value, schema, where, answer)
        for at, schema in self.schemas:
            if "example" in schema:
                yield Sample(child(at, "example"), schema["example"], schema, at, answer=True)
            if isinstance(schema.get("examples"), list):
                for index, value in enumerate(schema["examples"]):
                    yield Sample(child(at, "examples", index), value, schema, at, answer=True)

    def complaints(self, schema: Any, value: Any) -> list[tuple[tuple[str, ...], str]]:
        """Why a value violates a schema: (place inside of the value, reason). Nothing for a schema that is unusable."""
        try:
            validator = jsonschema_rs.Draft202012Validator(
                reached(self.raw, schema, [value]), validate_formats=True, keywords=KEYWORDS, offline=True
            )
            return [told for each in validator.iter_errors(value) for told in complaints(each)]
        except (ValueError, TypeError, jsonschema_rs.ReferencingError):  # told by another rule
            return []


def _objects(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of the OpenAPI part outside of schemas and examples, once."""
    seen: set[int] = set()
    stack: list[tuple[Any, str]] = [
        (value, child("", key))
        for key, value in reversed(list(raw.items()))
        if key not in DATA and not _is_extension(key, "")
    ]
    while stack:
        node, at = stack.pop()
        if isinstance(node, Mapping):
            if id(node) in seen or at == "/components/schemas":
                continue
            seen.add(id(node))
            yield at, node
            stack.extend(
                (value, child(at, key))
                for key, value in reversed(list(node.items()))
                if key != "schema" and (key not in DATA or at.endswith("/components")) and not _is_extension(key, at)
            )
        elif isinstance(node, list):
            stack.extend((value, child(at, index)) for index, value in enumerate(node))


def _is_extension(key: str, at: str) -> bool:
    """Whether a member is a word of somebody else's, and no name that the document gives (a header's)."""
    return str(key).startswith("x-") and at.rpartition("/")[2] not in _NAMED


def _outer_schemas(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, schema in mapping(mapping(raw.get("components")).get("schemas")).items():
        yield child("/components/schemas", name), schema
    for at, node in _objects(raw):
        if "schema" in node:
            yield child(at, "schema"), node["schema"]


def _schemas(outer: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    seen: set[int] = set()
    stack = [(schema, at) for at, schema in outer]
    stack.reverse()
    while stack:
        node, at = stack.pop()
        if not isinstance(node, Mapping) or id(node) in seen:
            continue
        seen.add(id(node))
        yield at, node
        inner = [(each, child(at, word, name)) for word in _CHILDREN for name, each in mapping(node.get(word)).items()]
        inner += [(each, child(at, word, i)) for word in _BRANCHES for i, each in enumerate(sequence(node.get(word)))]
        inner += [(node[word], child(at, word)) for word in _SINGLE if word in node]
        stack.extend(reversed(inner))
