"""Two vendors side by side."""

from dataclasses import dataclass

from screentest_contracts.comparison.difference import Difference, Effect
from screentest_contracts.comparison.models import Pair
from screentest_contracts.contract import Contract


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two vendors, seen by a client written for `home`."""

    home: Contract
    other: Contract
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]

    def count(self, effect: Effect) -> int:
        """How many differences have an effect."""
        return sum(each.effect is effect for each in self.differences)
