"""What the store in a file does beyond the contract: it outlives its process, and ends lives."""

import sqlite3
from pathlib import Path

import pytest
from tests.mockserver.stores.conftest import MakeSqlite

from screentest_contracts import Contract, UsageError
from screentest_mockserver import ProviderMock
from screentest_mockserver.state.records import Added, CallbackDue, Key
from screentest_mockserver.state.store import StoreLostError
from screentest_mockserver.state.store_contract import LIFE, START, Subject
from screentest_mockserver.stores import sqlite_file, sqlite_store
from screentest_mockserver.stores.sqlite_store import SqliteStore
from screentest_mockserver.tasks.scenarios import scenario
from screentest_mockserver.wire.clock import RealClock
from screentest_mockserver.wire.journal import Entry


def test_everything_outlives_the_process(tmp_path: Path, small: Contract) -> None:
    path = str(tmp_path / "mock.db")
    store = SqliteStore(path)
    subject = Subject(lambda: store, small)
    part, task = subject.provider(), subject.task("one", follows="rate-limited:2")
    part.add_task(task, keys=(Key("good", "key", b"asked", None),), callbacks=(CallbackDue(START, task),))
    part.take_fault("one", "query")
    part.schedule(scenario("failure"), 2)
    part.notes.count("polls")
    store.add_entry(Entry(START, "acme", "GET", "/", 200, "one", b"\xff"))
    now = store.advance_clock(5)
    lease = part.take_callback(START, LIFE)
    store.close()

    store = SqliteStore(path)
    part = subject.provider(store)
    assert [task.id for task in part.tasks()] == ["one"]
    assert [part.take_fault("one", "query") for _ in range(2)] == [True, False]
    assert [(row.name, count) for row, count in part.scheduled()] == [("failure", 2)]
    assert part.find_key("good", "key", START) == ("one", b"asked")
    assert part.notes.count("polls") == 2
    assert [(entry.number, entry.body) for entry in store.entries()] == [(1, b"\xff")]
    assert store.read_clock() == now
    assert lease is not None
    assert part.finish_callback(lease, None), "a lease is the worker's, not the connection's"
    store.close()


def test_tasks_go_at_the_end_of_their_retention(
    make_sqlite: MakeSqlite, small: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """7200 seconds after a life of 100, at 1000 times the pace."""
    now = START
    monkeypatch.setattr(sqlite_store.time, "time", lambda: now)
    subject = Subject(lambda: make_sqlite(pace=1000.0), small)
    part, task = subject.provider(), subject.task("one")
    part.add_task(task, aliases=("a",), keys=(Key("good", "key", b"asked", None),))
    now = START + 8.2
    assert part.add_task(task) is Added.ID_TAKEN
    now = START + 8.4
    assert (part.count_tasks(), part.add_task(task)) == (0, Added.DONE)
    assert part.get_task_by_alias("a") is None
    assert part.find_key("good", "key", START) is None


def test_the_newest_stay(make_sqlite: MakeSqlite, small: Contract) -> None:
    store = make_sqlite(tasks=3, entries=2)
    subject = Subject(lambda: store, small)
    part = subject.provider()
    for number in range(5):
        part.add_task(subject.task(str(number)), aliases=(f"a{number}",))
        store.add_entry(Entry(START, "acme", "GET", "/", 200, str(number), b""))
    assert [task.id for task in part.tasks()] == ["2", "3", "4"]
    assert part.get_task_by_alias("a1") is None
    assert [(entry.number, entry.task) for entry in store.entries()] == [(4, "3"), (5, "4")]


def test_a_file_that_another_process_holds_is_told(
    tmp_path: Path, small: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY", 0.0)
    store = SqliteStore(str(tmp_path / "mock.db"))
    mock = ProviderMock(small, RealClock(), store=store)
    other = sqlite3.connect(tmp_path / "mock.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLostError, match="cannot be used: database is locked"):
        mock.schedule("failure")
    other.execute("ROLLBACK")
    other.close()
    mock.schedule("failure")
    assert len(mock.scheduled) == 1
    store.close()


@pytest.mark.parametrize("kind", ["text", "other tables", "folder"])
def test_a_file_of_something_else_is_left_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "mock.db"
    if kind == "text":
        path.write_text("a text of mine, and no database at all" * 50)
    elif kind == "folder":
        path.mkdir()
    else:
        with sqlite3.connect(path) as base:
            base.execute("CREATE TABLE mine (a)")
        base.close()
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(UsageError, match="new"):
        SqliteStore(str(path))
    assert before == (path.read_bytes() if path.is_file() else b"")
