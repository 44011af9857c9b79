"""What a deviation is, and the registry of all of them.

A deviation is data plus a few hooks that the provider mock calls; it is generic, so a provider added tomorrow gets
every deviation whose fact it has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Callback, Contract, Model, Operation, Role, Signature
from screentest_contracts.errors import UsageError
from screentest_contracts.requirements import requirements
from screentest_contracts.signatures import Message
from screentest_contracts.suggestions import did_you_mean
from screentest_mockserver.tasks.plan import Plan, State
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock
    from screentest_mockserver.operations.idempotency import Remembered
    from screentest_mockserver.state.refusals import Refusal
    from screentest_mockserver.tasks.store import Task


@dataclass(frozen=True, slots=True)
class BodyHookContext:
    """What a body hook sees beside the body: `kind` is `receipt`, `callback`, or the operation's id."""

    mock: "ProviderMock"
    role: Role
    kind: str
    task: "Task | None"
    state: State | None


@dataclass(frozen=True, slots=True)
class Deviation:
    """One violation: one promise broken in one way, by what its hooks do to plans, answers, bodies and so on.

    `breaks` are ids of requirements, with `*` as in globs, of which at least one must notice; `also` are their close
    kin, which may notice, too. `applies` tells whether a contract has what the hooks need; beyond that a deviation
    applies only to contracts with a requirement that it breaks.

    Hooks: `plan` a new task's plan; `state` what a task is now; `body` a JSON body before it is written; `answer` the
    whole answer; `account` who calls, given whether there was a key; `accepts` whether to overlook a schema error;
    `refuses` the member for which a valid body is refused; `forgives` conditions under which the call is answered as
    if all were well; `create` an answer instead of a new task; `id` the id; `recall` what an account's idempotency key
    stands for, given the key, a digest of what is asked and what is remembered; `find` the task behind an id; `refusal`
    status, body and headers of a refusal; `video` duration, ratio and resolution of the file; `defaults`
    what is delivered where a request asks for nothing; `callback` whether an
    attempt (0: of a stage before the end) is made; `delivery` method and body of an attempt; `sign` the headers
    that sign it, by rule, secret, message and number of the attempt; `wait` seconds to the next attempt, None for no
    more; `overlooks` flaws of tokens that are let pass.
    """

    name: str
    about: str
    breaks: tuple[str, ...]
    applies: Callable[[Contract], bool] = lambda contract: True
    also: tuple[str, ...] = ()
    plan: "Callable[[ProviderMock, Model, Plan], Plan] | None" = None
    state: "Callable[[ProviderMock, Task, State], State] | None" = None
    body: Callable[[BodyHookContext, Any], Any] | None = None
    answer: "Callable[[ProviderMock, Request, Answer], Answer] | None" = None
    account: "Callable[[ProviderMock, Operation, Account | None, bool], Account | None] | None" = None
    accepts: Callable[[Contract, str, str, Any], bool] | None = None
    refuses: Callable[[Model, Any], str | None] | None = None
    forgives: frozenset[str] = frozenset()
    create: "Callable[[ProviderMock, Account, Any], Answer | None] | None" = None
    id: "Callable[[ProviderMock, str], str] | None" = None
    recall: "Callable[[ProviderMock, Account, str, bytes, Remembered | None], Remembered | None] | None" = None
    find: "Callable[[ProviderMock, Operation, str, Task | None], Task | None] | None" = None
    refusal: "Callable[[ProviderMock, Refusal, int, Any, Any], tuple[int, Any, Any]] | None" = None
    video: Callable[[float, str, str], tuple[float, str, str]] | None = None
    defaults: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    callback: "Callable[[Task, int], bool] | None" = None
    delivery: "Callable[[str, bytes], tuple[str, bytes]] | None" = None
    sign: Callable[[Signature, str, Message, int], Mapping[str, str]] | None = None
    wait: "Callable[[Callback, int, bool, float | None], float | None] | None" = None
    keeps_tasks: bool = False
    keeps_links: bool = False
    shares: bool = False
    overlooks: frozenset[str] = frozenset()


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
        raise UsageError(f"unknown deviation {name!r}", did_you_mean(name, REGISTRY, "see `screentest deviations`"))
    if contract is not None and not breaks(found, contract):
        raise UsageError(
            f"deviation {name} does not apply to {contract.name}", "its document has no such fact to break"
        )
    return found


def breaks(deviation: Deviation, contract: Contract) -> tuple[str, ...]:
    """The ids of the contract's requirements that a deviation breaks; empty when it does not apply."""
    if not deviation.applies(contract):
        return ()
    return matching(contract, deviation.breaks)


def matching(contract: Contract, globs: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the contract's requirements that match any of the globs."""
    return tuple(name for name in _ids(contract) if any(fnmatchcase(name, glob) for glob in globs))


_known: dict[int, tuple[Contract, tuple[str, ...]]] = {}


def _ids(contract: Contract) -> tuple[str, ...]:
    """The ids of all requirements, derived once per contract (which is no key itself: it holds dicts)."""
    found = _known.get(id(contract))
    if found is None or found[0] is not contract:
        found = _known[id(contract)] = (contract, tuple(each.id for each in requirements(contract)))
    return found[1]


def applicable(contract: Contract) -> list[Deviation]:
    """The deviations that break something this contract promises, by name."""
    return [REGISTRY[name] for name in sorted(REGISTRY) if breaks(REGISTRY[name], contract)]
