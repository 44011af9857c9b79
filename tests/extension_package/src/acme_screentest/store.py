"""A store: the one in memory, which also tells whoever asks how many requests it has seen."""

from screentest import Entry, MemoryStore


class CountingStore(MemoryStore):
    """Remembers what `MemoryStore` does, and counts the requests by the status of their answers."""

    def __init__(self) -> None:
        super().__init__()
        self.by_status: dict[int, int] = {}

    def add_entry(self, entry: Entry, /) -> None:
        self.by_status[entry.status] = self.by_status.get(entry.status, 0) + 1
        super().add_entry(entry)
