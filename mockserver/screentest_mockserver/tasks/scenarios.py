"""Legal behaviour that a client must survive, by name. A deviation, by contrast, is a violation."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a task, and the answers about it, will do.

    `pace` multiplies the typical time (0: at once, infinity: for ever); `*_errors` are (condition, how many answers
    are refused under it before the true one); `delay` is seconds of waiting before an answer; `lose_create` drops the
    connection instead of answering the create; `truncate` breaks downloads off.

    >>> import screentest
    >>> from dataclasses import replace
    >>> plain = screentest.Scenario("acme-plain", "ends in success after the typical time")
    >>> plain.outcome, plain.pace, plain.has_faults
    (<StatusClass.SUCCEEDED: 'succeeded'>, 1.0, False)
    >>> replace(plain, pace=3.0, query_errors=("rate-limited", 2)).has_faults
    True
    """

    name: str
    about: str
    outcome: StatusClass = StatusClass.SUCCEEDED
    failure: str | None = None
    pace: float = 1.0
    create_errors: tuple[str, int] | None = None
    query_errors: tuple[str, int] | None = None
    content_errors: tuple[str, int] | None = None
    lose_create: bool = False
    delay: float = 0.0
    truncate: bool = False

    def __hash__(self) -> int:
        return hash(self.name)  # each create looks for the plan of its scenario: the other fields take longer

    @property
    def has_faults(self) -> bool:
        """Whether it changes answers about a task that exists."""
        return bool(self.query_errors or self.content_errors or self.delay or self.truncate)

    def as_json(self) -> dict[str, Any]:
        """Plain values; an infinite pace is None: JSON has no infinity."""
        return {**asdict(self), "pace": None if math.isinf(self.pace) else self.pace}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Scenario":
        """The scenario of such values."""
        errors = {name: tuple(value) if value else None for name, value in plain.items() if name.endswith("_errors")}
        pace = math.inf if plain["pace"] is None else plain["pace"]
        return cls(**{**plain, **errors, "pace": pace, "outcome": StatusClass(plain["outcome"])})


@dataclass(frozen=True, slots=True)
class ScenarioFamily:
    """What a name stands for: `build` gives the scenario of an argument, which is empty or what follows the colon of
    `name:argument`, and raises UsageError for one that it cannot take.

    >>> import screentest
    >>> from dataclasses import replace
    >>> def _build(plain: screentest.Scenario, argument: str) -> screentest.Scenario:
    ...     if argument and not argument.isdecimal():
    ...         raise screentest.UsageError(f"{plain.name}: {argument!r} is no number", "for example acme-busy:5")
    ...     return replace(plain, query_errors=("rate-limited", int(argument or 2)))
    >>> family = screentest.ScenarioFamily("acme-busy", "2 polls (N) are answered 429", _build)
    >>> plain = screentest.Scenario("acme-busy:5", family.about)
    >>> family.build(plain, "5").query_errors
    ('rate-limited', 5)
    """

    name: str
    about: str
    build: Callable[[Scenario, str], Scenario]


def _number(argument: str, default: float) -> float:
    try:
        value = float(argument) if argument else default
    except ValueError:
        raise UsageError(f"scenario argument {argument!r} is not a number", "for example slow:5") from None
    if not 0 <= value <= 1e6:
        raise UsageError(f"scenario argument {argument!r} is out of range", "use 0 to 1000000")
    return value


SCENARIOS: Final[dict[str, str]] = {}
"""Every scenario with what it does."""

_FAMILIES: dict[str, ScenarioFamily] = {}


def register(family: ScenarioFamily) -> ScenarioFamily:
    """Adds a scenario, at any time. Raises ValueError where its name is taken.

    `Mock.schedule`, `--scenario` and the control plane know it by its name from then on.

    >>> import httpx, screentest
    >>> from dataclasses import replace
    >>> def _build(plain: screentest.Scenario, argument: str) -> screentest.Scenario:
    ...     return replace(plain, pace=0.0, outcome=screentest.StatusClass.FAILED)
    >>> _ = screentest.add_scenario(screentest.ScenarioFamily("acme-doomed", "fails at once", _build))
    >>> url = "https://api.acme.example/jobs"
    >>> with screentest.router("acme.yaml") as router:
    ...     router.screentest.schedule("acme-doomed")
    ...     headers = {"x-key": f"Key {router.screentest.key}", "x-async": "enable"}
    ...     task_id = httpx.post(url, json={"model": "clip-1"}, headers=headers).json()["job"]["id"]
    ...     httpx.get(f"{url}/{task_id}", headers=headers).json()["state"]
    'BAD'
    """
    if family.name in _FAMILIES:
        raise ValueError(f"two scenarios are called {family.name}")
    _FAMILIES[family.name] = family
    SCENARIOS[family.name] = family.about
    return family


def unregister(name: str) -> None:
    """Takes a scenario out again, for tests of packages that add some."""
    del _FAMILIES[name]
    del SCENARIOS[name]


_OWN: tuple[tuple[str, str, Callable[[Scenario, str], Scenario]], ...] = (
    ("success", "ends in success after the typical time", lambda s, a: s),
    ("immediate", "is done at once", lambda s, a: replace(s, pace=0.0)),
    (
        "failure",
        "fails; failure:CODE fails with that documented code",
        lambda s, a: replace(s, outcome=StatusClass.FAILED, failure=a or None),
    ),
    ("cancelled", "ends as cancelled", lambda s, a: replace(s, outcome=StatusClass.CANCELLED)),
    ("expired", "ends as expired", lambda s, a: replace(s, outcome=StatusClass.EXPIRED)),
    ("slow", "takes 10 times as long (slow:N: N times)", lambda s, a: replace(s, pace=_number(a, 10))),
    ("never-ending", "never reaches an end", lambda s, a: replace(s, pace=math.inf)),
    (
        "rate-limited",
        "2 polls (N) are answered 429, as the document says or plainly with Retry-After",
        lambda s, a: replace(s, query_errors=("rate-limited", int(_number(a, 2)))),
    ),
    (
        "rate-limited-create",
        "the first create (N) is answered 429, as the document says or plainly with Retry-After",
        lambda s, a: replace(s, create_errors=("rate-limited", int(_number(a, 1)))),
    ),
    (
        "server-errors",
        "3 polls (N) are answered with a server error",
        lambda s, a: replace(s, query_errors=("server-error", int(_number(a, 3)))),
    ),
    (
        "server-error-create",
        "the first create (N) is answered with a server error, and no task exists",
        lambda s, a: replace(s, create_errors=("server-error", int(_number(a, 1)))),
    ),
    (
        "refuse-create",
        "the next create is refused under a condition of the document: refuse-create:CONDITION",
        lambda s, a: replace(s, create_errors=(a or "rate-limited", 1)),
    ),
    (
        "refuse-query",
        "the first poll is refused under a condition of the document: refuse-query:CONDITION",
        lambda s, a: replace(s, query_errors=(a or "rate-limited", 1)),
    ),
    (
        "lost-answer",
        "the create is accepted, then the connection drops without an answer",
        lambda s, a: replace(s, lose_create=True),
    ),
    (
        "slow-answers",
        "every answer about the task comes after 2 seconds (N)",
        lambda s, a: replace(s, delay=_number(a, 2)),
    ),
    (
        "late-bytes",
        "the first 3 downloads (N) say not ready although the task has succeeded",
        lambda s, a: replace(s, content_errors=("not-ready", int(_number(a, 3)))),
    ),
    (
        "truncated-bytes",
        "downloads break off in the middle",
        lambda s, a: replace(s, truncate=True),
    ),
)
for _row in _OWN:
    register(ScenarioFamily(*_row))


def scenario(name: str, contract: Contract | None = None) -> Scenario:
    """The scenario called `name` or `name:argument`. Raises UsageError that suggests the nearest."""
    head, _, argument = name.partition(":")
    if head not in _FAMILIES:
        hint = did_you_mean(head, _FAMILIES, f"scenarios: {', '.join(_FAMILIES)}")
        raise UsageError(f"unknown scenario {name!r}", hint)
    family = _FAMILIES[head]
    chosen = family.build(Scenario(name, family.about), argument)
    if contract is not None:
        _check_end(chosen, contract)
    if contract is not None and chosen.failure is not None:
        codes = [failure.code for failure in contract.failures]
        if chosen.failure not in codes:
            raise UsageError(f"{contract.name} documents no failure {chosen.failure!r}", f"codes: {', '.join(codes)}")
    if contract is not None and head.startswith("refuse-") and argument:
        role = Role.CREATE if chosen.create_errors else Role.QUERY
        if contract.error(role, argument) is None:
            known = [condition for of, condition in contract.errors if of is role]
            hint = did_you_mean(argument, known, f"conditions: {', '.join(known)}")
            raise UsageError(f"{contract.name} documents no refusal {argument!r} of a {role}", hint)
    return chosen


def _check_end(chosen: Scenario, contract: Contract) -> None:
    """Raises UsageError where no task of the document ends so."""
    ends = {end for profile in contract.profiles.values() for end in profile.outcomes}
    if chosen.outcome not in ends:
        known = ", ".join(sorted(ends))
        message = f"scenario {chosen.name!r}: {contract.name} documents no status of a task that is {chosen.outcome}"
        raise UsageError(message, f"its tasks end as {known}")
