"""Requests that keep or break a rule: a condition, a dependency, alternatives, what must not be."""

from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.contract import Constraint, Model
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.parameters import CLOSING, KEYWORDS, RULES, UNJUDGED, constraints_of, mentioned
from screentest_contracts.requirements.parameters import constraint_slug
from screentest_suites.requests.alone import breaks_alone
from screentest_suites.requests.probes import Probe, attempt

DOCUMENTS = Path(__file__).parents[2] / "documents"
VOCABULARY = Path(__file__).parents[3] / "docs" / "documents.md"
FACT = Fact(Mark.DOCUMENTED)


def rules(contract: Contract) -> list[tuple[Model, Constraint]]:
    found = [(model, each) for model in contract.models.values() for each in model.constraints]
    return [(model, each) for model, each in found if each.kind in RULES]


def values(probe: Probe, *names: str) -> tuple[Any, ...]:
    return tuple(probe.body.get(name) for name in names)


@pytest.mark.parametrize("document", [*built_in(), DOCUMENTS / "rules.yaml"], ids=str)
def test_a_refusing_request_breaks_its_rule_alone_and_has_a_valid_twin(document: Any) -> None:
    for model, constraint in rules(load_contract(document)):
        made = attempt(model, constraint)
        assert made.refuses, f"{model.name}: {constraint_slug(constraint)}"
        for probe in made.probes:
            assert model.validator.is_valid(probe.body) is probe.accept
            assert model.validator.is_valid(probe.twin)
            if not probe.accept:
                assert breaks_alone(model.validator, constraint, probe.body)


@pytest.fixture(scope="module")
def probes() -> dict[str, list[Probe]]:
    return {
        constraint_slug(constraint): list(attempt(model, constraint).probes)
        for model, constraint in rules(load_contract(DOCUMENTS / "rules.yaml"))
    }


def test_a_condition_is_tried_met_and_not_met(probes: dict[str, list[Probe]]) -> None:
    tried = probes["body.if-seconds-then-size"]
    assert (12, "720p") in [values(probe, "seconds", "size") for probe in tried if probe.accept]
    refused = [probe for probe in tried if not probe.accept]
    assert [values(probe, "seconds", "size") for probe in refused] == [(12, "1080p")]
    assert {probe.twin["seconds"] for probe in refused} == {12}, "the twin keeps the premise"


def test_a_dependency_is_tried_with_what_it_needs_and_without(probes: dict[str, list[Probe]]) -> None:
    (refused,) = probes["sound.dependent-required"]
    assert refused.body.keys() - refused.twin.keys() == set()
    assert refused.twin.keys() - refused.body.keys() == {"image"}
    strengths = {probe.body.get("strength") for probe in probes["mask.dependent-schema"] if not probe.accept}
    assert None in strengths
    assert any(isinstance(each, int) and each > 5 for each in strengths)


def test_alternatives_are_tried_with_each_simple_form_and_with_none(probes: dict[str, list[Probe]]) -> None:
    speeds = [(probe.body["speed"], probe.accept) for probe in probes["speed.any-of"]]
    assert ("auto", True) in speeds
    assert (0, False) in speeds
    assert ("no-such-value", False) in speeds


def test_texts_that_nobody_documented_are_not_held_to_be_accepted(probes: dict[str, list[Probe]]) -> None:
    """A made-up address may be refused for another reason; as a twin it only takes the proof away."""
    for name in ("sound.dependent-required", "mask.dependent-schema"):
        assert not any(probe.accept for probe in probes[name])
        assert all(probe.twin != probe.body for probe in probes[name])


SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("body.if-a-then-b-else-c", {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}),
    ("a.dependent-required", {"dependentRequired": {"a": ["b"]}}),
    ("a.dependent-schema", {"dependentSchemas": {"a": {"required": ["b"]}}}),
    ("body.not", {"not": {"required": ["a", "b"]}}),
    ("body.exactly-one", {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    ("body.any-of", {"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"maxProperties": 3}]}),
    ("body.property-names", {"propertyNames": {"maxLength": 9}}),
    ("body.unknown", {"unevaluatedProperties": False}),
]


@pytest.mark.parametrize(("slug", "schema"), SHAPES)
@pytest.mark.parametrize("inside", [False, True])
def test_each_rule_is_a_constraint_with_a_name(slug: str, schema: dict[str, Any], inside: bool) -> None:
    whole = {"properties": {"outer": {"type": "array", "items": schema}}} if inside else {"allOf": [schema]}
    names = [constraint_slug(each) for each in constraints_of(whole, FACT)]
    assert (f"outer.{slug.removeprefix('body.')}" if inside else slug) in names


def test_a_rule_has_a_mark_of_its_own() -> None:
    schema = {"not": {"required": ["a"]}, "if": {"required": ["b"]}, "then": {"required": ["c"]}}
    found = constraints_of({**schema, "x-marks": {"not": "assumed", "if": "recommended"}}, FACT)
    assert {each.kind: each.fact.mark for each in found} == {"not": Mark.ASSUMED, "if": Mark.RECOMMENDED}


def test_two_rules_that_say_the_same_are_not_told_apart() -> None:
    from screentest_contracts.schemas import validator

    rule = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}
    once = constraints_of(rule, FACT)[0]
    assert breaks_alone(validator(rule), once, {"a": 1})
    assert not breaks_alone(validator({"allOf": [rule, rule]}), once, {"a": 1})
    assert breaks_alone(validator({"anyOf": [rule, {"required": ["c"]}]}), once, {"a": 1}), "a form that wraps it"


def test_members_of_which_a_rule_speaks() -> None:
    schema = {"properties": {"a": {}}, "not": {"required": ["b"]}, "dependentRequired": {"c": ["d"]}}
    assert mentioned([schema, {"dependentSchemas": {"e": {"required": ["a", "f"]}}}]) == ("a", "c", "d", "b", "e", "f")


def test_the_vocabulary_lists_every_keyword_that_is_judged_and_no_other() -> None:
    text = VOCABULARY.read_text(encoding="utf-8")
    begin = text.index("Keywords that are judged in request schemas")
    judged, unjudged = text[begin : text.index("Words of our own inside request schemas")].split("Not judged")
    plain = {each for each in (*KEYWORDS, *RULES, *CLOSING, "required") if not each.startswith("x-")}
    assert [each for each in sorted(plain) if f"`{each}`" not in judged] == []
    assert [each for each in UNJUDGED if f"`{each}`" not in unjudged or f"`{each}`" in judged] == []
