"""What the checks of a task's polls read from a trace."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import Contract, Profile, Role, Status
from screentest_contracts.location import resolve, segments
from screentest_contracts.reading import bodies_of, selected, status_of
from screentest_contracts.template import Slot
from screentest_suites.exchange import Poll, Trace


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
        status = status_of(contract, poll.exchange.json)
        if status is not None:
            yield poll, status


def slots_of(contract: Contract, trace: Trace, poll: Poll, status: Status, *names: str) -> Iterator[tuple[Slot, Any]]:
    """The whole-value holes of the body that is due at this status, with the values found."""
    operation = contract.operations[poll.operation]
    readings = bodies_of(profile_of(contract, trace), operation).get(status.name)
    if readings:
        for slot in selected(readings).slots_named(*names):
            if slot.whole:
                yield slot, resolve(poll.exchange.json, segments(slot.pointer))


def canonical(contract: Contract, poll: Poll) -> bool:
    """Whether a poll went to an operation that answers in the canonical shape."""
    return not any(poll.operation in profile.views for profile in contract.profiles.values())


def place_of(link: str) -> str:
    """A link without its query: signatures may be renewed."""
    return link.partition("?")[0]
