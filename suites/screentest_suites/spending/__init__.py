"""Money: what a request could cost, what a run may spend, and what it would send before it sends anything."""

from screentest_suites.spending.budget import Budget, amount
from screentest_suites.spending.ledger import Entry, Ledger, ReservationState
from screentest_suites.spending.prices import currency, model_named, worst_price

__all__ = ["Budget", "Entry", "Ledger", "ReservationState", "amount", "currency", "model_named", "worst_price"]
