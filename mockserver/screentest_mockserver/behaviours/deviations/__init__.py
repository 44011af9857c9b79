"""Violations that a suite must catch, by name. Each breaks one promise and says which requirements should notice.

The modules listed here register them by group; adding one is a `register(Deviation(...))` in the module it belongs to.
"""

from screentest_mockserver.behaviours.deviations import (
    aliases,
    assets,
    auth,
    basics,
    bodies,
    call_parameters,
    callbacks,
    calls,
    creates,
    errors,
    http,
    idempotency,
    life,
    lifecycle,
    lists,
    members,
    modes,
    parameters,
    polls,
    receipt,
    refusals,
    resources,
    result,
    result_answers,
    shown,
    stream,
    told,
    uploads,
    waiting,
)
from screentest_mockserver.behaviours.registry import DEVIATIONS, applicable, breaks, deviation, matching, register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Hooks

MODULES = (
    aliases,
    assets,
    auth,
    basics,
    bodies,
    call_parameters,
    callbacks,
    calls,
    creates,
    errors,
    http,
    idempotency,
    life,
    lifecycle,
    lists,
    members,
    modes,
    parameters,
    polls,
    receipt,
    refusals,
    resources,
    result,
    result_answers,
    shown,
    stream,
    told,
    uploads,
    waiting,
)
"""Where deviations are registered."""

__all__ = [
    "DEVIATIONS",
    "MODULES",
    "BodyHookContext",
    "Deviation",
    "Hooks",
    "applicable",
    "breaks",
    "deviation",
    "matching",
    "register",
]
