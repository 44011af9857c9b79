"""Kinds and derivations: what this package derives, and what another package adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any

import pytest

from screentest_contracts import Contract, Fact, Level, Mark, built_in, load_contract
from screentest_contracts.requirements import (
    SUITES,
    Builder,
    Derivation,
    Kind,
    MemberValue,
    add_derivation,
    derivations,
    kinds,
    remove_derivation,
    requirements,
)

KINDS = {kind.name: kind for kind in vars(kinds).values() if isinstance(kind, Kind)}


@dataclass(frozen=True)
class Region:
    """A region that another package judges."""

    name: str


REGION = Kind("acme-region", Region, "where a task runs")


def derive_regions(builder: Builder) -> None:
    for name in builder.contract.extensions.get("x-acme-regions", ()):
        builder.add(
            f"acme.region.{name}", REGION, "polling", Fact(Mark.DOCUMENTED), f"It runs in {name}.", Region(name)
        )


@pytest.fixture
def regions() -> Iterator[Derivation]:
    yield add_derivation(derive_regions)
    remove_derivation(derive_regions)


@pytest.mark.parametrize("name", built_in())
def test_every_requirement_is_of_a_declared_kind_and_its_subject_of_the_kinds_type(name: str) -> None:
    for requirement in requirements(load_contract(name)):
        assert isinstance(requirement.subject, KINDS[requirement.kind].subject), requirement.id


def test_every_kind_has_a_name_of_its_own_and_says_what_it_judges() -> None:
    declared = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
    assert len(KINDS) == len(declared)
    for kind in declared:
        assert kind.judges[0].islower()
        assert not kind.judges.endswith(".")


def test_subjects_are_values() -> None:
    for kind in KINDS.values():
        if kind.subject is not NoneType:
            assert kind.subject.__hash__ is not object.__hash__, f"{kind.name}: compared by identity"


def test_another_package_adds_requirements(small_tree: Any, load_tree: Any, regions: Derivation) -> None:
    tree = small_tree()
    plain = requirements(load_tree(tree))
    tree["x-task"]["x-acme-regions"] = ["north", "south"]
    all_of_them = requirements(load_tree(tree))
    ours = [requirement for requirement in all_of_them if requirement.kind == "acme-region"]
    assert [(each.id, each.level, each.subject) for each in ours] == [
        ("acme.region.north", Level.MUST, Region("north")),
        ("acme.region.south", Level.MUST, Region("south")),
    ]
    assert [each.id for each in all_of_them if each not in ours] == [each.id for each in plain]
    order = [SUITES.index(each.suite) for each in all_of_them]
    assert order == sorted(order)
    assert [each for each in all_of_them if each.suite == "polling"][-2:] == ours, "after those of this package"


def test_a_derivation_is_added_once_and_can_be_taken_back(small: Contract) -> None:
    before = derivations()
    add_derivation(derive_regions)
    try:
        assert derivations() == (*before, derive_regions), "after those that were there"
        with pytest.raises(ValueError, match="derivation already"):
            add_derivation(derive_regions)
    finally:
        remove_derivation(derive_regions)
    assert derivations() == before
    with pytest.raises(ValueError, match="not"):
        remove_derivation(derive_regions)
    with pytest.raises(ValueError, match="derivation already"):
        add_derivation(before[0])


@pytest.mark.parametrize("subject", [None, "north", MemberValue("/region", "id")])
def test_a_subject_of_another_type_is_refused(small: Contract, subject: Any) -> None:
    with pytest.raises(TypeError, match=r"acme\.region: the subject of acme-region is Region, not"):
        Builder(small).add("acme.region", REGION, "polling", Fact(Mark.ASSUMED), "Nothing.", subject)


def test_a_suite_that_does_not_exist_is_refused(small: Contract) -> None:
    with pytest.raises(ValueError, match="no suite 'regions'; suites: parameters, receipt"):
        Builder(small).add("acme.region", REGION, "regions", Fact(Mark.ASSUMED), "Nothing.", Region("north"))


def test_ids_stay_unique_over_packages(small: Contract) -> None:
    builder = Builder(small)
    for name in ("north", "south"):
        builder.add("acme.region", REGION, "polling", Fact(Mark.ASSUMED), "Somewhere.", Region(name))
    assert {name: each.subject for name, each in builder.requirements.items()} == {
        "acme.region": Region("north"),
        "acme.region.2": Region("south"),
    }
