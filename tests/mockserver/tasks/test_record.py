"""Tasks as plain values: what a store on another machine writes down and reads back."""

import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from tests.providers import FEW

from screentest_contracts import load_contract
from screentest_mockserver.state.render import TaskContext
from screentest_mockserver.tasks.plan import cut_short
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.scenarios import SCENARIOS, scenario
from screentest_mockserver.tasks.task import dump_plan, dump_task, keep_seconds, load_plan, load_task


@pytest.mark.parametrize("name", FEW)
def test_a_task_is_the_same_after_a_journey_through_json(name: str, caller: Callable[..., Any]) -> None:
    client = caller(load_contract(name))
    contract, mock = client.contract, client.mock
    client.clock.advance(0.123)
    for follows in ("success", "never-ending", "failure", "late-bytes:2"):
        mock.schedule(follows)
        client.new()
        task = mock.tasks()[-1]
        record = orjson.loads(orjson.dumps(dump_task(task)))
        loaded = load_task(record, contract, mock.facts.accounts_by_name)
        assert dump_task(loaded) == dump_task(task)
        assert loaded.plan == task.plan
        assert load_task(record, contract, mock.facts.accounts_by_name).plan is loaded.plan, "equal plans are shared"
        call = mock.call()
        for elapsed in (0, 1, 50, 10_000):
            state = task.plan.at(elapsed)
            assert loaded.plan.at(elapsed) == state
            template = mock.facts.receipt_templates[task.model.profile]
            assert template.render(TaskContext(call, loaded, state)) == template.render(TaskContext(call, task, state))


def test_a_cancelled_plan(small: Any, caller: Callable[..., Any]) -> None:
    client = caller(small)
    client.new()
    plan = client.mock.tasks()[0].plan
    cut = cut_short(small, small.profiles["default"], plan, 12.5)
    assert load_plan(orjson.loads(orjson.dumps(dump_plan(cut)))) == cut


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios(name: str) -> None:
    chosen = scenario(name)
    assert Scenario.from_json(orjson.loads(orjson.dumps(chosen.as_json()))) == chosen


def test_how_long_a_task_must_be_kept(small: Any, small_tree: Any, load_tree: Any, caller: Callable[..., Any]) -> None:
    client = caller(small)
    client.new()
    client.mock.schedule("never-ending")
    client.new()
    first, endless = client.mock.tasks()
    assert math.isinf(endless.plan.end)
    assert (keep_seconds(small, first), keep_seconds(small, endless)) == (7300, None)
    tree = small_tree()
    tree["x-task"]["retention"] = {"task": 7200, "from": "created"}
    assert keep_seconds(load_tree(tree), endless) == 7200
    row = {
        "condition": "expired-task",
        "on": ["query"],
        "readings": {"status": 410, "body": {"error": {"code": "old"}}},
    }
    tree["x-task"]["errors"].append(row)
    assert keep_seconds(load_tree(tree), first) is None, "an expired task is told from an unknown one"
