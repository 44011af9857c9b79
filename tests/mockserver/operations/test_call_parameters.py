"""Parameters of query and path: what the mock refuses, and what a list does with them."""

from typing import Any

import orjson
import pytest

from screentest_contracts import DocumentError

LIST = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 3, "default": 2}},
    {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"]}},
    {"name": "filter[state]", "in": "query", "schema": {"type": "array", "items": {"enum": ["WAIT", "RUN", "DONE"]}}},
    {"name": "model", "in": "query", "schema": {"type": "string"}},
    {"name": "lax", "in": "query", "schema": {"type": "integer", "x-tolerates": ["any"]}},
]


@pytest.fixture
def tree(small_tree: Any) -> Any:
    made = small_tree()
    made["paths"]["/jobs"]["get"]["parameters"] = LIST
    return made


@pytest.fixture
def ask(tree: Any, load_tree: Any, caller: Any) -> Any:
    """What a list shows of three tasks, the first of which has ended: their numbers from 0; or status and body."""

    def make(query: str) -> Any:
        api = caller(load_tree(tree))
        ids = [api.new()]
        api.clock.advance(1000)
        ids += [api.new(), api.new()]
        answer = api.send("GET", f"/jobs?{query}")
        body = orjson.loads(answer.body)
        return [ids.index(each["id"]) for each in body["jobs"]] if answer.status == 200 else (answer.status, body)

    return make


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", [2, 1]),
        ("limit=3", [2, 1, 0]),
        ("limit=3&order=asc", [0, 1, 2]),
        ("limit=1&order=asc", [0]),
        ("order=desc", [2, 1]),
        ("filter%5Bstate%5D=DONE", [0]),
        ("filter%5Bstate%5D=WAIT&limit=3", [2, 1]),
        ("filter%5Bstate%5D=WAIT&filter%5Bstate%5D=DONE&limit=3", [2, 1, 0]),
        ("filter%5Bstate%5D=WAIT&order=asc", [1, 2]),
        ("filter%5Bstate%5D=RUN", []),
        ("model=clip-1", [2, 1]),
        ("model=clip-2", []),
        ("lax=much&limit=1", [2]),
        ("unheard=of", [2, 1]),
    ],
)
def test_a_list_does_what_its_parameters_ask_for(query: str, shown: list[int], ask: Any) -> None:
    assert ask(query) == shown


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=4", "limit=many", "limit=1.5", "order=up", "filter%5Bstate%5D=GONE"]
)
def test_a_bad_parameter_is_refused_like_a_bad_body(query: str, ask: Any) -> None:
    status, body = ask(query)
    assert (status, body["error"]["code"]) == (422, "bad")
    assert body["error"]["param"] == query.partition("=")[0].replace("%5B", "[").replace("%5D", "]")


def test_a_bad_parameter_may_have_a_row_of_its_own(tree: Any, ask: Any) -> None:
    row = {"condition": "invalid-parameter", "on": ["list"], "readings": {"status": 400, "body": {"no": "{{param}}"}}}
    tree["x-task"]["errors"].append(row)
    assert ask("limit=0") == (400, {"no": "limit"})


def test_a_required_parameter_must_be_there(tree: Any, ask: Any) -> None:
    tree["paths"]["/jobs"]["get"]["parameters"] = [*LIST, {**LIST[1], "name": "sort", "required": True}]
    assert ask("")[0] == 422
    assert ask("sort=asc") == [2, 1], "two parameters of an order: the first is taken for it"


def test_what_a_name_says_can_be_taken_back(tree: Any, ask: Any) -> None:
    tree["x-task"]["list"]["filters"] = {"filter[state]": "other", "model": "other"}
    assert ask("filter%5Bstate%5D=RUN&model=clip-2") == [2, 1]


def test_an_order_has_the_words_of_the_document(tree: Any, ask: Any) -> None:
    sort = {"name": "sort", "in": "query", "schema": {"type": "string", "default": "made"}}
    tree["paths"]["/jobs"]["get"]["parameters"] = [sort]
    tree["x-task"]["list"]["order"] = {"parameter": "sort", "newest": "-made", "oldest": "made"}
    assert ask("") == [0, 1], "the default is the oldest first"
    assert ask("sort=-made") == [2, 1]


@pytest.mark.parametrize(
    "change", [{"filters": {"colour": "status"}}, {"order": {"parameter": "colour", "newest": "a", "oldest": "b"}}]
)
def test_what_is_said_of_a_parameter_that_is_not_there_is_a_problem(change: Any, tree: Any, load_tree: Any) -> None:
    tree["x-task"]["list"].update(change)
    with pytest.raises(DocumentError, match="the list has no parameter 'colour'"):
        load_tree(tree)


def test_the_schema_of_the_limit_tells_its_default_and_maximum(tree: Any, load_tree: Any) -> None:
    for word in ("default", "maximum"):
        del tree["x-task"]["list"][word]
    rule = load_tree(tree).listing
    assert (rule.default, rule.maximum) == (2, 3)


def test_bad_parameters_are_refused_where_a_task_is_asked_for(tree: Any, load_tree: Any, caller: Any) -> None:
    kind = {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["whole", "part"]}}
    tree["paths"]["/jobs/{task_id}"]["parameters"].append(kind)
    api = caller(load_tree(tree))
    task = api.new()
    assert api.send("GET", f"/jobs/{task}?kind=half").status == 422
    assert api.send("GET", f"/jobs/{task}?kind=part").status == 200
    assert api.send("GET", "/jobs/job-000000000000?kind=half").status == 404, (
        "who asks for nothing asks for nothing badly"
    )
