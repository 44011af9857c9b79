"""A manual clock that a store keeps, so that all workers of a server read the same time."""

from screentest_mockserver.state.store import Store


class StoredClock:
    """A clock that only moves when it is told to."""

    manual = True
    speed = 1.0

    def __init__(self, store: Store) -> None:
        self.store = store
        # The hot path: the store's own method, no other Python frame.
        self.now = store.read_clock

    def advance(self, seconds: float) -> float:
        """Moves forward and gives the new time. Raises ValueError for a step back."""
        if not 0 <= seconds < 1e9:
            raise ValueError("a clock moves forward by 0 to 1e9 seconds")
        return self.store.advance_clock(seconds)
