"""A database file that several processes and threads use at once."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from screentest_contracts.errors import UsageError
from screentest_mockserver.state.store import StoreLostError

BUSY = 5.0
"""Seconds for which a step waits until another process has ended its own."""

VERSION = 1
"""Of the tables. A file with other ones is refused."""


class SqliteFile:
    """One connection, whose steps come one after the other."""

    def __init__(self, path: str) -> None:
        """Raises UsageError where the file cannot be used."""
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(path)
            except BaseException:
                self._base.close()
                raise
        except sqlite3.Error as error:
            hint = "give a file that can be written, or a new one: --store sqlite:mock.db"
            raise UsageError(f"the store {path} cannot be used: {error}", hint) from None

    def _prepare(self, path: str) -> None:
        question = "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_master)"
        version, tables = self._base.execute(question).fetchone()
        if version != VERSION and tables:
            hint = "give a new file, or the file of this version"
            raise UsageError(f"the store {path} was not made by this version of Screentest", hint)
        self._base.execute("PRAGMA journal_mode = WAL")  # readers and the one writer do not wait for each other
        self._base.execute("PRAGMA synchronous = NORMAL")  # outlives any process; a power cut may take the last steps
        self._base.execute("PRAGMA foreign_keys = ON")
        schema = (files("screentest_mockserver.stores") / "schema.sql").read_text("utf-8")
        self._base.executescript(f"BEGIN IMMEDIATE; {schema} PRAGMA user_version = {VERSION}; COMMIT;")

    @contextlib.contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """All that is done in the block, or nothing. Raises StoreLostError."""
        with self._lock:
            try:
                self._base.execute("BEGIN IMMEDIATE")
                yield self._base
                self._base.execute("COMMIT")
            except BaseException as error:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise StoreLostError(f"the store's file cannot be used: {error}") from None
                raise

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a question gives. Raises StoreLostError."""
        with self._lock:
            try:
                return self._base.execute(question, values).fetchall()
            except sqlite3.OperationalError as error:
                raise StoreLostError(f"the store's file cannot be used: {error}") from None

    def row(self, question: str, values: Sequence[Any] = ()) -> Any:
        """The first of the rows, or None. Raises StoreLostError."""
        return next(iter(self.rows(question, values)), None)

    def change(self, order: str, values: Sequence[Any] = ()) -> int:
        """Changes rows in a step of its own, and gives how many. Raises StoreLostError."""
        with self.step() as base:
            return base.execute(order, values).rowcount

    def close(self) -> None:
        """Ends the connection for good."""
        with self._lock:
            self._base.close()
