"""Addresses that live for one of several documented times, or end at a time that no document states."""

from dataclasses import replace
from typing import Any

import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.contract import Link
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import DEVIATIONS, applicable
from screentest_mockserver.state.hooks import Hooks
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Skip, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget
from tests.suites.checks.test_renewed_links import RENEWED, REST

LIFE, EXPIRY = "result.link.life", "result.link.expiry"


@pytest.fixture
def two_lives() -> Contract:
    return load_contract(REST)


@pytest.fixture
def unknown(two_lives: Contract) -> Contract:
    """The same document where it only says that addresses end."""
    return with_link(two_lives, lives=())


def with_link(contract: Contract, **changes: Any) -> Contract:
    link: Link = replace(contract.link, **changes)
    return replace(contract, link=link)


def judged(contract: Contract, name: str, hooks: Hooks | None = None) -> Verdict:
    target = EmbeddedTarget(contract)
    if hooks is not None:
        target.mock.deviation = replace(DEVIATIONS["short-link-life"], hooks=hooks)
    return Judge(contract, target, Options(examples=2)).verdict(name)


def ends_after(seconds: float) -> Hooks:
    return Hooks(link_life=lambda call, _: seconds)


def test_each_documented_life_passes(two_lives: Contract) -> None:
    for life in two_lives.link.lives:
        served = with_link(two_lives, life=life)
        assert {judged(served, name).result for name in (LIFE, EXPIRY, RENEWED)} == {Result.PASSED}


def test_shorter_than_the_shortest_is_too_short(two_lives: Contract) -> None:
    longest = with_link(two_lives, life=86400.0)
    assert judged(longest, LIFE, ends_after(7100.0)).result is Result.FAILED
    assert judged(longest, LIFE, ends_after(7300.0)).result is Result.PASSED


def test_an_end_between_two_readings_is_none_of_them(two_lives: Contract) -> None:
    told = judged(with_link(two_lives, life=40000.0), EXPIRY)
    assert told.finding.evidence[0].expected == "7200 or 86400 s after the end"


@pytest.mark.parametrize("life", [600.0, 86400.0, 10 * 86400.0])
def test_whenever_it_ends_the_renewed_address_is_judged(unknown: Contract, life: float) -> None:
    served = replace(with_link(unknown, life=life), retention=None)
    assert judged(served, RENEWED).result is Result.PASSED
    assert judged(served, EXPIRY).result is Result.PASSED
    assert LIFE not in {each.id for each in requirements(served)}
    assert judged(served, RENEWED, DEVIATIONS["link-not-renewed"].hooks).result is Result.FAILED


def test_an_address_that_does_not_end_in_a_month_says_nothing(unknown: Contract) -> None:
    told = judged(replace(with_link(unknown, life=90 * 86400.0), retention=None), RENEWED)
    assert told.finding.reason == f"{Skip.NOT_OBSERVED}: the first address has not ended"


def test_an_end_that_is_over_when_it_is_shown(unknown: Contract) -> None:
    broken = DEVIATIONS["link-states-past-end"]
    assert broken in applicable(unknown)
    assert judged(unknown, EXPIRY, broken.hooks).result is Result.FAILED


@pytest.mark.parametrize("life", [600.0, 40000.0])
def test_a_refusal_of_an_ended_address_is_waited_for(life: float) -> None:
    contract, name = with_link(load_contract("openai"), lives=(), life=life), "error.content.link-expired"
    assert judged(contract, name).result is Result.PASSED
    assert judged(contract, name, DEVIATIONS["link-expired-other-status"].hooks).result is Result.FAILED
