"""Reads what answers about a task look like."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.compile.lifecycle import read_stage
from screentest_contracts.contract import (
    Bodies,
    Body,
    Copy,
    IdForm,
    IdRule,
    Outcome,
    Presence,
    Profile,
    Stage,
    StatusClass,
)
from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, resolve, segments
from screentest_contracts.raw.nodes import child


def read_id(draft: Draft, node: Mapping[str, Any]) -> IdRule:
    """Where the id stands and what it looks like."""
    fact = draft.base.over(node)

    def form(each: Mapping[str, Any], selected: bool, at: str) -> IdForm:
        try:
            pattern = re.compile(each["pattern"])
        except re.error as error:
            draft.problem(f"{at}/pattern", f"pattern: no regular expression ({error})", "mend it")
            pattern = re.compile("")
        template = draft.template(each["make"], f"{at}/make")
        return IdForm(template, pattern, selected, bool(each.get("tolerated")), fact.over(each))

    return IdRule(
        at=Location(node["at"]),
        parameter=node.get("parameter", "task_id"),
        forms=draft.readings(node["forms"], form, "/x-task/id/forms"),
        addresses=node.get("addresses", {}),
        fact=fact,
    )


_READING_WORDS = {"body", "when", "tolerated", "mark", "source", "note"}


def read_bodies(draft: Draft, node: Any, fact: Fact, pointer: str) -> tuple[Body, ...]:
    """The readings of one body."""
    is_reading = isinstance(node, list) and node and all(isinstance(each, dict) and "body" in each for each in node)
    single = isinstance(node, dict) and "body" in node and set(node) <= _READING_WORDS
    nodes = node if is_reading or single else {"body": node}
    return draft.readings(
        nodes,
        lambda each, selected, at: Body(
            draft.template(each["body"], child(at, "body") if is_reading or single else pointer),
            selected,
            bool(each.get("tolerated")),
            draft.over(fact, each, at),
        ),
        pointer,
    )


def read_body_map(draft: Draft, node: Mapping[str, Any], fact: Fact, pointer: str) -> Bodies:
    """The bodies by status."""
    statuses = draft.task["lifecycle"]["statuses"]
    for name in node:
        if name not in statuses:
            draft.problem(child(pointer, name), f"{name!r} is no status", f"known: {', '.join(statuses)}")
    return {name: read_bodies(draft, each, fact, child(pointer, name)) for name, each in node.items()}


def read_profile(draft: Draft, name: str, node: Mapping[str, Any]) -> Profile:
    """How the tasks of some models move and look; every status shown needs a body."""
    pointer = child("/x-task/profiles", name)
    fact = draft.base.over(node)
    statuses = draft.task["lifecycle"]["statuses"]
    bodies = read_body_map(draft, node["bodies"], fact, f"{pointer}/bodies")

    shown: dict[str, str] = {}  # status: where it is named first

    def outcome(each: Mapping[str, Any], selected: bool, at: str) -> Outcome:
        shown.setdefault(each["status"], f"{at}/status")
        progress = each.get("progress", "keep")
        return Outcome(each["status"], None if progress == "keep" else progress, each.get("failure"), selected)

    outcomes = {
        StatusClass(key): draft.readings(each, outcome, f"{pointer}/outcomes/{key}")
        for key, each in node["outcomes"].items()
    }
    readings = _stages(draft, node["stages"], f"{pointer}/stages", shown)
    stages = next(each for selected, each in readings if selected)
    for status, at in shown.items():
        if status not in statuses:
            draft.problem(at, f"{status!r} is no status", f"known: {', '.join(statuses)}")
        elif status not in bodies:
            draft.problem(f"{pointer}/bodies", f"no body for status {status!r}", "write one")
    item = read_bodies(draft, node["item"], fact, f"{pointer}/item") if "item" in node else ()
    return Profile(
        name=name,
        typical=float(node["typical"]),
        receipt=read_bodies(draft, node["receipt"], fact, f"{pointer}/receipt"),
        stages=stages,
        outcomes=outcomes,
        bodies=bodies,
        result=read_body_map(draft, node.get("result", {}), fact, f"{pointer}/result"),
        item=item,
        items={} if item else _items(draft, bodies),
        views={
            key: read_body_map(draft, each, fact, f"{pointer}/views/{key}")
            for key, each in node.get("views", {}).items()
        },
        copies=tuple(_copy(each, fact) for each in node.get("copies", [])),
        fact=fact,
    )


def _items(draft: Draft, bodies: Bodies) -> Bodies:
    """The parts of the queries' bodies that lists show; nothing where these show whole bodies."""
    at = draft.task.get("list", {}).get("shows")
    if at is None:
        return {}

    def part(body: Body) -> Body:
        tree = resolve(body.template.tree, segments(at))
        if tree is MISSING:
            draft.problem("/x-task/list/shows", f"a body of a query has nothing at {at}", "see profiles.NAME.bodies")
        return replace(body, template=draft.template(None if tree is MISSING else tree, "/x-task/list/shows"))

    return {status: tuple(part(body) for body in readings) for status, readings in bodies.items()}


def _stages(draft: Draft, node: Any, pointer: str, shown: dict[str, str]) -> tuple[tuple[bool, tuple[Stage, ...]], ...]:
    """Each reading of the stages, and whether it is the selected one. Adds to `shown` where each status is named."""
    plain = "stages" not in node[0]

    def stages(each: Mapping[str, Any], selected: bool, at: str) -> tuple[bool, tuple[Stage, ...]]:
        for index, stage in enumerate(each["stages"]):
            shown.setdefault(stage["status"], child(at if plain else f"{at}/stages", index, "status"))
        return selected, tuple(read_stage(stage) for stage in each["stages"])

    return draft.readings({"stages": node} if plain else node, stages, pointer)


def _copy(node: Mapping[str, Any], fact: Fact) -> Copy:
    classes = {word: StatusClass(status) for word, status in node["classes"].items()}
    return Copy(Location(node["at"]), classes, fact.over(node))


def read_presence(draft: Draft, index: int, node: Mapping[str, Any]) -> Presence:
    """A member that must (not) be there."""
    on = (node["on"],) if isinstance(node["on"], str) else tuple(node["on"])
    known = {*draft.task["lifecycle"]["statuses"], *StatusClass, "receipt", "all"}
    at = f"/x-task/presence/{index}/on"
    for number, name in enumerate(on):
        if name not in known:
            where = at if isinstance(node["on"], str) else f"{at}/{number}"
            draft.problem(where, f"{name!r} is no status or class", f"known: {', '.join(sorted(known))}")
    slug = node.get("name") or ".".join(part for part in node["at"].split("/")[1:] if not part.isdecimal())
    return Presence(
        name=slug,
        pointer=node["at"],
        on=on,
        present=node["is"] == "present",
        profile=node.get("profile"),
        operation=node.get("operation"),
        type=node.get("type"),
        statement=node.get("statement"),
        fact=draft.base.over(node),
    )
