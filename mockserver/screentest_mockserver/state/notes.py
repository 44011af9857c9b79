"""What deviations and variations remember between requests."""

from typing import Any, Protocol


class Notes(Protocol):
    """Plain values by key. They are part of the store, so a deviation deviates alike in every worker process."""

    def count(self, key: str, step: int = 1) -> int:
        """Adds to a number, 0 at first, and gives the sum, in one step."""

    def get(self, key: str) -> Any:
        """The value, or None."""

    def put(self, key: str, value: Any) -> None:
        """Keeps a plain value."""

    def take(self, key: str) -> Any:
        """The value, or None, which only this caller gets: it is forgotten."""


class MemoryNotes:
    """Notes in a dict."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def count(self, key: str, step: int = 1) -> int:
        number: int = self._values.get(key, 0) + step
        if step:
            self._values[key] = number
        return number

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        self._values[key] = value

    def take(self, key: str) -> Any:
        return self._values.pop(key, None)

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
