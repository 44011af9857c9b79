"""The store of a single process. It keeps objects as they are, and forgets the oldest when it is full."""

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from itertools import islice

from screentest_contracts.contract import Contract
from screentest_mockserver.state.booked import BookedAccounts
from screentest_mockserver.state.bounded import FILES, Bounded
from screentest_mockserver.state.callback_queue import CallbackQueue
from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.notes import MemoryNotes
from screentest_mockserver.state.records import Added, Booking, CallbackDue, File, Key, Lease, Remembered, Taken
from screentest_mockserver.state.store import Opened
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.clock import whole_second
from screentest_mockserver.wire.journal import Delivery, Entry

TASKS = 1_000_000
"""Tasks that are kept of a provider."""

RECENT = 1000
"""The newest tasks of an account that can be listed."""

ENTRIES = 10_000
"""Requests, and attempts to call back, that are remembered."""


class MemoryProviderStore(BookedAccounts):
    """What is remembered of a provider: at most `tasks` and `files`, per account the newest `recent` tasks to list."""

    def __init__(self, tasks: int = TASKS, recent: int = RECENT, files: int = FILES) -> None:
        super().__init__()
        self.limit, self.recent = tasks, recent
        self.notes = MemoryNotes()
        self._choices: Choices | None = None
        self._tasks: dict[str, Task] = {}
        self._recent: dict[str, deque[Task]] = {}
        self._order: deque[str] = deque()  # for the reason that `Bounded` has one
        if type(self).get_task is MemoryProviderStore.get_task:  # the hot path: a dict's own method, no Python frame
            self.get_task = self._tasks.get  # type: ignore[method-assign]
        self._aliases: Bounded[str, str] = Bounded(tasks)
        self._scheduled: deque[tuple[Scenario, int]] = deque()
        self._refused = 0
        self._usual: Taken | None = None
        self._faults: dict[tuple[str, str], int] = {}
        self._keys: OrderedDict[tuple[str, str], tuple[Remembered, float | None]] = OrderedDict()
        self._files: Bounded[str, File] = Bounded(files)
        self._references: Bounded[str, str] = Bounded(files)  # the address of the file
        self._callbacks = CallbackQueue()
        self._deliveries: deque[Delivery] = deque(maxlen=ENTRIES)

    def open(self, task_id: str = "", alias: str = "") -> Opened:
        return Opened(self._choices, self.get_task_by_alias(alias) if alias else self.get_task(task_id))

    def choose(self, choices: Choices) -> None:
        self._choices = choices

    def choices(self) -> Choices | None:
        return self._choices

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
        if not replace:
            if task.id in self._tasks:
                return Added.ID_TAKEN
            if keys and any(self.find_key(row.owner, row.key, task.created) is not None for row in keys):
                return Added.KEY_KNOWN
        self._tasks[task.id] = task
        recent = self._recent.get(task.account.name)
        if recent is None:
            recent = self._recent[task.account.name] = deque(maxlen=self.recent)
        recent.appendleft(task)
        self._order.append(task.id)
        if len(self._order) > self.limit:
            self._forget(self._order.popleft())
        for alias in aliases:
            self._aliases.add(alias, task.id)
        if task.scenario is not None:
            self._count_faults(task.id, task.scenario)
        if keys:
            self._remember(task, keys)
        for due in callbacks:
            self._callbacks.push(due)
        for booking in bookings:
            self.book(booking)
        return Added.DONE

    def get_task(self, task_id: str, /) -> Task | None:
        return self._tasks.get(task_id)

    def get_task_by_alias(self, alias: str) -> Task | None:
        return self._tasks.get(self._aliases.get(alias) or "")

    def change_task(self, task_id: str, plan: Plan, callbacks: Sequence[CallbackDue] = ()) -> bool:
        task = self._tasks.get(task_id)
        if task is None:
            return False
        task.plan = plan
        self._callbacks.drop_first_attempts(task)
        for due in callbacks:
            self._callbacks.push(due._replace(task=task))
        return True

    def remove_task(self, task_id: str) -> bool:
        return self._forget(task_id)

    def newest_tasks(self, account: str, limit: int) -> list[Task]:
        kept = (task for task in self._recent.get(account, ()) if task.id in self._tasks)
        return list(islice(kept, limit))

    def tasks(self) -> list[Task]:
        return list(self._tasks.values())

    def count_tasks(self) -> int:
        return len(self._tasks)

    def _forget(self, task_id: str) -> bool:
        task = self._tasks.pop(task_id, None)
        if task is not None and task.scenario is not None:
            for kind in ("query", "content"):
                self._faults.pop((task_id, kind), None)
        return task is not None

    # -- scenarios and faults

    def schedule(self, scenario: Scenario, count: int, *, first: bool = False) -> None:
        if first:
            self._scheduled.appendleft((scenario, count))
        else:
            self._scheduled.append((scenario, count))

    def take_scenario(self, default: Scenario) -> Taken:
        if not self._scheduled and default.create_errors is None:
            self._refused = 0
            if self._usual is None or self._usual.scenario is not default:
                self._usual = Taken(default, False)
            return self._usual
        chosen, left = self._scheduled[0] if self._scheduled else (default, 0)
        if chosen.create_errors and self._refused < chosen.create_errors[1]:
            self._refused += 1
            return Taken(chosen, True)
        self._refused = 0
        if left > 1:
            self._scheduled[0] = (chosen, left - 1)
        elif left:
            self._scheduled.popleft()
        return Taken(chosen, False)

    def clear_scenarios(self) -> None:
        self._scheduled.clear()

    def scheduled(self) -> tuple[tuple[Scenario, int], ...]:
        return tuple(self._scheduled)

    def take_fault(self, task_id: str, kind: str) -> bool:
        left = self._faults.get((task_id, kind), 0)
        if left > 1:
            self._faults[task_id, kind] = left - 1
        elif left:
            del self._faults[task_id, kind]
        return left > 0

    def _count_faults(self, task_id: str, scenario: Scenario) -> None:
        for kind, number in scenario.faults.items():
            self._faults[task_id, kind] = number

    # -- idempotency keys

    def find_key(self, owner: str, key: str, now: float) -> Remembered | None:
        known = self._keys.get((owner, key))
        return known[0] if known is not None and self._lives(known, now) else None

    def count_keys(self) -> int:
        return len(self._keys)

    def _remember(self, task: Task, keys: Sequence[Key]) -> None:
        remembered = Remembered(task.id, keys[0].asked)
        for row in keys:
            self._keys[row.owner, row.key] = (remembered, row.expires)
            self._keys.move_to_end((row.owner, row.key))
        while self._keys and not self._lives(next(iter(self._keys.values())), task.created):
            self._keys.popitem(last=False)

    def _lives(self, known: tuple[Remembered, float | None], now: float) -> bool:
        remembered, expires = known
        return (expires is None or now < expires) and remembered.task_id in self._tasks

    # -- files

    def add_file(self, file: File) -> None:
        self._files.add(file.address, file)
        self._references.add(file.reference, file.address)

    def find_file(self, reference: str) -> File | None:
        address = self._references.get(reference)
        return None if address is None else self._files.get(address)

    def find_file_at(self, address: str) -> File | None:
        return self._files.get(address)

    def mark_file_whole(self, address: str) -> bool:
        file = self._files.get(address)
        if file is not None:
            self._files.change(address, file._replace(whole=True))
        return file is not None

    def files(self) -> list[File]:
        return self._files.values()

    # -- callbacks

    def next_callback(self) -> float | None:
        return self._callbacks.next_due()

    def take_callback(self, now: float, seconds: float) -> Lease | None:
        return self._callbacks.take(now, seconds)

    def finish_callback(self, lease: Lease, delivery: Delivery | None, again: CallbackDue | None = None) -> bool:
        if not self._callbacks.finish(lease):
            return False
        if delivery is not None:
            self._deliveries.append(delivery)
        if again is not None:
            self._callbacks.push(again)
        return True

    def add_delivery(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)

    def deliveries(self) -> list[Delivery]:
        return list(self._deliveries)

    def clear(self) -> None:
        self._tasks.clear()
        self._recent.clear()
        self._order.clear()
        self._aliases.clear()
        self._scheduled.clear()
        self._refused = 0
        self._faults.clear()
        self._keys.clear()
        self._files.clear()
        self._references.clear()
        self.clear_bookings()
        self._callbacks.clear()
        self._deliveries.clear()
        self.notes.clear()


