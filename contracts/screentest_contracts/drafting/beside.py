"""List and cancel: drafted where the schemas say what they answer."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.drafting import calls
from screentest_contracts.drafting.bodies import shown
from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Shapes, plain
from screentest_contracts.raw.document import Call
from screentest_contracts.raw.nodes import child, mapping

_HOLES = {
    "hasmore": "{{has_more}}",
    "total": "{{total}}",
    "count": "{{total}}",
    "firstid": "{{first_id}}",
    "lastid": "{{last_id}}",
    "limit": "{{limit}}",
}


def add_list(shapes: Shapes, task: dict[str, Any], ops: dict[str, Call], asked: Any) -> list[str]:
    """Adds `list` where its items look like the answers of a query; else takes the role away. What is left to do."""
    call = ops.get("list")
    if call is None:
        return []
    document = shapes.document
    answer = calls.answer_of(document, call)
    shape = shapes.of(answer)
    for name, node in mapping(shape.get("properties")).items():
        items = shapes.of(node).get("items")
        if items is None or not _alike(shapes, items, asked):
            continue
        body = {**mapping(sample(shapes, answer)), name: "{{items}}"}
        for member, inner in mapping(shape.get("properties")).items():
            hole = _HOLES.get(plain(str(member)))
            if hole and not (set(shapes.of(inner).get("type", ())) & {"object", "array"}):
                body[str(member)] = hole
        filled = {key: [] if value == "{{items}}" else _shown(value) for key, value in body.items()}
        if not document.complaints(answer, filled):
            task["list"] = {"body": body, "items": child("", name)}
            return ["how the list is paged and sorted is not drafted: list"]
    return _without(task, "list", "its items do not look like the answer of the query")


def _alike(shapes: Shapes, items: Any, asked: Any) -> bool:
    return items == asked or shapes.of(items) == shapes.of(asked)


def _shown(value: Any) -> Any:
    names = {"{{has_more}}": False, "{{total}}": 1, "{{first_id}}": "a", "{{last_id}}": "a", "{{limit}}": 20}
    return names.get(value, shown(value)) if isinstance(value, str) else shown(value)


def add_cancel(shapes: Shapes, task: dict[str, Any], ops: Mapping[str, Call]) -> list[str]:
    """Adds `cancel`, with the smallest body of its answer. What is left to do."""
    call = ops.get("cancel")
    if call is None:
        return []
    document, status = shapes.document, calls.good_status(call)
    declared = document.answer_schema(call, status)
    classes = {mapping(each).get("class") for each in mapping(task["lifecycle"])["statuses"].values()}
    deletes = call.method == "delete" and "cancelled" not in classes
    node: dict[str, Any] = {"deletes": ["succeeded", "failed"]} if deletes else {"from": ["queued"]}
    if not deletes and "cancelled" not in classes:
        return _without(task, "cancel", "no status means cancelled")
    if declared is not None:
        body = sample(shapes, declared[0])
        if document.complaints(declared[0], body):
            return _without(task, "cancel", "no valid answer could be made from its schema")
        node["body"] = body
    task["cancel"] = node
    return ["in which states cancel works is a guess: cancel"]


def _without(task: dict[str, Any], role: str, why: str) -> list[str]:
    task["roles"] = {name: ids for name, ids in task["roles"].items() if name != role}
    task["success"] = {name: rule for name, rule in task["success"].items() if name != role}
    return [f"{role} is not drafted: {why}"]
