"""Drafted lists: where tasks stand in the answer, how each is shown there, and which parameters ask for pages."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts.drafting import draft

DESCRIPTIONS = Path(__file__).parents[1] / "descriptions"


def description(name: str) -> Any:
    return yaml.safe_load((DESCRIPTIONS / f"{name}.yaml").read_text())


def schema_of_list(tree: Any, path: str) -> Any:
    return tree["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def test_items_in_an_envelope() -> None:
    task = draft(description("willow")).task
    assert task["list"] == {
        "body": {"code": 0, "data": {"total": "{{total}}", "items": "{{items}}"}},
        "items": "/data/items",
        "parameter": "pageSize",
        "page": "pageNum",
    }
    item = {"task": {"id": "{{id}}", "status": "{{status}}", "createdAt": "{{created|iso-ms}}"}}
    assert task["profiles"]["default"]["item"] == item


def test_the_form_that_holds_tasks_is_meant() -> None:
    task = draft(description("fern")).task
    assert task["list"]["body"]["object"] == "list", "not the empty one"
    assert task["list"]["cursor"] == {"parameter": "cursor", "next": "/next_cursor"}
    assert "item" not in task["profiles"]["default"], "as queries show it"


def test_the_form_of_an_item_that_is_a_task_is_meant() -> None:
    task = draft(description("wren")).task
    shown = {"kind": "video", "video": {"taskId": "{{id}}", "taskState": "{{status}}"}}
    assert task["profiles"]["default"]["item"] == shown
    assert task["list"]["items"] == "/data/list"


def test_a_bare_array_is_a_list() -> None:
    task = draft(description("otter")).task
    assert task["list"] == {"body": "{{items}}", "parameter": "limit", "offset": "offset"}
    assert task["profiles"]["default"]["item"]["jobStatus"] == "{{status}}"


def test_a_list_may_be_filtered_by_an_id() -> None:
    tree = description("willow")
    parameters = tree["paths"]["/tasks"]["get"]["parameters"]
    parameters.append({"name": "task_id", "in": "query", "schema": {"type": "string"}})
    assert "list" in draft(tree).task
    parameters[-1]["required"] = True
    assert "list" not in draft(tree).task["roles"]


@pytest.mark.parametrize(
    "items",
    [
        {"type": "object", "properties": {"title": {"type": "string"}}},
        {"type": "string"},
        {"type": "object", "properties": {"id": {"type": "string"}, "status": {"type": "string", "enum": ["draft"]}}},
    ],
    ids=["no id", "texts", "other words"],
)
def test_what_is_no_task_is_not_listed(items: Any) -> None:
    tree = description("willow")
    schema_of_list(tree, "/tasks")["properties"]["data"]["properties"]["items"]["items"] = items
    made = draft(tree)
    assert "list" not in made.task["roles"]
    assert any("list is not drafted" in each for each in made.left)


def test_items_that_no_one_way_fits_are_not_drafted() -> None:
    """An item whose form follows its status, and is not what a query answers."""
    tree = description("fern")
    forms = copy.deepcopy([tree["components"]["schemas"][name] for name in ("Waiting", "Done", "Broken")])
    items = {"type": "object", "required": ["video"], "properties": {"video": {"oneOf": forms}}}
    tree["components"]["schemas"]["VideoList"]["properties"]["videos"]["items"] = items
    assert "list" not in draft(tree).task["roles"]


def test_cancel_answers_with_the_id() -> None:
    assert draft(description("fern")).task["cancel"]["body"] == {"id": "{{id}}", "deleted": True}
    assert draft(description("otter")).task["cancel"]["body"]["jobId"] == "{{id}}"
    assert draft(description("otter")).task["cancel"]["body"]["jobStatus"] == "CANCELLED"
