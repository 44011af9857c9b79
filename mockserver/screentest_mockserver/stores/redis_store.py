"""The store in Redis or Valkey: any number of processes, on any number of machines, are one mock.

What must be one step is a script (`lua/`). Tasks, and the names by which they are found, go by themselves at the end of
the document's retention.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from screentest_contracts.contract import Contract
from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.memory import ENTRIES, RECENT, TASKS
from screentest_mockserver.state.records import Added, Booking, CallbackDue, Key, Remembered, Taken
from screentest_mockserver.state.store import Opened
from screentest_mockserver.stores import plain
from screentest_mockserver.stores.redis_parts import RedisParts
from screentest_mockserver.stores.redis_wire import Command, Wire, packed
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task, dump_plan, keep_seconds
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.clock import whole_second
from screentest_mockserver.wire.journal import Entry

CLOCK, ENTRIES_FORGOTTEN, ENTRY_LIST = "screentest:clock", "screentest:journal:forgotten", "screentest:journal:entries"

_TRIM = (
    "local over = redis.call('LLEN',KEYS[2]) - ARGV[1] "
    "if over > 0 then redis.call('LTRIM',KEYS[2],over,-1) redis.call('INCRBY',KEYS[1],over) end"
)
_ENTRIES = "return {redis.call('GET',KEYS[1]),redis.call('LRANGE',KEYS[2],0,-1)}"

TRIMMED = 100
"""After so many entries a process sees to it that there are not too many."""

SPARE = 1.0
"""Seconds that Redis keeps things longer than the mock shows them."""

BATCH = 500
"""Tasks that are loaded in one round trip where all are."""


_PUSH = packed(("RPUSH", ENTRY_LIST, "")).removesuffix(b"$0\r\n\r\n")


class RedisProviderStore(RedisParts):
    """What is remembered of one provider."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        asked = packed(("MGET", self._key("choices"), CLOCK)).replace(b"%", b"%%")
        self._open = asked + b"*4\r\n$5\r\nHMGET\r\n$%d\r\n%b\r\n$6\r\nrecord\r\n$4\r\nplan\r\n"

    def _milliseconds(self, seconds: float | None) -> int:
        """How long Redis keeps what lives so many seconds on the mock's clock; 0: for ever."""
        if seconds is None or self._pace is None:
            return 0
        return int((max(seconds, 0.0) / self._pace + SPARE) * 1000)

    def open(self, task_id: str = "", alias: str = "") -> Opened:
        if alias:
            keys = (self.prefix, CLOCK)
            choices, clock, *parts = self.wire.run("open_by_alias", keys, self._key(f"alias:{alias}"))
        else:
            key = self._key(f"task:{task_id}").encode()
            (choices, clock), parts = self.wire.ask_packed(self._open % (len(key), key), 2)
        chosen = None if choices is None else plain.load_choices(choices)
        return Opened(chosen, self._load(parts), None if clock is None else float(clock))

    def choose(self, choices: Choices) -> None:
        self.wire.ask(("SET", self._key("choices"), plain.dump_choices(choices)))

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
        record, plan = plain.dump_parts(task)
        life = self._milliseconds(keep_seconds(self._contract, task))

        def named(kind: str, name: str, value: Mapping[str, Any], lives: int) -> dict[str, Any]:
            lives = min((each for each in (life, lives) if each), default=0)
            return {"name": self._key(f"{kind}:{name}"), "plain": orjson.dumps(value).decode(), "life": lives, **value}

        def lives(key: Key) -> int:
            # a key's life is in seconds of the mock's clock, which `pace` does not make shorter
            return 0 if key.expires is None or self._pace is None else int((key.expires - task.created + SPARE) * 1000)

        more = {
            "id": task.id,
            "account": task.account.name,
            "created": task.created,
            "life": life,
            "limit": self._limit,
            "recent": RECENT,
            "replace": replace,
            "faults": {} if task.scenario is None else task.scenario.faults,
            "aliases": [named("alias", alias, {"task": task.id}, 0) for alias in aliases],
            "keys": [
                named("key", _joined(key), plain.dump_known(task.id, keys[0].asked, key.expires), lives(key))
                for key in keys
            ],
            "callbacks": [plain.dump_due(due).decode() for due in callbacks],
            "bookings": [plain.dump_booking(booking).decode() for booking in bookings],
        }
        return Added(self.run("add_task", record, plan, orjson.dumps(more)).decode())

    def get_task(self, task_id: str, /) -> Task | None:
        return self._load(self.wire.ask(("HMGET", self._key(f"task:{task_id}"), "record", "plan"))[0])

    def get_task_by_alias(self, alias: str) -> Task | None:
        return self.open(alias=alias).task

    def change_task(self, task_id: str, plan: Plan, callbacks: Sequence[CallbackDue] = ()) -> bool:
        task = self.get_task(task_id)
        if task is None:
            return False
        life = self._milliseconds(keep_seconds(self._contract, task.with_plan(plan)))
        due = orjson.dumps([plain.dump_due(each).decode() for each in callbacks])
        return bool(self.run("change_task", task_id, orjson.dumps(dump_plan(plan)), due, life))

    def remove_task(self, task_id: str) -> bool:
        return bool(self.run("remove_task", task_id))

    def newest_tasks(self, account: str, limit: int) -> list[Task]:
        parts = self.run("newest_tasks", account, limit)
        return [task for at in range(0, len(parts), 2) if (task := self._load(parts[at : at + 2])) is not None]

    def tasks(self) -> list[Task]:
        return list(self._tasks())

    def _tasks(self) -> Iterator[Task]:
        ids = self.run("task_ids")
        for at in range(0, len(ids), BATCH):
            rows = [("HMGET", self._key("task:").encode() + each, "record", "plan") for each in ids[at : at + BATCH]]
            for parts in self.wire.ask(*rows):
                task = self._load(parts)
                if task is not None:
                    yield task

    def count_tasks(self) -> int:
        return int(self.run("count_tasks"))

    # -- scenarios and faults

    def schedule(self, scenario: Scenario, count: int, *, first: bool = False) -> None:
        limit = scenario.create_errors[1] if scenario.create_errors else 0
        value = b"%d %d %b" % (count, limit, plain.dump_scenario(scenario))
        self.wire.ask(("LPUSH" if first else "RPUSH", self._key("scheduled"), value))

    def take_scenario(self, default: Scenario) -> Taken:
        refused, scheduled = self.run("take_scenario", default.create_errors[1] if default.create_errors else 0)
        return Taken(plain.load_scenario(scheduled) if scheduled else default, bool(refused))

    def clear_scenarios(self) -> None:
        self.wire.ask(("DEL", self._key("scheduled")))

    def scheduled(self) -> tuple[tuple[Scenario, int], ...]:
        rows = (row.split(b" ", 2) for row in self.wire.ask(("LRANGE", self._key("scheduled"), 0, -1))[0])
        return tuple((plain.load_scenario(scenario), int(count)) for count, _, scenario in rows)

    def take_fault(self, task_id: str, kind: str) -> bool:
        return bool(self.run("take_fault", task_id, kind))

    # -- idempotency keys

    def find_key(self, owner: str, key: str, now: float) -> Remembered | None:
        known = self.run("find_key", self._key(f"key:{_joined(Key(owner, key, b'', None))}"))
        return None if known is None else plain.load_known(known, now)

    def count_keys(self) -> int:
        return int(self.run("count_keys"))

    def clear(self) -> None:
        self.run("clear")


