"""Reads what a list is: its body, its pages, its filters and its order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from screentest_contracts.compile.call_parameters import read_filters, read_order
from screentest_contracts.compile.draft import Draft, maybe_location
from screentest_contracts.contract import Lifecycle, ListRule, Operation, Profile, Role
from screentest_contracts.location import Location, segments


def read_listing(
    draft: Draft,
    node: Mapping[str, Any] | None,
    roles: Mapping[Role, tuple[Operation, ...]],
    profiles: Mapping[str, Profile],
    lifecycle: Lifecycle,
) -> ListRule | None:
    """The list's body, where each task's id and status stand in it, and what its parameters do."""
    if node is None:
        return None
    template = draft.template(node["body"], "/x-task/list/body")
    at = [slot.pointer for slot in template.slots_named("items")]
    items = [body.template for profile in profiles.values() for body in profile.every_item]
    ids = [slot.pointer for each in items for slot in each.slots_named("id") if slot.whole]
    words = [slot.pointer for each in items for slot in each.slots_named("status") if slot.whole]
    named = [slot.pointer for each in items for slot in each.slots_named("model") if slot.whole]
    status_at = Location([*words, *_within(node, lifecycle.status_at)])
    model_at = maybe_location(draft.task["request"].get("model"))
    known = {
        "status": _names(status_at.pointers),
        "model": _names([*named, *(model_at.pointers if model_at is not None else ())]),
    }
    operations = roles.get(Role.LIST, ())
    parameters = operations[0].call_parameters if operations else ()
    limit = next((each.schema for each in parameters if each.name == node.get("parameter")), {})
    return ListRule(
        body=template,
        items=Location(node.get("items") or at or "/data"),
        id_at=Location([*ids, *_within(node, Location(draft.task["id"]["at"]))]),
        status_at=status_at,
        parameter=node.get("parameter"),
        default=node.get("default", _positive(limit.get("default"), 20)),
        maximum=node.get("maximum", _positive(limit.get("maximum"), 100)),
        page=node.get("page"),
        after=node.get("after"),
        offset=node.get("offset"),
        cursor=node["cursor"].get("parameter", "cursor") if "cursor" in node else None,
        next_at=Location(node["cursor"]["next"]) if "cursor" in node else None,
        next_is_address=bool(node.get("cursor", {}).get("address")),
        filters=read_filters(draft, node, parameters, known),
        order=read_order(draft, node.get("order"), parameters),
        fact=draft.base.over(node),
    )


def _within(node: Mapping[str, Any], location: Location) -> Iterator[str]:
    """Where a listed task has what a query has at a place."""
    for pointer in location.pointers:
        yield pointer.removeprefix(node.get("shows", "")) or pointer


def _names(pointers: Iterable[str]) -> frozenset[str]:
    return frozenset(segments(pointer)[-1] for pointer in pointers if segments(pointer))


def _positive(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise
