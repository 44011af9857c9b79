"""Legal behaviour that a client must survive, by name. A deviation, by contrast, is a violation (`deviations.py`)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a task, and the answers about it, will do.

    `pace` multiplies the typical time; `*_errors` is how many answers of that kind are (condition, how many) before the
    true one; delays are in seconds of waiting before an answer.
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

    @property
    def has_faults(self) -> bool:
        return bool(self.query_errors or self.content_errors or self.delay or self.truncate)


class Faults:
    """What is left of a scenario's faults for one task. The only thing about a task that reading changes."""

    __slots__ = ("content_left", "query_left", "scenario")

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.query_left = scenario.query_errors[1] if scenario.query_errors else 0
        self.content_left = scenario.content_errors[1] if scenario.content_errors else 0


def _number(argument: str, default: float) -> float:
    try:
        value = float(argument) if argument else default
    except ValueError:
        raise UsageError(f"scenario argument {argument!r} is not a number", "for example slow:5") from None
    if not 0 <= value <= 1e6:
        raise UsageError(f"scenario argument {argument!r} is out of range", "use 0 to 1000000")
    return value


_Factory = Callable[[Scenario, str], Scenario]

_BUILDERS: dict[str, tuple[str, _Factory]] = {
    "success": ("ends in success after the typical time", lambda s, a: s),
    "immediate": ("is done at once", lambda s, a: replace(s, pace=0.0)),
    "failure": (
        "fails; failure:CODE fails with that documented code",
        lambda s, a: replace(s, outcome=StatusClass.FAILED, failure=a or None),
    ),
    "cancelled": ("ends as cancelled", lambda s, a: replace(s, outcome=StatusClass.CANCELLED)),
    "expired": ("ends as expired", lambda s, a: replace(s, outcome=StatusClass.EXPIRED)),
    "slow": ("takes 10 times as long (slow:N: N times)", lambda s, a: replace(s, pace=_number(a, 10))),
    "never-ending": ("never reaches an end", lambda s, a: replace(s, pace=math.inf)),
    "rate-limited": (
        "2 polls (N) are answered 429 (with Retry-After where the document has one)",
        lambda s, a: replace(s, query_errors=("rate-limited", int(_number(a, 2)))),
    ),
    "rate-limited-create": (
        "the first create (N) is answered 429 (with Retry-After where the document has one)",
        lambda s, a: replace(s, create_errors=("rate-limited", int(_number(a, 1)))),
    ),
    "server-errors": (
        "3 polls (N) are answered with a server error",
        lambda s, a: replace(s, query_errors=("server-error", int(_number(a, 3)))),
    ),
    "server-error-create": (
        "the first create (N) is answered with a server error, and no task exists",
        lambda s, a: replace(s, create_errors=("server-error", int(_number(a, 1)))),
    ),
    "refuse-create": (
        "the next create is refused under a condition of the document: refuse-create:CONDITION",
        lambda s, a: replace(s, create_errors=(a or "rate-limited", 1)),
    ),
    "refuse-query": (
        "the first poll is refused under a condition of the document: refuse-query:CONDITION",
        lambda s, a: replace(s, query_errors=(a or "rate-limited", 1)),
    ),
    "lost-answer": (
        "the create is accepted, then the connection drops without an answer",
        lambda s, a: replace(s, lose_create=True),
    ),
    "slow-answers": (
        "every answer about the task comes after 2 seconds (N)",
        lambda s, a: replace(s, delay=_number(a, 2)),
    ),
    "late-bytes": (
        "the first 3 downloads (N) say not ready although the task has succeeded",
        lambda s, a: replace(s, content_errors=("not-ready", int(_number(a, 3)))),
    ),
    "truncated-bytes": (
        "downloads break off in the middle",
        lambda s, a: replace(s, truncate=True),
    ),
}

SCENARIOS: Final = {name: about for name, (about, _) in _BUILDERS.items()}
"""Every scenario with what it does."""


def scenario(name: str, contract: Contract | None = None) -> Scenario:
    """The scenario called `name` or `name:argument`. Raises UsageError that suggests the nearest."""
    head, _, argument = name.partition(":")
    if head not in _BUILDERS:
        hint = did_you_mean(head, _BUILDERS, f"scenarios: {', '.join(_BUILDERS)}")
        raise UsageError(f"unknown scenario {name!r}", hint)
    about, build = _BUILDERS[head]
    made = build(Scenario(name, about), argument)
    if contract is not None and made.failure is not None:
        codes = [failure.code for failure in contract.failures]
        if made.failure not in codes:
            raise UsageError(f"{contract.name} documents no failure {made.failure!r}", f"codes: {', '.join(codes)}")
    if contract is not None and head.startswith("refuse-") and argument:
        role = Role.CREATE if made.create_errors else Role.QUERY
        if contract.error(role, argument) is None:
            known = [condition for each, condition in contract.errors if each is role]
            hint = did_you_mean(argument, known, f"conditions: {', '.join(known)}")
            raise UsageError(f"{contract.name} documents no refusal {argument!r} of a {role}", hint)
    return made
