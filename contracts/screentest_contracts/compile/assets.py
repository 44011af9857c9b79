"""Reads the further files of a task."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.compile.services import read_values
from screentest_contracts.contract import Asset, Body, Model, Operation, Profile, Role
from screentest_contracts.location import Location, segments
from screentest_contracts.raw.nodes import child
from screentest_contracts.schemas import member_schemas

_ASPECTS = ("life", "auth", "media_type")


def read_assets(
    draft: Draft,
    nodes: Mapping[str, Any],
    profiles: Mapping[str, Profile],
    roles: Mapping[Role, tuple[Operation, ...]],
    models: Mapping[str, Model],
) -> dict[str, Asset]:
    """Every file by its name; each must be shown by some body or given by the content operation, and each hole must
    have its file."""
    content = roles.get(Role.CONTENT, (None,))[0]
    found = {name: _asset(draft, name, node, content) for name, node in nodes.items()}
    shown = {slot.hole.argument for body in _bodies(profiles) for slot in body.template.slots_named("asset")}
    for name in {name for name, asset in found.items() if not asset.parameters} - shown:
        what = f"no body shows {{{{asset:{name}}}}}"
        draft.problem(child("/x-task/assets", name), what, "write that hole where the address stands")
    schemas = [model.schema for model in models.values()]
    for name, pointer in ((name, pointer) for name, asset in found.items() for pointer in asset.when):
        if not any(member_schemas(schema, Location(pointer)) for schema in schemas):
            what = f"no model's request has a member {pointer}"
            draft.problem(child("/x-task/assets", name, "when"), what, "name one that asks for the file")
    for name in sorted(shown - found.keys()):
        draft.problem("/x-task/assets", f"nothing says what {{{{asset:{name}}}}} is", f"add `{name}: {{at: ...}}`")
    return found


def _asset(draft: Draft, name: str, node: Mapping[str, Any], content: Operation | None) -> Asset:
    fact, parameters = draft.base.over(node), node.get("parameters", {})
    at, when = Location(node.get("at", ())), read_values(node.get("when", {}))
    known = {each["name"] for each in content.parameters if each["in"] == "query"} if content is not None else set()
    for parameter in sorted(parameters.keys() - known):
        what = f"the content operation has no parameter {parameter!r} of its query"
        draft.problem(child("/x-task/assets", name, "parameters"), what, "declare it under `paths`")
    if any(not segments(pointer) for pointer in at.pointers):
        draft.problem(child("/x-task/assets", name, "at"), "the whole body is no address", "name a member")
    return Asset(
        name=name,
        at=at,
        parameters=parameters,
        when=when,
        optional=bool(node.get("optional")),
        auth=node.get("auth", "required" if parameters and content is not None and content.secured else "none"),
        media_type=node.get("media_type", ""),
        life=node.get("life"),
        facts={"": fact, **{aspect: fact.over(node, f"{aspect}_") for aspect in _ASPECTS}},
    )


def _bodies(profiles: Mapping[str, Profile]) -> Iterator[Body]:
    for profile in profiles.values():
        for group in (profile.bodies, profile.result, *profile.views.values()):
            for readings in group.values():
                yield from readings
