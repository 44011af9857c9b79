"""A task's state is a pure, monotone function of the time that has passed."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers import FEW, known

from screentest_contracts import Contract, StatusClass
from screentest_mockserver.tasks.plan import Plan, State, cut_short, make_plan, unchanged_until

CONTRACTS = {name: known(name) for name in FEW}
PROFILES = [(name, profile) for name, contract in CONTRACTS.items() for profile in contract.profiles]


@st.composite
def plans(draw: st.DrawFn) -> tuple[Contract, Plan]:
    """Every plan that a scenario, a cancellation or a deviation can ask for."""
    name, profile = draw(st.sampled_from(PROFILES))
    contract = CONTRACTS[name]
    plan = make_plan(
        contract,
        contract.profiles[profile],
        outcome=draw(st.sampled_from(sorted(contract.profiles[profile].outcomes))),
        pace=draw(st.sampled_from([0.0, 0.001, 1.0, 10.0, math.inf]) | st.floats(0, 1e6)),
    )
    moment = draw(st.none() | st.floats(0, 1e6))
    if moment is not None and moment < plan.end:
        plan = cut_short(contract, contract.profiles[profile], plan, moment)
    return contract, plan


MOMENTS = st.floats(0, 1e9) | st.sampled_from([0.0, math.nextafter(0, 1)])


@given(plans(), st.lists(MOMENTS, min_size=2, max_size=8))
def test_time_only_moves_a_task_forward(planned: tuple[Contract, Plan], moments: list[float]) -> None:
    contract, plan = planned
    states = [plan.at(moment) for moment in sorted(moments)]
    for before, after in pairwise(states):
        assert contract.lifecycle.allows(before.status, after.status)
        assert before.progress <= after.progress or after is plan.final
        assert not (before.status_class.terminal and after != before), "an end is an end"
        assert before.started in (None, after.started)
    for moment, state in zip(sorted(moments), states, strict=True):
        assert plan.at(moment) == state, "asking changes nothing"
        assert 0 <= state.progress <= 100
        assert state.status_class is contract.lifecycle.statuses[state.status].status_class
        assert (state.finished is not None) == (moment >= plan.end) == state.status_class.terminal
        assert state.started is None or 0 <= state.started <= moment
        assert state.finished is None or (state.started or 0) <= state.finished <= moment


@given(plans())
def test_the_end_comes_exactly_at_the_end(planned: tuple[Contract, Plan]) -> None:
    _, plan = planned
    if math.isinf(plan.end):
        assert not plan.at(1e12).status_class.terminal
        return
    assert plan.at(plan.end) is plan.final
    assert plan.final.finished == plan.end
    if plan.end > 0:
        assert not plan.at(math.nextafter(plan.end, 0)).status_class.terminal


@given(plans())
def test_a_receipt_never_shows_an_end(planned: tuple[Contract, Plan]) -> None:
    _, plan = planned
    assert plan.receipt.status == plan.phases[0].status
    assert (plan.receipt.started, plan.receipt.finished) == (None, None)


@pytest.mark.parametrize(("name", "profile"), PROFILES)
@pytest.mark.parametrize("pace", [0.25, 1.0, 3.0])
def test_shares_are_parts_of_the_whole(name: str, profile: str, pace: float) -> None:
    contract = CONTRACTS[name]
    stages, typical = contract.profiles[profile].stages, contract.profiles[profile].typical
    plan = make_plan(contract, contract.profiles[profile], pace=pace)
    whole, start = sum(stage.share for stage in stages), 0.0
    assert plan.end == pytest.approx(typical * pace)
    for phase, stage in zip(plan.phases, stages, strict=True):
        assert (phase.start, phase.end - phase.start) == pytest.approx((start, typical * pace * stage.share / whole))
        inside = plan.at((phase.start + phase.end) / 2)
        assert (inside.status, plan.at(phase.start).status) == (stage.status, stage.status)
        assert stage.first <= inside.progress <= stage.last
        start = phase.end


def test_progress_moves_linearly(small: Contract) -> None:
    """WAIT for 25 s at 0, RUN for 75 s from 10 to 90, then DONE at 100."""
    plan = make_plan(small, small.profiles["default"])
    seen = {
        moment: (plan.at(moment).status, plan.at(moment).progress) for moment in (0, 24.9, 25, 62.5, 99.9, 100, 1e6)
    }
    assert seen == {
        0: ("WAIT", 0),
        24.9: ("WAIT", 0),
        25: ("RUN", 10),
        62.5: ("RUN", 50),
        99.9: ("RUN", 89),
        100: ("DONE", 100),
        1e6: ("DONE", 100),
    }
    assert (plan.at(20).started, plan.at(30).started, plan.final.started, plan.final.finished) == (None, 25, 25, 100)


def test_ends_keep_or_set_progress(small: Contract) -> None:
    profile = small.profiles["default"]
    failed = make_plan(small, profile, outcome=StatusClass.FAILED, failure="dim")
    assert (failed.final.status, failed.final.progress, failed.failure) == ("BAD", 90, "dim")


@pytest.mark.parametrize("pace", [1.0, 3.0, math.inf])
@pytest.mark.parametrize("moment", [0.0, 24.0, 30.0, 62.0, 99.0, 299.0, 5000.0])
def test_a_cancelled_task_keeps_its_past(small: Contract, pace: float, moment: float) -> None:
    profile = small.profiles["default"]
    whole = make_plan(small, profile, pace=pace)
    if moment >= whole.end:
        return
    cancelled, before = cut_short(small, profile, whole, moment), whole.at(moment)
    assert cancelled.at(moment) is cancelled.final
    assert cancelled.final == State("STOPPED", StatusClass.CANCELLED, before.progress, before.started, cancelled.end)
    assert cancelled.end == moment
    assert all(cancelled.at(moment * part / 8) == whole.at(moment * part / 8) for part in range(8) if moment)


def test_an_end_that_the_vendor_does_not_have_is_a_failure(small: Contract) -> None:
    assert make_plan(small, small.profiles["default"], outcome=StatusClass.EXPIRED).final.status == "BAD"


def test_at_once_and_never(small: Contract) -> None:
    profile = small.profiles["default"]
    assert make_plan(small, profile, pace=0).at(0).status == "DONE"
    forever = make_plan(small, profile, pace=math.inf)
    assert forever.end == math.inf
    assert [forever.at(moment).status for moment in (0.0, 25.0, 1e15)] == ["WAIT", "RUN", "RUN"]
    assert forever.at(1e15).progress == 10


def test_plans_are_values(small: Contract) -> None:
    made: Any = [make_plan(small, small.profiles["default"]) for _ in range(2)]
    assert made[0] == made[1]
    assert hash(made[0].final) == hash(made[1].final)


@given(plans(), MOMENTS, st.floats(0, 1))
def test_a_state_stays_until_the_moment_that_is_told(
    planned: tuple[Contract, Plan], moment: float, share: float
) -> None:
    _, plan = planned
    until = unchanged_until(plan, moment)
    if until > moment:
        later = min(until, moment + 1e9)
        for each in (moment + (later - moment) * share, math.nextafter(until, 0) if math.isfinite(until) else later):
            if moment <= each < until:
                assert plan.at(each) == plan.at(moment)
