"""Deletes beside cancels: what is sent, and what is said of the queries, lists and balances after them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.lint import lint_file
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed

STUDIO = str(Path(__file__).parents[2] / "documents" / "studio.yaml")


def deleted(made: Any) -> list[str]:
    """Method and status of all that was asked from the delete on."""
    log = made.wire.log
    first = next(index for index, each in enumerate(log) if each.sent.method == "DELETE")
    return [f"{each.sent.method} {each.sent.operation}: {each.status}" for each in log[first:]]


def test_one_task_shows_all_that_a_delete_promises(bench: Any) -> None:
    made = bench(STUDIO)
    assert passed(made.judge("delete.works")) == 2
    assert deleted(made) == ["DELETE deleteRender: 204", "GET getRender: 404", "GET listRenders: 200"]
    sent = len(made.wire.log)
    assert passed(made.judge("delete.unknown")) == passed(made.judge("delete.unlisted")) == 1
    assert len(made.wire.log) == sent, "nothing more is asked"


def test_a_delete_of_a_queued_task_cancels_it(bench: Any) -> None:
    made = bench(STUDIO)
    assert passed(made.judge("delete.cancels")) == 2
    assert deleted(made) == ["DELETE deleteRender: 204", "GET getRender: 200"]
    assert made.wire.log[-1].json["render"]["state"] == 50


def test_a_query_of_a_deleted_task_with_another_status(bench: Any) -> None:
    made = bench(STUDIO)
    made.wire.mock.deviation = DEVIATIONS["deleted-task-other-status"]
    assert passed(made.judge("delete.works")) == 2, "it is not shown any more"
    seen, expected, statuses = failure(made.judge("delete.unknown"))
    assert (seen, expected) == (
        "a query of the deleted task is answered 410",
        "404, as of a task that does not exist",
    )
    assert statuses == [204, 410]


def test_a_list_that_did_not_hold_the_task_says_nothing(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        listed = exchange.sent.operation == "listRenders"
        return tools.changed(exchange, body=b'{"renders":[],"next_cursor":null}') if listed else exchange

    made = bench(STUDIO, alter=alter)
    assert tools.is_skip(made.judge("delete.unlisted"), Skip.NOT_OBSERVED, "the list did not hold the task before")


def test_a_delete_that_is_refused_is_told_once(bench: Any, tools: Any) -> None:
    made = bench(STUDIO, alter=tools.on("deleteRender", status=409))
    assert failure(made.judge("delete.works"))[0] == "answered 409 for a task that is DONE"
    for name in ("delete.unknown", "delete.unlisted"):
        assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED, "no task could be deleted")
    assert tools.is_skip(made.judge("balance.deleted"), Skip.NOT_OBSERVED, "no task was deleted: 409")


def test_a_delete_that_is_refused_for_a_parameter_and_works_all_the_same(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        bad = exchange.sent.method == "DELETE" and exchange.status == 204 and "reason=budgetx" in exchange.sent.url
        return tools.changed(exchange, status=400, body=b"{}") if bad else exchange

    made = bench(STUDIO, alter=alter)
    made.wire.mock.deviation = DEVIATIONS["takes-bad-parameters"]
    assert failure(made.judge("delete.reason.enum"))[0].endswith("was refused, and the task is unknown all the same")


def test_what_one_reading_alone_says_is_not_judged() -> None:
    """Whatever reading is chosen, a stopped render may be deleted or may be refused."""
    for reading in ("made", "all"):
        rule = load_contract(STUDIO, {"deletes": reading}).delete
        assert rule is not None
        assert rule.sure_deletes == (StatusClass.SUCCEEDED, StatusClass.FAILED)
        assert rule.unsure == (StatusClass.CANCELLED,)
        assert StatusClass.CANCELLED in rule.possible


def test_without_a_list_and_a_balance_nothing_is_said_of_them(bench: Any) -> None:
    contract = load_contract(STUDIO)
    roles = {role: each for role, each in contract.roles.items() if role not in (Role.LIST, Role.BALANCE)}
    known = {each.id for each in requirements(replace(contract, roles=roles, listing=None, resources={}))}
    assert {"delete.works", "delete.unknown"} <= known
    assert not {"delete.unlisted", "balance.deleted"} & known


def test_without_an_operation_nothing_is_deleted(bench: Any, tools: Any) -> None:
    made = bench(STUDIO)
    made.session.contract = replace(made.contract, delete=None)
    for name in ("delete.works", "delete.unknown", "delete.unlisted", "balance.deleted"):
        requirement = made.requirement(name)
        assert tools.is_skip(REGISTRY[requirement.kind](made.session, requirement), Skip.NOT_OBSERVED)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda task: task.pop("delete"), "roles.delete and a `delete` section need each other"),
        (lambda task: task["roles"].pop("delete"), "roles.delete and a `delete` section need each other"),
        (
            lambda task: task["delete"].update(cancels=["queued", "failed"]),
            "a task that is failed is deleted and cancelled",
        ),
    ],
)
def test_misuse_is_named(change: Any, problem: str, small_tree: Any, load_tree: Any) -> None:
    tree = with_delete(small_tree())
    load_tree(tree)
    change(tree["x-task"])
    with pytest.raises(DocumentError, match=problem):
        load_tree(tree)


def with_delete(tree: Any) -> Any:
    """The small document, whose tasks can be deleted by an operation of its own."""
    path = next(path for path, item in tree["paths"].items() if path == "/jobs/{task_id}")
    tree["paths"][path]["delete"] = {"operationId": "drop", "responses": {"204": {"description": "Gone."}}}
    tree["x-task"]["roles"]["delete"] = ["drop"]
    tree["x-task"]["success"]["delete"] = {"status": [204]}
    tree["x-task"]["delete"] = {"from": ["succeeded", "failed"], "cancels": ["queued"]}
    return tree


def test_a_delete_that_some_tasks_do_not_allow_is_told_how_it_is_refused(small_tree: Any, tmp_path: Path) -> None:
    for classes, told in ((["succeeded"], 1), (["succeeded", "failed", "cancelled", "running"], 0)):
        tree = with_delete(small_tree())
        tree["x-task"]["delete"]["from"] = classes
        (tmp_path / "small.yaml").write_text(json.dumps(tree))
        found = [each.rule for each in lint_file(str(tmp_path / "small.yaml")).findings]
        assert found.count("ending.refusal") == told
