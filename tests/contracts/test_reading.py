"""How answers are read: accepted, refused or broken, by the document's own convention."""

from typing import Any

import pytest

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.location import MISSING
from screentest_contracts.reading import (
    CallOutcome,
    bodies_of,
    error_value,
    holes_in,
    judge_call,
    link_of,
    location_of,
    matching_reading,
    selected,
    slots_by_pointer,
    status_of,
    task_id,
)

MADE = {"job": {"id": "job-1", "state": "WAIT"}}
ERROR = {"error": {"code": "bad", "message": "No.", "param": "duration"}}


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, MADE, CallOutcome.ACCEPTED),
        (201, MADE, CallOutcome.ACCEPTED),
        # a task was made and costs money, whatever the status
        (202, MADE, CallOutcome.ACCEPTED),
        (202, {"id": "job-1"}, CallOutcome.BROKEN),
        (200, {**MADE, **ERROR}, CallOutcome.REFUSED),
        (200, {**MADE, "error": None}, CallOutcome.ACCEPTED),
        (200, ERROR, CallOutcome.REFUSED),
        (422, ERROR, CallOutcome.REFUSED),
        (422, MADE, CallOutcome.REFUSED),
        (401, MISSING, CallOutcome.REFUSED),
        (500, ERROR, CallOutcome.BROKEN),
        (503, MADE, CallOutcome.BROKEN),
        (200, {}, CallOutcome.BROKEN),
        (200, MISSING, CallOutcome.BROKEN),
        (200, [], CallOutcome.BROKEN),
        (302, MADE, CallOutcome.BROKEN),
        # the edges of each hundred
        (199, MADE, CallOutcome.BROKEN),
        (299, MADE, CallOutcome.ACCEPTED),
        (300, MADE, CallOutcome.BROKEN),
        (199, ERROR, CallOutcome.BROKEN),
        (299, ERROR, CallOutcome.REFUSED),
        (300, ERROR, CallOutcome.BROKEN),
        (399, ERROR, CallOutcome.BROKEN),
        (400, ERROR, CallOutcome.REFUSED),
        (499, ERROR, CallOutcome.REFUSED),
        (599, ERROR, CallOutcome.BROKEN),
        (0, MISSING, CallOutcome.BROKEN),
    ],
)
def test_a_create_is_judged(small: Contract, status: int, body: Any, verdict: CallOutcome) -> None:
    assert judge_call(small, Role.CREATE, status, body) is verdict


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, {"ok": True, "state": "RUN"}, CallOutcome.ACCEPTED),
        (200, {"ok": True}, CallOutcome.ACCEPTED),
        (200, {"ok": False}, CallOutcome.REFUSED),
        (200, {"state": "RUN"}, CallOutcome.BROKEN),
        (201, {"ok": True}, CallOutcome.BROKEN),
        (202, {**MADE, "ok": True}, CallOutcome.BROKEN),  # only a create is forgiven its status for the id's sake
        (404, {"ok": True}, CallOutcome.REFUSED),
        (500, {"ok": False}, CallOutcome.BROKEN),
    ],
)
def test_a_query_is_judged(small: Contract, status: int, body: Any, verdict: CallOutcome) -> None:
    assert judge_call(small, Role.QUERY, status, body) is verdict


def test_a_server_error_is_a_refusal_only_where_the_document_says_so() -> None:
    """One vendor answers an unknown model with 503 and an error object."""
    contract = load_contract("tokenbay")
    body = {"error": {"message": "No channel.", "type": "new_api_error", "code": "model_not_found"}}
    assert judge_call(contract, Role.CREATE, 503, body) is CallOutcome.REFUSED
    assert judge_call(contract, Role.CREATE, 500, body) is CallOutcome.BROKEN
    assert judge_call(contract, Role.CREATE, 503, {}) is CallOutcome.BROKEN
    assert judge_call(contract, Role.CREATE, 200, body) is CallOutcome.REFUSED
    assert judge_call(contract, Role.CREATE, 200, {"task_id": "task_1", "error": {}}) is CallOutcome.ACCEPTED


