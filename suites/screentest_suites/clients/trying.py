"""A client of this process in every situation, in virtual time."""

from collections.abc import Iterable

from screentest_contracts.contract import Contract
from screentest_suites.clients.calls import Made
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.clients.seen import ClientRun, Ended
from screentest_suites.clients.situations import ENDLESS, Wish, file_seen, fitting, model_for, pace, seen, set_up
from screentest_suites.clients.wire import CALLBACK_URL, TimeUpError, VirtualWire

PROMPT = "A paper boat crosses a puddle after the rain."

LIMIT = 60.0
"""Seconds that an endless situation lasts: with a task's life as fast as `pace` says."""


def try_client(contract: Contract, client: type[ReferenceClient], only: Iterable[str] = ()) -> list[ClientRun]:
    """What is seen of a client in each situation that a document fits, or in those named."""
    return [try_situation(contract, client, name) for name in fitting(contract, tuple(only))]


def try_situation(contract: Contract, client: type[ReferenceClient], name: str) -> ClientRun:
    """What is seen of a client in one situation."""
    speed = pace(contract, name, 1.0)
    limit = LIMIT if name in ENDLESS else 20 * max(each.typical for each in contract.profiles.values())
    wire = VirtualWire(contract, limit=limit, speed=speed, requests=5000 if name in ENDLESS else 500)
    set_up(wire.mock, name)
    wish = Wish(model_for(contract, None), PROMPT, 1.0)
    try:
        made: Made | None = client(contract, wire, wish.model, PROMPT, pace=speed).run()
    except TimeUpError:
        made = None
    file = None if made is None else file_seen(wire.mock, made.file, len(made.file or b""))
    seconds = wire.now() - wire.started
    ended = Ended(None if made is None else made.status, seconds, "" if made is None else made.said, file, wire.now())
    return seen(contract, wire.app, name, ended, wish=wish, origin=wire.base_url, callback_url=CALLBACK_URL)
