"""The registry of legal variations."""

from typing import Any

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean, nearest
from screentest_mockserver.behaviours.deviations import REGISTRY, Deviation, deviation

VARIATIONS: dict[str, Deviation] = {}
"""Every variation by name."""


def vary(name: str, about: str, **hooks: Any) -> None:
    """Adds a variation to the registry."""
    if name in VARIATIONS:
        raise ValueError(f"two variations are called {name}")
    VARIATIONS[name] = Deviation(name, about, (), **hooks)


def variation(name: str) -> Deviation:
    """The variation called `name`. Raises UsageError that suggests the nearest."""
    if name not in VARIATIONS:
        hint = did_you_mean(name, VARIATIONS, f"variations: {', '.join(sorted(VARIATIONS))}")
        raise UsageError(f"unknown variation {name!r}", hint)
    return VARIATIONS[name]


def applicable(contract: Contract) -> list[Deviation]:
    """The variations that a contract has room for, by name."""
    return [VARIATIONS[name] for name in sorted(VARIATIONS) if VARIATIONS[name].applies(contract)]


def find_behaviour(name: str, contract: Contract) -> Deviation:
    """The deviation or the legal variation called `name`. Raises UsageError that suggests the nearest, or when it does
    not apply."""
    if name not in VARIATIONS:
        near = nearest(name, [*REGISTRY, *VARIATIONS])
        if name not in REGISTRY and near in VARIATIONS:
            raise UsageError(f"unknown deviation or variation {name!r}", f"did you mean {near}?")
        return deviation(name, contract)
    if not VARIATIONS[name].applies(contract):
        raise UsageError(f"variation {name} does not apply to {contract.name}", "its document has no room for it")
    return VARIATIONS[name]