class MemoryStore:
    """What a server in one process remembers: `entries` requests, and what `MemoryProviderStore` says of each provider.

    >>> import screentest
    >>> store = screentest.MemoryStore(1_780_000_000.0, tasks=100)  # epoch seconds: the manual clock's first time
    >>> store.advance_clock(60.0), store.count_entries()
    (1780000060.0, 0)
    """

    def __init__(
        self,
        start: float | None = None,
        *,
        entries: int = ENTRIES,
        tasks: int = TASKS,
        recent: int = RECENT,
        files: int = FILES,
    ) -> None:
        self._limits = (tasks, recent, files)
        self._now = whole_second() if start is None else float(start)
        self._entries: deque[Entry] = deque(maxlen=entries)
        self._providers: dict[str, MemoryProviderStore] = {}
        if type(self).add_entry is MemoryStore.add_entry:  # the hot path: a deque's own method, no Python frame
            self.add_entry = self._entries.append  # type: ignore[method-assign]

    def provider(self, contract: Contract, accounts: Mapping[str, Account]) -> MemoryProviderStore:
        return self._providers.setdefault(contract.name, MemoryProviderStore(*self._limits))

    def entries(self) -> list[Entry]:
        return list(self._entries)

    def count_entries(self) -> int:
        return len(self._entries)

    def add_entry(self, entry: Entry, /) -> None:
        self._entries.append(entry)

    def clear_entries(self) -> None:
        self._entries.clear()

    def read_clock(self) -> float:
        return self._now

    def advance_clock(self, seconds: float) -> float:
        self._now += seconds
        return self._now
