"""Reads from which earlier task the creates of a model go on."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft, maybe_location
from screentest_contracts.contract import Earlier, Operation, StatusClass
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child

SHORTEST = 6
"""Characters of a stand-in: what replaces it must not hit anything else in a request."""


def earlier_parameter(draft: Draft, operation: str) -> str | None:
    """The parameter of a create that carries the id of an earlier task; None where no model says so."""
    for node in draft.task["models"].values():
        rule = node.get("earlier")
        if rule is not None and node.get("operation") == operation and "at" not in rule:
            return str(rule.get("parameter", draft.task["id"].get("parameter", "task_id")))
    return None


def read_earlier(
    draft: Draft, name: str, node: Mapping[str, Any], creates: tuple[Operation, ...], fact: Fact
) -> Earlier | None:
    """The earlier task that a model's requests name."""
    rule, at = node.get("earlier"), child("/x-task/models", name, "earlier")
    if rule is None:
        _check_creates(draft, name, node, creates)
        return None
    others = [each for each, other in draft.task["models"].items() if "earlier" not in other]
    models = tuple(rule.get("models", others))
    for index, each in enumerate(models):
        if each not in draft.task["models"]:
            draft.problem(child(at, "models", index), f"no model {each!r}", f"known: {', '.join(others)}")
    if not set(models) & set(others):
        draft.problem(at, "no task could be the first: each of its models goes on from another", "name one in `models`")
    place = maybe_location(rule.get("at"))
    return Earlier(
        at=place,
        models=models,
        classes=tuple(StatusClass(word) for word in rule.get("from", ["succeeded"])),
        stand_in=_in_parameter(draft, at, node, creates) if place is None else _in_body(draft, at, node, place),
        fact=fact.over(rule),
    )


def _in_parameter(draft: Draft, at: str, node: Mapping[str, Any], creates: tuple[Operation, ...]) -> str:
    if "operation" not in node or not all(operation.id_parameter for operation in creates):
        what = "no parameter of its create carries the earlier task's id"
        draft.problem(at, what, "name the `operation` that has one, or the member of the body: `at: /video/id`")
    return "earlier-task-0000"


def _in_body(draft: Draft, at: str, node: Mapping[str, Any], place: Location) -> Any:
    value = place.find(node["base"])
    if not isinstance(value, str | int) or len(str(value)) < SHORTEST:
        draft.problem(f"{at}/at", f"the base holds no id at {place}", "make one up, of six characters or more")
    return value


def _check_creates(draft: Draft, name: str, node: Mapping[str, Any], creates: tuple[Operation, ...]) -> None:
    """Notes a model that would be asked for where an earlier task has to be named."""
    for operation in creates if "operation" not in node else ():
        if earlier_parameter(draft, operation.id) is not None:
            what = f"its creates would go to {operation.id}, too, which goes on from an earlier task"
            draft.problem(child("/x-task/models", name), what, "name its own `operation`")
