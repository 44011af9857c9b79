"""Invented vendors, each a short overlay of a built-in document: sound, kept by their own mock, and their own limits
judged."""

from pathlib import Path

import pytest
from tests.turns import by_turns

import screentest
from screentest_contracts import built_in, load_contract
from screentest_contracts.contract import StatusClass
from screentest_contracts.lint import Severity, lint_file
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS
from screentest_suites.judging.judge import Judge

OVERLAYS = {
    "harbor": "newapi",
    "lagoon": "evolink",
    "jetty": "tokenbay",
    "wharf": "tokenhot",
    "mooring": "nexusflow",
    "estuary": "openai",
    "breakwater": "dashscope",
    "lighthouse": "ark",
    "cove": "fal",
    "slipway": "replicate",
    "towpath": "runway",
    "lantern": "luma",
    "sandbar": "gemini",
    "isthmus": "kling",
}
"""Each vendor and the document that it extends."""

FEW = screentest.Options(examples=2)


def file_of(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.yaml")


def test_every_overlay_is_tried() -> None:
    assert {file.stem for file in Path(__file__).parent.glob("*.yaml")} == set(OVERLAYS)
    assert sorted(OVERLAYS.values()) == sorted(built_in()), "a family has no member"


@pytest.mark.parametrize(("name", "base"), OVERLAYS.items())
def test_a_family_member_is_short_and_sound(name: str, base: str) -> None:
    text = file_of(name).read_text(encoding="utf-8")
    assert f"\nextends: {base}\n" in text
    assert len(text.splitlines()) <= 150
    assert {each.severity for each in lint_file(str(file_of(name))).findings} == {Severity.NOTE}


@pytest.mark.parametrize("name", by_turns(OVERLAYS, every=4))
def test_its_mock_keeps_what_it_says(name: str) -> None:
    judgement = screentest.judge(file_of(name), options=FEW)
    assert [verdict.requirement.id for verdict in judgement.broken] == []
    results = {verdict.requirement.id: verdict.result for verdict in judgement.verdicts}
    assert results["create.accepted"] is results["query.status.known"] is screentest.Result.PASSED


@pytest.mark.parametrize(
    ("name", "deviating", "caught_by"),
    [
        ("harbor", "accepts-above-maximum", "create.duration.maximum"),
        ("harbor", "missing-key-accepted-query", "auth.query.missing-key"),
        ("harbor", "unknown-status", "query.status.known"),
        ("harbor", "foreign-task-shown", "auth.owner-only"),
        ("lagoon", "accepts-below-minimum", "create.duration.minimum"),
        ("lagoon", "short-retention", "query.retention"),
        ("jetty", "wrong-key-accepted-create", "auth.create.wrong-key"),
        ("wharf", "never-ends", "query.ends"),
        ("mooring", "accepts-above-maximum", "create.duration.maximum"),
        ("mooring", "unknown-terminal-status", "query.status.known"),
        ("estuary", "short-link-life", "result.link.life"),
        ("estuary", "file-digest-wrong", "result.repr-digest.digest"),
        ("breakwater", "unknown-task-under-200", "error.query.unknown-task"),
        ("lighthouse", "short-retention", "query.retention"),
        ("cove", "wrong-key-accepted-query", "auth.query.wrong-key"),
        ("slipway", "short-link-life", "result.link.life"),
        ("towpath", "accepts-above-maximum", "create.duration.maximum"),
        ("lantern", "accepts-too-long-text", "create.prompt.max-length"),
        ("sandbar", "short-link-life", "result.link.life"),
        ("isthmus", "accepts-too-long-text", "create.prompt.max-length"),
    ],
)
def test_a_mock_that_breaks_it_is_caught(name: str, deviating: str, caught_by: str) -> None:
    contract = load_contract(file_of(name))
    target = screentest.EmbeddedTarget(contract)
    target.mock.deviation = DEVIATIONS[deviating]
    assert Judge(contract, target, FEW).verdict(caught_by).result is screentest.Result.FAILED


def test_what_a_reseller_changes_is_in_its_contract() -> None:
    base, contract = load_contract("newapi"), load_contract(file_of("harbor"))
    assert contract.base_url == "https://api.harbor.example/relay"
    assert set(contract.models) == {"harbor-skiff", "harbor-clipper", "harbor-reel", "doubao-seedance-1-0-pro-250528"}
    assert contract.lifecycle.statuses.keys() == {*base.lifecycle.statuses, "BLOCKED"}
    assert {(price.amount, price.currency) for price in contract.prices} == {(0.04, "USD"), (0.08, "USD")}
    assert contract.link.life == 43200


def test_a_list_that_the_base_uses_twice_is_changed_where_the_overlay_says() -> None:
    """The base names its transitions once and refers to them: only those of the named statuses grow."""
    lifecycle = load_contract(file_of("harbor")).lifecycle
    blocked = {name for name, following in lifecycle.transitions.items() if "BLOCKED" in following}
    assert blocked == {"QUEUED", "IN_PROGRESS"}


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("mooring", {screentest.Role.LIST}),
        ("estuary", {screentest.Role(role) for role in ("list", "cancel", "upload", "file")}),
        ("breakwater", {screentest.Role.LIST, screentest.Role.CANCEL}),
        ("lighthouse", {screentest.Role.CANCEL}),
        ("cove", {screentest.Role.STREAM}),
        ("slipway", {screentest.Role.LIST}),
        ("lantern", {screentest.Role.BALANCE}),
    ],
)
def test_an_operation_that_a_reseller_lacks_is_asked_for_nowhere(name: str, missing: set[screentest.Role]) -> None:
    base, contract = load_contract(OVERLAYS[name]), load_contract(file_of(name))
    assert base.roles.keys() - contract.roles.keys() == missing
    lacking = tuple(f"{topic}{role}." for role in missing for topic in ("", "auth.", "error."))
    assert any(requirement.id.startswith(lacking) for requirement in requirements(base))
    assert [requirement.id for requirement in requirements(contract) if requirement.id.startswith(lacking)] == []


def test_a_renamed_status_is_the_only_word_of_its_class() -> None:
    statuses = load_contract(file_of("mooring")).lifecycle.statuses
    assert [word for word, status in statuses.items() if status.status_class is StatusClass.SUCCEEDED] == ["done"]
