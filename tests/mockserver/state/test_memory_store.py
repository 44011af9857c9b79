"""Tasks in memory: bounded, newest first, per account; and the contract of all stores."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts import Contract
from screentest_mockserver.operations.list import LISTED
from screentest_mockserver.state.bounded import Bounded
from screentest_mockserver.state.memory import MemoryProviderStore, MemoryStore
from screentest_mockserver.state.store_contract import CHECKS, Check, Subject
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_contract_of_stores(check: Check, small: Contract) -> None:
    check(Subject(MemoryStore, small))


def task(identity: str, account: Account) -> Task:
    nothing: Any = None
    return Task(identity, account, nothing, nothing, 0.0, (5.0, "16:9", "720p"), None, None, "", None, None)


A, B = Account("a"), Account("b")


@given(st.integers(1, 30), st.integers(1, 10), st.lists(st.sampled_from([A, B]), max_size=60))
def test_the_newest_stay(limit: int, recent: int, owners: list[Account]) -> None:
    store = MemoryProviderStore(limit, recent)
    for index, owner in enumerate(owners):
        store.add_task(task(str(index), owner))
    kept = [str(index) for index in range(len(owners))][-limit:]
    assert [task.id for task in store.tasks()] == kept
    assert store.count_tasks() == len(kept)
    for index in range(len(owners)):
        assert (store.get_task(str(index)) is not None) == (str(index) in kept)
    for account in (A, B):
        own = [str(index) for index, owner in enumerate(owners) if owner is account][::-1]
        for asked in (0, 1, 5, 1000):
            listed = [task.id for task in store.newest_tasks(account.name, asked)]
            assert listed == [name for name in own[:recent] if name in kept][:asked]


def test_a_removed_task_is_gone_even_when_it_was_no_longer_listed() -> None:
    store = MemoryProviderStore(recent=2)
    for index in range(4):
        store.add_task(task(str(index), A))
    for gone in ("0", "3", "nosuch"):
        store.remove_task(gone)
        assert store.get_task(gone) is None
    assert [task.id for task in store.newest_tasks("a", 5)] == ["2"]
    assert [task.id for task in store.tasks()] == ["1", "2"]


def test_as_many_as_promised() -> None:
    store = MemoryProviderStore()
    assert (store.limit, store.recent) == (1_000_000, LISTED)


def test_bounded() -> None:
    bounded: Bounded[str, int] = Bounded(2)
    for number, name in enumerate("abc"):
        bounded.add(name, number)
    assert (bounded.get("a"), bounded.get("b"), bounded.values(), len(bounded)) == (None, 1, [1, 2], 2)
    bounded.clear()
    assert (bounded.get("b"), len(bounded)) == (None, 0)
