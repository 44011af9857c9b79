"""Reads what is only read: balance, models, account."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import RESOURCES, Operation, Resource, Role
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child
from screentest_contracts.template import Template

HOLES: Mapping[Role, frozenset[str]] = {
    Role.BALANCE: frozenset({"balance", "spent"}),
    Role.MODELS: frozenset({"items", "total", "has_more", "next_cursor"}),
    Role.ACCOUNT: frozenset({"balance", "spent"}),
}
"""The holes that a resource's body may have beside those of any answer."""

_ANYWHERE = frozenset({"now", "random", "answer_id", "text", "any"})
_OF_MODEL = frozenset({"model", "upstream"})


def read_resources(draft: Draft, roles: Mapping[Role, tuple[Operation, ...]]) -> dict[Role, Resource]:
    """The resources of the document, by their roles."""
    nodes: Mapping[str, Mapping[str, Any]] = draft.task.get("resources", {})
    for role in RESOURCES:
        if (role in roles) is not (role in nodes):
            at = f"/x-task/resources/{role}" if role in nodes else f"/x-task/roles/{role}"
            what = f"roles.{role} and resources.{role} need each other"
            draft.problem(at, what, "name the operation under roles, and its body under resources")
    return {Role(name): _resource(draft, Role(name), node) for name, node in nodes.items()}


def _resource(draft: Draft, role: Role, node: Mapping[str, Any]) -> Resource:
    at = f"/x-task/resources/{role}"
    body = _template(draft, node["body"], f"{at}/body", HOLES[role])
    item = _template(draft, node["item"], f"{at}/item", _OF_MODEL) if "item" in node else None
    items = [slot.pointer for slot in body.slots_named("items") if slot.whole]
    names = [slot.pointer for slot in item.slots_named(*_OF_MODEL) if slot.whole] if item is not None else []
    found = Resource(
        body=body,
        item=item,
        items=Location(items),
        name_at=Location(names),
        early=node.get("taken", "finished") == "created",
        settle=float(node.get("settle", 10)),
        start=float(node.get("start", 10_000)),
        fact=draft.base.over(node),
    )
    if role is Role.BALANCE and found.left is None:
        draft.problem(f"{at}/body", "nothing says what is left", "write the hole {{balance}} as a whole member")
    if role is Role.MODELS and not (items and names):
        what = "nothing says where the names of the models stand"
        draft.problem(at, what, "write {{items}} into the body, and {{model}} or {{upstream}} into `item`")
    return found


def _template(draft: Draft, tree: Any, at: str, own: frozenset[str]) -> Template:
    template = draft.template(tree, at)
    for slot in template.slots:
        if slot.hole.name not in own | _ANYWHERE:
            what = f"{{{{{slot.hole.name}}}}} belongs to a task, and this answer is about none"
            draft.problem(child(at) + slot.pointer, what, f"holes: {', '.join(sorted(own | _ANYWHERE))}")
    return template
