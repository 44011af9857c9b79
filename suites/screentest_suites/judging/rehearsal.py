"""What a run would send, found by running it against the mock: nothing leaves the machine."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from screentest_contracts.contract import Contract
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.judging.judge import Judge
from screentest_suites.spending import Entry, Ledger, ReservationState
from screentest_suites.targets.callback_port import CallbackPort, Mailbox
from screentest_suites.targets.embedded import EmbeddedTarget, Target


class RehearsalTarget:
    """The mock in the place of a server that costs money: judged as that would be, with its keys and its address.

    `sent` are all requests in order.
    """

    kind = "rehearsal"
    steerable = False

    def __init__(self, contract: Contract, base_url: str, keys: Mapping[str, str], callbacks: str | None) -> None:
        self._mock = EmbeddedTarget(contract)
        self._lock = threading.Lock()
        self.contract = contract
        self.base_url = base_url
        self.keys = keys
        self.callbacks: CallbackPort | None = None
        if callbacks is not None:
            self.callbacks = self._mock.callbacks = Mailbox(callbacks)
        self._mock.mock.callback_secret = keys.get("callback", self._mock.mock.callback_secret)
        self.requests: list[SentRequest] = []
        self.remember: Callable[..., Any] = lambda name, make: make()

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        with self._lock:
            self.requests.append(sent)
            exchange = self._mock.send(self._at_home(sent), limit=limit)
            return replace(exchange, sent=sent)

    def _at_home(self, sent: SentRequest) -> SentRequest:
        """The request as the mock knows it: its own address, its own keys."""
        url = sent.url.replace(self.base_url, self._mock.base_url, 1)
        real = self.keys.get(sent.key)
        if real is None:
            return replace(sent, url=url)
        mine, prefix = self._mock.keys[sent.key], self.contract.key_prefix
        headers = tuple((name, prefix + mine if value == prefix + real else value) for name, value in sent.headers)
        if self.contract.key_query is not None:
            url = url.replace(f"{self.contract.key_query}={quote(real, safe='')}", f"{self.contract.key_query}={mine}")
        return replace(sent, url=url, headers=headers)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._mock.sleep(seconds)

    def now(self) -> float:
        return self._mock.now()

    def close(self) -> None:
        """Nothing to end."""


@dataclass(frozen=True)
class Rehearsal:
    """What a run would do on a server that keeps its contract: its creates in order, and all its requests."""

    ledger: Ledger
    requests: list[SentRequest]

    @property
    def refusals(self) -> list[Entry]:
        """The creates that are to be refused, cheapest first."""
        entries = [entry for entry in self.ledger.entries if entry.state is ReservationState.RELEASED]
        return sorted(entries, key=lambda each: (each.price is None, each.price or 0))


def rehearse(
    contract: Contract, options: Options, target: Target, *, ledger: Ledger | None = None, ahead: Iterable[Entry] = ()
) -> Rehearsal:
    """Runs a frugal run's requests against the mock, within a ledger's cap. `target` is who would get them; it gets
    none."""
    port = target.callbacks
    stage = RehearsalTarget(contract, target.base_url, target.keys, port.base if port else None)
    if hasattr(target, "remember"):  # a recording knows what was generated
        stage.remember = target.remember
    slow = max(contract.polling.interval[0], contract.polling.typical[1] / 10)  # time is virtual here
    judge = Judge(
        contract,
        stage,
        replace(options, metered=True, workers=1, poll_interval=slow, task_timeout=None, speed=1.0),
        ledger=ledger or Ledger(),
        ahead=ahead,
    )
    for _ in judge.verdicts():
        pass
    return Rehearsal(judge.session.ledger, stage.requests)
