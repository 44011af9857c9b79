"""The OpenAPI part of a description against the OpenAPI Specification, in our own words.

The structure is judged by the specification's own JSON Schemas, what they cannot say by the functions below: each names
the place itself, and all take time and memory in proportion to the description.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from screentest_contracts.complaints import complaints
from screentest_contracts.errors import Problem
from screentest_contracts.location import MISSING, pointer_of
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.inlined import target_of
from screentest_contracts.raw.nodes import child, mapping
from screentest_contracts.raw.upgrade import upgraded

_MEND = "mend the OpenAPI part"
_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_DIALECTS = {_SCHEMA, "https://spec.openapis.org/oas/3.1/dialect/base"}
_IN_BRACES = re.compile(r"\{([^{}]+)\}")


def openapi_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """What is not valid OpenAPI 3.0 or 3.1, by the version that it names."""
    old = str(raw["openapi"]).startswith("3.0")
    found = _complaints(_structure(old=old), raw, "")
    if found:
        return found
    document = RawDocument(upgraded(raw) if old else raw)
    if not old and raw.get("jsonSchemaDialect", _SCHEMA) in _DIALECTS:
        found = [each for at, schema in document.outer_schemas for each in _complaints(_schemas(), schema, at)]
    found += _references(document)
    return found or [*_operation_ids(document), *_parameters(document), *_defaults(document)]


def unknown_members(raw: Mapping[str, Any]) -> list[str]:
    """Pointers of members that the specification does not know where they stand."""
    errors = _structure(old=str(raw["openapi"]).startswith("3.0")).iter_errors(raw)
    unexpected = [(tuple(map(str, each.instance_path)), getattr(each.kind, "unexpected", ())) for each in errors]
    return [pointer_of((*place, str(name))) for place, names in unexpected for name in names]


def _complaints(validator: jsonschema_rs.Validator, node: Any, at: str) -> list[Problem]:
    try:
        errors = list(validator.iter_errors(node))
    except ValueError as error:  # a number that JSON does not have
        return [Problem(at, f"cannot be judged ({error})", _MEND)]
    return [Problem(at + pointer_of(place), words, _MEND) for each in errors for place, words in complaints(each)]


@cache
def _structure(*, old: bool) -> jsonschema_rs.Validator:
    from openapi_spec_validator.schemas import schema_v30, schema_v31  # slow to import: only when asked for

    return jsonschema_rs.validator_for(dict(schema_v30 if old else schema_v31))


@cache
def _schemas() -> jsonschema_rs.Validator:
    """Judges schemas themselves, the patterns in them among them."""
    lenient = dict.fromkeys(("uri", "uri-reference"), lambda text: True)
    return jsonschema_rs.Draft202012Validator({"$ref": _SCHEMA}, validate_formats=True, formats=lenient, offline=True)


def _references(document: RawDocument) -> Iterator[Problem]:
    for at, target in document.references:
        inside = target.startswith("#")  # what leads to other files was followed before
        if inside and target_of(document.raw, target) is MISSING and not _is_anchor(target):
            yield Problem(at, f"reference {target!r} leads nowhere", "every $ref must lead somewhere")


def _is_anchor(target: str) -> bool:
    return target not in ("", "#") and not target.startswith("#/")


def _operation_ids(document: RawDocument) -> Iterator[Problem]:
    known: set[object] = set()
    for call in document.calls:
        name = call.node.get("operationId")
        if name is not None and name in known:
            what, mend = f"the operationId {name!r} is there twice", "give every operation an operationId of its own"
            yield Problem(child(call.pointer, "operationId"), what, mend)
        known.add(name)


def _parameters(document: RawDocument) -> Iterator[Problem]:
    for path, item in mapping(document.raw.get("paths")).items():
        at = document.place(item, child("/paths", path))
        yield from _twice(document.parameters(document.follow(item), at))
    for call in document.calls:
        yield from _twice(document.parameters(call.node, call.pointer))
        yield from _path_parameters(document, call)


def _twice(parameters: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Problem]:
    known = set()
    for at, node in parameters:
        key = str(node.get("name")), node.get("in")
        if key in known:
            yield Problem(at, f"the parameter {key[0]!r} is there twice", "remove one")
        known.add(key)


def _path_parameters(document: RawDocument, call: Call) -> Iterator[Problem]:
    wanted = set(_IN_BRACES.findall(call.path))
    described = {str(node.get("name")): at for at, node in document.all_parameters(call) if node.get("in") == "path"}
    for name in sorted(wanted - set(described)):
        mend = f"describe it as a parameter `in: path`, or take {{{name}}} out of the path"
        yield Problem(call.pointer, f"{{{name}}} of the path is not described", mend)
    for name in sorted(set(described) - wanted):
        mend = f"write {{{name}}} into the path, or remove the parameter"
        yield Problem(described[name], f"the path {call.path} has no {{{name}}}", mend)


def _defaults(document: RawDocument) -> Iterator[Problem]:
    for at, schema in document.schemas:
        for _, reason in document.complaints(schema, schema["default"])[:1] if "default" in schema else ():
            yield Problem(child(at, "default"), f"the default is refused by its own schema: {reason}", "mend either")
