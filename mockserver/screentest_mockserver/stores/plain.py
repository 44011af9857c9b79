"""Records as bytes, for stores that keep no objects. What is read back equals what was written."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from screentest_contracts.contract import Contract, StatusClass
from screentest_mockserver.state.deviation import Choices, Deviation
from screentest_mockserver.state.facts import Cache
from screentest_mockserver.state.records import Booking, CallbackDue, File, Remembered
from screentest_mockserver.state.store import StoreLostError
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task, dump_plan, dump_task, load_task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.journal import Delivery, Entry


def dump_parts(task: Task) -> tuple[bytes, bytes]:
    """A task in two parts: what never changes, and its plan."""
    return orjson.dumps(dump_task(task) | {"plan": None}), orjson.dumps(dump_plan(task.plan))


def load_parts(record: bytes, plan: bytes, contract: Contract, accounts: Mapping[str, Account]) -> Task:
    """The task of two such parts."""
    plain = orjson.loads(record)
    plain["plan"] = orjson.loads(plan)
    return load_task(plain, contract, accounts)


class LoadedTasks:
    """Reads tasks back. What is the same bytes is the same task, as long as it is remembered: then the answers about it
    need not be made anew."""

    def __init__(self, contract: Contract, accounts: Mapping[str, Account]) -> None:
        self._contract, self._accounts = contract, accounts
        self._known: Cache[tuple[bytes, bytes], Task] = Cache(4096)

    def of(self, record: bytes, plan: bytes) -> Task:
        """The task of two parts."""
        known = self._known.get((record, plan))
        if known is None:
            known = self._known.keep((record, plan), load_parts(record, plan, self._contract, self._accounts))
        return known


def dump_scenario(scenario: Scenario) -> bytes:
    """A scenario by its fields: it need not be registered where it is read."""
    return orjson.dumps(scenario.as_json())


@lru_cache(256)
def load_scenario(plain: bytes) -> Scenario:
    """The scenario of such fields."""
    return Scenario.from_json(orjson.loads(plain))


def dump_choices(choices: Choices) -> bytes:
    """What was chosen, its deviation by name. Raises ValueError for a deviation that is not registered: another process
    could not find it."""
    deviation = choices.deviation
    if deviation is not None and _registered(deviation.name) is not deviation:
        raise ValueError(f"{deviation.name} is no registered deviation: add_deviation makes it one")
    return orjson.dumps([choices.scenario.as_json(), None if deviation is None else deviation.name])


@lru_cache(64)
def load_choices(plain: bytes) -> Choices:
    """The choices of such bytes. Raises StoreLostError where this process does not know the deviation."""
    scenario, name = orjson.loads(plain)
    if name is None:
        return Choices(Scenario.from_json(scenario))
    deviation = _registered(name)
    if deviation is None:
        raise StoreLostError(
            f"deviation {name} is chosen, which this process does not know: start it with its --plugin"
        )
    return Choices(Scenario.from_json(scenario), deviation)


def _registered(name: str) -> Deviation | None:
    from screentest_mockserver.behaviours import DEVIATIONS, VARIATIONS  # a mock starts without them

    return DEVIATIONS.get(name) or VARIATIONS.get(name)


def dump_due(due: CallbackDue) -> bytes:
    """A callback without its task."""
    return orjson.dumps([due.at, due.attempt, due.stage])


def load_due(plain: bytes, task: Task) -> CallbackDue:
    """The callback of such bytes, about a task."""
    at, attempt, stage = orjson.loads(plain)
    return CallbackDue(at, task, attempt, None if stage is None else StatusClass(stage))


def dump_known(task_id: str, asked: bytes, expires: float | None) -> dict[str, Any]:
    """What an idempotency key stands for, as JSON values."""
    return {"task": task_id, "asked": asked.hex(), "expires": expires}


def load_known(plain: bytes, now: float) -> Remembered | None:
    """The same read back; None once it has expired."""
    known = orjson.loads(plain)
    if known["expires"] is not None and now >= known["expires"]:
        return None
    return Remembered(known["task"], bytes.fromhex(known["asked"]))


def dump_file(file: File) -> bytes:
    """A file, whether it is whole or not."""
    return orjson.dumps([*file[:4], file.told.decode("latin-1")])


def load_file(plain: bytes, whole: bool) -> File:
    """The file of such bytes."""
    reference, address, account, created, told = orjson.loads(plain)
    # an upload that stands for one of before the mock was made has no time: JSON has no infinity
    return File(
        reference, address, account, float("inf") if created is None else created, whole, told.encode("latin-1")
    )


def dump_booking(booking: Booking) -> bytes:
    """What a task takes."""
    return orjson.dumps(list(booking))


def load_booking(plain: bytes) -> Booking:
    """The same read back."""
    return Booking(*orjson.loads(plain))


def dump_delivery(delivery: Delivery) -> bytes:
    """An attempt that was made."""
    return orjson.dumps(list(delivery))


def load_delivery(plain: bytes) -> Delivery:
    """The same read back."""
    return Delivery(*orjson.loads(plain))


_BODY, _NUMBER = Entry._fields.index("body"), Entry._fields.index("number")
_HEADERS, _KEYS = Entry._fields.index("headers"), Entry._fields.index("keys")


def dump_entry(entry: Entry) -> bytes:
    """An entry of the journal without its number, which the store gives."""
    values: list[Any] = list(entry)
    values[_BODY], values[_NUMBER] = entry.body.decode("latin-1"), 0
    return orjson.dumps(values)


def load_entry(plain: bytes, number: int) -> Entry:
    """The entry of such bytes."""
    values = orjson.loads(plain)
    values[_BODY], values[_NUMBER] = values[_BODY].encode("latin-1"), number
    for place in (_HEADERS, _KEYS):
        values[place] = tuple(map(tuple, values[place]))
    return Entry(*values)
