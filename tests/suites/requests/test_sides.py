"""The accepting and the refusing side of a limit, with a mark each."""

from typing import Any

import pytest

from screentest_contracts.facts import Level
from screentest_contracts.requirements import Cases, requirements
from screentest_suites.requests.probes import attempt


def split(tree: Any, marks: Any) -> Any:
    tree["components"]["schemas"]["Clip"]["properties"]["duration"] = {
        "type": "integer", "minimum": 1, "maximum": 9, "x-marks": marks}  # fmt: skip
    return tree


def test_each_side_is_a_requirement_with_its_level_and_its_probes(small_tree: Any, load_tree: Any) -> None:
    contract = load_tree(split(small_tree(), {"maximum": {"accept": "documented", "refuse": "assumed"}}))
    found = {each.id: each for each in requirements(contract)}
    taken, refused = found["create.duration.maximum.accepted"], found["create.duration.maximum"]
    assert (taken.level, refused.level) == (Level.MUST, Level.NOTE)
    model = next(iter(contract.models.values()))
    for requirement, accept in ((taken, True), (refused, False)):
        assert isinstance(requirement.subject, Cases)
        made = attempt(model, requirement.subject.cases[0].constraint)
        assert made.probes
        assert {probe.accept for probe in made.probes} == {accept}
        assert not made.missed


@pytest.mark.parametrize("marked", ["assumed", {"mark": "assumed", "source": ["A"]}])
def test_one_mark_is_one_requirement(small_tree: Any, load_tree: Any, marked: Any) -> None:
    found = {each.id: each for each in requirements(load_tree(split(small_tree(), {"maximum": marked})))}
    assert found["create.duration.maximum"].level is Level.NOTE
    assert "create.duration.maximum.accepted" not in found


def test_what_a_mark_does_not_speak_of_keeps_that_of_its_schema(small_tree: Any, load_tree: Any) -> None:
    found = {each.id: each for each in requirements(load_tree(split(small_tree(), {"maximum": {"refuse": "assumed"}})))}
    assert found["create.duration.maximum.accepted"].level is Level.MUST
    assert found["create.duration.minimum"].level is Level.MUST
