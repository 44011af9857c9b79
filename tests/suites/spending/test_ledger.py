"""What may be spent: as people write it, and kept whatever happens to it."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from screentest_contracts import Contract, UsageError
from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.verdicts import NotObservedError
from screentest_suites.spending import Budget, Entry, Ledger, ReservationState, amount

SENT = SentRequest("POST", "https://api.acme.example/jobs")


@pytest.mark.parametrize(
    ("text", "value", "money"),
    [
        ("5", 5, ""),
        ("2.50", Decimal("2.5"), ""),
        ("5USD", 5, "USD"),
        ("5 usd", 5, "USD"),
        (" 0 ", 0, ""),
        ("0.000001 CNY", Decimal("0.000001"), "CNY"),
    ],
)
def test_amounts_are_read(text: str, value: Decimal, money: str) -> None:
    assert amount(text, "--max-spend") == (value, money)


@pytest.mark.parametrize(
    "text", ["", "much", "-5", "5 dollars", "$5", "1e3", "1,50", "USD5", "5.", ".5", "nan", "inf", "5 5", "9" * 12]
)
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="--max-spend") as told:
        Budget.read(text, live=True)
    assert "write it like" in str(told.value)
    with pytest.raises(UsageError, match="--assume-price"):
        Budget.read(None, live=True, assume=text)


def test_a_live_run_spends_nothing_unless_told(priced: Callable[..., Contract]) -> None:
    contract = priced()
    assert Budget.read(None, live=True) == Budget(True, Decimal(0))
    assert Budget.read(None, live=False) == Budget(False, None)
    assert Budget.read("unlimited", live=True).cap(contract) is None
    assert Budget.read("Unlimited", live=True).limited, "one task per model, even so"
    assert Budget.read("2.5", live=False).cap(contract) == Decimal("2.5")
    assert Budget.read("2.5usd", live=False).ledger(contract) == Ledger(Decimal("2.5"), "USD")


@pytest.mark.parametrize(
    ("spend", "assume"), [("5CNY", None), (None, "5CNY"), ("5USD", "1 EUR"), ("unlimited", "1EUR")]
)
def test_another_currency_is_told(spend: str | None, assume: str | None, priced: Callable[..., Contract]) -> None:
    with pytest.raises(UsageError, match=r"Acme is paid in USD, not in (CNY|EUR)") as told:
        Budget.read(spend, live=True, assume=assume).cap(priced())
    assert "in USD" in str(told.value)


def test_where_the_document_has_no_prices_any_currency_will_do(small: Contract) -> None:
    assert Budget.read("5EUR", live=True, assume="2").ledger(small) == Ledger(Decimal(5), "EUR")
    with pytest.raises(UsageError, match="EUR, not in USD"):
        Budget.read("5EUR", live=True, assume="1USD").cap(small)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0.00"),
        ("2.7", "2.70"),
        ("0.1389", "0.1389"),
        ("0.00001", "0.0001"),
        ("100", "100.00"),
        ("0.69431617", "0.6944"),
    ],
)
def test_sums_are_never_shown_smaller(value: str, shown: str) -> None:
    assert Ledger(None, "USD").amount(Decimal(value)) == f"{shown} USD"
    assert Ledger().amount(None) == "any amount"


def test_the_last_cent_can_be_spent() -> None:
    ledger = Ledger(Decimal("1.5"), "USD")
    ledger.close(ledger.reserve(SENT, "a", "m", Decimal("0.5")), ReservationState.SETTLED, "1")
    ledger.reserve(SENT, "b", "m", Decimal(1))
    with pytest.raises(NotObservedError, match=r"could cost 0\.0001 USD if accepted, and 0\.00 USD is left"):
        ledger.reserve(SENT, "c", "m", Decimal("0.0001"))
    ledger.reserve(SENT, "d", "m", Decimal(0))
    assert (ledger.spent, ledger.unknown, ledger.declined) == (Decimal("0.5"), 1, 1)


def test_what_nobody_knows_the_price_of_needs_no_limit() -> None:
    with pytest.raises(NotObservedError, match="--assume-price"):
        Ledger(Decimal(99)).reserve(SENT, "a", "m", None)
    assert Ledger(None).reserve(SENT, "a", "m", None).state is ReservationState.RESERVED


def test_threads_do_not_spend_the_same_money_twice() -> None:
    ledger, start = Ledger(Decimal(50)), threading.Barrier(8)

    def spend() -> None:
        start.wait()
        for _ in range(200):
            try:
                entry = ledger.reserve(SENT, "", "m", Decimal(1))
            except NotObservedError:
                continue
            ledger.close(entry, ReservationState.UNKNOWN)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.unknown == 50


PRICES = st.decimals(0, 5, places=2)


class Spending(RuleBasedStateMachine):
    """Reserves and closes in any order, beside a plain account of what is out."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(Decimal(10))
        self.out: dict[int, Decimal] = {}

    pending = Bundle("pending")

    @rule(target=pending, price=PRICES)
    def reserve(self, price: Decimal) -> Entry | None:
        left = 10 - sum(self.out.values())
        try:
            entry = self.ledger.reserve(SENT, "", "m", price)
        except NotObservedError:
            assert price > left
            return None
        assert price <= left
        self.out[id(entry)] = price
        return entry

    @rule(
        entry=consumes(pending),
        state=st.sampled_from([ReservationState.SETTLED, ReservationState.RELEASED, ReservationState.UNKNOWN]),
    )
    def close(self, entry: Entry | None, state: ReservationState) -> None:
        if entry is not None:
            self.ledger.close(entry, state)
            if state is ReservationState.RELEASED:
                del self.out[id(entry)]

    @invariant()
    def never_beyond_the_cap(self) -> None:
        assert self.ledger.spent + self.ledger.unknown == sum(self.out.values())
        assert self.ledger.spent + self.ledger.unknown <= 10


Spending.TestCase.settings = settings(max_examples=50, stateful_step_count=30)
TestSpending = Spending.TestCase


@given(st.lists(PRICES))
def test_without_a_limit_nothing_is_declined(prices: list[Decimal]) -> None:
    ledger = Ledger()
    for price in prices:
        ledger.reserve(SENT, "", "m", price)
    assert ledger.unknown == sum(prices)
    assert ledger.declined == 0
