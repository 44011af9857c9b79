"""Where everything lives that outlives a request, behind one interface.

A `Store` is what one mock server, or several worker processes of it, remember; `Store.provider` is the part of one
provider, and nothing in it is ever seen through the part of another. Each method is one atomic step and, on another
machine, one round trip. Records hold plain values only, or have a plain form (`tasks.task.dump_task`).

Methods are synchronous: in memory, in a file and on a near machine they take less time than a switch of tasks. Each may
raise StoreLostError.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from screentest_contracts.contract import Contract
from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.notes import Notes
from screentest_mockserver.state.records import Added, Booking, CallbackDue, File, Key, Lease, Remembered, Taken
from screentest_mockserver.tasks.plan import Plan
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.journal import Delivery, Entry


class StoreLostError(Exception):
    """The store cannot be reached, or takes nothing at the moment; the message says why. It is nobody's mistake: the
    mock says so (503), and goes on as soon as the store is back."""


class Opened(NamedTuple):
    """What a request begins with: what was chosen last, None where nothing was; the task that it speaks of; and the
    time on the manual clock, None where the store answers that as fast by itself."""

    choices: Choices | None
    task: Task | None
    clock: float | None = None


class ProviderStore(Protocol):
    """What is remembered of one provider; what `Store.provider` gives.

    >>> import screentest
    >>> contract = screentest.load_contract("acme.yaml")
    >>> part: screentest.ProviderStore = screentest.MemoryStore().provider(contract, {})
    >>> part.schedule(screentest.Scenario("acme-slow", "takes longer", pace=3.0), count=2)
    >>> [(scenario.pace, count) for scenario, count in part.scheduled()]
    [(3.0, 2)]
    >>> part.count_tasks(), part.get_task("nothing")
    (0, None)
    """

    @property
    def notes(self) -> Notes:
        """What a deviation or variation counts and remembers."""

    def open(self, task_id: str = "", alias: str = "") -> Opened:
        """What a request begins with, in one step. The task is that with this id, or that was added with this alias."""

    def choose(self, choices: Choices) -> None:
        """Sets the scenario of all tasks and the deviation. `clear` leaves them."""

    def choices(self) -> Choices | None:
        """What was chosen last. None where nothing was: each mock then has its own."""

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
        """Keeps a new task, the texts by which it is found, its keys, its callbacks and what it takes from its account:
        all of it or nothing.

        Nothing where the id is taken, or where one of the keys stands for a task that is still kept; with `replace`
        the new one takes its place.
        """

    def get_task(self, task_id: str, /) -> Task | None:
        """The task with this id."""

    def get_task_by_alias(self, alias: str) -> Task | None:
        """The task that was added with this alias."""

    def change_task(self, task_id: str, plan: Plan, callbacks: Sequence[CallbackDue] = ()) -> bool:
        """Gives a task another plan, and these callbacks instead of those whose first attempt is still due. False where
        there is no such task."""

    def remove_task(self, task_id: str) -> bool:
        """Forgets a task. False where there is none."""

    def newest_tasks(self, account: str, limit: int) -> list[Task]:
        """An account's tasks by its name, newest first."""

    def tasks(self) -> list[Task]:
        """Every task, oldest first."""

    def count_tasks(self) -> int:
        """How many tasks are kept."""

    # -- scenarios and faults

    def schedule(self, scenario: Scenario, count: int, *, first: bool = False) -> None:
        """The next `count` tasks follow a scenario, after (with `first`: before) those scheduled already."""

    def take_scenario(self, default: Scenario) -> Taken:
        """The scenario scheduled next, else `default`. Where that has refused fewer creates than it is to refuse, one
        more is counted and it stays; otherwise it is taken, by this caller alone."""

    def clear_scenarios(self) -> None:
        """Forgets the scenarios scheduled."""

    def scheduled(self) -> tuple[tuple[Scenario, int], ...]:
        """The scenarios scheduled, and for how many tasks each still is."""

    def take_fault(self, task_id: str, kind: str) -> bool:
        """Whether an answer about a task has a fault, which is then counted. `kind`: one of `Scenario.faults`."""

    # -- idempotency keys

    def find_key(self, owner: str, key: str, now: float) -> Remembered | None:
        """What a key stands for at `now`; nothing any more once it has expired or its task is forgotten."""

    def count_keys(self) -> int:
        """How many keys are kept."""

    # -- files

    def add_file(self, file: File) -> None:
        """Keeps a file. One with the same reference, or at the same address, is forgotten."""

    def find_file(self, reference: str) -> File | None:
        """The file with this reference."""

    def find_file_at(self, address: str) -> File | None:
        """The file whose bytes are put at this address."""

    def mark_file_whole(self, address: str) -> bool:
        """Notes that a file's bytes are there. False where there is no such file."""

    def files(self) -> list[File]:
        """Every file, oldest first."""

    # -- balances

    def book(self, booking: Booking) -> None:
        """Keeps what a task takes from its account. What was booked for the task before is forgotten."""

    def bookings(self, account: str) -> list[Booking]:
        """All that was booked on an account, by its name."""

    # -- callbacks

    def next_callback(self) -> float | None:
        """When the next attempt is due that nobody makes now, in epoch seconds."""

    def take_callback(self, now: float, seconds: float) -> Lease | None:
        """The callback that has been due longest at `now`, for this caller alone for so many seconds of real time."""

    def finish_callback(self, lease: Lease, delivery: Delivery | None, again: CallbackDue | None = None) -> bool:
        """Ends a lease: keeps what was delivered, if anything, and what is due next, if anything. False, and nothing
        is kept, where the lease is another worker's by now."""

    def add_delivery(self, delivery: Delivery) -> None:
        """Keeps an attempt that was made beside those that are due."""

    def deliveries(self) -> list[Delivery]:
        """The newest attempts that were made, oldest first."""

    def clear(self) -> None:
        """Forgets everything but the choices."""


@runtime_checkable
class DefersEntries(Protocol):
    """A store to which entries of the journal can be told together, which costs less than each alone."""

    def add_entry_later(self, entry: Entry, /) -> None:
        """As `Store.add_entry`, but others may not see it before `flush`."""

    def flush(self) -> None:
        """Adds what is still to be added."""


class Store(Protocol):
    """What a mock server remembers: `MockSettings.store` takes one, `screentest.testing` has the checks that prove one.

    >>> import httpx, screentest
    >>> class Journal(screentest.MemoryStore):
    ...     def add_entry(self, entry: screentest.Entry, /) -> None:
    ...         super().add_entry(entry)
    ...         print(entry.method, entry.path, entry.status)
    >>> store: screentest.Store = Journal()
    >>> with screentest.serve("acme.yaml", screentest.MockSettings(store=store)) as mock:
    ...     _ = httpx.get(f"{mock.url}/jobs/nothing")
    GET /jobs/nothing 401
    """

    def provider(self, contract: Contract, accounts: Mapping[str, Account]) -> ProviderStore:
        """The part of a provider, always the same for the same name. `accounts` by name: with the contract they are
        what a task's plain form is read with."""

    def add_entry(self, entry: Entry, /) -> None:
        """Adds to the journal. A store that several processes share numbers the entries itself, from 1."""

    def entries(self) -> list[Entry]:
        """The newest entries of the journal, oldest first."""

    def count_entries(self) -> int:
        """How many entries the journal holds."""

    def clear_entries(self) -> None:
        """Empties the journal."""

    def read_clock(self) -> float:
        """The time on the manual clock, epoch seconds."""

    def advance_clock(self, seconds: float) -> float:
        """Moves the manual clock forward and gives the new time."""
