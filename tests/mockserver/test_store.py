"""Tasks in memory: bounded, newest first, per account."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from screentest_mockserver.operations.manage import LISTED
from screentest_mockserver.tasks.store import MemoryStore, Task
from screentest_mockserver.wire.accounts import Account, accounts


def task(identity: str, account: Account) -> Task:
    nothing: Any = None
    return Task(identity, account, nothing, nothing, 0.0, (5.0, "16:9", "720p"), None, None, "", None, None)


A, B = Account("a"), Account("b")


@given(st.integers(1, 30), st.integers(1, 10), st.lists(st.sampled_from([A, B]), max_size=60))
def test_the_newest_stay(limit: int, recent: int, owners: list[Account]) -> None:
    store = MemoryStore(limit, recent)
    for index, owner in enumerate(owners):
        store.add(task(str(index), owner))
    kept = [str(index) for index in range(len(owners))][-limit:]
    assert [each.id for each in store] == kept
    assert len(store) == len(kept)
    for index in range(len(owners)):
        found = store.get(str(index))
        assert (found is not None) == (str(index) in kept)
    for account in (A, B):
        own = [str(index) for index, owner in enumerate(owners) if owner is account][::-1]
        for asked in (0, 1, 5, 1000):
            listed = [each.id for each in store.newest(account, asked)]
            assert listed == [each for each in own[:recent] if each in kept][:asked]


def test_a_removed_task_is_gone_even_when_it_was_no_longer_listed() -> None:
    store = MemoryStore(recent=2)
    for index in range(4):
        store.add(task(str(index), A))
    for gone in ("0", "3", "nosuch"):
        store.remove(gone)
        assert store.get(gone) is None
    assert [each.id for each in store.newest(A, 5)] == ["2"]
    assert [each.id for each in store] == ["1", "2"]


def test_unknown_accounts_have_no_tasks_and_clear_forgets() -> None:
    store = MemoryStore()
    store.add(task("1", A))
    assert store.newest(B, 5) == []
    store.clear()
    assert (len(store), store.get("1"), store.newest(A, 5)) == (0, None, [])
    store.add(task("2", A))
    assert store.get("2") is not None, "the short cut to get() must not look into what was cleared away"


def test_accounts_by_key() -> None:
    known = accounts({"good": "my-key", "second": "b", "poor": "c", "restricted": "d"})
    assert known["my-key"] == Account("good")
    assert {account.name for account in known.values()} == {"good", "other", "poor", "restricted"}
    assert "sk-screentest" not in known
    assert [account.name for account in known.values() if account.poor] == ["poor"]
    assert [account.name for account in known.values() if account.restricted] == ["restricted"]


def test_as_many_as_promised() -> None:
    store = MemoryStore()
    assert (store.limit, store.recent) == (1_000_000, LISTED)
