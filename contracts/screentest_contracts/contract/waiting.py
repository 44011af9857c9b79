"""A create that waits for the end of its task."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from screentest_contracts.facts import Fact
from screentest_contracts.location import MISSING, Location, replaced, segments

SECONDS = "{{seconds}}"
"""Stands in `Wait.value` for how long a create asks to wait."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How a create asks to wait: with `value` in the request's `header`, or in its body `at` a pointer. `longest` is in
    seconds; `statuses` are those of an answer that shows the end."""

    header: str | None
    at: Location | None
    value: Any
    longest: float
    statuses: tuple[int, ...]
    fact: Fact

    @property
    def chosen(self) -> bool:
        """Whether a create says for how many seconds it wants to wait."""
        return isinstance(self.value, str) and SECONDS in self.value

    @property
    def place(self) -> str:
        """What asks for it, for people: `Prefer: wait={{seconds}}`, `/sync: true`."""
        value = self.value if isinstance(self.value, str) else str(self.value).lower()
        return f"{self.header or self.at}: {value}"

    def written(self, seconds: float) -> Any:
        """The value that asks to wait for so many seconds."""
        if self.value == SECONDS and self.at is not None:
            return int(seconds) if float(seconds).is_integer() else seconds
        return self.value.replace(SECONDS, f"{seconds:g}") if isinstance(self.value, str) else self.value

    def asked(self, header: Callable[[str], str | None], body: Any) -> float | None:
        """For how many seconds a create asks to wait; None where it does not. `header` gives a request's header by its
        name, in small letters."""
        if self.at is not None:
            return self._seconds(self.at.find(body))
        texts = (header(str(self.header).lower()) or "").split(",")  # RFC 7240: several preferences in one header
        return next((seconds for text in texts if (seconds := self._seconds(text.strip())) is not None), None)

    def unasked(self, body: Any) -> Any:
        """A body that does not ask to wait, and is the same otherwise."""
        if self.at is None or self._seconds(self.at.find(body)) is None:
            return body
        return replaced(body, segments(self.at.pointers[0]), MISSING)

    def _seconds(self, found: Any) -> float | None:
        """For how long a value asks to wait."""
        if not self.chosen:
            asks = type(found) is type(self.value) and found == self.value
            return self.longest if asks else None
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            return None
        pattern = re.escape(self.value).replace(re.escape(SECONDS), r"(\d{1,9}(?:\.\d{1,9})?)")
        match = re.fullmatch(pattern, str(found), re.IGNORECASE)
        return None if match is None else min(float(match[1]), self.longest)
