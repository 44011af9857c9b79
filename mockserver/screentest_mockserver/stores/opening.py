"""From what a user writes to a store."""

from urllib.parse import urlsplit

from screentest_contracts.errors import UsageError
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.state.store import Store, StoreLostError

KINDS = "memory, sqlite:PATH or redis://HOST:PORT/DB"

MEMORY = "memory"
"""The store that no other process can use."""


def open_store(text: str, pace: float | None, *, there: bool = True) -> Store:
    """The store that a text names (`KINDS`). `pace`: how many seconds of a task's life pass in one second; None: time
    stands still. Raises UsageError where it cannot be used; with `there` also where Redis does not answer now.

    >>> import screentest
    >>> from screentest import stores
    >>> store = stores.open_store("memory", pace=60.0)
    >>> with screentest.serve("acme.yaml", screentest.MockSettings(store=store)) as mock:
    ...     store.count_entries()
    0
    """
    kind, _, rest = text.partition(":")
    if text == MEMORY:
        return MemoryStore()
    if kind == "sqlite" and rest:
        from screentest_mockserver.stores.sqlite_store import SqliteStore  # most mocks start without it

        return SqliteStore(rest, pace=pace)
    if kind in ("redis", "rediss", "unix") and rest:
        return _redis(text, pace, there)
    raise UsageError(f"{text!r} is no store", f"--store takes {KINDS}")


def _redis(url: str, pace: float | None, there: bool) -> Store:
    try:
        from screentest_mockserver.stores.redis_store import RedisStore  # what it imports is an extra
    except ImportError:
        raise UsageError("a store in Redis needs its client library", "pip install 'screentest[redis]'") from None
    try:
        parts = urlsplit(url)
        shown = f"{parts.hostname or ''}:{parts.port or 6379}{parts.path}"  # no password
        store = RedisStore(url, pace=pace)
    except ValueError as error:
        raise UsageError(f"the store is no address of Redis: {error}", f"--store takes {KINDS}") from None
    if there:
        try:
            store.read_clock()
        except StoreLostError as error:
            raise UsageError(f"the store {shown} does not answer: {error}", "start Redis or Valkey there") from None
    return store


def close_store(store: Store) -> None:
    """Ends a store's connections, where it has any."""
    close = getattr(store, "close", None)
    if close is not None:
        close()
