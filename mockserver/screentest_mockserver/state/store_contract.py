"""What every store must do, as checks to run against one's own. Over 300 lines: one list of checks to import.

With pytest::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_store(check):
        check(Subject(make_store, contract))

`make_store` makes an empty store. A check raises BrokenStoreError that says what is wrong. Several threads use a store
at once only where `Subject.threads` is above 1.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from screentest_contracts.contract import Contract
from screentest_mockserver.state.deviation import Choices
from screentest_mockserver.state.records import Added, Booking, CallbackDue, File, Key
from screentest_mockserver.state.store import ProviderStore, Store
from screentest_mockserver.tasks.plan import make_plan
from screentest_mockserver.tasks.scenarios import scenario
from screentest_mockserver.tasks.task import Task, dump_task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.journal import Delivery, Entry

T = TypeVar("T")

ACCOUNTS = {name: Account(name) for name in ("good", "other")}
START = 1_780_000_000.0
LIFE = 100.0


class BrokenStoreError(Exception):
    """A store does not do what it must; the message says what.

    >>> import screentest
    >>> from screentest import testing
    >>> class Forgetful(screentest.MemoryStore):
    ...     def entries(self) -> list[screentest.Entry]:
    ...         return []
    >>> subject = testing.StoreSubject(Forgetful, screentest.load_contract("acme.yaml"))
    >>> try:
    ...     for check in testing.STORE_CHECKS:
    ...         check(subject)
    ... except testing.BrokenStoreError as error:
    ...     print(str(error).partition(":")[0])  # then what the store said, and what it should say
    the journal
    """


@dataclass(frozen=True, slots=True)
class Subject:
    """A store to check: how an empty one is made, and a contract that its tasks belong to. A check that is about doing
    a thing once does it from so many threads.

    >>> import screentest
    >>> from screentest import testing
    >>> subject = testing.StoreSubject(screentest.MemoryStore, screentest.load_contract("acme.yaml"))
    >>> for check in testing.STORE_CHECKS:
    ...     check(subject)
    """

    make_store: Callable[[], Store]
    contract: Contract
    threads: int = 1

    def provider(self, store: Store | None = None, contract: Contract | None = None) -> ProviderStore:
        """The part of a provider in a store, a new one where none is given."""
        whole = self.make_store() if store is None else store
        return whole.provider(self.contract if contract is None else contract, ACCOUNTS)

    def task(self, task_id: str, account: str = "good", created: float = START, follows: str = "success") -> Task:
        """A task of the contract's first model that calls back."""
        contract, chosen = self.contract, scenario(follows)
        model = next(iter(contract.models.values()))
        profile = contract.profiles[model.profile]
        plan = make_plan(contract, profile, outcome=chosen.outcome, pace=chosen.pace, failure=chosen.failure)
        return Task(
            id=task_id,
            account=ACCOUNTS[account],
            model=model,
            plan=plan,
            created=created,
            wanted=(5.0, "16:9", "720p"),
            seed=7,
            request={"prompt": "A boat."},
            base="http://mock.test",
            callback_url="https://hooks.example.com/1",
            scenario=chosen if chosen.has_faults else None,
        )

    def often(self, count: int, action: Callable[[], T]) -> list[T]:
        """The results of an action done so often, from several threads where the store takes that."""
        if self.threads == 1:
            return [action() for _ in range(count)]
        with ThreadPoolExecutor(self.threads) as pool:
            return [future.result() for future in [pool.submit(action) for _ in range(count)]]


Check = Callable[[Subject], None]


