"""Small servers that keep none of the rules beside the members' own, or none of their parameters: what names the fault
fails, and nothing else does."""

from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS, Deviation
from screentest_mockserver.state.hooks import Call, Hooks, Query
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget


def judged(contract: Contract, prefix: str, broken: Deviation | None) -> dict[str, Result]:
    """The verdicts on the requirements whose ids begin so."""
    target = EmbeddedTarget(contract)
    target.mock.deviation = broken
    judge = Judge(contract, target, Options(examples=4))
    names = [each.id for each in requirements(contract) if each.id.startswith(prefix)]
    return {name: judge.verdict(name).result for name in names}


def conditional(tree: Any) -> None:
    """Nine seconds only with a short prompt; a sound never alone."""
    clip = tree["components"]["schemas"]["Clip"]
    clip["properties"]["image"] = clip["properties"]["sound"] = {"type": "string", "format": "uri"}
    clip["dependentRequired"] = {"sound": ["image"]}
    clip["if"] = {"properties": {"duration": {"const": 9}}, "required": ["duration"]}
    clip["then"] = {"properties": {"prompt": {"maxLength": 10}}, "required": ["prompt"]}


def test_what_a_condition_and_a_dependency_ask_for_is_judged(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    conditional(tree)
    contract = load_tree(tree)
    rules = {"create.body.if-duration-then-prompt", "create.sound.dependent-required"}
    kept = judged(contract, "create.", None)
    assert {kept[name] for name in rules} == {Result.PASSED}
    broken = judged(contract, "create.", DEVIATIONS["accepts-broken-conditions"])
    assert {name for name, result in broken.items() if result is Result.FAILED} == rules


def parameters(tree: Any) -> None:
    tree["paths"]["/jobs"]["get"]["parameters"] = [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 3, "default": 2}},
        {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["asc", "desc"], "default": "desc"}},
        {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["WAIT", "RUN", "DONE", "BAD"]}},
    ]
    tree["paths"]["/jobs"]["get"]["responses"]["422"] = {"description": "refused"}


def _no_parameter(call: Call, query: Query) -> Query:
    return {}


NO_PARAMETER = Deviation("no-parameter", "a list looks at none of its parameters", (), hooks=Hooks(query=_no_parameter))


def test_a_list_that_looks_at_none_of_its_parameters_fails_for_each(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    parameters(tree)
    contract = load_tree(tree)
    named = {
        *("list.limit", "list.limit.type", "list.limit.minimum", "list.limit.maximum"),
        *("list.order.enum", "list.order.order", "list.state.enum", "list.state.filter"),
    }
    sound = judged(contract, "list.", None)
    assert named < sound.keys()
    assert set(sound.values()) == {Result.PASSED}
    broken = judged(contract, "list.", NO_PARAMETER)
    assert {name for name, result in broken.items() if result is Result.FAILED} == named


@pytest.mark.parametrize("name", ["list.limit.default", "list.order.default"])
def test_a_default_is_judged_by_what_comes_without(name: str, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    parameters(tree)
    other = judged(load_tree(tree), name, DEVIATIONS["list-other-default"])
    assert other == {name: Result.FAILED}


def test_where_no_refusal_is_declared_a_bad_parameter_may_be_taken(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    parameters(tree)
    del tree["paths"]["/jobs"]["get"]["responses"]["422"]
    tree["paths"]["/jobs"]["get"]["responses"].pop("default", None)
    levels = {each.id: str(each.level) for each in requirements(load_tree(tree)) if each.kind == "call-parameter"}
    assert set(levels.values()) == {"NOTE"}
    assert "list.limit.maximum" in levels


def two_modes(tree: Any) -> None:
    """One model name, two ways to use it, told apart by the members that are there."""
    schemas = tree["components"]["schemas"]
    image = {"type": "string", "format": "uri", "example": "https://media.example.com/a.png"}
    schemas["Clip"].pop("additionalProperties")
    members = {
        "model": {"const": "clip-1"},
        "image": image,
        "duration": {"type": "integer", "minimum": 2, "maximum": 5},
    }
    schemas["FromImage"] = {"type": "object", "required": ["model", "image"], "properties": members}
    schema = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Clip", "FromImage")]}
    tree["paths"]["/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"] = schema
    base = {"model": "clip-1", "image": image["example"]}
    tree["x-task"]["models"]["clip-1-from-image"] = {"schema": "FromImage", "base": base}


@pytest.mark.parametrize(
    ("broken", "caught"),
    [
        (None, set()),
        ("first-mode-only", {"create.accepted.clip-1-from-image"}),
        ("rules-of-the-first-mode", {"create.image.type", "create.duration.maximum"}),
    ],
)
def test_modes_of_one_name_are_told_apart(
    small_tree: Any, load_tree: Any, broken: str | None, caught: set[str]
) -> None:
    tree = small_tree()
    two_modes(tree)
    verdicts = judged(load_tree(tree), "create.", DEVIATIONS[broken] if broken else None)
    failed = {name for name, result in verdicts.items() if result is Result.FAILED}
    assert caught <= failed
    assert bool(failed) is bool(broken)
