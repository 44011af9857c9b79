"""Balances: what is sent, what is said of an answer that is altered, and when nothing is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Role, load_contract
from screentest_suites.core.verdicts import Result, Skip
from tests.suites.checks.findings import failure, passed

BUSY = "the balance changes although this run does nothing: others use the account"
DOCUMENTS = Path(__file__).parents[2] / "documents"
REST, JOBS, MODES = (str(DOCUMENTS / f"{name}.yaml") for name in ("studio", "jobs", "modes"))


def balance_after(count: int, change: int, tools: Any) -> Any:
    """Changes what is left in every answer after the first `count` of them, by cents."""
    seen = 0

    def alter(exchange: Any) -> Any:
        nonlocal seen
        if exchange.sent.operation != "getFunds":
            return exchange
        seen += 1
        left = exchange.json["funds"]["cents_left"] + (change if seen > count else 0)
        return tools.changed(exchange, at={"/funds/cents_left": left})

    return alter


def test_a_task_of_its_own_between_balances(bench: Any) -> None:
    made = bench(REST)
    assert passed(made.judge("balance.charged"))
    calls = [each.sent.operation for each in made.wire.log]
    first = calls.index("getFunds")
    rest = [each for each in calls[first:] if each != "getRender"]
    assert rest == ["getFunds", "getFunds", "createRender", "getFunds", "getFunds"]


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("balance.charged", -20, "the balance fell by 0.4"),
        ("balance.charged", 20, "the balance fell by 0"),
        ("balance.failed", -20, "the balance fell by 0.2 with a task that failed"),
        ("balance.failed", 20, "the balance rose by 0.2 with a task that failed"),
        ("balance.refused", -1, "the balance fell by 0.01 with a create that was refused"),
        ("balance.total", -20, "what is left fell by 0.4, what was spent rose by 0.2"),
    ],
)
def test_another_amount(bench: Any, tools: Any, name: str, change: int, reason: str) -> None:
    finding = bench(REST, alter=balance_after(2, change, tools)).judge(name)
    assert finding.result is Result.FAILED
    assert finding.reason == reason
    assert {each.sent.operation for each in finding.evidence[0].exchanges} >= {"getFunds"}


@pytest.mark.parametrize("name", ["balance.charged", "balance.failed", "balance.refused"])
def test_an_account_that_others_use_is_not_judged(bench: Any, tools: Any, name: str) -> None:
    finding = bench(REST, alter=balance_after(1, -5, tools)).judge(name)
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, BUSY)


def test_a_failure_that_nobody_can_order(bench: Any, tools: Any) -> None:
    finding = bench(REST, remote=True).judge("balance.failed")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "nobody can tell this server to let a task fail")


def test_tasks_of_the_run_that_may_have_cost_something(bench: Any, tools: Any) -> None:
    made = bench(REST, remote=True, alter=balance_after(2, -20, tools))
    model = made.session.models[0]
    made.session.create(model, model.base)  # nobody follows it
    finding = made.judge("balance.charged")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "1 other tasks of this run may have cost something")


def failing(bench: Any, alter: Any, *, early: bool = True) -> Any:
    """A server of somebody's that lets the second task fail; nobody follows the first one, which succeeds."""
    contract = load_contract(REST)
    balance = replace(contract.resources[Role.BALANCE], early=early)
    made = bench(replace(contract, resources={**contract.resources, Role.BALANCE: balance}), remote=True, alter=alter)
    model = made.session.models[0]
    made.session.accepts_base_request(model)
    made.session.create(model, model.base)
    made.session.failing_request = lambda model: (made.wire.mock.schedule("failure"), model.base)[1]
    return made


def test_what_is_never_given_back(bench: Any, tools: Any) -> None:
    """When the other tasks have ended, what they cost explains no more than that."""
    finding = failing(bench, balance_after(2, -20, tools)).judge("balance.failed")
    seen, expected, _ = failure(finding)
    assert seen == "the balance fell by 0.2 with a task that failed, and other tasks cost 0 at most"
    assert expected == "as it was before, but for what others cost"
    assert passed(failing(bench, lambda exchange: exchange).judge("balance.failed"))


