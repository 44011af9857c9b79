"""What a server was asked, as a sequence."""

from collections.abc import Iterator

from screentest_mockserver.state.store import Store
from screentest_mockserver.wire.journal import Entry


class Journal:
    """The newest requests to a server, oldest first, as its store keeps them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def clear(self) -> None:
        """Forgets every request."""
        self._store.clear_entries()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._store.entries())

    def __len__(self) -> int:
        return self._store.count_entries()
