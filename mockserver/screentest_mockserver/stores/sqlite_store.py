"""The store in a file of SQLite: tasks live over restarts, and several processes of one machine are one mock."""

import sqlite3
import time
from collections.abc import Mapping, Sequence

import orjson

from screentest_contracts.contract import Contract
from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.memory import ENTRIES, RECENT, TASKS
from screentest_mockserver.state.records import Added, Booking, CallbackDue, Key, Remembered, Taken
from screentest_mockserver.state.store import Opened
from screentest_mockserver.stores import plain
from screentest_mockserver.stores.sqlite_file import SqliteFile
from screentest_mockserver.stores.sqlite_parts import SqliteParts
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task, dump_plan, keep_seconds
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.clock import whole_second
from screentest_mockserver.wire.journal import Entry

SPARE = 1.0
"""Seconds that tasks are kept longer than the mock shows them."""


class SqliteProviderStore(SqliteParts):
    """What is remembered of one provider."""

    def _ends(self, seconds: float | None) -> float | None:
        """Until when what lives so many seconds of a task's life is kept, in epoch seconds of real time."""
        if seconds is None or self._pace is None:
            return None
        return time.time() + max(seconds, 0.0) / self._pace + SPARE

    def open(self, task_id: str = "", alias: str = "") -> Opened:
        question, name = (_OPEN_BY_ALIAS, alias) if alias else (_OPEN, task_id)
        choices, clock, record, plan = self.file.row(question, (self.name, self.name, name))
        chosen = None if choices is None else plain.load_choices(choices)
        return Opened(chosen, None if record is None else self._load((record, plan)), clock)

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
        return None if found is None else self._load(found)

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
            task = self._load(parts).with_plan(plan)
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
        return [self._load(row) for row in rows]

    def tasks(self) -> list[Task]:
        rows = self.file.rows("SELECT record, plan FROM tasks WHERE provider = ? ORDER BY number", (self.name,))
        return [self._load(row) for row in rows]

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

    def clear(self) -> None:
        with self.file.step() as base:
            for table in ("tasks", "scheduled", "files", "bookings", "deliveries", "notes"):
                base.execute(f"DELETE FROM {table} WHERE provider = ?", (self.name,))  # noqa: S608 - our own words
            base.execute("DELETE FROM single WHERE (provider, name) = (?, 'refused')", (self.name,))


class SqliteStore:
    """What a mock remembers, in a file. `pace`: how many seconds of a task's life pass in one second; None: time stands
    still, and nothing goes by itself."""

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


_CHOICES = "(SELECT value FROM single WHERE (provider, name) = (?, 'choices'))"
_STORED_CLOCK = "(SELECT value FROM single WHERE (provider, name) = ('', 'clock'))"
_OPEN = (
    f"SELECT {_CHOICES}, {_STORED_CLOCK}, record, plan FROM (SELECT 1)"  # noqa: S608 - no value stands in it
    " LEFT JOIN tasks ON (provider, id) = (?, ?)"
)
_OPEN_BY_ALIAS = (
    f"SELECT {_CHOICES}, {_STORED_CLOCK}, record, plan FROM (SELECT 1)"  # noqa: S608 - no value stands in it
    " LEFT JOIN tasks ON number = (SELECT task FROM aliases WHERE (provider, alias) = (?, ?))"
)
_KEY = "SELECT known FROM keys WHERE (provider, owner, key) = (?, ?, ?)"
_SCHEDULED = "SELECT place, scenario, count FROM scheduled WHERE provider = ? ORDER BY place"
_CLOCK = "SELECT value FROM single WHERE (provider, name) = ('', 'clock')"


def _refused(base: sqlite3.Connection, provider: str) -> int:
    found = base.execute("SELECT value FROM single WHERE (provider, name) = (?, 'refused')", (provider,)).fetchone()
    return 0 if found is None else int(found[0])
