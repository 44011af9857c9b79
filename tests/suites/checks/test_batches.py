"""Queries for several tasks at once: what is asked, and what is said of the answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_mockserver.behaviours.variations import VARIATIONS
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed

DOCUMENTS = Path(__file__).parents[2] / "documents"
SIGNED, SEQUEL = str(DOCUMENTS / "signed.yaml"), str(DOCUMENTS / "sequel.yaml")


def batches(made: Any) -> list[Any]:
    return [each for each in made.wire.log if each.sent.operation in ("getTasks", "queryClips")]


def test_all_is_read_from_one_answer(bench: Any) -> None:
    made = bench(SIGNED)
    assert passed(made.judge("batch.items")) == passed(made.judge("batch.life")) == 3
    passed(made.judge("batch.status-code"))
    passed(made.judge("batch.schema"))
    (one,) = batches(made)
    ids = parse_qs(urlsplit(one.sent.url).query)["task_ids"][0].split(",")
    assert len(ids) == 3, "two tasks that have ended, one for each model, and one that has not"
    assert [each["task_status"] for each in one.json["data"]] == ["succeed", "succeed", "submitted"]


def test_ids_in_a_body_are_asked_for_in_both_orders(bench: Any) -> None:
    made = bench(SEQUEL)
    assert passed(made.judge("batch.order")) == 2
    one, other = (orjson.loads(each.sent.body)["clip_ids"] for each in batches(made))
    assert one == other[::-1]
    assert len(set(one)) == 4


def test_an_unknown_id_is_left_out_or_told(bench: Any) -> None:
    made = bench(SIGNED)
    assert passed(made.judge("batch.unknown")) == 1
    made = bench(SEQUEL)
    assert passed(made.judge("batch.unknown")) == 2
    assert batches(made)[-1].json[0]["code"] == "unknown"


def test_an_unknown_id_for_which_all_is_refused(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        asked = exchange.sent.operation == "getTasks" and len(exchange.json["data"]) == 1
        return tools.changed(exchange, status=404) if asked else exchange

    made = bench(SIGNED, alter=alter)
    assert failure(made.judge("batch.unknown"))[0] == "answered 404"


def test_an_item_for_an_unknown_id_in_other_words(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        asked = exchange.sent.operation == "queryClips"
        return tools.changed(exchange, body=exchange.body.replace(b'"unknown"', b'"lost"')) if asked else exchange

    made = bench(SEQUEL, alter=alter)
    assert failure(made.judge("batch.unknown"))[0] == "/code is 'lost' for an id that nobody knows"


def test_another_account_sees_nothing(bench: Any) -> None:
    made = bench(SEQUEL)
    passed(made.judge("batch.owner-only"))
    made = bench(SEQUEL)
    made.wire.mock.deviation = DEVIATIONS["foreign-task-shown"]
    assert failure(made.judge("batch.owner-only"))[0].startswith("it shows clip_")


@pytest.mark.parametrize(
    ("document", "deviation", "name", "seen"),
    [
        (SIGNED, "batch-loses-one", "batch.items", "is there 0 times"),
        (SIGNED, "batch-repeats-one", "batch.items", "is there 2 times"),
        (SIGNED, "batch-item-of-another", "batch.life", "(query."),
        (SEQUEL, "batch-item-of-another", "batch.life", "(query."),
        (SIGNED, "batch-as-object", "batch.items", "no list at /data"),
        (SEQUEL, "batch-as-object", "batch.items", "no list at the top"),
        (SIGNED, "batch-as-object", "batch.schema", "must be an array"),
        (SIGNED, "batch-other-status", "batch.status-code", "answered 207"),
        (SEQUEL, "batch-in-other-order", "batch.order", "in this order: clip_"),
        (SIGNED, "batch-shows-another-for-unknown", "batch.unknown", "the known task is there 2 times"),
    ],
)
def test_what_is_broken_is_told(bench: Any, document: str, deviation: str, name: str, seen: str) -> None:
    made = bench(document)
    made.wire.mock.deviation = DEVIATIONS[deviation]
    assert seen in failure(made.judge(name))[0]


def test_what_queries_break_themselves_is_not_told_of_items(bench: Any) -> None:
    made = bench(SIGNED)
    made.wire.mock.deviation = DEVIATIONS["times-in-the-past"]
    passed(made.judge("batch.life"))


@pytest.mark.parametrize(
    ("deviation", "name", "why"),
    [
        ("query-other-id", "batch.items", "queries of one task alone show another id, too"),
        ("status-missing", "batch.schema", "queries of one task alone break their schema, too"),
    ],
)
def test_what_items_and_queries_break_is_told_of_queries(
    bench: Any, tools: Any, deviation: str, name: str, why: str
) -> None:
    made = bench(SIGNED)
    made.wire.mock.deviation = DEVIATIONS[deviation]
    assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED, why)


@pytest.mark.parametrize("variation", ["unknown-members", "unknown-members-inside"])
def test_further_members_in_a_list_of_tasks_are_legal(bench: Any, variation: str) -> None:
    made = bench(SEQUEL)
    made.wire.mock.deviation = VARIATIONS[variation]
    assert passed(made.judge("batch.items")) == 4
    passed(made.judge("batch.schema"))


def test_where_tasks_cost_money_no_task_is_made_for_it(bench: Any) -> None:
    made = bench(SIGNED, remote=True)
    made.session.living_bases()
    made.session.client.options = replace(made.session.options, metered=True)
    before = sum(each.sent.method == "POST" for each in made.wire.log)
    passed(made.judge("batch.items"))
    assert sum(each.sent.method == "POST" for each in made.wire.log) == before


def test_with_one_task_there_is_no_order(bench: Any, tools: Any) -> None:
    made = bench(SEQUEL, models=("reel-1",), remote=True)
    made.session.living_bases()
    made.session.client.options = replace(made.session.options, metered=True)
    assert tools.is_skip(made.judge("batch.order"), Skip.NOT_OBSERVED, "there is one task only")


def test_where_the_whole_call_is_refused_that_is_a_row_of_errors(small_tree: Any, load_tree: Any, bench: Any) -> None:
    tree = with_batch(small_tree())
    tree["x-task"]["batch"]["unknown"] = "refused"
    known = {each.id for each in requirements(load_tree(tree))}
    assert "error.batch.unknown-task" in known
    assert "batch.unknown" not in known
    made = bench(lambda each: with_batch(each)["x-task"]["batch"].update(unknown="refused"))
    passed(made.judge("error.batch.unknown-task"))
    passed(made.judge("batch.items"))
    tree["x-task"]["batch"].pop("unknown")
    assert "error.batch.unknown-task" not in {each.id for each in requirements(load_tree(tree))}


def with_batch(tree: Any) -> Any:
    """The small document, whose tasks can be asked for by several ids, each as a parameter of its own."""
    ids = {"name": "id", "in": "query", "required": True, "schema": {"type": "array", "items": {"type": "string"}}}
    answer = {"200": {"description": "Jobs."}}
    tree["paths"]["/several"] = {"get": {"operationId": "several", "parameters": [ids], "responses": answer}}
    tree["x-task"]["roles"]["batch"] = ["several"]
    tree["x-task"]["batch"] = {"ids": "id", "body": {"jobs": "{{items}}"}}
    for row in tree["x-task"]["errors"]:
        if row["condition"] == "unknown-task" and "on" in row:
            row["on"] = [*row["on"], "batch"]
    return tree


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda task: task.pop("batch"), "roles.batch and a `batch` section need each other"),
        (lambda task: task["roles"].pop("batch"), "roles.batch and a `batch` section need each other"),
        (lambda task: task["batch"].update(ids="ids"), "no parameter 'ids' carries the task's id"),
        (lambda task: task["batch"].update(part="/job"), "it has no /job, which batch.part names"),
        (lambda task: task["batch"].update(part="/state"), "no task's id stands below /state"),
    ],
)
def test_misuse_is_named(change: Any, problem: str, small_tree: Any, load_tree: Any) -> None:
    tree = with_batch(small_tree())
    load_tree(tree)
    change(tree["x-task"])
    with pytest.raises(DocumentError, match=problem):
        load_tree(tree)


def test_ids_that_are_no_list_are_named(tmp_path: Path) -> None:
    text = (
        Path(SIGNED)
        .read_text()
        .replace("schema: {type: array, minItems: 1, maxItems: 50, items: {type: string}}", "schema: {type: string}")
    )
    (tmp_path / "signed.yaml").write_text(text)
    with pytest.raises(DocumentError, match="'task_ids' takes no list of ids"):
        load_contract(tmp_path / "signed.yaml")