def _same(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise BrokenStoreError(f"{what}: {found!r}, not {expected!r}")


def _plain(task: Task | None) -> Any:
    return None if task is None else dump_task(task)


def _id(task: Task | None) -> str | None:
    return None if task is None else task.id


def tasks_are_kept_as_they_are(subject: Subject) -> None:
    store = subject.provider()
    for number, follows in enumerate(("success", "never-ending", "failure", "rate-limited:3")):
        task = subject.task(f"job {number}", follows=follows)
        plain = dump_task(task)
        _same("adding a task", store.add_task(task, aliases=(f"result {number}",)), Added.DONE)
        _same("a task by its id", _plain(store.get_task(task.id)), plain)
        _same("a task by its alias", _plain(store.get_task_by_alias(f"result {number}")), plain)
    _same("all tasks", [task.id for task in store.tasks()], [f"job {number}" for number in range(4)])
    _same("how many tasks", store.count_tasks(), 4)
    _same("an unknown id", store.get_task("nobody"), None)
    _same("an unknown alias", store.get_task_by_alias("result nobody"), None)
    opened = [store.open("job 1"), store.open("", "result 1"), store.open(), store.open("nobody")]
    _same("what requests begin with", [_id(each.task) for each in opened], ["job 1", "job 1", None, None])
    _same("what was chosen", [each.choices for each in opened], [None] * 4)
    store.choose(Choices(scenario("slow")))
    chosen = store.open("job 1").choices
    _same("what was chosen then", None if chosen is None else chosen.scenario, scenario("slow"))


def an_id_is_given_once(subject: Subject) -> None:
    store = subject.provider()
    added = subject.often(8, lambda: store.add_task(subject.task("one")))
    _same("adding one id often", sorted(added), [Added.DONE, *[Added.ID_TAKEN] * 7])
    other = subject.task("one", "other")
    _same("replacing it", store.add_task(other, replace=True), Added.DONE)
    _same("what replaced it", _plain(store.get_task("one")), dump_task(other))


def a_removed_task_is_gone(subject: Subject) -> None:
    store = subject.provider()
    store.add_task(subject.task("one"), aliases=("result 1",))
    _same("removing it often", sorted(subject.often(4, lambda: store.remove_task("one"))), [False, False, False, True])
    _same("the task by id", store.get_task("one"), None)
    _same("the task by alias", store.get_task_by_alias("result 1"), None)
    _same("the account's tasks", store.newest_tasks("good", 10), [])


def an_account_lists_its_newest(subject: Subject) -> None:
    store = subject.provider()
    for number in range(6):
        store.add_task(subject.task(str(number), "good" if number % 2 else "other", START + number))
    _same("all of an account", [task.id for task in store.newest_tasks("good", 10)], ["5", "3", "1"])
    _same("two of an account", [task.id for task in store.newest_tasks("good", 2)], ["5", "3"])
    _same("those of nobody", store.newest_tasks("nobody", 2), [])


def a_changed_task_calls_back_anew(subject: Subject) -> None:
    store, task = subject.provider(), subject.task("one")
    store.add_task(task, callbacks=(CallbackDue(START + 50, task), CallbackDue(START + 100, task)))
    plan = subject.task("two", follows="immediate").plan
    _same("changing a task", store.change_task("one", plan, (CallbackDue(START + 20, task),)), True)
    changed = store.get_task("one")
    _same("its plan", None if changed is None else changed.plan, plan)
    _same("the next attempt", store.next_callback(), START + 20)
    lease = store.take_callback(START + 1000, LIFE)
    _same("the plan of its callback", None if lease is None else lease.due.task.plan, plan)
    _same("the attempts before the change", store.take_callback(START + 1000, LIFE), None)
    _same("changing nobody", store.change_task("nobody", plan), False)


def a_scenario_is_taken_by_one_task(subject: Subject) -> None:
    store, default = subject.provider(), scenario("success")
    store.schedule(scenario("failure"), 3)
    store.schedule(scenario("slow"), 1, first=True)
    _same("what is scheduled", [(row.name, count) for row, count in store.scheduled()], [("slow", 1), ("failure", 3)])
    taken = subject.often(6, lambda: store.take_scenario(default))
    names = sorted(row.scenario.name for row in taken)
    _same("the scenarios taken", names, ["failure", "failure", "failure", "slow", "success", "success"])
    _same("what is left", store.scheduled(), ())
    store.schedule(scenario("failure"), 3)
    store.clear_scenarios()
    _same("after clearing", (store.scheduled(), store.take_scenario(default).scenario.name), ((), "success"))


def a_refused_create_takes_no_scenario(subject: Subject) -> None:
    store, default = subject.provider(), scenario("rate-limited-create:2")
    for _ in range(2):
        _same("two refused", [store.take_scenario(default).refused for _ in range(3)], [True, True, False])
    store.schedule(scenario("rate-limited-create:1"), 1)
    _same("scheduled", [store.take_scenario(default).refused for _ in range(2)], [True, False])
    _same("what is left", store.scheduled(), ())


def a_fault_is_counted_once(subject: Subject) -> None:
    store = subject.provider()
    store.add_task(subject.task("one", follows="rate-limited:3"))
    store.add_task(subject.task("two", follows="late-bytes:1"))
    _same("polls of one", sorted(subject.often(5, lambda: store.take_fault("one", "query"))), [False] * 2 + [True] * 3)
    _same("downloads of one", store.take_fault("one", "content"), False)
    _same("downloads of two", [store.take_fault("two", "content") for _ in range(2)], [True, False])
    _same("polls of nobody", store.take_fault("nobody", "query"), False)


def a_key_stands_for_one_task(subject: Subject) -> None:
    store = subject.provider()
    numbers = iter(range(8))

    def add() -> Added:
        return store.add_task(subject.task(str(next(numbers))), keys=(Key("good", "key", b"asked", START + LIFE),))

    _same("one key often", sorted(subject.often(8, add)), [Added.DONE, *[Added.KEY_KNOWN] * 7])
    known = store.find_key("good", "key", START)
    _same("what was asked", None if known is None else known.asked, b"asked")
    _same("its task", store.get_task("" if known is None else known.task_id) is not None, True)
    _same("how many keys", (store.count_keys(), store.count_tasks()), (1, 1))
    _same("another account's key", store.find_key("other", "key", START), None)
    _same("after its life", store.find_key("good", "key", START + LIFE), None)
    later = subject.task("later", created=START + LIFE)
    _same("a key used anew", store.add_task(later, keys=(Key("good", "key", b"more", None),)), Added.DONE)
    _same("that never expires", store.find_key("good", "key", START + 10**9), ("later", b"more"))
    store.remove_task("later")
    _same("a key without its task", store.find_key("good", "key", START + LIFE), None)


def files_are_found_by_reference_and_address(subject: Subject) -> None:
    store = subject.provider()
    file = File("ref", "token", "good", START, False)
    store.add_file(file)
    _same("by reference", store.find_file("ref"), file)
    _same("by address", store.find_file_at("token"), file)
    _same("its bytes", store.mark_file_whole("token"), True)
    _same("with bytes", store.find_file("ref"), file._replace(whole=True))
    _same("nobody's", (store.find_file("x"), store.find_file_at("x"), store.mark_file_whole("x")), (None, None, False))
    _same("all files", store.files(), [file._replace(whole=True)])
    again = file._replace(reference="other", whole=True, told=b"{}")
    store.add_file(again)
    _same("added again at its address", (store.find_file("other"), store.files()), (again, [again]))


def bookings_outlive_their_tasks(subject: Subject) -> None:
    store, booking = subject.provider(), Booking("good", "one", 0.5, START, None)
    store.book(Booking("other", "two", 1.5, START, START + 5))
    store.book(booking._replace(amount=9.0))
    store.book(booking)
    store.remove_task("one")
    _same("the newest booking of each task", store.bookings("good"), [booking])
    _same("an account's own", [each.task_id for each in store.bookings("other")], ["two"])
    _same("nobody's", store.bookings("nobody"), [])
    store.clear()
    _same("after clearing", store.bookings("good"), [])
    task = subject.task("three")
    store.add_task(task, bookings=(booking._replace(task_id="three"),))
    store.add_task(task, bookings=(booking._replace(task_id="three", amount=2.0),))
    _same("a new task's, once", store.bookings("good"), [booking._replace(task_id="three")])


def a_callback_is_leased_to_one_worker(subject: Subject) -> None:
    store, task = subject.provider(), subject.task("one")
    store.add_task(task, callbacks=(CallbackDue(START + 10, task), CallbackDue(START + 5, task, 2)))
    _same("when it is due", store.next_callback(), START + 5)
    _same("before that", store.take_callback(START + 4, LIFE), None)
    taken = subject.often(4, lambda: store.take_callback(START + 10, LIFE))
    leases = sorted((lease for lease in taken if lease is not None), key=lambda lease: lease.due.at)
    _same("in order", [(lease.due.at, lease.due.attempt) for lease in leases], [(START + 5, 2), (START + 10, 1)])
    again = CallbackDue(START + 30, task, 3)
    delivery = Delivery(START + 11, subject.contract.name, "one", 2, 500)
    _same("ending a lease", store.finish_callback(leases[0], delivery, again), True)
    _same("ending it twice", store.finish_callback(leases[0], delivery, again), False)
    _same("what was delivered", store.deliveries(), [delivery])
    _same("the attempt after it", store.next_callback(), START + 30)
    forged = delivery._replace(kind="forged")
    store.add_delivery(forged)
    _same("one more that was made", store.deliveries(), [delivery, forged])


def a_dead_workers_callback_is_anothers(subject: Subject) -> None:
    store, task = subject.provider(), subject.task("one")
    store.add_task(task, callbacks=(CallbackDue(START, task),))
    dead = store.take_callback(START, 0.2)
    if dead is None:
        raise BrokenStoreError("a callback that is due is not given out")
    _same("while its lease runs", (store.take_callback(START + LIFE, LIFE), store.next_callback()), (None, None))
    time.sleep(0.3)
    _same("when its lease has ended", store.next_callback(), START)
    other = store.take_callback(START, LIFE)
    if other is None:
        raise BrokenStoreError("a callback is lost with the worker that had it")
    _same("the end of the dead one's lease", store.finish_callback(dead, None), False)
    _same("the end of the other one's", store.finish_callback(other, None), True)
    _same("what is due then", store.next_callback(), None)


def notes_are_counted(subject: Subject) -> None:
    notes = subject.provider().notes
    _same("counting", sorted(subject.often(5, lambda: notes.count("polls"))), [1, 2, 3, 4, 5])
    _same("without a step", notes.count("polls", 0), 5)
    notes.put("last", ["a", 1.5])
    _same("a value", notes.get("last"), ["a", 1.5])
    _same("taking it", [value for value in subject.often(3, lambda: notes.take("last")) if value], [["a", 1.5]])
    _same("nothing", (notes.get("last"), notes.get("nothing")), (None, None))


def clear_leaves_the_choices(subject: Subject) -> None:
    store, task = subject.provider(), subject.task("one")
    store.choose(Choices(scenario("slow")))
    store.add_task(task, aliases=("a",), keys=(Key("good", "k", b"", None),), callbacks=(CallbackDue(START, task),))
    store.schedule(scenario("failure"), 1)
    store.add_file(File("ref", "token", "good", START, True))
    store.notes.put("last", 1)
    store.clear()
    _same("tasks", (store.get_task("one"), store.tasks(), store.newest_tasks("good", 5)), (None, [], []))
    _same("other things", (store.scheduled(), store.files(), store.count_keys()), ((), [], 0))
    _same("callbacks and notes", (store.next_callback(), store.notes.get("last")), (None, None))
    left = store.choices()
    _same("choices", None if left is None else left.scenario.name, "slow")
    _same("adding anew", store.add_task(task), Added.DONE)
    _same("the task", _plain(store.get_task("one")), dump_task(task))


def providers_do_not_meet(subject: Subject) -> None:
    whole, contract = subject.make_store(), subject.contract
    mine = subject.provider(whole)
    others = subject.provider(whole, replace(contract, name=f"{contract.name}-2"))
    task = subject.task("one")
    mine.add_task(task, aliases=("a",), keys=(Key("good", "k", b"", None),), callbacks=(CallbackDue(START, task),))
    mine.schedule(scenario("failure"), 1)
    mine.add_file(File("ref", "token", "good", START, True))
    mine.notes.put("last", 1)
    others.choose(Choices(scenario("slow")))
    found = (others.get_task("one"), others.get_task_by_alias("a"), others.find_key("good", "k", START))
    _same("tasks and keys", found, (None, None, None))
    _same("lists", (others.tasks(), others.newest_tasks("good", 5)), ([], []))
    _same("other lists", (others.scheduled(), others.files()), ((), []))
    _same("other things", (others.next_callback(), others.notes.get("last")), (None, None))
    _same("choices", subject.provider(whole).choices(), None)
    others.clear()
    _same("after clear", _plain(mine.get_task("one")), dump_task(task))


def the_journal_keeps_the_order(subject: Subject) -> None:
    store = subject.make_store()
    entries = [
        Entry(
            START + number,
            "acme",
            "GET",
            "/jobs/1",
            200,
            "1",
            b"\xff",
            number,
            headers=(("a", "b"),),
            keys=(("c", "d"),),
        )
        for number in (1, 2, 3)
    ]
    for entry in entries:
        store.add_entry(entry)
    _same("the journal", (store.entries(), store.count_entries()), (entries, 3))
    store.clear_entries()
    _same("an empty journal", (store.entries(), store.count_entries()), ([], 0))


def the_manual_clock_only_moves_when_told(subject: Subject) -> None:
    store = subject.make_store()
    start = store.read_clock()
    subject.often(4, lambda: store.advance_clock(0.25))
    _same("the time", store.read_clock(), start + 1)
    _same("the time", store.read_clock(), start + 1)


CHECKS: tuple[Check, ...] = (
    tasks_are_kept_as_they_are,
    an_id_is_given_once,
    a_removed_task_is_gone,
    an_account_lists_its_newest,
    a_changed_task_calls_back_anew,
    a_scenario_is_taken_by_one_task,
    a_refused_create_takes_no_scenario,
    a_fault_is_counted_once,
    a_key_stands_for_one_task,
    files_are_found_by_reference_and_address,
    bookings_outlive_their_tasks,
    a_callback_is_leased_to_one_worker,
    a_dead_workers_callback_is_anothers,
    notes_are_counted,
    clear_leaves_the_choices,
    providers_do_not_meet,
    the_journal_keeps_the_order,
    the_manual_clock_only_moves_when_told,
)
"""All checks."""