class RedisStore:
    """What all workers of a mock remember, in one database of Redis or Valkey. `pace`: how many seconds of a task's
    life pass in one second; None: time stands still, and nothing goes by itself."""

    def __init__(self, url: str, *, pace: float | None = None, entries: int = ENTRIES, tasks: int = TASKS) -> None:
        """Raises ValueError for a URL that is none. It keeps `entries` of the journal, and `tasks` of a provider."""
        self.wire = Wire(url)
        self._pace, self._entries, self._tasks = pace, entries, tasks
        self._providers: dict[str, RedisProviderStore] = {}
        self._added = 0

    def provider(self, contract: Contract, accounts: Mapping[str, Account]) -> RedisProviderStore:
        made = RedisProviderStore(self.wire, contract, accounts, self._pace, self._tasks)
        return self._providers.setdefault(contract.name, made)

    def add_entry(self, entry: Entry, /) -> None:
        self.add_entry_later(entry)
        self.flush()

    def add_entry_later(self, entry: Entry, /) -> None:
        kept = plain.dump_entry(entry)
        self.wire.tell_later(b"%b$%d\r\n%b\r\n" % (_PUSH, len(kept), kept))
        self._added += 1
        if self._added % TRIMMED == 0:
            self.wire.tell_later(packed(self._trim(self._entries)))

    def flush(self) -> None:
        self.wire.flush()

    def entries(self) -> list[Entry]:
        forgotten, rows = self.wire.ask(("EVAL", _ENTRIES, 2, ENTRIES_FORGOTTEN, ENTRY_LIST))[0]
        first = int(forgotten or 0) + 1
        return [plain.load_entry(row, first + at) for at, row in enumerate(rows)][-self._entries :]

    def count_entries(self) -> int:
        return min(int(self.wire.ask(("LLEN", ENTRY_LIST))[0]), self._entries)

    def clear_entries(self) -> None:
        self.wire.ask(self._trim(0))

    def _trim(self, entries: int) -> Command:
        """Leaves so many entries, and counts those that go, so that the rest keep their numbers."""
        return "EVAL", _TRIM, 2, ENTRIES_FORGOTTEN, ENTRY_LIST, entries

    def read_clock(self) -> float:
        return float(self.wire.ask(("SET", CLOCK, whole_second(), "NX"), ("GET", CLOCK))[1])

    def advance_clock(self, seconds: float) -> float:
        return float(self.wire.ask(("SET", CLOCK, whole_second(), "NX"), ("INCRBYFLOAT", CLOCK, repr(seconds)))[1])

    def close(self) -> None:
        """Ends the connections. The store can be used again."""
        self.wire.close()


def _joined(key: Key) -> str:
    """An account and its idempotency key as one text."""
    return orjson.dumps([key.owner, key.key]).decode()
