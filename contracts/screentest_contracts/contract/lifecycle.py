"""The status vocabulary, the legal moves, and the times a task and its polls keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, is_empty


class StatusClass(StrEnum):
    """The six classes onto which every vendor's status words are mapped.

    >>> import screentest
    >>> screentest.StatusClass("running").terminal, screentest.StatusClass.FAILED.terminal
    (False, True)
    >>> statuses = screentest.load_contract("acme.yaml").lifecycle.statuses
    >>> [status.name for status in statuses.values() if status.status_class is screentest.StatusClass.SUCCEEDED]
    ['DONE']
    """

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    __hash__ = str.__hash__

    @property
    def terminal(self) -> bool:
        return self not in (StatusClass.QUEUED, StatusClass.RUNNING)


@dataclass(frozen=True, slots=True)
class Status:
    """One status word and how it is recognised. `by_result`: it looks like a success until the result is refused.
    `class_fact`: how its class is known, which may be less sure than the word itself."""

    name: str
    status_class: StatusClass
    wire: Any
    present: tuple[Location, ...]
    absent: tuple[Location, ...]
    tolerated: bool
    by_result: bool
    fact: Fact
    class_fact: Fact

    def fits(self, body: Any) -> bool:
        """Whether a body has the members that this status has, and none that it does not have."""
        return all(not is_empty(location.find(body)) for location in self.present) and all(
            is_empty(location.find(body)) for location in self.absent
        )


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The status vocabulary and the legal moves. `words`: what the answers of another view (`list`, `callback`, or a
    query operation that is not the first, by its id) call a status, by its name, where that is not the query's word."""

    status_at: Location
    receipt_at: Location | None
    initial: Mapping[str, StatusClass]
    initial_tolerated: frozenset[str]
    initial_fact: Fact
    statuses: Mapping[str, Status]
    words: Mapping[str, Mapping[str, Any]]
    words_fact: Fact
    transitions: Mapping[str, frozenset[str]]
    transitions_fact: Fact
    ignore_case: bool
    case_tolerated: bool
    fact: Fact
    _by_word: Mapping[tuple[str, type, Any], list[Status]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_word: dict[tuple[str, type, Any], list[Status]] = {}
        for view in ("", *self.words):
            for status in self.statuses.values():
                word = self.word(status.name, view)
                for wire in (MISSING, None) if word is MISSING else (word,):
                    if not status.by_result:
                        by_word.setdefault((view, *self._word(wire)), []).append(status)
        object.__setattr__(self, "_by_word", by_word)

    def word(self, status: str, view: str = "") -> Any:
        """What a view calls the status of this name; MISSING where nothing stands for it."""
        return self.words.get(view, {}).get(status, self.statuses[status].wire)

    @property
    def refused(self) -> Status | None:
        """The status of a task that the query calls done and whose result is refused, where there is one."""
        return next((status for status in self.statuses.values() if status.by_result), None)

    def read(self, body: Any, at: Location | None = None, view: str = "") -> Status | None:
        """The status a query's body shows, or None for an unknown word. `at`: where another body keeps the word, in the
        words of its `view`."""
        value = (at or self.status_at).find(body)
        if isinstance(value, dict | list):
            return None
        for status in self._by_word.get((view if view in self.words else "", *self._word(value)), ()):
            if not (status.present or status.absent) or status.fits(body):  # most have no such members
                return status
        return None

    def _word(self, value: Any) -> tuple[type, Any]:
        """What two spellings of one status word have in common; 1, 1.0 and true are three words."""
        return type(value), value.lower() if self.ignore_case and isinstance(value, str) else value

    def allows(self, before: str, after: str) -> bool:
        """Whether `after` may be seen in the poll that follows one that showed `before`."""
        return before == after or after in self.transitions.get(before, frozenset())


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a task's life: `share` of the whole, progress moving from `first` to `last`."""

    status: str
    share: float
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ends. `progress` None keeps the last value; `failure` names the reason."""

    status: str
    progress: float | None
    failure: str | None
    selected: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a task can be queried: `task` seconds after it was created or finished."""

    task: float
    since: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Polling:
    """The vendor's guidance, in seconds; `per_minute` is how many requests an account may make, None: unknown.

    `first` is the wait before the first poll, `grace` how long after its creation a task may still be unknown; `settle`
    how long after its end it is still looked at, None: as long as it took.
    """

    interval: tuple[float, float]
    floor: float
    timeout: float
    typical: tuple[float, float]
    per_minute: float | None
    first: float
    grace: float
    settle: float | None
    fact: Fact

    @property
    def shortest_wait(self) -> float:
        """Seconds of its life for which a task is waited for at least: `timeout`, or less if tasks take less."""
        return min(self.timeout, self.typical[1])

    @property
    def longest_wait(self) -> float:
        """Seconds of its life for which a task is waited for at most: `timeout`, or more if tasks may take more."""
        return max(self.timeout, self.typical[1])
