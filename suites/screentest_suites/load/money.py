"""One budget for all processes: the master of a run has the ledger, and workers ask it before each create."""

import itertools
from decimal import Decimal
from typing import Any, Protocol

from gevent.event import AsyncResult

from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.spending import Entry, Ledger, ReservationState

RESERVE, GRANTED, SETTLE = "screentest-reserve", "screentest-granted", "screentest-settle"
"""Messages: a worker asks, the master answers, and the worker tells what became of it."""

PATIENCE = 60.0
"""Seconds for which a worker waits for the master's word."""


class Sends(Protocol):
    """What of a runner is needed here."""

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None: ...


class WorkerLedger(Ledger):
    """A ledger whose money another process has."""

    def __init__(self, runner: Sends) -> None:
        super().__init__()
        self._runner = runner
        self._numbers = itertools.count()
        self._waiting: dict[int, AsyncResult[str]] = {}
        self._granted: dict[int, int] = {}

    def reserve(self, sent: SentRequest, purpose: str, model: str, price: Decimal | None) -> Entry:
        """Asks the master. Raises NotObservedError where there is not enough, or no answer."""
        number, entry = next(self._numbers), Entry(sent, purpose, model, price)
        answer = self._waiting[number] = AsyncResult()
        asked = {"number": number, "model": model, "price": None if price is None else str(price)}
        self._runner.send_message(RESERVE, asked)
        refusal = answer.get(timeout=PATIENCE) if answer.wait(PATIENCE) is not None else "the master does not answer"
        del self._waiting[number]
        if refusal:
            raise NotObservedError(Skip.NEEDS_SPEND, refusal)
        self._granted[id(entry)] = number
        return entry

    def hear(self, data: dict[str, Any]) -> None:
        """Takes the master's word."""
        answer = self._waiting.get(data["number"])
        if answer is not None:
            answer.set(data["refusal"])

    def close(self, entry: Entry, state: ReservationState, task: str = "") -> None:
        number = self._granted.pop(id(entry))
        entry.state, entry.task = state, task
        self._runner.send_message(SETTLE, {"number": number, "state": state.value, "task": task})


class Bank:
    """The master's side: the one ledger, and what each worker has reserved."""

    def __init__(self, ledger: Ledger, runner: Sends) -> None:
        self._ledger = ledger
        self._runner = runner
        self._reserved: dict[tuple[str, int], Entry] = {}

    def reserve(self, worker: str, data: dict[str, Any]) -> None:
        """Sets money aside for a worker's create, and says so."""
        price = None if data["price"] is None else Decimal(data["price"])
        refusal = ""
        try:
            entry = self._ledger.reserve(SentRequest("POST", ""), f"load, by {worker}", data["model"], price)
            self._reserved[worker, data["number"]] = entry
        except NotObservedError as unpaid:
            refusal = unpaid.detail
        self._runner.send_message(GRANTED, {"number": data["number"], "refusal": refusal}, worker)

    def settle(self, worker: str, data: dict[str, Any]) -> None:
        """What became of a reservation."""
        entry = self._reserved.pop((worker, data["number"]))
        self._ledger.close(entry, ReservationState(data["state"]), data["task"])
