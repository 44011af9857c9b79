"""Finds the modes of each model: entries that have one name on the wire."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import Mode, Model
from screentest_contracts.location import Location, pointer_of
from screentest_contracts.raw.nodes import child
from screentest_contracts.schemas import member_schemas, validator

_SAID = 1_000_000
"""What the document says itself tells more than anything that follows from schemas."""

Demands = Mapping[tuple[str, ...], tuple[Any, ...]]
"""The members that a schema requires, by path; with the values that it allows, where it lists them."""


def with_modes(draft: Draft, models: Mapping[str, Model]) -> dict[str, Model]:
    """The models, each with the modes of its name. An entry without `told_by` is known by what its schema requires and
    not every other one does, by values that another one does not allow, and by having no member that only others know.
    """
    groups: dict[tuple[str, str], list[Model]] = {}
    for model in models.values():
        where = model.operations[0].id if model.operations else ""
        named = model.wire if model.request.model is not None or "told_by" not in _node(draft, model) else ""
        groups.setdefault((named, where), []).append(model)
    found: dict[str, Model] = {}
    for group in groups.values():
        modes = _modes(draft, group) if len(group) > 1 else ()
        found |= {model.name: replace(model, modes=modes) for model in group}
    return {name: found[name] for name in models}


def _node(draft: Draft, model: Model) -> Mapping[str, Any]:
    node: Mapping[str, Any] = draft.task["models"][model.name]
    return node


def _modes(draft: Draft, group: list[Model]) -> tuple[Mode, ...]:
    demands = {model.name: dict(_demands(model.schema)) for model in group}
    members = {model.name: {*_known(model.schema), *model.base} for model in group}
    modes = []
    for model in group:
        others = [each for name, each in demands.items() if name != model.name]
        said = _node(draft, model).get("told_by")
        if said is None:
            signs = _derived(demands[model.name], others)
            foreign = sorted({name for each in members.values() for name in each} - members[model.name])
            about, weight = ", ".join(signs) or "no sign", len(signs)
            without = [{"not": {"required": [name]}} for name in foreign]
            knows = validator({"allOf": [*signs.values(), *without]} if signs or foreign else {})
        else:
            about, weight = json.dumps(said, ensure_ascii=False), _SAID
            knows = draft.validator(said, child("/x-task/models", model.name, "told_by"))
        modes.append(Mode(model.name, about, weight, knows, model.validator))
    return tuple(modes)


def _known(schema: Any) -> Iterator[str]:
    """The members that a schema names, in whatever part of it."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for word in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(word, ()):
                yield from _known(part)


def _demands(schema: Any) -> Iterator[tuple[tuple[str, ...], tuple[Any, ...]]]:
    left: list[tuple[Any, tuple[str, ...]]] = [(schema, ())]
    while left:
        node, at = left.pop()
        if not isinstance(node, Mapping):
            continue
        left += [(part, at) for part in node.get("allOf", ())]
        for name in node.get("required", ()):
            path = (*at, name)
            members = member_schemas(schema, Location(pointer_of(path)))
            left += [(member, path) for member in members]
            yield path, next((values for each in members if (values := _values(each))), ())


def _values(member: Mapping[str, Any]) -> tuple[Any, ...]:
    return (member["const"],) if "const" in member else tuple(member.get("enum", ()))


def _derived(mine: Demands, others: Sequence[Demands]) -> dict[str, Mapping[str, Any]]:
    """What tells an entry by its schema: what to call it, and a schema of it."""
    alone = {path for path in mine if not all(path in each for each in others)}
    alone = {path for path in alone if not any(path[:cut] in alone for cut in range(1, len(path)))}
    found = {f"has {pointer_of(path)}": _holding(path, {}) for path in sorted(alone)}
    for path, values in mine.items():
        elsewhere = [theirs for each in others if (theirs := each.get(path))]
        if values and any(not any(value in theirs for value in values) for theirs in elsewhere):
            words = " or ".join(map(str, values))
            found[f"{pointer_of(path)} is {words}"] = _holding(path, {"enum": list(values)})
    return found


def _holding(path: tuple[str, ...], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema of what has a member at a path that keeps a schema."""
    for name in reversed(path):
        value = {"type": "object", "required": [name], "properties": {name: value}}
    return value
