"""Queries for several tasks at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.facts import Fact
from screentest_contracts.location import Location, replaced, resolve, segments
from screentest_contracts.template import Template


@dataclass(frozen=True, slots=True)
class BatchRule:
    """How several tasks are asked for at once. An item is the `part` of a query's answer; `id_at` is where it has its
    id. `unknown`: what becomes of an id that nobody knows (`omitted`, `refused`, `item`, "" where nobody says), and
    `unknown_item` the item that tells it; facts by aspect (`unknown`, `order`)."""

    part: str
    body: Template
    items: Location
    id_at: Location
    unknown: str
    unknown_item: Template | None
    ordered: bool
    facts: Mapping[str, Fact]

    def item_of(self, answer: Any) -> Any:
        """The item that stands for a query's answer."""
        return resolve(answer, segments(self.part))

    def answer_with(self, answer: Any, item: Any) -> Any:
        """A query's answer that shows what an item shows."""
        return replaced(answer, segments(self.part), item)