@pytest.mark.parametrize(("change", "fell"), [(-15, ""), (-25, "0.25")])
def test_what_other_tasks_cost_is_no_fault(bench: Any, tools: Any, change: int, fell: str) -> None:
    """Where tasks are paid for as they succeed, the other one may cost its 0.2 until then."""
    finding = failing(bench, balance_after(2, change, tools), early=False).judge("balance.failed")
    if fell:
        said = f"the balance fell by {fell} with a task that failed, and other tasks cost 0.2 at most"
        assert failure(finding)[0] == said
    else:
        assert tools.is_skip(finding, Skip.NOT_OBSERVED, "1 other tasks of this run may have cost something")


def test_a_balance_that_comes_back_is_no_fault(bench: Any, tools: Any) -> None:
    count = 0

    def alter(exchange: Any) -> Any:
        nonlocal count
        if exchange.sent.operation != "getFunds":
            return exchange
        count += 1
        left = exchange.json["funds"]["cents_left"] - (20 if count in (3, 4) else 0)
        return tools.changed(exchange, at={"/funds/cents_left": left})

    finding = failing(bench, alter).judge("balance.failed")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "1 other tasks of this run may have cost something")
    assert count == 6, "it was looked at again"


def test_a_price_that_the_balance_cannot_show(bench: Any, tools: Any) -> None:
    contract = load_contract(REST)
    cheap = replace(contract, prices=tuple(replace(each, amount=0.004, cost=0.004) for each in contract.prices))
    finding = bench(cheap).judge("balance.charged")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "the balance is not told finely enough to show the price")


@pytest.mark.parametrize(("value", "word"), [("12.5", ""), ("much", "'much'"), (True, "True"), ("inf", "'inf'")])
def test_what_is_left_is_a_number(bench: Any, tools: Any, value: Any, word: str) -> None:
    def alter(exchange: Any) -> Any:
        return tools.changed(exchange, at={"/data": value}) if exchange.sent.operation == "getCredit" else exchange

    finding = bench(JOBS, alter=alter).judge("balance.left")
    assert passed(finding) if not word else failure(finding)[0] == f"/data is {word}"


def test_an_account_without_a_limit(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        return tools.changed(exchange, at={"/data": None}) if exchange.sent.operation == "getCredit" else exchange

    finding = bench(JOBS, alter=alter).judge("balance.left")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "nothing is said of what is left, which the schema allows")


def test_models_are_listed(bench: Any, tools: Any) -> None:
    def other(exchange: Any) -> Any:
        if exchange.sent.operation != "listEngines":
            return exchange
        return tools.changed(exchange, body={"engines": [{"name": "skiff-1"}]})

    assert passed(bench(REST).judge("models.listed"))
    assert failure(bench(REST, alter=other).judge("models.listed"))[0] == "skiff-2 is not listed, and can be used"


def test_modes_are_listed_under_the_name_that_requests_hold(bench: Any, tools: Any) -> None:
    names = ["boat-2", "cloud-1", "ep-mine"]

    def listing(exchange: Any) -> Any:
        return (
            tools.changed(exchange, body={"engines": names}) if exchange.sent.operation == "listEngines" else exchange
        )

    made = bench(MODES)
    assert passed(made.judge("models.listed"))
    (shown,) = (each.json["engines"] for each in made.wire.log if each.sent.operation == "listEngines")
    assert sorted(shown) == ["boat-2", "cloud-1", "ep-20260101-boats"], "the mock names each once"
    assert passed(bench(MODES, alter=listing).judge("models.listed")), "another name of the open set will do"
    names.remove("cloud-1")
    assert failure(bench(MODES, alter=listing).judge("models.listed"))[0] == "cloud-1 is not listed, and can be used"
    names[:] = ["boat-2", "cloud-1"]
    assert passed(bench(MODES, alter=listing).judge("models.listed")), "an open set has no names that are to be listed"


def test_a_model_that_is_refused_need_not_be_listed(bench: Any, tools: Any) -> None:
    def none(exchange: Any) -> Any:
        if exchange.sent.operation == "listEngines":
            return tools.changed(exchange, body={"engines": []})
        refused = exchange.sent.method == "POST"
        return tools.changed(exchange, status=422, body={"title": "no"}) if refused else exchange

    finding = bench(REST, alter=none).judge("models.listed")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "skiff-1 is not listed, and was not accepted either")


def test_resources_have_answers_of_their_own(bench: Any) -> None:
    made = bench(REST)
    for name in ("account.there", "account.status-code", "account.schema", "auth.account.missing-key"):
        assert passed(made.judge(name)), name
    assert made.contract.resources[Role.ACCOUNT].left is None
