"""Notes, files, balances and callbacks in a file of SQLite."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from screentest_contracts.contract import Contract
from screentest_mockserver.state.bounded import FILES
from screentest_mockserver.state.memory import ENTRIES
from screentest_mockserver.state.records import Booking, CallbackDue, File, Lease
from screentest_mockserver.stores import plain
from screentest_mockserver.stores.sqlite_file import SqliteFile
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.journal import Delivery


class SqliteNotes:
    """Notes in a table."""

    def __init__(self, file: SqliteFile, provider: str) -> None:
        self._file, self._provider = file, provider

    def count(self, key: str, step: int = 1) -> int:
        if not step:
            return self.get(key) or 0
        with self._file.step() as base:
            found = base.execute(
                "SELECT value FROM notes WHERE (provider, key) = (?, ?)", (self._provider, key)
            ).fetchone()
            number: int = (0 if found is None else orjson.loads(found[0])) + step
            base.execute("REPLACE INTO notes VALUES (?, ?, ?)", (self._provider, key, orjson.dumps(number)))
        return number

    def get(self, key: str) -> Any:
        found = self._file.row("SELECT value FROM notes WHERE (provider, key) = (?, ?)", (self._provider, key))
        return None if found is None else orjson.loads(found[0])

    def put(self, key: str, value: Any) -> None:
        self._file.change("REPLACE INTO notes VALUES (?, ?, ?)", (self._provider, key, orjson.dumps(value)))

    def take(self, key: str) -> Any:
        with self._file.step() as base:
            values = (self._provider, key)
            found = base.execute("SELECT value FROM notes WHERE (provider, key) = (?, ?)", values).fetchone()
            base.execute("DELETE FROM notes WHERE (provider, key) = (?, ?)", values)
        return None if found is None else orjson.loads(found[0])


class SqliteParts:
    """What is remembered of one provider beside its tasks."""

    def __init__(
        self, file: SqliteFile, contract: Contract, accounts: Mapping[str, Account], pace: float | None, tasks: int
    ) -> None:
        self.file, self.name = file, contract.name
        self.notes = SqliteNotes(file, contract.name)
        self._contract, self._pace, self._limit = contract, pace, tasks
        self._read = plain.LoadedTasks(contract, accounts)

    def _load(self, parts: Sequence[bytes]) -> Task:
        record, plan = parts
        return self._read.of(record, plan)

    # -- files

    def add_file(self, file: File) -> None:
        with self.file.step() as base:
            values = (self.name, file.reference, file.address, plain.dump_file(file), file.whole)
            place = base.execute(
                "REPLACE INTO files (provider, reference, address, file, whole) VALUES (?, ?, ?, ?, ?)", values
            ).lastrowid
            base.execute("DELETE FROM files WHERE number <= ?", ((place or 0) - FILES,))

    def find_file(self, reference: str) -> File | None:
        return _file(
            self.file.row("SELECT file, whole FROM files WHERE (provider, reference) = (?, ?)", (self.name, reference))
        )

    def find_file_at(self, address: str) -> File | None:
        return _file(
            self.file.row("SELECT file, whole FROM files WHERE (provider, address) = (?, ?)", (self.name, address))
        )

    def mark_file_whole(self, address: str) -> bool:
        values = (self.name, address)
        return self.file.change("UPDATE files SET whole = 1 WHERE (provider, address) = (?, ?)", values) > 0

    def files(self) -> list[File]:
        rows = self.file.rows("SELECT file, whole FROM files WHERE provider = ? ORDER BY number", (self.name,))
        return [plain.load_file(file, bool(whole)) for file, whole in rows]

    # -- balances

    def _booking(self, booking: Booking) -> tuple[Any, ...]:
        return self.name, booking.account, booking.task_id, plain.dump_booking(booking)

    def book(self, booking: Booking) -> None:
        self.file.change("REPLACE INTO bookings VALUES (?, ?, ?, ?)", self._booking(booking))

    def bookings(self, account: str) -> list[Booking]:
        values = (self.name, account)
        rows = self.file.rows("SELECT booking FROM bookings WHERE (provider, account) = (?, ?)", values)
        return [plain.load_booking(booking) for (booking,) in rows]

    # -- callbacks

    def _push(self, base: sqlite3.Connection, place: int | None, callbacks: Sequence[CallbackDue]) -> None:
        rows = [(self.name, place, due.at, due.attempt, plain.dump_due(due)) for due in callbacks]
        base.executemany("INSERT INTO callbacks (provider, task, at, attempt, due) VALUES (?, ?, ?, ?, ?)", rows)

    def next_callback(self) -> float | None:
        row = self.file.row(
            "SELECT (SELECT min(at) FROM callbacks WHERE provider = ? AND leased IS NULL),"
            " (SELECT min(at) FROM callbacks WHERE provider = ? AND leased <= ?)",
            (self.name, self.name, time.time()),
        )
        return min((at for at in row if at is not None), default=None)

    def take_callback(self, now: float, seconds: float) -> Lease | None:
        with self.file.step() as base:
            # whoever has had one for too long has died: it is due again, under another number
            ended = (self.name, time.time())
            base.execute(
                "INSERT INTO callbacks (provider, task, at, attempt, due) SELECT provider, task, at, attempt, due"
                " FROM callbacks WHERE provider = ? AND leased <= ?",
                ended,
            )
            base.execute("DELETE FROM callbacks WHERE provider = ? AND leased <= ?", ended)
            found = base.execute(
                "SELECT callbacks.number, due, record, plan FROM callbacks JOIN tasks ON tasks.number = task"
                " WHERE callbacks.provider = ? AND leased IS NULL AND at <= ? ORDER BY at, callbacks.number LIMIT 1",
                (self.name, now),
            ).fetchone()
            if found is None:
                return None
            number, due, *parts = found
            until = time.time() + seconds
            base.execute("UPDATE callbacks SET leased = ? WHERE number = ?", (until, number))
        return Lease(number, until, plain.load_due(due, self._load(parts)))

    def finish_callback(self, lease: Lease, delivery: Delivery | None, again: CallbackDue | None = None) -> bool:
        with self.file.step() as base:
            row = base.execute("DELETE FROM callbacks WHERE number = ? RETURNING task", (lease.number,)).fetchone()
            if row is None:
                return False
            if delivery is not None:
                self._keep(base, delivery)
            if again is not None:
                self._push(base, row[0], (again,))
        return True

    def _keep(self, base: sqlite3.Connection, delivery: Delivery) -> None:
        values = (self.name, plain.dump_delivery(delivery))
        number = base.execute("INSERT INTO deliveries (provider, delivery) VALUES (?, ?)", values).lastrowid
        base.execute("DELETE FROM deliveries WHERE number <= ?", ((number or 0) - ENTRIES,))

    def add_delivery(self, delivery: Delivery) -> None:
        with self.file.step() as base:
            self._keep(base, delivery)

    def deliveries(self) -> list[Delivery]:
        rows = self.file.rows("SELECT delivery FROM deliveries WHERE provider = ? ORDER BY number", (self.name,))
        return [plain.load_delivery(delivery) for (delivery,) in rows]


def _file(row: Any) -> File | None:
    return None if row is None else plain.load_file(row[0], bool(row[1]))
