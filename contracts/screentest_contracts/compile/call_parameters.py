"""Reads query and path parameters, and what those of a list do."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import FILTERED, CallParameter, ListOrder
from screentest_contracts.facts import Fact, Mark


def read_call_parameters(
    draft: Draft, nodes: Iterable[Mapping[str, Any]], carrier: str, fact: Fact, at: str
) -> tuple[CallParameter, ...]:
    """Those that have a schema, without the key and what names the model."""
    found: dict[tuple[str, str], CallParameter] = {}  # an operation's own parameter stands for that of its path
    for node in nodes:
        name, place, schema = str(node.get("name")), str(node.get("in")), node.get("schema")
        if (
            place not in ("query", "path")
            or not isinstance(schema, Mapping)
            or "x-model" in node
            or _is_key(draft, name)
        ):
            continue
        schema = _without_null(schema)
        found[place, name] = CallParameter(
            name=name,
            place=place,
            required=bool(node.get("required")) or place == "path",
            schema=schema,
            validator=draft.validator(schema, f"{at}/parameters ({name})"),
            carries_id=name == carrier,
            explode=node.get("explode", node.get("style", "form") == "form"),
            fact=fact.over(node, "x-").over(schema, "x-"),
        )
    return tuple(found.values())


def _is_key(draft: Draft, name: str) -> bool:
    schemes = draft.document.resolved.get("components", {}).get("securitySchemes", {}).values()
    return any(each.get("in") == "query" and each.get("name") == name for each in schemes)


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without the null that no address can hold: an optional parameter is often written as `anyOf` with it."""
    for keyword in ("anyOf", "oneOf"):
        branches = [
            each for each in schema.get(keyword, ()) if isinstance(each, Mapping) and each.get("type") != "null"
        ]
        if len(branches) == 1 and len(schema[keyword]) == 2:
            return {**{key: value for key, value in schema.items() if key != keyword}, **branches[0]}
    return schema


def read_filters(
    draft: Draft, node: Mapping[str, Any], parameters: Iterable[CallParameter], known: Mapping[str, frozenset[str]]
) -> dict[str, str]:
    """What each filter of a list looks at, by the parameter's name: what the document says, else what its name says.

    `known` has, for each fact of FILTERED, the names of the members that hold it."""
    filters = {}
    declared = {parameter.name for parameter in parameters}
    for name in node.get("filters", {}):
        if name not in declared:
            at = "/x-task/list/filters"
            draft.problem(at, f"the list has no parameter {name!r}", "declare it at the list's operation")
    for parameter in parameters:
        word = node.get("filters", {}).get(parameter.name, _meant(parameter.name, known))
        if word in FILTERED:
            filters[parameter.name] = word
    return filters


def _meant(name: str, known: Mapping[str, frozenset[str]]) -> str | None:
    """What a parameter filters that is called as a member of a task is: `status`, `filter.status`, `filter[status]`."""
    plain = re.sub(r"^filters?[.\[_]|\]$", "", name)
    return next((fact for fact, names in known.items() if plain in names), None)


def read_order(draft: Draft, node: Mapping[str, Any] | None, parameters: Iterable[CallParameter]) -> ListOrder | None:
    """How a list is asked for in either order; a parameter whose only two values begin with `asc` and `desc` tells."""
    if node is not None:
        fact = next((each.fact for each in parameters if each.name == node["parameter"]), None)
        if fact is None:
            what = f"the list has no parameter {node['parameter']!r}"
            draft.problem("/x-task/list/order", what, "declare it at the list's operation")
        return ListOrder(node["parameter"], node["newest"], node["oldest"], fact or Fact(Mark.ASSUMED))
    for parameter in parameters:
        words = {str(word).lower()[:3]: str(word) for word in parameter.schema.get("enum", ())}
        if words.keys() == {"asc", "des"} and len(parameter.schema["enum"]) == 2:
            return ListOrder(parameter.name, words["des"], words["asc"], parameter.fact)
    return None
