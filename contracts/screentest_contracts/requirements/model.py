"""A requirement, and what builds the requirements of a contract."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, overload

from typing_extensions import TypeVar

from screentest_contracts.contract import Contract, Role
from screentest_contracts.facts import Fact, Level
from screentest_contracts.location import Location
from screentest_contracts.requirements.kinds import Kind
from screentest_contracts.wording import of_models

CREATE = "create.accepted"
QUERY = "query.status-code"
STATUS = "query.status.known"
ENDED = "query.ends"
ENCODING = "answers.encoding"
IDEMPOTENT = "create.idempotent"
DELETES = "delete.works"

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True, default=object)


@dataclass(frozen=True, slots=True)
class Requirement(Generic[S_co]):
    """One promise that a server keeps or breaks.

    `kind` is the name of its `Kind`, which decides the check and the type of `subject`. `depends` are ids of
    requirements without which this one says nothing. `untestable` is the reason when no outside check can see it.
    `models` are the names of those that it is about, where it is not about all that the contract has in common.

    >>> import screentest
    >>> KIND = screentest.Kind("acme-short", type(None), "that answers are short")
    >>> builder = screentest.Builder(screentest.load_contract("acme.yaml"))
    >>> fact = screentest.Fact(screentest.Mark.DOCUMENTED, ("guide",))
    >>> builder.add("query.acme.short", KIND, "polling", fact, "Answers are short.", depends=("query.status-code",))
    >>> requirement = builder.requirements["query.acme.short"]
    >>> requirement.kind, requirement.level, requirement.depends
    ('acme-short', <Level.MUST: 'MUST'>, ('query.status-code',))
    """

    id: str
    kind: str
    suite: str
    level: Level
    statement: str
    fact: Fact
    subject: S_co
    depends: tuple[str, ...] = ()
    untestable: str | None = None
    models: tuple[str, ...] = ()

    @property
    def suite_order(self) -> int:
        return SUITES.index(self.suite)


SUITES = (
    "parameters",
    "receipt",
    "polling",
    "errors",
    "result",
    "list",
    "resources",
    "callbacks",
    "generated",
    "answers",
    "unobservable",
)
"""The suites in the order in which they are judged."""


CLIENT_SUITES = (
    "client.creating",
    "client.keys",
    "client.waiting",
    "client.ending",
    "client.surviving",
    "client.callbacks",
    "client.receiver",
)
"""The groups of what clients are held to."""


@dataclass(slots=True)
class Builder:
    """The contract, and the requirements derived from it so far, by id. A derivation is given one and adds to it.

    >>> import screentest
    >>> builder = screentest.Builder(screentest.load_contract("acme.yaml"))
    >>> KIND = screentest.Kind("acme-quick", type(None), "that answers are quick")
    >>> fact = screentest.Fact(screentest.Mark.RECOMMENDED, ("guide",))
    >>> builder.add("query.acme.quick", KIND, "polling", fact, "Answers are quick.")
    >>> builder.add("query.acme.quick", KIND, "polling", fact, "Answers are very quick.")
    >>> list(builder.requirements)
    ['query.acme.quick', 'query.acme.quick.2']
    """

    contract: Contract
    requirements: dict[str, Requirement] = field(default_factory=dict)

    @overload
    def add(
        self,
        name: str,
        kind: Kind[None],
        suite: str,
        fact: Fact,
        statement: str,
        subject: None = None,
        depends: tuple[str, ...] = (),
        *,
        level: Level | None = None,
        untestable: str | None = None,
        models: Iterable[str] = (),
    ) -> None: ...

    @overload
    def add(
        self,
        name: str,
        kind: Kind[S],
        suite: str,
        fact: Fact,
        statement: str,
        subject: S,
        depends: tuple[str, ...] = (),
        *,
        level: Level | None = None,
        untestable: str | None = None,
        models: Iterable[str] = (),
    ) -> None: ...

    def add(
        self,
        name: str,
        kind: Kind[Any],
        suite: str,
        fact: Fact,
        statement: str,
        subject: Any = None,
        depends: tuple[str, ...] = (),
        *,
        level: Level | None = None,
        untestable: str | None = None,
        models: Iterable[str] = (),
    ) -> None:
        """Adds a requirement. `level`: another than the fact's. `models`: the names of those that it is about, which a
        sentence after the statement tells; none where it speaks of no models.

        Where the id is taken, this one gets a number: `query.why.present.2`. Raises ValueError for an unknown suite and
        TypeError when the subject is not of the kind's type.
        """
        if suite not in SUITES and suite not in CLIENT_SUITES:
            raise ValueError(f"{name}: no suite {suite!r}; suites: {', '.join(SUITES)}")
        if not isinstance(subject, kind.subject):
            raise TypeError(f"{name}: the subject of {kind.name} is {kind.subject.__name__}, not {subject!r}")
        if name in self.requirements:  # two rows about one member: both are judged, the surer gives the name
            name = next(numbered for number in count(2) if (numbered := f"{name}.{number}") not in self.requirements)
        level = level or fact.mark.level
        about = tuple(dict.fromkeys(models))
        if about:
            statement = f"{statement} {of_models(about, self.contract.models)}"
        self.requirements[name] = Requirement(
            name, kind.name, suite, level, statement, fact, subject, depends, untestable, about
        )


def there(role: Role) -> str:
    """The id of the requirement that the operation of a role is there."""
    return f"{role}.there"


BASICS = (there(Role.CREATE), CREATE, there(Role.QUERY), QUERY, STATUS, ENDED)
"""What a task's life rests on: a create is accepted, a query answers, a status is seen, the task ends."""


def pointers_of(location: Location | None) -> tuple[str, ...]:
    """The pointers of a location that may be missing."""
    return () if location is None else location.pointers
