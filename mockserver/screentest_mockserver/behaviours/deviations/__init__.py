"""Violations that a suite must catch, by name. Each breaks one promise and says which requirements should notice.

The modules of this package register them by group; adding one is a `register(Deviation(...))` in the module it belongs
to.
"""

from importlib import import_module
from pkgutil import iter_modules

from screentest_mockserver.behaviours.deviations.registry import (
    REGISTRY,
    BodyHookContext,
    Deviation,
    applicable,
    breaks,
    deviation,
    matching,
    register,
)

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["REGISTRY", "BodyHookContext", "Deviation", "applicable", "breaks", "deviation", "matching", "register"]
