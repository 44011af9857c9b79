"""What the mock was asked, for tests that ask what a client did. Bounded, and without keys."""

from collections import deque
from typing import Any, NamedTuple

BODY_LIMIT = 4096
"""Bytes of a request body that are kept."""


class Entry(NamedTuple):
    """One request and the status of its answer; status 0 is a connection dropped on purpose."""

    at: float
    provider: str
    method: str
    path: str
    status: int
    task: str
    body: bytes

    def as_json(self) -> dict[str, Any]:
        """For the control plane."""
        return {**self._asdict(), "body": self.body.decode("utf-8", "replace")}


class Journal:
    """The newest `limit` entries."""

    def __init__(self, limit: int = 10_000) -> None:
        self.entries: deque[Entry] = deque(maxlen=limit)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)

    def clear(self) -> None:
        self.entries.clear()

    def __iter__(self) -> Any:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)
