"""Legal variations, by name: behaviour that differs from the mock's usual one and breaks no promise.

A variation is a deviation that breaks nothing (`breaks` is empty): the same hooks, in the same registry. The suites
must raise no MUST against any of them.
"""

from screentest_mockserver.behaviours.registry import VARIATIONS, find_behaviour, variation
from screentest_mockserver.behaviours.registry import applicable_variations as applicable
from screentest_mockserver.behaviours.variations import (
    bodies,
    callbacks,
    http,
    idempotency,
    ids,
    pace,
    resources,
    stream,
    waiting,
    wire,
)

MODULES = (bodies, callbacks, http, idempotency, ids, pace, resources, stream, waiting, wire)
"""Where variations are registered."""

__all__ = ["MODULES", "VARIATIONS", "applicable", "find_behaviour", "variation"]
