"""Words that lists and callbacks have of their own: what is shown, and what is said of the query's words there."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.facts import Level
from screentest_contracts.location import Location
from screentest_contracts.reading import respelled, status_of
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_mockserver.behaviours.variations import VARIATIONS
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


# -- another query path -------------------------------------------------------------------------------------------

SIGNED = Path(__file__).parents[2] / "documents" / "signed.yaml"
ALIAS = "query.alias.getTaskOfAnyMode"


@pytest.fixture(scope="module")
def signed() -> Contract:
    return load_contract(SIGNED)


@pytest.mark.parametrize(
    "name", [ALIAS, f"{ALIAS}.words", "query.status.known", "query.status.terminal", "query.schema", "list.items"]
)
def test_own_words_of_an_alias_pass(signed: Contract, name: str) -> None:
    assert judged(signed, name) is Result.PASSED


def test_an_alias_in_words_of_queries_fails_for_its_words_alone(signed: Contract) -> None:
    deviation = "alias-in-words-of-queries"
    assert judged(signed, f"{ALIAS}.words", deviation) is Result.FAILED
    for name in (ALIAS, "query.status.known", "query.status.terminal"):
        assert judged(signed, name, deviation) is Result.PASSED


def test_an_alias_that_tells_another_status_in_its_own_words_fails(signed: Contract) -> None:
    assert judged(signed, ALIAS, "alias-status-disagrees") is Result.FAILED
    assert judged(signed, f"{ALIAS}.words", "alias-status-disagrees") is Result.PASSED


def test_a_word_is_read_by_the_operation_that_told_it(signed: Contract) -> None:
    body = {"data": {"task_status": "IN_PROGRESS"}}
    status = status_of(signed, body, "getTaskOfAnyMode")
    assert status is signed.lifecycle.statuses["processing"]
    assert status_of(signed, body, "getTask") is None
    assert status_of(signed, {"data": {"task_status": "processing"}}, "getTaskOfAnyMode") is None


def test_words_of_an_alias_have_a_mark_of_their_own(tmp_path: Path) -> None:
    text = SIGNED.read_text().replace(
        "    transitions: {submitted", "    words_mark: assumed\n    transitions: {submitted"
    )
    (tmp_path / "signed.yaml").write_text(text)
    levels = {each.id: each.level for each in requirements(load_contract(tmp_path / "signed.yaml"))}
    assert (levels[ALIAS], levels[f"{ALIAS}.words"]) == (Level.MUST, Level.NOTE)


def test_the_mock_shows_the_words_with_and_without_hooks(signed: Contract) -> None:
    """A hook sees the query's word, and what it changes is told in the alias's."""
    for deviation in (None, "times-in-the-past"):
        target = EmbeddedTarget(signed)
        target.mock.deviation = DEVIATIONS[deviation] if deviation else None
        session = Judge(signed, target, Options(examples=1)).session
        model = session.models[0]
        made = session.start(model, model.base)
        shown = session.poll(made, signed.operations["getTaskOfAnyMode"])
        assert orjson.loads(shown.body)["data"]["task_status"] == "NOT_START"


def test_a_legal_variation_of_the_result_is_one_at_the_alias_too(signed: Contract) -> None:
    """A variation is legal by the schema of the operation, which has its own words."""
    target = EmbeddedTarget(signed)
    target.mock.deviation = VARIATIONS["result-elsewhere"]
    assert Judge(signed, target, Options(examples=2)).verdict(ALIAS).result is Result.PASSED
