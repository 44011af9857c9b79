"""Reads what comes with a task beside create and query."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import (
    CancelRule,
    Idempotency,
    Link,
    Operation,
    Price,
    Role,
    StatusClass,
)
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child
from screentest_contracts.template import Template


def read_link(draft: Draft, node: Mapping[str, Any], roles: Mapping[Role, tuple[Operation, ...]]) -> Link:
    """Where the result is, and for how long."""
    fact = draft.base.over(node)
    aspects = ("life", "range", "auth", "media_type", "expiry", "renewed")
    bytes_at = next((each.path for each in roles.get(Role.CONTENT, ())), None)
    if "at" not in node and bytes_at is None:
        draft.problem("/x-task/link", "neither `at` nor a content operation", "say where the result is")
    carrier = f"{{{draft.task['id'].get('parameter', 'task_id')}}}"
    make = node.get("make", (bytes_at or "").replace(carrier, "{{id}}"))
    makes = draft.readings(
        {"make": make} if isinstance(make, str) else make,
        lambda each, selected, at: (selected, each["make"], at if isinstance(make, str) else child(at, "make")),
        "/x-task/link/make",
    )
    life, lives = _lives(draft, node.get("life"))
    return Link(
        at=Location(node.get("at", [])),
        make=next(draft.template(each, at) for selected, each, at in makes if selected),
        from_origin=node.get("relative_to") == "origin",
        auth=node.get("auth", "none"),
        life=life,
        lives=lives,
        expiry_query=node.get("expiry", {}).get("query"),
        expiry_form=node.get("expiry", {}).get("form"),
        media_type=node.get("media_type", "video/mp4"),
        range=node.get("range"),
        renewed=bool(node.get("renewed")),
        facts={"": fact, **{aspect: fact.over(node, f"{aspect}_") for aspect in aspects}},
    )


UNSTATED_LIFE = 86400.0
"""The seconds for which the mock keeps an address of which documents only say that it ends."""


def _lives(draft: Draft, node: Any) -> tuple[float | None, tuple[float, ...]]:
    """The life of an address by the chosen reading, and by all."""
    if node is None:
        return None, ()
    if node == "unknown":
        return UNSTATED_LIFE, ()
    rows = [{"life": node}] if isinstance(node, int | float) else node
    readings = draft.readings(rows, lambda each, selected, at: (selected, float(each["life"])), "/x-task/link/life")
    return next(life for selected, life in readings if selected), tuple(dict.fromkeys(life for _, life in readings))


def read_idempotency(draft: Draft, node: Mapping[str, Any] | None) -> Idempotency | None:
    """What makes a create safe to repeat."""
    if node is None:
        return None
    at, fact, replayed = "/x-task/idempotency", draft.base.over(node), node.get("replayed")
    if ("header" in node) is ("at" in node):
        what = "both `header` and `at`" if "at" in node else "neither `header` nor `at`"
        draft.problem(at, what, "say where a request has its key: in a header, or at a pointer into its body")
    make = draft.template(node.get("make", "{{random:uuid}}"), f"{at}/make")
    if any(slot.hole.name != "random" for slot in make.slots):
        draft.problem(f"{at}/make", "a key is made before there is a task", "use no hole but {{random:form}}")
        make = Template("")
    elif not make.slots:
        draft.problem(f"{at}/make", "every create would have the same key", 'for example "{{random:hex:32}}"')
    return Idempotency(
        header=node.get("header"),
        at=Location(node["at"]) if "at" in node else None,
        make=make,
        replayed=None if replayed is None else (replayed["header"], replayed.get("value")),
        life=node.get("life"),
        fact=fact,
        replayed_fact=fact.over(replayed),
        life_fact=fact.over(node, "life_"),
    )


def read_price(draft: Draft, node: Mapping[str, Any], units: Mapping[str, Any]) -> Price:
    """What a clip costs."""
    unit = units.get(node["currency"], {"per": 1, "currency": node["currency"]})
    return Price(
        cost=float(node["amount"]) / float(unit["per"]),
        money=unit["currency"],
        models=tuple(node["models"]),
        resolution=node.get("resolution"),
        per=node["per"],
        amount=float(node["amount"]),
        currency=node["currency"],
        unit=node.get("unit", node["currency"]),
        when=read_values(node.get("when", {})),
        fact=draft.base.over(node),
    )


def read_cancel(draft: Draft, node: Mapping[str, Any] | None) -> CancelRule | None:
    """What can be cancelled or deleted."""
    if node is None:
        return None
    return CancelRule(
        classes=_classes(node.get("from", ())),
        deletes=_classes(node.get("deletes", ())),
        unsure=(),
        body=draft.template(node["body"], "/x-task/cancel/body") if "body" in node else None,
        fact=draft.base.over(node),
    )


def read_delete(draft: Draft, node: Any) -> CancelRule | None:
    """What can be deleted, where that is an operation of its own; notes a class that is deleted and cancelled."""
    if node is None:
        return None

    def rule(each: Mapping[str, Any], selected: bool, at: str) -> tuple[bool, CancelRule]:
        deletes, cancels = _classes(each["from"]), _classes(each.get("cancels", ()))
        for both in sorted({*deletes} & {*cancels}):
            draft.problem(f"{at}/cancels", f"a task that is {both} is deleted and cancelled", "take it out of one")
        body = draft.template(each["body"], f"{at}/body") if "body" in each else None
        return selected, CancelRule(cancels, deletes, (), body, draft.base.over(each))

    readings = draft.readings(node, rule, "/x-task/delete")
    rules = [each for _, each in readings]
    chosen = next(each for selected, each in readings if selected)
    unsure = tuple(
        each for each in StatusClass if len({(each in rule.classes, each in rule.deletes) for rule in rules}) > 1
    )
    return replace(chosen, unsure=unsure)


def _classes(names: Iterable[str]) -> tuple[StatusClass, ...]:
    return tuple(StatusClass(name) for name in names)


def read_values(node: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """The values that members of a request have, by their pointers."""
    return {at: tuple(each) if isinstance(each, list) else (each,) for at, each in node.items()}
