"""Reads how several tasks are asked for at once."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import BatchRule, Operation, Profile, Role
from screentest_contracts.location import MISSING, Location, resolve, segments
from screentest_contracts.raw.nodes import child

_AT = "/x-task/batch"


def read_batch(
    draft: Draft,
    node: Mapping[str, Any] | None,
    roles: Mapping[Role, tuple[Operation, ...]],
    profiles: Mapping[str, Profile],
) -> BatchRule | None:
    """How several tasks are asked for at once; notes a role without a section, and items that no query shows."""
    if (node is None) is (Role.BATCH in roles):
        at = _AT if node is not None else "/x-task/roles/batch"
        draft.problem(at, "roles.batch and a `batch` section need each other", "")
    if node is None:
        return None
    for operation in roles.get(Role.BATCH, ()):
        _check_list(draft, operation)
    part, fact, unknown = node.get("part", ""), draft.base.over(node), node.get("unknown", "")
    body = draft.template(node["body"], f"{_AT}/body")
    item = unknown.get("item") if isinstance(unknown, Mapping) else None
    return BatchRule(
        part=part,
        body=body,
        items=Location(node.get("items") or [slot.pointer for slot in body.slots_named("items")]),
        id_at=Location(_ids(draft, part, profiles)),
        unknown=unknown if isinstance(unknown, str) else "item",
        unknown_item=None if item is None else draft.template(item, f"{_AT}/unknown/item"),
        ordered="order" in node,
        facts={"": fact, **{aspect: fact.over(node, f"{aspect}_") for aspect in ("unknown", "order")}},
    )


def _check_list(draft: Draft, operation: Operation) -> None:
    """Notes where the ids are no list."""
    declared = operation.id_parameter
    schema = (operation.body_schema or {}).get("properties", {}).get(operation.carrier, {})
    if declared is not None:
        schema = declared.get("schema", {})
    if schema.get("type") != "array":
        at = child("/paths", operation.path, operation.method.lower())
        mend = "write `type: array`; a query parameter with commas has `explode: false`, too"
        draft.problem(at, f"{operation.carrier!r} takes no list of ids", mend)


def _ids(draft: Draft, part: str, profiles: Mapping[str, Profile]) -> list[str]:
    """Where an item has its id, below the part of a query's answer that it is."""
    found = [*Location(draft.task["id"]["at"]).pointers]
    for profile in profiles.values():
        for status, readings in profile.bodies.items():
            for body in readings:
                if resolve(body.template.tree, segments(part)) is MISSING:
                    at = child("/x-task/profiles", profile.name, "bodies", status)
                    draft.problem(at, f"it has no {part}, which batch.part names", "name what every body has")
                found += [slot.pointer for slot in body.template.slots_named("id") if slot.whole]
    below = [pointer.removeprefix(part) for pointer in found if pointer.startswith(f"{part}/")]
    if not below:
        draft.problem(f"{_AT}/part", f"no task's id stands below {part}", "name a part that holds it")
    return list(dict.fromkeys(below))
