"""Deviations break a promise; variations are legal differences. Both override hooks.

Importing this package registers its own; other packages add theirs with `register`.
"""

from screentest_mockserver.behaviours import deviations, variations
from screentest_mockserver.behaviours.registry import (
    DEVIATIONS,
    VARIATIONS,
    applicable,
    applicable_variations,
    breaks,
    deviation,
    find_behaviour,
    matching,
    register,
    unregister,
    variation,
    vary,
)
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks

__all__ = [
    "DEVIATIONS",
    "VARIATIONS",
    "BodyHookContext",
    "Call",
    "Deviation",
    "Hooks",
    "applicable",
    "applicable_variations",
    "breaks",
    "deviation",
    "deviations",
    "find_behaviour",
    "matching",
    "register",
    "unregister",
    "variation",
    "variations",
    "vary",
]
