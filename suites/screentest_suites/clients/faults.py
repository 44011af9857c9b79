"""Faults of clients, each the reference client with one habit changed: what the checks of clients are proven by.

`catches` are ids of requirements, or globs, of which one must notice; a MUST that is none of these, nor of `also`,
accuses the client of something else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from screentest_contracts.contract import Contract
from screentest_suites.clients.reference import ReferenceClient

Applies = Callable[[Contract], bool]


@dataclass(frozen=True)
class Fault:
    """A fault, and who must notice."""

    name: str
    about: str
    catches: tuple[str, ...]
    also: tuple[str, ...]
    applies: Applies
    client: type[ReferenceClient]


FAULTS: dict[str, Fault] = {}


def fault(
    name: str,
    about: str,
    *catches: str,
    also: tuple[str, ...] = (),
    applies: Applies = lambda contract: True,
) -> Callable[[type[ReferenceClient]], type[ReferenceClient]]:
    """Registers a faulty client."""

    def add(client: type[ReferenceClient]) -> type[ReferenceClient]:
        if name in FAULTS:
            raise ValueError(f"two faults are called {name}")
        FAULTS[name] = Fault(name, about, catches, also, applies, client)
        return client

    return add


def shows_link(contract: Contract) -> bool:
    """Whether answers show an address of the result that is none of the API."""
    return bool(contract.link.at.pointers) and "{{media}}" in str(contract.link.make.tree)


def has_floor(contract: Contract) -> bool:
    """Whether the document gives a shortest time between polls."""
    return contract.polling.floor > 0
