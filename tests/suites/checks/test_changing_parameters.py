"""Parameters of creates and cancels: what is sent, what it may cost, and what is said of the answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_suites.core.verdicts import NotObservedError, Skip
from tests.suites.checks.findings import failure, passed

REST = str(Path(__file__).parents[2] / "documents" / "rest.yaml")
PRIORITY, REASON = "create.parameter.priority.maximum", "cancel.reason.enum"


def sent(made: Any, method: str, word: str) -> list[str]:
    return [each.sent.url for each in made.wire.log if each.sent.method == method and word in each.sent.url]


def test_a_create_is_tried_at_the_limit_and_beyond(bench: Any) -> None:
    made = bench(REST)
    assert passed(made.judge(PRIORITY))
    assert {url.partition("priority=")[2] for url in sent(made, "POST", "priority=")} == {"5", "8", "9", "10"}


def test_a_cancel_is_tried_with_each_word_and_a_strange_one(bench: Any) -> None:
    made = bench(REST)
    assert passed(made.judge(REASON))
    words = [url.partition("reason=")[2] for url in sent(made, "DELETE", "reason=")]
    assert {"budget", "mistake", "no-such-value"} <= set(words)
    assert len({url.partition("?")[0] for url in sent(made, "DELETE", "reason=")}) == len(words)


def test_a_cancel_that_is_refused_and_works_all_the_same(bench: Any, tools: Any) -> None:
    """The server is asked for another reason, and its answer is hidden."""

    def alter(exchange: Any) -> Any:
        bad = exchange.sent.method == "DELETE" and exchange.status == 204 and "reason=budgetx" in exchange.sent.url
        return tools.changed(exchange, status=400, body=b"{}") if bad else exchange

    made = bench(REST, alter=alter)
    made.wire.mock.deviation = DEVIATIONS["takes-bad-parameters"]
    assert failure(made.judge(REASON))[0].endswith("was refused, and the task is STOPPED all the same")


def test_where_tasks_cost_money_no_task_is_made_for_it(bench: Any) -> None:
    made = bench(REST)
    made.session.any_model()
    made.session.client.options = replace(made.session.options, metered=True)
    with pytest.raises(NotObservedError, match=Skip.NEEDS_SPEND):
        made.judge(REASON)
    assert not sent(made, "DELETE", "reason=")


def test_where_tasks_cost_money_a_create_is_tried_beyond_the_limit_alone(bench: Any) -> None:
    made = bench(REST)
    made.session.any_model()
    made.session.client.options = replace(made.session.options, metered=True)
    made.judge(PRIORITY)
    assert {url.partition("priority=")[2] for url in sent(made, "POST", "priority=")} == {"10"}


def test_a_status_of_creates_tells_nothing_of_parameters(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    path = tree["paths"]["/jobs"]
    path["post"]["parameters"] = [{"name": "tier", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}]
    path["post"]["responses"]["422"] = {"description": "refused"}
    levels = {each.id: str(each.level) for each in requirements(load_tree(tree))}
    assert levels["create.parameter.tier.enum"] == "NOTE"


def test_an_address_to_call_back_is_no_such_parameter() -> None:
    ids = [each.id for name in ("fal",) for each in requirements(load_contract(name))]
    assert [each for each in ids if each.startswith("create.parameter")] == []
