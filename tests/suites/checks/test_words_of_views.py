"""Words that lists and callbacks have of their own: what is shown, and what is said of the query's words there."""

from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.location import Location
from screentest_contracts.reading import respelled
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget


def words(tree: Any, **views: Any) -> Any:
    """The small document with words of its own in lists, which have no shape of their own, and in callbacks, which
    carry what a query says."""
    tree["x-task"]["lifecycle"]["words"] = views
    return tree


@pytest.fixture
def contract(small_tree: Any, load_tree: Any) -> Contract:
    tree = small_tree()
    succeeded = next(
        name for name, each in tree["x-task"]["lifecycle"]["statuses"].items() if each["class"] == "succeeded"
    )
    contract: Contract = load_tree(words(tree, list={succeeded: "all right"}, callback={succeeded: "ready"}))
    return contract


def judged(contract: Contract, name: str, deviation: str = "") -> Result:
    target = EmbeddedTarget(contract)
    target.mock.deviation = DEVIATIONS[deviation] if deviation else None
    return Judge(contract, target, Options(examples=2)).verdict(name).result


@pytest.mark.parametrize("name", ["list.items", "list.contains", "callback.body", "callback.delivered.succeeded"])
def test_own_words_pass(contract: Contract, name: str) -> None:
    assert judged(contract, name) is Result.PASSED


@pytest.mark.parametrize(
    ("name", "deviation"),
    [("list.items", "list-in-words-of-queries"), ("callback.body", "callback-in-words-of-queries")],
)
def test_the_words_of_queries_fail(contract: Contract, name: str, deviation: str) -> None:
    assert judged(contract, name, deviation) is Result.FAILED


def test_a_word_is_read_by_its_view_alone(contract: Contract) -> None:
    lifecycle = contract.lifecycle
    at = Location("/state")
    assert lifecycle.read({"state": "ready"}, at) is None
    assert lifecycle.read({"state": "ready"}, at, "list") is None
    read = lifecycle.read({"state": "ready"}, at, "callback")
    assert read is not None
    shown = respelled(lifecycle, {"state": read.wire}, at, "callback")
    assert shown == {"state": "ready"}
    assert respelled(lifecycle, shown, at, "callback", back=True) == {"state": read.wire}
    assert respelled(lifecycle, {"state": "odd"}, at, "callback") == {"state": "odd"}
