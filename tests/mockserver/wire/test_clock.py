"""Clocks: a manual one only goes forward, by sensible steps."""

import time

import pytest

from screentest_mockserver import ManualClock, RealClock


@pytest.mark.parametrize("seconds", [0, 0.25, 1, 999_999_999.5])
def test_a_manual_clock_goes_forward(seconds: float) -> None:
    clock = ManualClock(1000)
    assert clock.advance(seconds) == clock.now() == 1000 + seconds


@pytest.mark.parametrize("seconds", [-0.25, -1, -1e12, 1e9, 1_000_000_000.5, 2e9, float("inf"), float("nan")])
def test_and_by_no_other_step(seconds: float) -> None:
    clock = ManualClock(1000)
    with pytest.raises(ValueError, match="0 to 1e9"):
        clock.advance(seconds)
    assert clock.now() == 1000


def test_what_clocks_start_as() -> None:
    before = time.time()
    real, manual = RealClock(), ManualClock()
    assert (real.speed, real.manual, RealClock(60).speed) == (1.0, False, 60)
    assert (manual.speed, manual.manual, manual.now() % 1) == (1.0, True, 0)
    assert before <= real.now() <= time.time()
    assert before - 1 < manual.now() <= time.time()
