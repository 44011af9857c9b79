"""The store in a file of SQLite: tasks live over restarts, and several processes of one machine are one mock."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from screentest_contracts.contract import Contract
from screentest_mockserver.state.bounded import FILES
from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.memory import ENTRIES, RECENT, TASKS
from screentest_mockserver.state.records import Added, Booking, CallbackDue, File, Key, Lease, Remembered, Taken
from screentest_mockserver.state.store import Opened
from screentest_mockserver.stores import plain
from screentest_mockserver.stores.sqlite_file import SqliteFile
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.scenarios import Scenario
from screentest_mockserver.tasks.task import Task, dump_plan, keep_seconds
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.clock import whole_second
from screentest_mockserver.wire.journal import Delivery, Entry

SPARE = 1.0
"""Seconds that tasks are kept longer than the mock shows them."""


class SqliteNotes:
    """Notes in a table."""

    def __init__(self, file: SqliteFile, provider: str) -> None:
        self._file, self._provider = file, provider

    def count(self, key: str, step: int = 1) -> int:
        if not step:
            return self.get(key) or 0
        with self._file.step() as base:
            found = base.execute("SELECT value FROM notes WHERE (provider, key) = (?, ?)", (self._provider, key)).fetchone()
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


class SqliteProviderStore:
    """What is remembered of one provider."""

    def __init__(
        self, file: SqliteFile, contract: Contract, accounts: Mapping[str, Account], pace: float | None, tasks: int
    ) -> None:
        self.file, self.name = file, contract.name
        self.notes = SqliteNotes(file, contract.name)
        self._contract, self._accounts, self._pace, self._limit = contract, accounts, pace, tasks

    def _ends(self, seconds: float | None) -> float | None:
        """Until when what lives so many seconds of a task's life is kept, in epoch seconds of real time."""
        if seconds is None or self._pace is None:
            return None
        return time.time() + max(seconds, 0.0) / self._pace + SPARE

    def _task(self, record: bytes | None, plan: bytes | None) -> Task | None:
        if record is None or plan is None:
            return None
        return plain.load_parts(record, plan, self._contract, self._accounts)

    def open(self, task_id: str = "", alias: str = "") -> Opened:
        values: tuple[str, ...] = (self.name, task_id)
        if alias:
            wanted = "number = (SELECT task FROM aliases WHERE (provider, alias) = (?, ?))"
            values = (self.name, alias)
        else:
            wanted = "(provider, id) = (?, ?)"
        choices, clock, record, plan = self.file.row(
            "SELECT (SELECT value FROM single WHERE (provider, name) = (?, 'choices')),"
            " (SELECT value FROM single WHERE (provider, name) = ('', 'clock')), record, plan"
            f" FROM (SELECT 1) LEFT JOIN tasks ON {wanted}",  # noqa: S608 - no value stands in it
            (self.name, *values),
        )
        chosen = None if choices is None else plain.load_choices(choices)
        return Opened(chosen, self._task(record, plan), clock)

    def choose(self, choices: Choices) -> None:
        self.file.change("REPLACE INTO single VALUES (?, 'choices', ?)", (self.name, plain.dump_choices(choices)))

    def choices(self) -> Choices | None:
        return self.open().choices

    # -- tasks

    def add_task(
        self,
        task: Task,
        *,
        aliases: Sequence[str] = (),
        keys: Sequence[Key] = (),
        callbacks: Sequence[CallbackDue] = (),
        bookings: Sequence[Booking] = (),
        replace: bool = False,
    ) -> Added:
        name, parts = self.name, plain.dump_parts(task)
        with self.file.step() as base:
            now = time.time()
            base.execute("DELETE FROM tasks WHERE ends < ?", (now,))
            base.execute("DELETE FROM keys WHERE ends < ?", (now,))
            if replace:
                base.execute("DELETE FROM tasks WHERE (provider, id) = (?, ?)", (name, task.id))
            elif base.execute("SELECT 1 FROM tasks WHERE (provider, id) = (?, ?)", (name, task.id)).fetchone():
                return Added.ID_TAKEN
            for owner, key, _, _ in keys:
                known = base.execute(_KEY, (name, owner, key)).fetchone()
                if not replace and known is not None and plain.load_known(known[0], task.created) is not None:
                    return Added.KEY_KNOWN
            values = (name, task.id, task.account.name, *parts, self._ends(keep_seconds(self._contract, task)))
            place = base.execute(
                "INSERT INTO tasks (provider, id, account, record, plan, ends) VALUES (?, ?, ?, ?, ?, ?)", values
            ).lastrowid
            base.executemany("REPLACE INTO aliases VALUES (?, ?, ?)", [(name, alias, place) for alias in aliases])
            faults = {} if task.scenario is None else task.scenario.faults
            base.executemany("INSERT INTO faults VALUES (?, ?, ?)", [(place, *row) for row in faults.items()])
            for owner, key, _, expires in keys:
                plainly = orjson.dumps(plain.dump_known(task.id, keys[0].asked, expires))
                lives = None if expires is None or self._pace is None else now + expires - task.created + SPARE
                base.execute("REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)", (name, owner, key, place, plainly, lives))
            self._push(base, place, callbacks)
            base.executemany("REPLACE INTO bookings VALUES (?, ?, ?, ?)", [self._booking(each) for each in bookings])
            base.execute("DELETE FROM tasks WHERE number <= ?", ((place or 0) - self._limit,))
        return Added.DONE

    def get_task(self, task_id: str, /) -> Task | None:
        found = self.file.row("SELECT record, plan FROM tasks WHERE (provider, id) = (?, ?)", (self.name, task_id))
        return None if found is None else self._task(*found)

    def get_task_by_alias(self, alias: str) -> Task | None:
        return self.open(alias=alias).task

    def change_task(self, task_id: str, plan: Plan, callbacks: Sequence[CallbackDue] = ()) -> bool:
        with self.file.step() as base:
            found = base.execute(
                "SELECT number, record, plan FROM tasks WHERE (provider, id) = (?, ?)", (self.name, task_id)
            ).fetchone()
            if found is None:
                return False
            place, *parts = found
            task = plain.load_parts(*parts, self._contract, self._accounts).with_plan(plan)
            values = (orjson.dumps(dump_plan(plan)), self._ends(keep_seconds(self._contract, task)), place)
            base.execute("UPDATE tasks SET plan = ?, ends = ? WHERE number = ?", values)
            base.execute("DELETE FROM callbacks WHERE task = ? AND attempt = 1 AND leased IS NULL", (place,))
            self._push(base, place, callbacks)
        return True

    def remove_task(self, task_id: str) -> bool:
        return self.file.change("DELETE FROM tasks WHERE (provider, id) = (?, ?)", (self.name, task_id)) > 0

    def newest_tasks(self, account: str, limit: int) -> list[Task]:
        rows = self.file.rows(
            "SELECT record, plan FROM tasks WHERE (provider, account) = (?, ?) ORDER BY number DESC LIMIT ?",
            (self.name, account, min(limit, RECENT)),
        )
        return [plain.load_parts(*row, self._contract, self._accounts) for row in rows]

    def tasks(self) -> list[Task]:
        rows = self.file.rows("SELECT record, plan FROM tasks WHERE provider = ? ORDER BY number", (self.name,))
        return [plain.load_parts(*row, self._contract, self._accounts) for row in rows]

    def count_tasks(self) -> int:
        values = (self.name, time.time())
        question = "SELECT count(*) FROM tasks WHERE provider = ? AND (ends IS NULL OR ends >= ?)"
        return int(self.file.row(question, values)[0])

    # -- scenarios and faults

    def schedule(self, scenario: Scenario, count: int, *, first: bool = False) -> None:
        place = "SELECT coalesce(min(place), 0) - 1 FROM" if first else "SELECT coalesce(max(place), 0) + 1 FROM"
        self.file.change(
            f"INSERT INTO scheduled VALUES (({place} scheduled), ?, ?, ?)",  # noqa: S608 - no value stands in it
            (self.name, plain.dump_scenario(scenario), count),
        )

    def take_scenario(self, default: Scenario) -> Taken:
        with self.file.step() as base:
            head = base.execute(_SCHEDULED + " LIMIT 1", (self.name,)).fetchone()
            scenario = default if head is None else plain.load_scenario(head[1])
            refused, limit = _refused(base, self.name), scenario.create_errors[1] if scenario.create_errors else 0
            if refused < limit:
                base.execute("REPLACE INTO single VALUES (?, 'refused', ?)", (self.name, refused + 1))
                return Taken(scenario, True)
            if refused:
                base.execute("DELETE FROM single WHERE (provider, name) = (?, 'refused')", (self.name,))
            if head is not None and head[2] > 1:
                base.execute("UPDATE scheduled SET count = count - 1 WHERE place = ?", (head[0],))
            elif head is not None:
                base.execute("DELETE FROM scheduled WHERE place = ?", (head[0],))
        return Taken(scenario, False)

    def clear_scenarios(self) -> None:
        self.file.change("DELETE FROM scheduled WHERE provider = ?", (self.name,))

    def scheduled(self) -> tuple[tuple[Scenario, int], ...]:
        rows = self.file.rows(_SCHEDULED, (self.name,))
        return tuple((plain.load_scenario(scenario), count) for _, scenario, count in rows)

    def take_fault(self, task_id: str, kind: str) -> bool:
        values = (kind, self.name, task_id)
        order = (
            "UPDATE faults SET remaining = remaining - 1 WHERE kind = ? AND remaining > 0"
            " AND task = (SELECT number FROM tasks WHERE (provider, id) = (?, ?))"
        )
        return self.file.change(order, values) > 0

    # -- idempotency keys

    def find_key(self, owner: str, key: str, now: float) -> Remembered | None:
        known = self.file.row(_KEY, (self.name, owner, key))
        return None if known is None else plain.load_known(known[0], now)

    def count_keys(self) -> int:
        values = (self.name, time.time())
        question = "SELECT count(*) FROM keys WHERE provider = ? AND (ends IS NULL OR ends >= ?)"
        return int(self.file.row(question, values)[0])

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
        return Lease(number, until, plain.load_due(due, plain.load_parts(*parts, self._contract, self._accounts)))

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

    def clear(self) -> None:
        with self.file.step() as base:
            for table in ("tasks", "scheduled", "files", "bookings", "deliveries", "notes"):
                base.execute(f"DELETE FROM {table} WHERE provider = ?", (self.name,))  # noqa: S608 - our own words
            base.execute("DELETE FROM single WHERE (provider, name) = (?, 'refused')", (self.name,))


