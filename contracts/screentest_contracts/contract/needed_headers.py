"""Request headers that some values of a body need."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from screentest_contracts.facts import Fact
from screentest_contracts.location import pointer_of, segments


@dataclass(frozen=True, slots=True)
class NeededHeader:
    """A header that a create must have where its body holds a text of the form `pattern` at a place (`*`: any item of a
    list); `example` is such a text. `allowed`: the values that it may have, none for any. `accept` and `refuse`: how
    sure it is that a create with it is accepted, and that one without it is refused."""

    name: str
    allowed: tuple[str, ...]
    at: str
    pattern: re.Pattern[str]
    example: str | None
    accept: Fact
    refuse: Fact

    @property
    def value(self) -> str:
        """What a create sends in it."""
        return self.allowed[0] if self.allowed else "1"

    def places(self, body: Any) -> Iterator[tuple[str, Any]]:
        """Every (pointer, value) of a body that may need it."""
        yield from _spread(body, segments(self.at), ())

    def needed_by(self, body: Any) -> bool:
        """Whether a body holds a value that needs it."""
        return any(isinstance(value, str) and self.pattern.search(value) for _, value in self.places(body))

    def fits(self, value: str | None) -> bool:
        """Whether a request that has this value in it, None for no such header, has what is needed."""
        return value is not None and (not self.allowed or value in self.allowed)


def _spread(value: Any, parts: tuple[str, ...], before: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if not parts:
        yield pointer_of(before), value
    elif parts[0] == "*" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _spread(item, parts[1:], (*before, str(index)))
    elif isinstance(value, dict) and parts[0] in value:
        yield from _spread(value[parts[0]], parts[1:], (*before, parts[0]))
