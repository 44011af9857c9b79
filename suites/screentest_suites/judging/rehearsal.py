"""What a run would send, found by running it against the mock: nothing leaves the machine. And the judge of a run, who
needs to know that where tasks cost money."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote

from screentest_contracts.contract import Contract
from screentest_suites.core.credential import AccountKey
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.spending import Budget, Entry, Ledger, ReservationState
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget, Target

T = TypeVar("T")


class RehearsalTarget(BaseTarget):
    """The mock in the place of `other`, a server that costs money: judged as that would be, with its keys and its
    address. `requests` are all requests in order.
    """

    kind = "rehearsal"

    def __init__(self, contract: Contract, other: Target) -> None:
        port = other.callbacks
        self._mock = EmbeddedTarget(contract) if port is None else EmbeddedTarget(contract, callbacks_at=port.base)
        self._other = other
        self._lock = threading.Lock()
        self.contract = contract
        self.base_url = other.base_url
        self.keys: Mapping[str, str] = other.keys
        self.callbacks = None if port is None else self._mock.callbacks
        self._mock.mock.callback_secret = self.keys.get("callback", self._mock.mock.callback_secret)
        self.requests: list[SentRequest] = []

    def remember(self, name: str, make: Callable[[], T]) -> T:
        """As the other: a recording knows what was generated."""
        return self._other.remember(name, make)

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        with self._lock:
            self.requests.append(sent)
            self.sent += 1
            exchange = self._mock.send(self._at_home(sent), limit=limit)
            return replace(exchange, sent=sent)

    def _at_home(self, sent: SentRequest) -> SentRequest:
        """The request as the mock knows it: its own address, its own keys."""
        url = sent.url.replace(self.base_url, self._mock.base_url, 1)
        account = sent.credential.account if isinstance(sent.credential, AccountKey) else ""
        real = self.keys.get(account)
        if real is None:
            return replace(sent, url=url)
        mine, prefix = self._mock.keys[account], self.contract.key_prefix
        headers = tuple((name, prefix + mine if value == prefix + real else value) for name, value in sent.headers)
        if self.contract.key_query is not None:
            url = url.replace(f"{self.contract.key_query}={quote(real, safe='')}", f"{self.contract.key_query}={mine}")
        return replace(sent, url=url, headers=headers)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._mock.sleep(seconds)

    def now(self) -> float:
        return self._mock.now()


@dataclass(frozen=True)
class Rehearsal:
    """What a run would do on a server that keeps its contract: its creates in order, all its requests, and what it
    would say."""

    ledger: Ledger
    requests: list[SentRequest]
    verdicts: list[Verdict]

    @property
    def refusals(self) -> list[Entry]:
        """The creates that are to be refused, cheapest first."""
        entries = [entry for entry in self.ledger.entries if entry.state is ReservationState.RELEASED]
        return sorted(entries, key=lambda each: (each.price is None, each.price or 0))


def rehearse(
    contract: Contract, options: Options, target: Target, *, ledger: Ledger | None = None, ahead: Iterable[Entry] = ()
) -> Rehearsal:
    """Runs a metered run's requests against the mock, within a ledger's cap. `target` is who would get them; it gets
    none."""
    stage = RehearsalTarget(contract, target)
    slow = max(contract.polling.interval[0], contract.polling.typical[1] / 10)  # time is virtual here
    judge = Judge(
        contract,
        stage,
        replace(options, metered=True, workers=1, poll_interval=slow, task_timeout=None, time_limit=None, speed=1.0),
        ledger=ledger or Ledger(),
        ahead=ahead,
    )
    verdicts = list(judge.verdicts())
    return Rehearsal(judge.session.client.ledger, stage.requests, verdicts)


def make_judge(contract: Contract, target: Target, options: Options, budget: Budget) -> Judge:
    """The judge of a target. Where tasks cost money it knows what may be spent, and which requests are to be refused.
    Raises UsageError for a budget in another currency."""
    if not budget.limited:
        return Judge(contract, target, options)
    ledger = budget.ledger(contract)
    ahead = rehearse(contract, replace(options, metered=True), target).refusals
    return Judge(contract, target, replace(options, metered=True), ledger=ledger, ahead=ahead)
