"""A scenario: a task that takes a break."""

from dataclasses import replace

import screentest


def _with_a_break(scenario: screentest.Scenario, argument: str) -> screentest.Scenario:
    return replace(scenario, pace=float(argument or 3))


screentest.add_scenario(
    screentest.ScenarioFamily("acme-break", "takes 3 times as long (acme-break:N: N times)", _with_a_break)
)
