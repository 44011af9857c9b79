"""A table that forgets its oldest entries."""

from collections import deque
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


FILES = 100_000
"""Files that are known of a provider. Their bytes are not kept."""


class Bounded(Generic[K, V]):
    """At most `limit` values by key, the oldest going first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: dict[K, V] = {}
        # Keys by age: the first key of a dict that loses its first keys is found slower and slower.
        self._order: deque[K] = deque()
        self.get = self._values.get

    def add(self, key: K, value: V) -> None:
        """Keeps a value under a new key."""
        self._values[key] = value
        self._order.append(key)
        if len(self._order) > self.limit:
            self._values.pop(self._order.popleft(), None)

    def change(self, key: K, value: V) -> None:
        """Keeps another value under a key that is there."""
        self._values[key] = value

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
        self._order.clear()

    def values(self) -> list[V]:
        """Every value, oldest first."""
        return list(self._values.values())

    def __len__(self) -> int:
        return len(self._values)
