"""What the answers about a task look like: its id, the body of each status, members that must (not) be there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from screentest_contracts.contract.lifecycle import Outcome, Stage, StatusClass
from screentest_contracts.contract.operations import Role
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.template import Template


@dataclass(frozen=True, slots=True)
class IdForm:
    """One reading of what ids look like."""

    make: Template
    pattern: re.Pattern[str]
    selected: bool
    tolerated: bool
    fact: Fact


@dataclass(frozen=True, slots=True)
class IdRule:
    """Where the receipt keeps the id, and its forms. `addresses`: pointer in the receipt -> id of the operation whose
    address for this task stands there."""

    at: Location
    parameter: str
    forms: tuple[IdForm, ...]
    addresses: Mapping[str, str]
    fact: Fact

    @property
    def made(self) -> IdForm:
        """The form the mock makes."""
        return next(form for form in self.forms if form.selected)


@dataclass(frozen=True, slots=True)
class Body:
    """One reading of a body."""

    template: Template
    selected: bool
    tolerated: bool
    fact: Fact


Bodies = Mapping[str, tuple[Body, ...]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A nested copy of the status: its words and their classes."""

    at: Location
    classes: Mapping[str, StatusClass]
    fact: Fact


@dataclass(frozen=True, slots=True)
class Profile:
    """How the tasks of some models move and look. `typical` is in seconds. Lists show `item`, or by status `items`,
    which are parts of the bodies."""

    name: str
    typical: float
    receipt: tuple[Body, ...]
    stages: tuple[Stage, ...]
    outcomes: Mapping[StatusClass, tuple[Outcome, ...]]
    bodies: Bodies
    result: Bodies
    item: tuple[Body, ...]
    items: Bodies
    views: Mapping[str, Bodies]
    copies: tuple[Copy, ...]
    fact: Fact

    def listed(self, status: str) -> tuple[Body, ...]:
        """How a list shows a task of this status: the readings of its item."""
        return self.item or self.items.get(status) or self.bodies[status]

    @property
    def every_item(self) -> tuple[Body, ...]:
        """Every item that has a shape of its own, of any status."""
        return (*self.item, *(body for readings in self.items.values() for body in readings))

    def outcome(self, status_class: StatusClass) -> Outcome | None:
        """The selected outcome of a class, or None when tasks never end so."""
        return next((outcome for outcome in self.outcomes.get(status_class, ()) if outcome.selected), None)


@dataclass(frozen=True, slots=True)
class Presence:
    """A member that must (not) be there at some statuses, for some profile or operation."""

    name: str
    pointer: str
    on: tuple[str, ...]
    present: bool
    profile: str | None
    operation: str | None
    type: str | None
    statement: str | None
    fact: Fact


@dataclass(frozen=True, slots=True)
class Header:
    """A response header the vendor sends. `success_only`: no refusal has it."""

    name: str
    make: Template
    roles: tuple[Role, ...]
    success_only: bool
    fact: Fact

    @property
    def of_task(self) -> bool:
        """Whether it tells of a task, so that only answers about one can have it."""
        return any(slot.hole.name not in {"random", "answer_id", "now", "text", "any"} for slot in self.make.slots)
