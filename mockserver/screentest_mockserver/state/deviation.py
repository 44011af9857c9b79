"""What a deviation or variation is, and which behaviour is chosen for a provider."""

from collections.abc import Callable
from dataclasses import dataclass

from screentest_contracts.contract import Contract
from screentest_mockserver.state.hooks import NO_HOOKS, Hooks
from screentest_mockserver.tasks.scenario import Scenario

Applies = Callable[[Contract], bool]
"""Whether a contract has what the hooks need."""


def everywhere(contract: Contract) -> bool:
    """For hooks that need nothing of a contract."""
    return True


@dataclass(frozen=True, slots=True)
class Deviation:
    """One promise broken in one way, or, as a variation, one legal difference that breaks none.

    `breaks` are ids of requirements, with `*` as in globs, of which at least one must notice; a variation has none.
    `also` are their close kin, which may notice, too. `applies` tells whether a contract has what the hooks need;
    beyond that a deviation applies only to contracts with a requirement that it breaks.

    >>> import httpx, screentest
    >>> def _teapot(call: screentest.Call, answer: screentest.Answer) -> screentest.Answer:
    ...     if call.role is screentest.Role.QUERY:
    ...         answer.status = 418
    ...     return answer
    >>> teapot = screentest.Deviation(
    ...     "acme-teapot",
    ...     "queries are answered 418",
    ...     breaks=("query.status-code",),
    ...     also=("query.*", "error.query.*"),
    ...     hooks=screentest.Hooks(answer=_teapot),
    ... )
    >>> _ = screentest.add_deviation(teapot)
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.deviate("acme-teapot")
    ...     httpx.get("https://api.acme.example/jobs/nothing").status_code
    418
    """

    name: str
    about: str
    breaks: tuple[str, ...]
    applies: Applies = everywhere
    also: tuple[str, ...] = ()
    hooks: Hooks = NO_HOOKS


@dataclass(frozen=True, slots=True)
class Choices:
    """What tasks follow for which nothing is scheduled, and the deviation. A store may keep the names."""

    scenario: Scenario
    deviation: Deviation | None = None

    @property
    def hooks(self) -> Hooks:
        """Those of the deviation, or none."""
        return NO_HOOKS if self.deviation is None else self.deviation.hooks
