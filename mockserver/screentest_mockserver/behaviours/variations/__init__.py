"""Legal variations, by name: behaviour that differs from the mock's usual one and breaks no promise.

A variation is a deviation that breaks nothing (`breaks` is empty): the same hooks, set in the same place. The suites
must raise no MUST against any of them.
"""

from screentest_mockserver.behaviours.variations import callbacks, idempotency, tasks, wire  # noqa: F401
from screentest_mockserver.behaviours.variations.registry import VARIATIONS, applicable, find_behaviour, variation

__all__ = ["VARIATIONS", "applicable", "find_behaviour", "variation"]
