"""What a run has spent, may have spent, and may still spend."""

import threading
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.verdicts import UNPRICED, NotObservedError, Skip


class ReservationState(StrEnum):
    """What became of a reservation."""

    RESERVED = "reserved"  # the answer is under way
    SETTLED = "settled"  # accepted: the task costs its price
    RELEASED = "released"  # refused: nothing is due
    UNKNOWN = "unknown"  # no answer that says: it may cost its price
    DECLINED = "declined"  # never sent: the budget could not have paid for it


@dataclass
class Entry:
    """One create. `price` is the worst case, None where nobody knows it; `unwanted`: it made a task that it should not
    have made."""

    sent: SentRequest
    purpose: str
    model: str
    price: Decimal | None
    state: ReservationState = ReservationState.RESERVED
    task: str = ""
    unwanted: bool = False


@dataclass
class Ledger:
    """A budget. `cap` in `currency`; None: no limit. Thread-safe.

    A request is sent only if what is left would pay for it were it accepted, whether it is meant to be or not. So
    whatever a server does, the prices of all requests that it did not refuse never exceed the cap.
    """

    cap: Decimal | None = None
    currency: str = ""
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def reserve(self, sent: SentRequest, purpose: str, model: str, price: Decimal | None) -> Entry:
        """Sets money aside for a request that is about to be sent. Raises NotObservedError when there is not enough."""
        entry = Entry(sent, purpose, model, price)
        with self._lock:
            left = self._left()
            self.entries.append(entry)
            if left is None or (price is not None and price <= left):
                return entry
            entry.state = ReservationState.DECLINED
        if price is None:
            raise NotObservedError(Skip.NEEDS_SPEND, f"{UNPRICED}; say what a task costs with --assume-price")
        wanted, available = self.amount(price), self.amount(left)
        raise NotObservedError(Skip.NEEDS_SPEND, f"it could cost {wanted} if accepted, and {available} is left")

    def close(self, entry: Entry, state: ReservationState, task: str = "") -> None:
        """What became of a reservation."""
        with self._lock:
            entry.state, entry.task = state, task

    def _left(self) -> Decimal | None:
        if self.cap is None:
            return None
        return self.cap - self._sum(ReservationState.RESERVED, ReservationState.SETTLED, ReservationState.UNKNOWN)

    def _sum(self, *states: ReservationState) -> Decimal:
        return sum((entry.price or Decimal(0) for entry in self.entries if entry.state in states), Decimal(0))

    @property
    def spent(self) -> Decimal:
        """The price of what was accepted."""
        with self._lock:
            return self._sum(ReservationState.SETTLED)

    @property
    def unknown(self) -> Decimal:
        """The price of what may have been accepted."""
        with self._lock:
            return self._sum(ReservationState.UNKNOWN, ReservationState.RESERVED)

    @property
    def declined(self) -> int:
        """How many requests were not sent, for want of money or of a price."""
        with self._lock:
            return sum(entry.state is ReservationState.DECLINED for entry in self.entries)

    @property
    def unpriced(self) -> int:
        """How many of these were not sent since nobody knows what they could cost."""
        with self._lock:
            return sum(entry.state is ReservationState.DECLINED and entry.price is None for entry in self.entries)

    def amount(self, value: Decimal | None) -> str:
        """A sum as people write it."""
        return "any amount" if value is None else f"{_rounded(value)} {self.currency}".strip()


def _rounded(value: Decimal) -> str:
    """Two to four decimals, up: no price looks like nothing."""
    whole, _, cents = f"{value.quantize(Decimal('0.0001'), ROUND_UP):f}".partition(".")
    return f"{whole}.{cents.rstrip('0'):0<2}"
