"""Comparison of vendors from their documents alone: what a client written for one must change to talk to another."""

from collections.abc import Sequence

from screentest_contracts.comparison import calls, lifecycle, requests, rest, terms
from screentest_contracts.comparison.capabilities import Matrix, matrix
from screentest_contracts.comparison.comparison import Comparison
from screentest_contracts.comparison.difference import Difference, Effect, ordered
from screentest_contracts.comparison.models import pairs
from screentest_contracts.contract import Contract
from screentest_contracts.errors import UsageError

__all__ = ["Comparison", "Difference", "Effect", "Matrix", "compare", "compare_all", "matrix"]


def compare(home: Contract, other: Contract) -> Comparison:
    """Every difference that a client written for `home` meets at `other`, what breaks first coming first."""
    matched = pairs(home, other)
    found = [
        *calls.differences(home, other),
        *requests.differences(home, other, matched),
        *lifecycle.differences(home, other, matched),
        *terms.differences(home, other, matched),
        *rest.differences(home, other, matched),
    ]
    return Comparison(home, other, matched, ordered(found))


def compare_all(contracts: Sequence[Contract]) -> list[Comparison]:
    """The first contract against each of the others. Raises UsageError for fewer than two."""
    if len(contracts) < 2:
        raise UsageError("a comparison needs two providers", "screentest compare A B, or no name for the matrix")
    return [compare(contracts[0], other) for other in contracts[1:]]
