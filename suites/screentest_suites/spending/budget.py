"""What a run may spend, as people write it."""

import re
from dataclasses import dataclass
from decimal import Decimal

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
from screentest_suites.spending.ledger import Ledger
from screentest_suites.spending.prices import currency

_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([A-Za-z]{3})?")


def amount(text: str, option: str) -> tuple[Decimal, str]:
    """A sum and its currency ("" when none is named). Raises UsageError."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{option} {text!r} is no amount", "write it like 5, 2.50 or 5USD")
    return Decimal(match[1]), (match[2] or "").upper()


@dataclass(frozen=True)
class Budget:
    """How much each provider's run may spend: `most` in `money`, "" for whatever the provider's prices are in.

    `limited` is false where tasks cost nothing; `most` None: no limit. `assumed`, in `assumed_money`: the price of any
    task that the document has none for.
    """

    limited: bool = False
    most: Decimal | None = None
    money: str = ""
    assumed: Decimal | None = None
    assumed_money: str = ""

    @classmethod
    def read(cls, text: str | None, *, live: bool, assume: str | None = None) -> "Budget":
        """From `--max-spend` and `--assume-price`. Without the first a live run spends nothing, and any other need not
        care. Raises UsageError."""
        assumed = (None, "") if assume is None else amount(assume, "--assume-price")
        if text is None:
            return cls(live, Decimal(0) if live else None, "", *assumed)
        if text.strip().lower() == "unlimited":
            return cls(live, None, "", *assumed)
        return cls(True, *amount(text, "--max-spend"), *assumed)

    @property
    def currency(self) -> str:
        """The currency that the user named."""
        return self.money or self.assumed_money

    def cap(self, contract: Contract) -> Decimal | None:
        """The cap in the provider's currency. Raises UsageError when the budget is in another one."""
        own = currency(contract) or self.currency
        for option, money in (("--max-spend", self.money), ("--assume-price", self.assumed_money)):
            if money and money != own.upper():
                raise UsageError(f"{contract.title} is paid in {own}, not in {money}", f"write {option} in {own}")
        return self.most

    def ledger(self, contract: Contract) -> Ledger:
        """A new ledger of a provider's run. Raises UsageError as `cap`."""
        return Ledger(self.cap(contract), currency(contract) or self.currency)
