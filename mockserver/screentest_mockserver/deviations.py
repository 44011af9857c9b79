"""Violations that a suite must catch, by name. Each breaks one promise and says which requirements should notice.

A deviation is data plus a few hooks that the provider mock calls; it is generic, so a provider added tomorrow gets every
deviation whose fact it has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Contract, Model, Operation, Role
from screentest_contracts.errors import UsageError
from screentest_mockserver.accounts import Account
from screentest_mockserver.answer import Answer, Request
from screentest_mockserver.plan import Plan, State

if TYPE_CHECKING:
    from screentest_mockserver.provider import ProviderMock, Refusal
    from screentest_mockserver.store import Task


@dataclass(frozen=True, slots=True)
class View:
    """What a body hook sees beside the body: `kind` is `receipt`, `callback`, or the operation's id."""

    mock: "ProviderMock"
    role: Role
    kind: str
    task: "Task | None"
    state: State | None


@dataclass(frozen=True, slots=True)
class Deviation:
    """One violation. `breaks` are ids of requirements, with `*` as in globs; `applies` tells for which contracts."""

    name: str
    about: str
    breaks: tuple[str, ...]
    applies: Callable[[Contract], bool] = lambda contract: True
    plan: "Callable[[ProviderMock, Model, Plan], Plan] | None" = None
    state: "Callable[[ProviderMock, Task, State], State] | None" = None
    body: Callable[[View, Any], Any] | None = None
    answer: "Callable[[ProviderMock, Request, Answer], Answer] | None" = None
    account: "Callable[[ProviderMock, Operation, Account | None, bool], Account | None] | None" = None
    accepts: Callable[[Contract, str, str, Any], bool] | None = None
    create: "Callable[[ProviderMock, Account, Any], Answer | None] | None" = None
    id: "Callable[[ProviderMock, str], str] | None" = None
    find: "Callable[[ProviderMock, Operation, str, Task | None], Task | None] | None" = None
    refusal: "Callable[[ProviderMock, Refusal, int, Any, Any], tuple[int, Any, Any]] | None" = None
    video: Callable[[float, str, str], tuple[float, str, str]] | None = None
    callback: "Callable[[Task, int], bool] | None" = None
    keeps_tasks: bool = False
    keeps_links: bool = False
    shares: bool = False


REGISTRY: dict[str, Deviation] = {}
"""Every deviation by name."""


def register(deviation: Deviation) -> Deviation:
    """Adds a deviation to the registry."""
    if deviation.name in REGISTRY:
        raise ValueError(f"two deviations are called {deviation.name}")
    REGISTRY[deviation.name] = deviation
    return deviation


def deviation(name: str, contract: Contract | None = None) -> Deviation:
    """The deviation called `name`. Raises UsageError that suggests the nearest, or when it does not apply."""
    found = REGISTRY.get(name)
    if found is None:
        near = get_close_matches(name, REGISTRY, n=1)
        hint = f"did you mean {near[0]}?" if near else f"deviations: {', '.join(sorted(REGISTRY))}"
        raise UsageError(f"unknown deviation {name!r}", hint)
    if contract is not None and not found.applies(contract):
        raise UsageError(f"deviation {name} does not apply to {contract.name}", "its document has no such fact to break")
    return found


def applicable(contract: Contract) -> list[Deviation]:
    """The deviations that break something this contract promises, by name."""
    return [REGISTRY[name] for name in sorted(REGISTRY) if REGISTRY[name].applies(contract)]