def test_a_create_that_hands_out_a_task_is_accepted_under_any_success(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["success"]["create"]["status"] = [201]
    tree["paths"]["/jobs"]["post"]["responses"]["201"] = tree["paths"]["/jobs"]["post"]["responses"]["200"]
    contract = load_tree(tree)
    assert {judge_call(contract, Role.CREATE, status, MADE) for status in (200, 201, 204)} == {CallOutcome.ACCEPTED}


def test_any_server_error_may_be_documented_as_the_refusal(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    body = {"error": {"code": "no-model", "message": "{{text:No such model.}}"}}
    tree["x-task"]["errors"].append({"condition": "unknown-model", "readings": {"status": 500, "body": body}})
    assert judge_call(load_tree(tree), Role.CREATE, 500, ERROR) is CallOutcome.REFUSED


def test_several_readings_of_success_are_all_accepted() -> None:
    contract = load_contract("nexusflow")
    receipt = {"id": "task_1", "object": "task", "status": "running"}
    assert {judge_call(contract, Role.CREATE, status, receipt) for status in (200, 202)} == {CallOutcome.ACCEPTED}
    assert contract.success[Role.CREATE].made == 202
    assert load_contract("nexusflow", {"create-status": "ok"}).success[Role.CREATE].made == 200


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (MADE, "job-1"),
        ({"id": "x"}, "x"),
        ({"job": {"id": 5}}, "5"),
        ({"id": True}, None),
        ({"id": ""}, None),
        ({}, None),
        (MISSING, None),
    ],
)
def test_ids(small: Contract, body: Any, found: str | None) -> None:
    assert task_id(small, body) == found


def test_words_of_a_refusal(small: Contract) -> None:
    assert [error_value(small, name, ERROR) for name in ("code", "message", "param")] == ["bad", "No.", "duration"]
    assert error_value(small, "type", ERROR) is MISSING
    assert error_value(small, "code", {}) is MISSING


def test_statuses_and_links(small: Contract) -> None:
    assert status_of(small, {"state": "RUN"}) is small.lifecycle.statuses["RUN"]
    assert status_of(small, {"state": "WALK"}) is None
    assert status_of(small, MISSING) is None
    assert link_of(small, {"video": "https://x"}) == "https://x"
    assert [link_of(small, body) for body in ({"video": ""}, {"video": ["x"]}, {}, MISSING)] == [None] * 4


def test_bodies_of_operations(small: Contract, small_tree: Any, load_tree: Any) -> None:
    profile = small.profiles["default"]
    assert bodies_of(profile, small.operations["look"]) is profile.bodies
    assert bodies_of(profile, small.operations["lookByBody"]) is profile.bodies
    assert bodies_of(profile, small.operations["result"]) is profile.result
    tree = small_tree()
    tree["x-task"]["profiles"]["default"]["views"] = {"lookByBody": {"DONE": {"other": "{{id}}"}}}
    contract = load_tree(tree)
    view = bodies_of(contract.profiles["default"], contract.operations["lookByBody"])
    assert selected(view["DONE"]).tree == {"other": "{{id}}"}


def test_holes_and_what_stands_there(small: Contract) -> None:
    template = selected(small.profiles["default"].bodies["BAD"])
    body = {"id": "job-1", "data": '{"job": "job-2"}', "why": "dull: x"}
    assert [(each.pointer, each.value) for each in holes_in(template, body, "id")] == [
        ("/id", "job-1"),
        ("/data/~json/job", "job-2"),
    ]
    assert [each.value for each in holes_in(template, {}, "id", "progress")] == [MISSING] * 3
    assert list(holes_in(template, body, "reason")) == []  # a piece of a text has no place of its own
    slots = slots_by_pointer(small.profiles["default"].bodies, "created", "finished", "reason")
    assert list(slots) == ["/data/~json/created", "/data/~json/ended"]
    assert slots["/data/~json/ended"].hole.form == "iso-ms"


def test_the_reading_that_an_answer_shows(small: Contract) -> None:
    row = small.error(Role.QUERY, "unknown-task")
    assert row is not None
    gone = {"error": {"code": "no-job", "message": "anything"}}
    assert [matching_reading(row, status, gone) for status in (404, 410)] == list(row.readings)
    assert matching_reading(row, 400, gone) is None
    assert matching_reading(row, 404, {"error": {"code": "other", "message": "x"}}) is None


def test_a_location_of_one_pointer() -> None:
    assert location_of("/a/0").find({"a": [7]}) == 7
