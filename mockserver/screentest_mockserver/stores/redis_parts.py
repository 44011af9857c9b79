"""Notes, files, balances and callbacks in Redis."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from screentest_contracts.contract import Contract
from screentest_mockserver.state.bounded import FILES
from screentest_mockserver.state.memory import ENTRIES
from screentest_mockserver.state.records import Booking, CallbackDue, File, Lease
from screentest_mockserver.stores import plain
from screentest_mockserver.stores.redis_wire import Wire
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.journal import Delivery


class RedisNotes:
    """Notes in a hash."""

    def __init__(self, store: "RedisParts") -> None:
        self._store, self._key = store, f"{store.prefix}notes"

    def count(self, key: str, step: int = 1) -> int:
        if step:
            return int(self._store.wire.ask(("HINCRBY", self._key, key, step))[0])
        return self.get(key) or 0

    def get(self, key: str) -> Any:
        value = self._store.wire.ask(("HGET", self._key, key))[0]
        return None if value is None else orjson.loads(value)

    def put(self, key: str, value: Any) -> None:
        self._store.wire.ask(("HSET", self._key, key, orjson.dumps(value)))

    def take(self, key: str) -> Any:
        value = self._store.run("take_note", key)
        return None if value is None else orjson.loads(value)


class RedisParts:
    """What is remembered of one provider beside its tasks, under keys that begin with `prefix`."""

    def __init__(
        self, wire: Wire, contract: Contract, accounts: Mapping[str, Account], pace: float | None, tasks: int
    ) -> None:
        self.wire = wire
        self.prefix = f"screentest:{{{contract.name}}}:"
        self.notes = RedisNotes(self)
        self._contract, self._pace, self._limit = contract, pace, tasks
        self._read = plain.LoadedTasks(contract, accounts)

    def run(self, name: str, *arguments: str | bytes | int | float) -> Any:
        """What a script gives of this provider."""
        return self.wire.run(name, (self.prefix,), *arguments)

    def _key(self, name: str) -> str:
        return self.prefix + name

    def _load(self, parts: Sequence[bytes | None]) -> Task | None:
        record, plan = parts
        if record is None or plan is None:
            return None
        return self._read.of(record, plan)

    # -- files

    def add_file(self, file: File) -> None:
        self.run("add_file", file.reference, file.address, plain.dump_file(file), int(file.whole), FILES)

    def find_file(self, reference: str) -> File | None:
        return _file(self.run("find_file", reference))

    def find_file_at(self, address: str) -> File | None:
        return _file(self.wire.ask(("HGET", self._key("files"), address))[0])

    def mark_file_whole(self, address: str) -> bool:
        return bool(self.run("mark_file_whole", address))

    def files(self) -> list[File]:
        return [plain.load_file(value[1:], value[:1] == b"1") for value in self.run("files")]

    # -- balances

    def book(self, booking: Booking) -> None:
        key = self._key(f"bookings:{booking.account}")
        self.wire.ask(
            ("SADD", self._key("accounts"), booking.account),
            ("HSET", key, booking.task_id, plain.dump_booking(booking)),
        )

    def bookings(self, account: str) -> list[Booking]:
        return [plain.load_booking(each) for each in self.wire.ask(("HVALS", self._key(f"bookings:{account}")))[0]]

    # -- callbacks

    def next_callback(self) -> float | None:
        at = self.run("next_callback")
        return None if at is None else float(at)

    def take_callback(self, now: float, seconds: float) -> Lease | None:
        found = self.run("take_callback", now, seconds)
        if found is None:
            return None
        number, until, due, *parts = found
        task = self._load(parts)
        return None if task is None else Lease(int(number), float(until), plain.load_due(due, task))

    def finish_callback(self, lease: Lease, delivery: Delivery | None, again: CallbackDue | None = None) -> bool:
        made = b"" if delivery is None else plain.dump_delivery(delivery)
        due = b"" if again is None else plain.dump_due(again)
        return bool(self.run("finish_callback", lease.number, made, lease.due.task.id, due, ENTRIES))

    def add_delivery(self, delivery: Delivery) -> None:
        self.run("add_delivery", plain.dump_delivery(delivery), ENTRIES)

    def deliveries(self) -> list[Delivery]:
        return [plain.load_delivery(each) for each in self.wire.ask(("LRANGE", self._key("deliveries"), 0, -1))[0]]


def _file(value: bytes | None) -> File | None:
    return None if value is None else plain.load_file(value[1:], value[:1] == b"1")
