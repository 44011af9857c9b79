"""Checks of creates that wait: what they send, what they say of altered answers, and when they say nothing."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Skip
from screentest_suites.judging.judge import Judge
from screentest_suites.requests.generation import generate_bodies
from screentest_suites.targets.patience import Patience
from tests.suites.test_held_up import HeldUp

RELAY = str(Path(__file__).parents[2] / "documents" / "relay.yaml")
ANSWER, TIME = "create.wait.answer", "create.wait.time"


def in_member(tree: Any) -> None:
    """A member of the request that asks for it."""
    tree["x-task"]["wait"] = {"at": "/sync", "value": True, "seconds": 200}
    tree["components"]["schemas"]["Clip"]["properties"]["sync"] = {"type": "boolean", "default": False}


def altered(tools: Any, when: Callable[[Exchange], bool] = lambda each: True, **changes: Any) -> Any:
    """Changes the answers to creates that ask to wait."""

    def alter(exchange: Exchange) -> Exchange:
        asks = any(name == "Prefer" for name, _ in exchange.sent.headers)
        made: Exchange = tools.changed(exchange, **changes) if asks and when(exchange) else exchange
        return made

    return alter


def ended(exchange: Exchange) -> bool:
    return exchange.status == 201


def receipt(exchange: Exchange) -> bool:
    return exchange.status == 200


def test_what_is_sent(bench: Any) -> None:
    made = bench(RELAY)
    assert made.judge(ANSWER).result is Result.PASSED
    assert made.judge(TIME).result is Result.PASSED
    asked = [each for each in made.wire.log if each.sent.waits]
    assert [(each.sent.waits, dict(each.sent.headers)["Prefer"]) for each in asked] == [(60.0, "wait=60")] * 2
    assert [each.status for each in asked] == [201, 200], "one that ends meanwhile, and one that does not"
    assert [round(each.received_at - each.sent_at) for each in asked] == [30, 60]


def test_a_member_that_asks(bench: Any) -> None:
    made = bench(in_member)
    assert made.judge(ANSWER).result is Result.PASSED
    assert made.judge(TIME).result is Result.PASSED
    assert [each.sent.waits for each in made.wire.log if b'"sync":true' in (each.sent.body or b"")] == [200.0] * 2


@pytest.mark.parametrize(
    ("when", "changes", "reason"),
    [
        (ended, {"status": 200}, "the end was answered 200"),
        (receipt, {"status": 202}, "a receipt was answered 202"),
        (ended, {"at": {"/data/metadata": 7}}, "/data/metadata: 7 must be an object"),
        (ended, {"at": {"/data/metadata/progress": 1.5}}, "/data/metadata/progress: 1.5"),
        (ended, {"at": {"/data/response/videos/0/uri": "/elsewhere.mp4"}}, "the result was '/elsewhere.mp4' and is"),
        (receipt, {"at": {"/data/task_id": 7}}, "/data/task_id: 7 must be"),
        (
            receipt,
            {"status": 400, "body": {"code": "no", "message": "No."}},
            "a create that asks to wait 60 s: answered",
        ),
    ],
)
def test_answers_that_are_wrong(bench: Any, tools: Any, when: Any, changes: Any, reason: str) -> None:
    finding = bench(RELAY, alter=altered(tools, when, **changes)).judge(ANSWER)
    assert finding.result is Result.FAILED
    assert finding.reason.startswith(reason)


@pytest.mark.parametrize("later", [-40.0, 40.0])
def test_answers_at_a_wrong_time(bench: Any, later: float) -> None:
    def alter(exchange: Exchange) -> Exchange:
        late = exchange.sent.waits and exchange.status == 200
        return replace(exchange, received_at=exchange.received_at + later) if late else exchange

    finding = bench(RELAY, alter=alter).judge(TIME)
    assert finding.result is Result.FAILED
    assert f" after {60 + later:.1f} s" in finding.reason


@pytest.mark.parametrize("changes", [{"status": 500, "body": {}}, {"status": 429, "body": {}}])
def test_a_server_in_trouble_says_nothing(bench: Any, tools: Any, changes: Any) -> None:
    finding = bench(RELAY, alter=altered(tools, **changes)).judge(ANSWER)
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "a create was not accepted")


def test_no_answer_at_all(bench: Any, tools: Any) -> None:
    finding = bench(RELAY, alter=altered(tools, status=0, error="no answer in 90 s", body=b"")).judge(TIME)
    assert finding.reason == "a create that asks to wait 60 s: no answer in 90 s"


def test_no_generated_body_asks_to_wait(bench: Any) -> None:
    """A hundred of them would wait for a hundred tasks."""
    made = bench(in_member)
    bodies = [each.body for _, each in generate_bodies(made.contract, Options(examples=60), made.target)]
    drawn = [body for body in bodies if "sync" in str(body)]
    assert [body for body in drawn if body.get("sync") is True] == []
    assert drawn, "it is there, with other values"


def test_where_time_is_real_one_create_waits_a_little(bench: Any) -> None:
    made = bench(RELAY, remote=True)
    assert made.judge(ANSWER).result is Result.PASSED
    assert [each.sent.waits for each in made.wire.log if each.sent.waits] == [10.0]


def test_where_tasks_cost_money_nothing_waits(bench: Any) -> None:
    made = bench(RELAY, remote=True, metered=True)
    judge = Judge(made.contract, made.target, made.session.options)
    for name in (ANSWER, TIME):
        assert str(Skip.NEEDS_SPEND) in judge.verdict(name).finding.reason
    assert not [each for each in made.wire.log if each.sent.waits]


@pytest.mark.parametrize("place", ["before", "under way", "back"])
@pytest.mark.parametrize("seconds", [20.0, 200.0, 1000.0])
def test_our_slowness_is_not_the_vendors(place: str, seconds: float) -> None:
    contract = load_contract(RELAY)
    target = HeldUp(contract, dict.fromkeys(range(1, 400), (place, seconds)))
    judge = Judge(contract, target, Options(examples=1, models=("boat-fast",), workers=1))
    for name in (ANSWER, TIME):
        assert judge.verdict(name).result is not Result.FAILED


@pytest.mark.parametrize(("asked", "over"), [(60.0, False), (0.0, True)])
def test_what_was_asked_for_is_no_slowness(asked: float, over: bool) -> None:
    patience = Patience(1.0)
    assert patience.allowance("create", asked) == 1.0 + asked
    patience.answered("create", time.monotonic() - 50.0 + asked)
    assert patience.over is over


def test_receipts_that_are_broken_everywhere_are_judged_elsewhere(bench: Any, tools: Any) -> None:
    """An end that is never shown leaves nothing to judge then: that is no pass."""

    def alter(exchange: Exchange) -> Exchange:
        made = exchange.sent.method == "POST" and exchange.status == 200
        changed: Exchange = tools.changed(exchange, status=202) if made else exchange
        return changed

    made = bench(RELAY, alter=alter)
    made.wire.mock.deviation = deviation("wait-hides-the-end", made.contract)
    reason = "no end was shown, and receipts break what they are held to elsewhere"
    assert tools.is_skip(made.judge(ANSWER), Skip.NOT_OBSERVED, reason)
