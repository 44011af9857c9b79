"""Reads the models."""

import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from screentest_contracts.compile.draft import Draft, maybe_location
from screentest_contracts.compile.earlier import read_earlier
from screentest_contracts.complaints import complaint
from screentest_contracts.contract import Model, Operation, Profile, RequestMap, Role
from screentest_contracts.frames import frame_size
from screentest_contracts.location import MISSING, Location
from screentest_contracts.parameters import constraints_of, vendor_choices
from screentest_contracts.raw.nodes import child
from screentest_contracts.schemas import member_schemas, validator

_CHOSEN = ("duration", "ratio", "resolution", "seed")


def read_model(
    draft: Draft,
    name: str,
    node: Mapping[str, Any],
    roles: Mapping[Role, tuple[Operation, ...]],
    profiles: Mapping[str, Profile],
) -> Model:
    """One model; its base must be valid."""
    pointer = child("/x-task/models", name)
    schemas = draft.document.resolved.get("components", {}).get("schemas", {})
    schema = schemas.get(node["schema"])
    if schema is None:
        draft.problem(f"{pointer}/schema", f"no schema {node['schema']!r}", f"known: {', '.join(schemas)}")
        schema = {}
    schema = draft.fitting(schema, f"{pointer}/schema")
    fact = draft.base.over(schema, "x-").over(node)
    profile = node.get("profile", next(iter(profiles)))
    if profile not in profiles or ("profile" not in node and len(profiles) > 1):
        draft.problem(f"{pointer}/profile", "must name one of the profiles", ", ".join(profiles))
    creates = roles[Role.CREATE]
    if "operation" in node:
        creates = tuple(operation for operation in creates if operation.id == node["operation"])
        if not creates:
            draft.problem(f"{pointer}/operation", f"{node['operation']!r} is not in roles.create", "")
    compiled = _validator(draft, schema, node["base"], pointer)
    request = _request_map({**draft.task["request"], **node.get("request", {})})
    output = node.get("output", {})
    defaults = {
        key: default
        for key in _CHOSEN
        if (default := _default(schema, getattr(request, key), output.get(key))) is not None
    }
    vendor_chooses = {key: _vendor_chooses(draft, pointer, schema, key, request) for key in _CHOSEN}
    wire = MISSING if request.model is None else request.model.find(node["base"])
    return Model(
        name=name,
        wire=wire if isinstance(wire, str) else name,
        names=_names(draft, pointer, node, wire),
        modes=(),
        earlier=read_earlier(draft, name, node, creates, fact),
        schema_name=node["schema"],
        schema=schema,
        validator=compiled,
        base=node["base"],
        profile=profile,
        operations=creates,
        request=request,
        defaults=defaults,
        vendor_chooses=vendor_chooses,
        stands_for={
            key: _stands_for(draft, pointer, schema, key, request) for key in ("duration", "ratio", "resolution")
        },
        echoes=_echoes(schema, request, output.get("echoes")),
        echo_fact=fact.over(output),
        upstream=node.get("upstream", wire if isinstance(wire, str) else name),
        constraints=constraints_of(schema, draft.api.over(node) if node.get("mark") else draft.api.over(schema, "x-")),
        fact=fact,
    )


def _names(draft: Draft, pointer: str, node: Mapping[str, Any], wire: Any) -> re.Pattern[str] | None:
    """What names of an open set of models look like; the one of the base is an example."""
    if "names" not in node:
        return None
    try:
        pattern = re.compile(node["names"])
    except re.error as error:
        draft.problem(f"{pointer}/names", f"no regular expression ({error})", "mend it")
        return None
    if not isinstance(wire, str) or pattern.search(wire) is None:
        draft.problem(f"{pointer}/names", f"the base names {wire!r}, which is not of this form", "give it such a name")
    return pattern


def _validator(draft: Draft, schema: Any, base: Any, pointer: str) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema, by which the base must be valid."""
    compiled = draft.validator(schema, f"{pointer}/schema")
    for error in compiled.iter_errors(base):
        at = child(pointer, "base", *error.instance_path)
        draft.problem(at, f"the base does not validate: {complaint(error)}", "base must be valid")
    return compiled


def _echoes(schema: Any, request: RequestMap, stated: list[str] | None) -> tuple[str, ...]:
    """What the delivered video must show: as stated, else what a request can ask for."""
    if stated is not None:
        return tuple(stated)
    return tuple(key for key in ("duration", "ratio", "resolution") if _can_ask(schema, getattr(request, key)))


def _request_map(node: Mapping[str, Any]) -> RequestMap:
    return RequestMap(**{key: maybe_location(value) for key, value in node.items()})


def _default(schema: Any, location: Location | None, fallback: Any) -> Any:
    for member in member_schemas(schema, location):
        if "default" in member:
            return member["default"]
    return fallback


def _vendor_chooses(draft: Draft, pointer: str, schema: Any, key: str, request: RequestMap) -> tuple[Any, ...]:
    members = member_schemas(schema, getattr(request, key))
    for member in members:
        for value in vendor_choices(member):
            if not validator(member).is_valid(value):
                what = f"`x-vendor-chooses` of the {key} names {value!r}, which its schema refuses"
                draft.problem(f"{pointer}/schema", what, "name values that a request may have")
    return tuple(value for member in members for value in vendor_choices(member))


def _stands_for(draft: Draft, pointer: str, schema: Any, key: str, request: RequestMap) -> dict[str, Any]:
    """What words of a member mean. Notes words that no request may have, and what no video could be."""
    found: dict[str, Any] = {}
    for member in member_schemas(schema, getattr(request, key)):
        for word, meant in member.get("x-stands-for", {}).items():
            what = f"`x-stands-for` of the {key} says {word}: {meant!r}"
            if not validator(member).is_valid(word):
                draft.problem(
                    f"{pointer}/schema", f"{what}, but its schema refuses the word", "name words of the member"
                )
            elif not _is_possible(key, meant):
                draft.problem(f"{pointer}/schema", f"{what}, which no video has", "write 5, 16:9, 720p or 1280x720")
            found[word] = meant
    return found


def _is_possible(key: str, meant: Any) -> bool:
    try:
        if key == "duration":
            return float(str(meant).removesuffix("s")) > 0
        frame_size(str(meant), "720p") if key == "ratio" else frame_size("16:9", meant)
    except ValueError:
        return False
    return True


def _can_ask(schema: Any, location: Location | None) -> bool:
    return any(not member.get("x-ignored") for member in member_schemas(schema, location))
