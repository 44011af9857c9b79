"""Scenarios that other packages add."""

from dataclasses import replace

import pytest

from screentest_contracts import UsageError
from screentest_mockserver.tasks.scenario import ScenarioFamily
from screentest_mockserver.tasks.scenarios import SCENARIOS, register, scenario, unregister


def test_others_can_add_theirs() -> None:
    family = ScenarioFamily("twice-as-slow", "takes twice as long", lambda chosen, argument: replace(chosen, pace=2.0))
    register(family)
    try:
        assert SCENARIOS["twice-as-slow"] == "takes twice as long"
        assert (scenario("twice-as-slow").pace, scenario("twice-as-slow").name) == (2.0, "twice-as-slow")
        with pytest.raises(ValueError, match="two scenarios are called twice-as-slow"):
            register(family)
    finally:
        unregister("twice-as-slow")
    with pytest.raises(UsageError):
        scenario("twice-as-slow")
