"""What the checks of a task's polls read from a trace."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from screentest_contracts.contract import Contract, Profile, Role, Status
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.reading import bodies_of, respelled, selected
from screentest_contracts.template import Slot
from screentest_suites.core.exchange import Poll, Trace
from screentest_suites.core.statuses import status_in

_READ: WeakKeyDictionary[Poll, tuple[Contract, Status | None]] = WeakKeyDictionary()
"""The last contract by which a poll was read, and the status that it showed."""


def good_polls(contract: Contract, trace: Trace) -> Iterator[Poll]:
    """The polls that were answered as a success (whatever they say)."""
    statuses = contract.success[Role.QUERY].statuses
    return (poll for poll in trace.polls if poll.exchange.status in statuses and isinstance(poll.exchange.json, dict))


def profile_of(contract: Contract, trace: Trace) -> Profile:
    """How the trace's task moves and looks."""
    return contract.profiles[contract.models[trace.model].profile]


def shown(contract: Contract, trace: Trace) -> Iterator[tuple[Poll, Status]]:
    """The good polls with the status each shows; those with an unknown word are left out."""
    for poll in good_polls(contract, trace):
        status = status_at(contract, poll)
        if status is not None:
            yield poll, status


def status_at(contract: Contract, poll: Poll) -> Status | None:
    """The status that a poll shows, or None for an unknown word; read once, for the hundred checks that ask the same of
    one answer."""
    known = _READ.get(poll)
    if known is None or known[0] is not contract:
        known = _READ[poll] = contract, status_in(contract, poll.exchange)
    return known[1]


def slots_of(contract: Contract, trace: Trace, poll: Poll, status: Status, *names: str) -> Iterator[tuple[Slot, Any]]:
    """The whole-value holes of the body that is due at this status, with the values found."""
    operation = contract.operations[poll.operation]
    readings = bodies_of(profile_of(contract, trace), operation).get(status.name)
    if readings:
        for slot in selected(readings).slots_named(*names):
            if slot.whole:
                yield slot, resolve(poll.exchange.json, segments(slot.pointer))


def value_at(
    contract: Contract, trace: Trace, poll: Poll, status: Status, pointer: str, *names: str
) -> tuple[Slot | None, Any]:
    """The whole-value hole with one of these names that is due at `pointer` at this status, with the value found; None
    and MISSING where none is due."""
    readings = bodies_of(profile_of(contract, trace), contract.operations[poll.operation]).get(status.name)
    slot = selected(readings).slot_at(pointer) if readings else None
    if slot is None or slot.hole.name not in names:
        return None, MISSING
    return slot, resolve(poll.exchange.json, segments(pointer))


def canonical(contract: Contract, poll: Poll) -> bool:
    """Whether a poll went to an operation that answers in the canonical shape."""
    return poll.operation not in contract.views


def in_words_of_queries(contract: Contract, poll: Poll) -> Any:
    """What a poll was answered, with the word that the first query operation has for the status."""
    lifecycle = contract.lifecycle
    return respelled(lifecycle, poll.exchange.json, lifecycle.status_at, poll.operation, back=True)


def place_of(link: str) -> str:
    """A link without its query: signatures may be renewed."""
    return link.partition("?")[0]
