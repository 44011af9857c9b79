"""What can be read of an account and of the service, beside tasks: what is left to spend, the models, the key."""

from dataclasses import dataclass

from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.template import Slot, Template


@dataclass(frozen=True, slots=True)
class Resource:
    """One answer that is only read. The list of models stands at `items`, each as `item`, its name there at `name_at`.

    Of a balance: `early` when a task's price is taken as it is created, and given back unless it succeeds, else as it
    succeeds; `settle` is the seconds within which that shows; `start` what the mock's accounts begin with, in the unit
    of the prices.
    """

    body: Template
    item: Template | None
    items: Location
    name_at: Location
    early: bool
    settle: float
    start: float
    fact: Fact

    @property
    def left(self) -> Slot | None:
        """Where the body says what is left to spend."""
        return _first(self.body, "balance")

    @property
    def spent(self) -> Slot | None:
        """Where the body says what has been spent so far."""
        return _first(self.body, "spent")


def _first(body: Template, name: str) -> Slot | None:
    return next((slot for slot in body.slots_named(name) if slot.whole), None)