class SqliteStore:
    """What a mock remembers, in a file. `pace`: how many seconds of a task's life pass in one second; None: time stands
    still, and nothing goes by itself.

    >>> import screentest
    >>> store = screentest.SqliteStore("mock.db")  # made where there is none
    >>> store.count_entries()
    0
    >>> store.close()
    """

    def __init__(self, path: str, *, pace: float | None = None, entries: int = ENTRIES, tasks: int = TASKS) -> None:
        """Raises UsageError for a file that cannot be used. It keeps `entries` of the journal, and `tasks` in all."""
        self.file = SqliteFile(path)
        self._pace, self._entries, self._tasks = pace, entries, tasks
        self._providers: dict[str, SqliteProviderStore] = {}

    def provider(self, contract: Contract, accounts: Mapping[str, Account]) -> SqliteProviderStore:
        made = SqliteProviderStore(self.file, contract, accounts, self._pace, self._tasks)
        return self._providers.setdefault(contract.name, made)

    def add_entry(self, entry: Entry, /) -> None:
        with self.file.step() as base:
            number = base.execute("INSERT INTO journal (entry) VALUES (?)", (plain.dump_entry(entry),)).lastrowid
            base.execute("DELETE FROM journal WHERE number <= ?", ((number or 0) - self._entries,))

    def entries(self) -> list[Entry]:
        rows = self.file.rows("SELECT number, entry FROM journal ORDER BY number")
        return [plain.load_entry(entry, number) for number, entry in rows]

    def count_entries(self) -> int:
        return int(self.file.row("SELECT count(*) FROM journal")[0])

    def clear_entries(self) -> None:
        self.file.change("DELETE FROM journal")

    def read_clock(self) -> float:
        found = self.file.row(_CLOCK)
        return self.advance_clock(0.0) if found is None else float(found[0])

    def advance_clock(self, seconds: float) -> float:
        with self.file.step() as base:
            found = base.execute(_CLOCK).fetchone()
            now: float = (whole_second() if found is None else found[0]) + seconds
            base.execute("REPLACE INTO single VALUES ('', 'clock', ?)", (now,))
        return now

    def close(self) -> None:
        """Ends the connection for good."""
        self.file.close()


_KEY = "SELECT known FROM keys WHERE (provider, owner, key) = (?, ?, ?)"
_SCHEDULED = "SELECT place, scenario, count FROM scheduled WHERE provider = ? ORDER BY place"
_CLOCK = "SELECT value FROM single WHERE (provider, name) = ('', 'clock')"


def _refused(base: sqlite3.Connection, provider: str) -> int:
    found = base.execute("SELECT value FROM single WHERE (provider, name) = (?, 'refused')", (provider,)).fetchone()
    return 0 if found is None else int(found[0])


def _file(row: Any) -> File | None:
    return None if row is None else plain.load_file(row[0], bool(row[1]))
