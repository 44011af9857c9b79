"""A requirement, and what its subject can be."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from screentest_contracts.contract import Constraint, Contract, ErrorRow, Role
from screentest_contracts.facts import Fact, Level
from screentest_contracts.location import Location

CREATE = "create.accepted"
QUERY = "query.status-code"
IDEMPOTENT = "create.idempotent"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise that a server keeps or breaks.

    `depends` are ids of requirements without which this one says nothing; `subject` is what the check judges (a
    constraint's cases, a presence row, an error row, a pointer, ...); `untestable` is the reason when no outside check
    can see it.
    """

    id: str
    kind: str
    suite: str
    level: Level
    statement: str
    fact: Fact
    subject: Any = None
    depends: tuple[str, ...] = ()
    untestable: str | None = None

    @property
    def suite_order(self) -> int:
        return SUITES.index(self.suite)


SUITES = ("parameters", "receipt", "polling", "errors", "result", "list", "callbacks", "generated", "unobservable")
"""The suites in the order in which they are judged."""


@dataclass(frozen=True, slots=True)
class Case:
    """One constraint of one model."""

    model: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """A condition on one role."""

    role: Role
    row: ErrorRow


@dataclass(slots=True)
class Builder:
    contract: Contract
    found: dict[str, Requirement] = field(default_factory=dict)

    def add(
        self,
        name: str,
        kind: str,
        suite: str,
        fact: Fact,
        statement: str,
        subject: Any = None,
        depends: tuple[str, ...] = (),
        level: Level | None = None,
    ) -> None:
        if name in self.found:  # two rows about one member: both are judged, the surer gives the name
            name = next(numbered for number in count(2) if (numbered := f"{name}.{number}") not in self.found)
        self.found[name] = Requirement(name, kind, suite, level or fact.mark.level, statement, fact, subject, depends)


def pointers_of(location: Location | None) -> tuple[str, ...]:
    """The pointers of a location that may be missing."""
    return () if location is None else location.pointers
