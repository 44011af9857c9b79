"""What a scenario is: how a task ends, how long it takes, and what becomes of the answers about it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from screentest_contracts.contract import StatusClass


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a task, and the answers about it, will do.

    `pace` multiplies the typical time (0: at once, infinity: for ever); `*_errors` are (condition, how many answers
    are refused under it before the true one); `delay` is seconds of waiting before an answer, `create_delay` before
    that of the create; `lose_create` drops the connection instead of answering the create, `lost_polls` that of so many
    polls; `truncate` breaks so many downloads off.

    `enforce`: who asks again before the time that Retry-After told is told to wait once more, in a date with
    `retry_date`. `odd_status`: so many polls show a status word that nobody documented. `no_result`: a success has no
    address of its result. Of that address: `elsewhere`, it is on the second origin (`MockOptions.second_origin`);
    `redirect`, it leads there; `strict`, it works with its query only; `stale`, the first one shown has expired.
    `bytes`: what downloads give instead of the video, `empty` or `text`. `resumed`: what a client meets that goes on
    with a download which broke off: ranges are `ignored`, the file was `replaced`, or it had `ended` but for the word
    that it has. `callbacks`: `forged` (one that says the task has failed comes before the true ones), `repeated` or
    `none`.

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
    create_delay: float = 0.0
    truncate: int = 0
    lost_polls: int = 0
    enforce: bool = False
    retry_date: bool = False
    odd_status: int = 0
    no_result: bool = False
    elsewhere: bool = False
    redirect: bool = False
    strict: bool = False
    stale: bool = False
    bytes: str = ""
    resumed: str = ""
    callbacks: str = ""

    def __hash__(self) -> int:
        return hash(self.name)  # each create looks for the plan of its scenario: the other fields take longer

    @property
    def has_faults(self) -> bool:
        """Whether it changes answers about a task that exists."""
        return bool(
            self.delay
            or self.no_result
            or self.moves_link
            or self.redirect
            or self.bytes
            or self.resumed
            or self.callbacks
            or (
                (self.query_errors or self.content_errors or self.lost_polls or self.odd_status or self.truncate)
                and self.faults
            )
        )

    @property
    def moves_link(self) -> bool:
        """Whether the result's address differs from the usual one."""
        return self.elsewhere or self.strict or self.stale

    @property
    def faults(self) -> dict[str, int]:
        """How many answers about a task that exists have each kind of fault."""
        found = {
            "query": self.query_errors[1] if self.query_errors else 0,
            "content": self.content_errors[1] if self.content_errors else 0,
            "drop": self.lost_polls,
            "word": self.odd_status,
            "cut": self.truncate,
        }
        return {kind: number for kind, number in found.items() if number > 0}

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
