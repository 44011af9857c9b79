"""The registries of deviations and variations: every entry breaks, or varies, something real."""

from pathlib import Path
from typing import Any

import pytest
from tests.providers import FEW

from screentest_contracts import Contract, UsageError, built_in, load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours import deviations, unregister, variations
from screentest_mockserver.behaviours.deviations import (
    DEVIATIONS,
    BodyHookContext,
    Deviation,
    Hooks,
    breaks,
    deviation,
    matching,
    register,
)
from screentest_mockserver.behaviours.variations import VARIATIONS, variation
from screentest_mockserver.state.hooks import NO_HOOKS, Call
from screentest_mockserver.wire.answer import Answer

DOCUMENTS = Path(__file__).parents[2] / "documents"

NOWHERE = {
    "missing-header-other-status",
    "forgives-missing-header",
    "callback-other-method",
    "wrong-key-accepted-result",
    "wrong-key-accepted-cancel",
}
"""Need a requirement that does not exist yet, or that no document we have gives rise to."""

HOOKS = list(Hooks.__dataclass_fields__)


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    return [load_contract(name) for name in FEW]


@pytest.fixture(scope="module")
def others(small: Contract) -> list[Contract]:
    """The other built-in documents, and those of the tests."""
    names = [name for name in built_in() if name not in FEW]
    return [small, *(load_contract(name) for name in [*names, *sorted(DOCUMENTS.glob("*.yaml"))])]


def test_there_are_enough() -> None:
    assert len(DEVIATIONS) >= 70
    assert len(VARIATIONS) >= 30


@pytest.mark.parametrize("name", sorted({**DEVIATIONS, **VARIATIONS}))
def test_an_entry_says_what_it_does_and_does_something(name: str) -> None:
    entry = {**DEVIATIONS, **VARIATIONS}[name]
    assert entry.name == name
    assert name == name.lower().replace("_", "-").replace(" ", "-")
    assert 10 < len(entry.about) < 130
    assert not entry.about.endswith(".")
    assert any(getattr(entry.hooks, hook) != getattr(NO_HOOKS, hook) for hook in HOOKS)
    assert bool(entry.breaks) is (name in DEVIATIONS)


@pytest.mark.parametrize("name", sorted(set(DEVIATIONS) - NOWHERE))
def test_a_deviation_breaks_a_requirement(name: str, contracts: list[Contract], others: list[Contract]) -> None:
    """Of a built-in provider, or of another document with roles and facts that those lack."""
    assert any(breaks(DEVIATIONS[name], contract) for contract in (*contracts, *others))


@pytest.mark.parametrize("name", sorted(VARIATIONS))
def test_a_variation_fits_a_document(name: str, contracts: list[Contract], others: list[Contract]) -> None:
    """A built-in one, or another where those lack what it varies."""
    assert any(VARIATIONS[name] in variations.applicable(contract) for contract in (*contracts, *others))


def test_every_requirement_has_a_deviation(contracts: list[Contract]) -> None:
    """Except what no run can bring about: the expiry of tasks whose life span nobody states."""
    for contract in contracts:
        covered = {name for each in deviations.applicable(contract) for name in breaks(each, contract)}
        bare = {each.id for each in requirements(contract) if each.untestable is None} - covered
        if contract.retention is None:
            bare = {name for name in bare if ".expired-task" not in name}
        assert not bare, contract.name


def test_breaks_is_empty_without_the_fact(contracts: list[Contract]) -> None:
    silent = next(contract for contract in contracts if contract.callback is None)
    assert breaks(DEVIATIONS["callback-repeated"], silent) == ()
    with pytest.raises(UsageError, match="callback-repeated does not apply"):
        deviation("callback-repeated", silent)


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(UsageError) as problem:
        deviation("goes-backward")
    assert "goes-backwards" in str(problem.value) + str(problem.value.hint)
    with pytest.raises(UsageError) as problem:
        variation("pretty-jason")
    assert "pretty-json" in str(problem.value) + str(problem.value.hint)


def test_names_are_taken_once() -> None:
    with pytest.raises(ValueError, match="two deviations or variations are called never-ends"):
        register(DEVIATIONS["never-ends"])


def test_matching_takes_globs(contracts: list[Contract]) -> None:
    assert matching(contracts[0], ("query.status.know?",)) == ("query.status.known",)
    assert matching(contracts[0], ("no.such.*",)) == ()


def test_the_view_is_part_of_the_interface() -> None:
    assert set(BodyHookContext.__dataclass_fields__) == {"call", "role", "kind", "task", "state", "tasks"}


def test_others_can_add_theirs(contracts: list[Contract]) -> None:
    silent = register(Deviation("says-nothing", "answers are empty", ("query.schema",), hooks=Hooks(answer=_empty)))
    legal = register(Deviation("says-more", "answers are long", ()))
    assert (deviation("says-nothing"), variation("says-more")) == (silent, legal)
    assert silent in deviations.applicable(contracts[0])
    assert legal in variations.applicable(contracts[0])
    for added in (silent, legal):
        unregister(added.name)
    assert {"says-nothing", "says-more"}.isdisjoint({*DEVIATIONS, *VARIATIONS})


def _empty(call: Call, answer: Answer) -> Answer:
    answer.body = b""
    return answer


@pytest.mark.parametrize(("pattern", "applies"), [("^task-", True), (r"\S", True), (".", False), ("", False)])
def test_an_id_can_have_another_form_only_where_some_text_does_not_fit(
    small_tree: Any, load_tree: Any, pattern: str, applies: bool
) -> None:
    tree = small_tree()
    tree["x-task"]["id"]["forms"] = [{"make": "task-{{random:base62:8}}", "pattern": pattern}]
    assert DEVIATIONS["id-of-another-form"].applies(load_tree(tree)) is applies
