"""What a run may spend, as people write it."""

import re
from dataclasses import dataclass
from decimal import Decimal

from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError
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

    `limited` is false where tasks cost nothing; `most` None: no limit.
    """

    limited: bool = False
    most: Decimal | None = None
    money: str = ""

    @classmethod
    def read(cls, text: str | None, *, live: bool) -> "Budget":
        """From `--max-spend`. Without it a live run spends nothing, and any other need not care. Raises UsageError."""
        if text is None:
            return cls(live, Decimal(0) if live else None)
        if text.strip().lower() == "unlimited":
            return cls(live, None)
        return cls(True, *amount(text, "--max-spend"))

    def cap(self, contract: Contract) -> Decimal | None:
        """The cap in the provider's currency. Raises UsageError when the budget is in another one."""
        own = currency(contract)
        if self.money and own and self.money != own.upper():
            raise UsageError(
                f"{contract.title} is paid in {own}, not in {self.money}", f"write --max-spend as an amount of {own}"
            )
        return self.most
