"""Prices that hold for some requests only: what a request could cost, what is charged and what is due."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Role, load_contract
from screentest_contracts.comparison.terms import CLIPS, price_of
from screentest_suites.checks.echoes import prices_of
from screentest_suites.spending import worst_price
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session

JOBS = load_contract(Path(__file__).parents[2] / "documents" / "jobs.yaml")
MODEL = JOBS.models["boat-text"]


def body(**members: Any) -> Any:
    return {"model": "boat-text", "input": {"prompt": "A paper boat.", **members}}


@pytest.mark.parametrize(
    ("members", "price"),
    [({}, "0.3"), ({"n_frames": "10"}, "0.3"), ({"n_frames": "15"}, "0.45"), ({"n_frames": "20"}, "0.45")],
)
def test_a_request_is_priced_by_its_members(members: Any, price: str) -> None:
    """What no server should take could be read in any way: the dearest counts."""
    session = Session(JOBS, EmbeddedTarget(JOBS))
    sent = session.request(JOBS.roles[Role.CREATE][0], body=body(**members))
    assert worst_price(JOBS, sent) == Decimal(price)


def test_what_is_due_and_what_is_charged() -> None:
    assert prices_of(JOBS, MODEL, body()) == [0.3]
    assert prices_of(JOBS, MODEL, body(n_frames="15")) == [0.45]
    session = Session(JOBS, EmbeddedTarget(JOBS))
    for frames, charge in (("10", 30), ("15", 45)):
        made = session.start(MODEL, body(n_frames=frames))
        assert session.poll(made).json["data"]["creditsConsumed"] == charge


def test_a_comparison_takes_the_price_of_the_minimal_request() -> None:
    assert price_of(JOBS, MODEL, CLIPS[0]) == (0.3, "USD")


def test_a_comparison_asks_for_the_clip_that_it_prices(small_tree: Any, load_tree: Any) -> None:
    """A price for one tier is no price of another."""
    tree = small_tree()
    members = tree["components"]["schemas"]["Clip"]["properties"]
    members["tier"] = {"type": "string", "enum": ["720p", "1080p"]}
    tree["x-task"]["request"] = {**tree["x-task"].get("request", {}), "resolution": "/tier"}
    row = {"models": ["*"], "per": "second", "currency": "USD", "amount": 2, "when": {"/tier": "720p"}}
    tree["x-task"]["prices"] = [row]
    contract = load_tree(tree)
    assert [price_of(contract, contract.models["clip-1"], clip) for clip in CLIPS] == [(10, "USD"), None]


def test_values_are_told_from_booleans(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    row = {"models": ["*"], "per": "video", "currency": "USD"}
    tree["x-task"]["prices"] = [{**row, "amount": 1, "when": {"/duration": [1]}}, {**row, "amount": 2}]
    contract = load_tree(tree)
    first, second = contract.prices
    schema = contract.models["clip-1"].schema
    assert [first.holds(schema, {"duration": value}) for value in (1, True, 2, "1")] == [True, False, False, False]
    assert second.holds(schema, {})
