"""The registries of deviations and variations: every entry breaks, or varies, something real."""

from pathlib import Path

import pytest

from screentest_contracts import Contract, UsageError, load_contract
from screentest_contracts.document import built_in
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours import deviations, variations
from screentest_mockserver.behaviours.deviations import REGISTRY, Deviation, breaks, deviation, matching, register
from screentest_mockserver.behaviours.deviations.registry import BodyHookContext
from screentest_mockserver.behaviours.variations import VARIATIONS, variation

DOCUMENTS = Path(__file__).parents[1] / "documents"

NOWHERE = {
    "missing-header-other-status",
    "forgives-missing-header",
    "callback-other-method",
    "wrong-key-accepted-result",
    "wrong-key-accepted-cancel",
}
"""Need a requirement that does not exist yet, or that no document we have gives rise to."""

HOOKS = [name for name in Deviation.__dataclass_fields__ if name not in {"name", "about", "breaks", "also", "applies"}]


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    return [load_contract(name) for name in sorted(built_in())]


@pytest.fixture(scope="module")
def others(small: Contract) -> list[Contract]:
    """The documents of the tests."""
    return [small, *(load_contract(file) for file in sorted(DOCUMENTS.glob("*.yaml")))]


def test_there_are_enough() -> None:
    assert len(REGISTRY) >= 70
    assert len(VARIATIONS) >= 30


@pytest.mark.parametrize("name", sorted({**REGISTRY, **VARIATIONS}))
def test_an_entry_says_what_it_does_and_does_something(name: str) -> None:
    entry = {**REGISTRY, **VARIATIONS}[name]
    assert entry.name == name
    assert name == name.lower().replace("_", "-").replace(" ", "-")
    assert 10 < len(entry.about) < 130
    assert not entry.about.endswith(".")
    assert any(getattr(entry, hook) for hook in HOOKS)
    assert bool(entry.breaks) is (name in REGISTRY)


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - NOWHERE))
def test_a_deviation_breaks_a_requirement(name: str, contracts: list[Contract], others: list[Contract]) -> None:
    """Of a built-in provider, or of another document with roles and facts that those lack."""
    assert any(breaks(REGISTRY[name], contract) for contract in (*contracts, *others))


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
    assert breaks(REGISTRY["callback-repeated"], silent) == ()
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
    with pytest.raises(ValueError, match="two deviations are called never-ends"):
        register(REGISTRY["never-ends"])


def test_matching_takes_globs(contracts: list[Contract]) -> None:
    assert matching(contracts[0], ("query.status.know?",)) == ("query.status.known",)
    assert matching(contracts[0], ("no.such.*",)) == ()


def test_the_view_is_part_of_the_interface() -> None:
    assert set(BodyHookContext.__dataclass_fields__) == {"mock", "role", "kind", "task", "state"}
