"""The registry of all deviations and variations. It takes more at any time: `register(Deviation(...))`."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import cache
from weakref import WeakKeyDictionary

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean, nearest
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import Hooks

_BEHAVIOURS: dict[str, Deviation] = {}


class _Kind(Mapping[str, Deviation]):
    """The registered behaviours that break something, or nothing, by name."""

    def __init__(self, *, legal: bool) -> None:
        self._legal = legal

    def __getitem__(self, name: str) -> Deviation:
        behaviour = _BEHAVIOURS[name]
        if self._legal is bool(behaviour.breaks):
            raise KeyError(name)
        return behaviour

    def __iter__(self) -> Iterator[str]:
        return (name for name, behaviour in _BEHAVIOURS.items() if self._legal is not bool(behaviour.breaks))

    def __len__(self) -> int:
        return sum(1 for _ in self)


DEVIATIONS: Mapping[str, Deviation] = _Kind(legal=False)
"""Every deviation by name, also those that are registered later."""

VARIATIONS: Mapping[str, Deviation] = _Kind(legal=True)
"""Every variation by name, likewise."""


def register(deviation: Deviation) -> Deviation:
    """Adds a deviation, or a variation: one that breaks nothing. Raises ValueError where the name is taken.

    `Mock.deviate`, `screentest selfcheck` and the control plane know it by its name from then on.

    >>> import httpx, screentest
    >>> def _tell(call: screentest.Call, answer: screentest.Answer) -> screentest.Answer:
    ...     answer.headers = [*answer.headers, (b"x-acme", b"hello")]
    ...     return answer
    >>> hooks = screentest.Hooks(answer=_tell)
    >>> variation = screentest.add_deviation(screentest.Deviation("acme-hello", "one more header", (), hooks=hooks))
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.deviate(variation.name)
    ...     httpx.get("https://api.acme.example/jobs/nothing").headers["x-acme"]
    'hello'
    """
    if deviation.name in _BEHAVIOURS:
        raise ValueError(f"two deviations or variations are called {deviation.name}")
    _BEHAVIOURS[deviation.name] = deviation
    return deviation


def unregister(name: str) -> None:
    """Takes a deviation or variation out again, for tests of packages that add some."""
    del _BEHAVIOURS[name]


def vary(name: str, about: str, hooks: Hooks, applies: Applies = everywhere) -> Deviation:
    """Adds a variation."""
    return register(Deviation(name, about, (), applies, hooks=hooks))


def deviation(name: str, contract: Contract | None = None) -> Deviation:
    """The deviation called `name`. Raises UsageError that suggests the nearest, or when it does not apply."""
    chosen = DEVIATIONS.get(name)
    if chosen is None:
        raise UsageError(f"unknown deviation {name!r}", did_you_mean(name, DEVIATIONS, "see `screentest deviations`"))
    if contract is not None and not breaks(chosen, contract):
        raise UsageError(
            f"deviation {name} does not apply to {contract.name}", "its document has no such fact to break"
        )
    return chosen


def variation(name: str) -> Deviation:
    """The variation called `name`. Raises UsageError that suggests the nearest."""
    chosen = VARIATIONS.get(name)
    if chosen is None:
        hint = did_you_mean(name, VARIATIONS, f"variations: {', '.join(sorted(VARIATIONS))}")
        raise UsageError(f"unknown variation {name!r}", hint)
    return chosen


def find_behaviour(name: str, contract: Contract) -> Deviation:
    """The deviation or the legal variation called `name`. Raises UsageError that suggests the nearest, or when it does
    not apply."""
    if name not in VARIATIONS:
        near = nearest(name, [*DEVIATIONS, *VARIATIONS])
        if name not in DEVIATIONS and near in VARIATIONS:
            raise UsageError(f"unknown deviation or variation {name!r}", f"did you mean {near}?")
        return deviation(name, contract)
    if not VARIATIONS[name].applies(contract):
        raise UsageError(f"variation {name} does not apply to {contract.name}", "its document has no room for it")
    return VARIATIONS[name]


def applicable(contract: Contract) -> list[Deviation]:
    """The deviations that break something this contract promises, by name."""
    return [DEVIATIONS[name] for name in sorted(DEVIATIONS) if breaks(DEVIATIONS[name], contract)]


def applicable_variations(contract: Contract) -> list[Deviation]:
    """The variations that a contract has room for, by name."""
    return [VARIATIONS[name] for name in sorted(VARIATIONS) if VARIATIONS[name].applies(contract)]


def breaks(deviation: Deviation, contract: Contract) -> tuple[str, ...]:
    """The ids of the contract's requirements that a deviation breaks; empty when it does not apply."""
    if not deviation.applies(contract):
        return ()
    return matching(contract, deviation.breaks)


def matching(contract: Contract, globs: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the contract's requirements that match any of the globs."""
    matches = _expression(globs).match
    return tuple(name for name in _requirement_ids(contract) if matches(name))


@cache
def _expression(globs: tuple[str, ...]) -> re.Pattern[str]:
    """What matches a text that any of the globs matches."""
    return re.compile("|".join(map(translate, globs)) or "(?!)")


_IDS: WeakKeyDictionary[Contract, tuple[str, ...]] = WeakKeyDictionary()


def _requirement_ids(contract: Contract) -> tuple[str, ...]:
    """The ids of all requirements, derived once for as long as the contract lives."""
    from screentest_contracts.requirements import requirements  # a mock seldom needs them to start

    ids = _IDS.get(contract)
    if ids is None:
        ids = _IDS[contract] = tuple(requirement.id for requirement in requirements(contract))
    return ids
