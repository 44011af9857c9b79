"""Status as server-sent events, in documents: what may be said, and the mistakes."""

from typing import Any

import pytest

from screentest_contracts import Contract, DocumentError
from screentest_contracts.comparison import compare, matrix
from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.requirements import requirements

REFUSAL = {"description": "a refusal", "content": {"application/json": {"schema": {"type": "object"}}}}
EVENTS = {"description": "events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}


def own(tree: Any, **rule: Any) -> Any:
    """An operation of its own."""
    parameters = [{"name": "task_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    operation = {"operationId": "watch", "responses": {"200": EVENTS, "default": REFUSAL}}
    tree["paths"]["/jobs/{task_id}/events"] = {"parameters": parameters, "get": operation}
    tree["x-task"]["roles"]["stream"] = ["watch"]
    tree["x-task"]["stream"] = rule
    return tree


def by_query(tree: Any, **rule: Any) -> Any:
    """The query, where a request accepts events."""
    content = {"application/json": {"schema": {"type": "object"}}, **EVENTS["content"]}  # type: ignore[dict-item]
    tree["paths"]["/jobs/{task_id}"]["get"]["responses"] = {
        "200": {"description": "the task", "content": content},
        "default": REFUSAL,
    }
    tree["x-task"]["stream"] = rule
    return tree


def test_an_operation_of_its_own(small_tree: Any, load_tree: Any) -> None:
    names = {"running": "status", "succeeded": "done"}
    said = {"event": names, "closing": "[DONE]", "longest": 60, "mark": "derived", "source": "A2"}
    contract: Contract = load_tree(own(small_tree(), **said))
    rule = contract.stream
    assert rule is not None
    assert (rule.operation.id, rule.apart, rule.names, rule.closing, rule.longest) == (
        "watch", True, "status, done", "[DONE]", 60,
    )  # fmt: skip
    assert rule.events[StatusClass.QUEUED] == ""
    assert rule.fact == Fact(Mark.DERIVED, ("A2",))
    found = {each.id: each for each in requirements(contract) if each.id.startswith("stream.")}
    assert set(found) == {
        *("stream.there", "stream.answer", "stream.events", "stream.life", "stream.end"),
        "stream.header.x-trace",  # the document promises it of every answer
    }
    assert found["stream.answer"].statement == "GET /jobs/{task_id}/events is answered 200 with text/event-stream."
    assert "auth.stream.missing-key" in {each.id for each in requirements(contract)}


def test_the_query_that_streams(small_tree: Any, load_tree: Any) -> None:
    contract: Contract = load_tree(by_query(small_tree(), event="status"))
    rule = contract.stream
    assert rule is not None
    assert (rule.operation, rule.apart, rule.names) == (contract.roles[Role.QUERY][0], False, "status")
    found = {each.id: each for each in requirements(contract) if each.id.startswith("stream.")}
    assert set(found) == {"stream.answer", "stream.events", "stream.life", "stream.end"}
    assert "with `Accept: text/event-stream`" in found["stream.answer"].statement


def test_events_without_names(small_tree: Any, load_tree: Any) -> None:
    rule = load_tree(own(small_tree())).stream
    assert (rule.names, rule.closing, rule.longest) == ("message", None, None)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda task, paths: task.pop("stream"), "roles.stream needs a `stream` section"),
        (lambda task, paths: task["stream"].update(event={"done": "x"}), "/x-task/stream/event"),
        (lambda task, paths: task["stream"].update(longest=0), "/x-task/stream/longest"),
        (lambda task, paths: task["roles"].pop("stream"), "look declares no text/event-stream"),
        (
            lambda task, paths: paths["/jobs/{task_id}/events"]["get"].update(responses={"200": {"description": "d"}}),
            "watch declares no text/event-stream",
        ),
        (
            lambda task, paths: paths["/jobs/{task_id}/events"].pop("parameters"),
            "{task_id} of the path is not described",
        ),
    ],
)
def test_mistakes(small_tree: Any, load_tree: Any, change: Any, problem: str) -> None:
    tree = own(small_tree())
    change(tree["x-task"], tree["paths"])
    with pytest.raises(DocumentError) as raised:
        load_tree(tree)
    assert problem in str(raised.value)


def test_comparison(small_tree: Any, load_tree: Any) -> None:
    without = load_tree(small_tree())
    apart = load_tree(own(small_tree(), event="status", closing="[DONE]"))
    query = load_tree(by_query(small_tree()))

    def told(home: Contract, other: Contract) -> list[tuple[str, str, str]]:
        return [(each.effect.value, each.subject, each.kind) for each in compare(home, other).differences]

    assert told(without, apart) == [("informs", "status as events", "only there")]
    assert told(apart, without) == [("breaks", "status as events", "missing")]
    assert told(apart, query) == [
        ("breaks", "status as events", "other"),
        ("breaks", "names of events", "other"),
        ("changes", "closing event", "other"),
    ]
    rows = {name: row for _, name, row in matrix([without, apart, query]).rows}
    assert rows["status as events"][:2] == ("no", "GET /jobs/{task_id}/events")
    assert "stream" not in rows
