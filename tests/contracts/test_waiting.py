"""Creates that wait, in documents: what may be said, what asks for a wait, and the mistakes."""

from typing import Any

import pytest
import yaml

from screentest_contracts import Contract, DocumentError
from screentest_contracts.contract import Role, Wait
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.lint import lint_file
from screentest_contracts.location import Location
from screentest_contracts.reading import CallOutcome, judge_call
from screentest_contracts.requirements import requirements

PREFER = {"header": "Prefer", "value": "wait={{seconds}}", "seconds": 60}
ENDED = {"ok": True, "id": "job-1", "state": "DONE"}


@pytest.fixture
def load(small_tree: Any, load_tree: Any) -> Any:
    """Loads the small document with a rule, perhaps with a member in the request."""

    def make(rule: dict[str, Any], member: dict[str, Any] | None = None) -> Contract:
        tree = small_tree()
        tree["x-task"]["wait"] = rule
        if member is not None:
            tree["components"]["schemas"]["Clip"]["properties"]["sync"] = member
        contract: Contract = load_tree(tree)
        return contract

    return make


def rule(value: Any, *, at: str = "") -> Wait:
    place = Location(at) if at else None
    return Wait(None if at else "Prefer", place, value, 60.0, (200,), Fact(Mark.DOCUMENTED))


@pytest.mark.parametrize(
    ("value", "header", "seconds"),
    [
        ("wait={{seconds}}", "wait=5", 5),
        ("wait={{seconds}}", "respond-async, Wait=7.5", 7.5),
        ("wait={{seconds}}", "wait=600", 60),
        ("wait={{seconds}}", "wait=0", 0),
        ("wait={{seconds}}", "wait", None),
        ("wait={{seconds}}", "wait=-1", None),
        ("wait={{seconds}}", "wait=1e9999", None),
        ("wait={{seconds}}", "", None),
        ("wait", "wait", 60),
        ("wait", "wait=5", None),
    ],
)
def test_what_a_header_asks_for(value: str, header: str, seconds: float | None) -> None:
    assert rule(value).asked({"prefer": header}.get, {}) == seconds


@pytest.mark.parametrize(
    ("value", "body", "seconds"),
    [
        (True, {"sync": True}, 60),
        (True, {"sync": False}, None),
        (True, {"sync": 1}, None),
        (True, {}, None),
        ("{{seconds}}", {"sync": 30}, 30),
        ("{{seconds}}", {"sync": True}, None),
        ("{{seconds}}s", {"sync": "30s"}, 30),
        ("block", {"sync": "block"}, 60),
    ],
)
def test_what_a_member_asks_for(value: Any, body: Any, seconds: float | None) -> None:
    assert rule(value, at="/sync").asked({}.get, body) == seconds


@pytest.mark.parametrize("value", ["wait={{seconds}}", "{{seconds}}", "wait", True, 1])
@pytest.mark.parametrize("seconds", [60.0, 2.5])
def test_what_is_written_asks(value: Any, seconds: float) -> None:
    made = rule(value, at="/sync")
    asked = made.asked({}.get, {"sync": made.written(seconds)})
    assert asked == (seconds if made.chosen else 60)


@pytest.mark.parametrize(
    ("body", "left"),
    [({"sync": True, "a": 1}, {"a": 1}), ({"sync": False}, {"sync": False}), ({"sync": 7}, {"sync": 7}), ([], [])],
)
def test_a_body_that_does_not_ask(body: Any, left: Any) -> None:
    assert rule(True, at="/sync").unasked(body) == left
    assert rule("wait").unasked(body) == body


def test_everything_that_can_be_said(load: Any) -> None:
    made = load({**PREFER, "status": [201], "mark": "derived", "source": "A2"}).wait
    assert (made.header, made.longest, made.statuses, made.chosen) == ("Prefer", 60, (201,), True)
    assert made.fact == Fact(Mark.DERIVED, ("A2",))
    assert load(PREFER).wait.statuses == (200, 201), "those of an accepted create"


def test_a_wait_is_judged(load: Any) -> None:
    found = {each.id: each for each in requirements(load(PREFER)) if ".wait." in each.id}
    assert set(found) == {"create.wait.answer", "create.wait.time"}
    assert "Prefer: wait={{seconds}}" in found["create.wait.answer"].statement
    assert "at most 60" in found["create.wait.time"].statement


@pytest.mark.parametrize(
    ("changes", "member", "problem"),
    [
        ({"at": "/sync"}, None, "x-task/wait"),
        ({"header": None}, None, "x-task/wait"),
        ({"value": True}, None, "a header is no bool"),
        ({"header": None, "at": "/sync", "value": True}, None, "Clip does not take True at /sync"),
        ({"header": None, "at": "/sync", "value": True}, {"type": "string"}, "Clip does not take True at /sync"),
    ],
)
def test_mistakes(load: Any, changes: Any, member: Any, problem: str) -> None:
    wrong = {name: value for name, value in {**PREFER, **changes}.items() if value is not None}
    with pytest.raises(DocumentError) as raised:
        load(wrong, member)
    assert problem in str(raised.value)


def test_an_end_must_show_the_id(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["wait"] = PREFER
    bodies = tree["x-task"]["profiles"]["default"]["bodies"]
    bodies["DONE"] = {name: value for name, value in bodies["DONE"].items() if name != "id"}
    with pytest.raises(DocumentError, match="shows no id at /job/id"):
        load_tree(tree)


def test_a_status_must_be_declared(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["wait"] = {**PREFER, "status": [203]}
    del tree["paths"]["/jobs"]["post"]["responses"]["default"]
    with pytest.raises(DocumentError, match="make declares no answer 203"):
        load_tree(tree)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (ENDED, CallOutcome.ACCEPTED),
        ({**ENDED, "state": "BAD"}, CallOutcome.ACCEPTED),
        ({**ENDED, "state": "RUN"}, CallOutcome.BROKEN),
        ({**ENDED, "ok": False}, CallOutcome.BROKEN),
        ({**ENDED, "id": None}, CallOutcome.BROKEN),
    ],
)
def test_an_end_is_an_accepted_create(load: Any, body: Any, outcome: CallOutcome) -> None:
    assert judge_call(load(PREFER), Role.CREATE, 200, body) is outcome


def test_what_lint_says(small_tree: Any, tmp_path: Any) -> None:
    tree = small_tree()
    tree["x-task"]["wait"] = PREFER
    tree["paths"]["/jobs"]["post"]["responses"]["200"] = {
        "description": "a receipt",
        "content": {"application/json": {"schema": {"type": "object", "required": ["job"]}}},
    }
    file = tmp_path / "acme.yaml"
    file.write_text(yaml.safe_dump(tree))
    found = {(each.rule, each.pointer) for each in lint_file(str(file)).findings}
    assert ("wait.shorter-than-tasks", "/x-task/wait/seconds") in found
    assert ("sample.body", "/x-task/profiles/default/bodies/DONE") in found, "the create's schema does not take an end"
    assert ("sample.body", "/x-task/profiles/default/bodies/RUN") not in found
