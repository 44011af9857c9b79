"""List, cancel and delete: drafted where the schemas say what they answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from screentest_contracts.drafting import calls, listing
from screentest_contracts.drafting import places as telling
from screentest_contracts.drafting.bodies import Body
from screentest_contracts.drafting.identity import polled_ids
from screentest_contracts.drafting.shapes import Shapes
from screentest_contracts.raw.document import Call
from screentest_contracts.raw.nodes import mapping


def add_list(shapes: Shapes, task: dict[str, Any], ops: Mapping[str, Call], asked: Any, known: str) -> list[str]:
    """Adds `list` where its items are tasks; else takes the role away. What is left to do."""
    if "list" not in ops:
        return []
    drafted, left = listing.add_list(shapes, task, ops, asked, known)
    if not drafted:
        _take_away(task, "list")
    return left


def add_cancel(shapes: Shapes, task: dict[str, Any], ops: Mapping[str, Call], known: str) -> list[str]:
    """Adds `cancel`, with a body of its answer. What is left to do. `known`: an id as tasks have it."""
    call = ops.get("cancel")
    if call is None:
        return []
    words = _words(task)
    deletes = call.method == "delete" and "cancelled" not in words
    if not deletes and "cancelled" not in words:
        return _without(task, "cancel", "no status means cancelled")
    node: dict[str, Any] = {"deletes": ["succeeded", "failed"]} if deletes else {"from": ["queued"]}
    return _add_ending(shapes, task, "cancel", call, node, known)


def add_delete(shapes: Shapes, task: dict[str, Any], ops: Mapping[str, Call], known: str) -> list[str]:
    """Adds `delete`, where it stands beside a cancel. What is left to do. `known`: an id as tasks have it."""
    call = ops.get("delete")
    return [] if call is None else _add_ending(shapes, task, "delete", call, {"from": ["succeeded", "failed"]}, known)


def _words(task: Mapping[str, Any]) -> dict[str, str]:
    """A status word of each class."""
    return {mapping(each)["class"]: str(word) for word, each in mapping(task["lifecycle"])["statuses"].items()}


def _add_ending(
    shapes: Shapes, task: dict[str, Any], role: str, call: Call, node: dict[str, Any], known: str
) -> list[str]:
    """Adds what a cancel or a delete does, with a body of its answer. What is left to do."""
    declared, words = shapes.document.answer_schema(call, calls.good_status(call)), _words(task)
    if declared is not None:
        found = telling.places(shapes, declared[0], [])
        ids = polled_ids(list(found.members), task["id"]["at"], task["id"]["parameter"], found.status)
        word = words.get("cancelled", words.get("succeeded", ""))
        places = replace(found, ids=tuple(ids), link=None)
        body, problem = Body(shapes, places, word, "cancelled", known).of(declared[0])
        if problem:
            return _without(task, role, "no valid answer could be made from its schema")
        node["body"] = body
    task[role] = node
    return [f"in which states {role} works is a guess: {role}"]


def _without(task: dict[str, Any], role: str, why: str) -> list[str]:
    _take_away(task, role)
    return [f"{role} is not drafted: {why}"]


def _take_away(task: dict[str, Any], role: str) -> None:
    task["roles"] = {name: ids for name, ids in task["roles"].items() if name != role}
    task["success"] = {name: rule for name, rule in task["success"].items() if name != role}
