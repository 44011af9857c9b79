"""What the store in Redis does beyond the contract: round trips, ends of lives, limits, losses."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
import redis
from tests.mockserver.stores.conftest import MakeRedis
from tests.redis_server import RedisServer, own_redis

from screentest_contracts import Contract
from screentest_mockserver import MockServer, ProviderMock
from screentest_mockserver.state.clock import StoredClock
from screentest_mockserver.state.facts import MockOptions
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.state.records import CallbackDue, Key
from screentest_mockserver.state.store import StoreLostError
from screentest_mockserver.state.store_contract import ACCOUNTS, START, Subject
from screentest_mockserver.stores.redis_store import RedisStore
from screentest_mockserver.wire.accounts import GOOD_KEY
from screentest_mockserver.wire.answer import Answer, Request
from screentest_mockserver.wire.clock import Clock, RealClock
from screentest_mockserver.wire.journal import Entry

HEADERS = [(b"x-key", f"Key {GOOD_KEY}".encode()), (b"x-async", b"enable"), (b"content-type", b"application/json")]


def ask(mock: ProviderMock, method: str, path: str, body: bytes = b"", query: bytes = b"") -> Answer:
    return mock.handle(Request(method, path, query, HEADERS, body, "http://mock.test"))


def create(mock: ProviderMock) -> str:
    answer = ask(mock, "POST", "/jobs", b'{"model": "clip-1"}')
    assert answer.status == 200
    return answer.task_id


class Traffic:
    """What goes over the connections of a store: `sent` before any number of `read`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        for name, event in (("send_packed_command", "sent"), ("read_response", "read")):
            monkeypatch.setattr(redis.Connection, name, self._noting(getattr(redis.Connection, name), event))

    def _noting(self, method: Callable[..., Any], event: str) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            self.events.append(event)
            return method(*args, **kwargs)

        return noting

    def round_trips(self) -> int:
        """How often somebody waited for an answer to what was sent."""
        pairs = zip(self.events, self.events[1:], strict=False)
        return sum(1 for pair in pairs if pair == ("sent", "read"))


def journaled(store: RedisStore, mock: ProviderMock, answer: Answer) -> None:
    at = mock.clock.now() if answer.at is None else answer.at
    store.add_entry(Entry(at, "acme", "GET", "/", answer.status, answer.task_id, b""))


@pytest.mark.parametrize("manual", [True, False])
@pytest.mark.parametrize("way", ["path", "query", "body", "result"])
def test_a_poll_is_one_round_trip(
    way: str, manual: bool, make_redis: MakeRedis, small: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_redis()
    clock: Clock = StoredClock(store) if manual else RealClock()
    mock = ProviderMock(small, clock, store=store, options=MockOptions(scenario_name="immediate"))
    task = create(mock)
    create(mock)  # by now every script is known to Redis
    traffic = Traffic(monkeypatch)
    asked: dict[str, tuple[Any, ...]] = {
        "path": ("GET", f"/jobs/{task}"),
        "query": ("GET", "/look", b"", f"task_id={task}".encode()),
        "body": ("POST", "/look", orjson.dumps({"task_id": task})),
        "result": ("GET", f"/jobs/{task}/result"),
    }
    answer = ask(mock, *asked[way])
    journaled(store, mock, answer)  # nobody waits for it
    assert (answer.status, answer.task_id) == (200, task)
    assert traffic.round_trips() == 1
    entry = store.entries()[-1]
    assert (entry.task, entry.status) == (task, 200)


def test_a_create_is_four_round_trips(make_redis: MakeRedis, small: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was chosen, whether it was told to wait, the scenario, and the task with all that belongs to it."""
    store = make_redis()
    mock = ProviderMock(small, RealClock(), store=store)
    create(mock)
    traffic = Traffic(monkeypatch)
    create(mock)
    assert traffic.round_trips() == 4


def test_tasks_go_at_the_end_of_their_retention(make_redis: MakeRedis, small: Contract) -> None:
    """7200 seconds after a life of 100, at 1000 times the pace: and then nothing is left of them."""
    store = make_redis(pace=1000.0)
    subject = Subject(lambda: store, small)
    part, task = subject.provider(), subject.task("one")
    key = Key("good", "key", b"asked", None)
    part.add_task(task, aliases=("a",), keys=(key,))
    client = _client(store)
    for name in ("task:one", "alias:a", 'key:["good","key"]'):
        assert 7_300 < client.pttl(part.prefix + name) <= 8_300  # type: ignore[attr-defined]
    part.change_task("one", subject.task("two", follows="immediate").plan)
    assert client.pttl(f"{part.prefix}task:one") <= 8_200  # type: ignore[attr-defined]
    client.delete(*(part.prefix + name for name in ("task:one", "alias:a", 'key:["good","key"]')))  # type: ignore[attr-defined]
    client.zadd(f"{part.prefix}ends", {"one": 1})  # type: ignore[attr-defined]
    client.zadd(f"{part.prefix}keys", {f'{part.prefix}key:["good","key"]': 1})  # type: ignore[attr-defined]
    assert (part.get_task("one"), part.tasks(), part.count_tasks(), part.count_keys()) == (None, [], 0, 0)
    client.close()


def test_nothing_goes_while_time_stands_still(make_redis: MakeRedis, small: Contract) -> None:
    store = make_redis(pace=None)
    subject = Subject(lambda: store, small)
    part = subject.provider()
    part.add_task(subject.task("one"), aliases=("a",), keys=(Key("good", "key", b"", START + 5),))
    client = _client(store)
    assert {client.ttl(name) for name in client.scan_iter("screentest:*")} == {-1}
    client.close()


def test_the_newest_stay(make_redis: MakeRedis, small: Contract) -> None:
    store = make_redis(tasks=3, entries=2)
    subject = Subject(lambda: store, small)
    part = subject.provider()
    for number in range(5):
        part.add_task(subject.task(str(number)), aliases=(f"a{number}",))
        store.add_entry(Entry(START, "acme", "GET", "/", 200, str(number), b""))
    assert [task.id for task in part.tasks()] == ["2", "3", "4"]
    assert (part.count_tasks(), part.get_task_by_alias("a1")) == (3, None)
    assert [(entry.number, entry.task) for entry in store.entries()] == [(4, "3"), (5, "4")]
    store.clear_entries()
    store.add_entry(Entry(START, "acme", "GET", "/", 200, "5", b""))
    assert [entry.number for entry in store.entries()] == [6], "a page of before does not begin again"


def test_a_reset_leaves_nothing_but_choices_and_numbers(make_redis: MakeRedis, small: Contract) -> None:
    store = make_redis(pace=1.0)
    mock = ProviderMock(small, RealClock(), store=store, options=MockOptions(allow_loopback_callbacks=True))
    for condition in ("success", "rate-limited"):
        mock.schedule(condition)
        create(mock)
    mock.store.add_task(
        Subject(lambda: store, small).task("one"),
        aliases=("a",),
        keys=(Key("good", "k", b"", None),),
        callbacks=(CallbackDue(START, Subject(lambda: store, small).task("one")),),
    )
    mock.reset()
    client = _client(store)
    prefix = mock.store.prefix  # type: ignore[attr-defined]
    left = {name.decode().removeprefix(prefix) for name in client.scan_iter(f"{prefix}*")}
    assert left <= {"choices", "numbers"}
    client.close()


def test_another_processes_choices_are_seen(make_redis: MakeRedis, small: Contract, redis_server: RedisServer) -> None:
    from screentest_mockserver.behaviours import deviation

    store = make_redis()
    first = ProviderMock(small, RealClock(), store=store)
    second = ProviderMock(small, RealClock(), store=store, options=MockOptions(scenario_name="failure"))
    assert (first.scenario.name, second.scenario.name) == ("success", "failure"), "each its own, until one is chosen"
    first.deviation = deviation("never-ends", small)
    assert second.deviation is first.deviation
    first.schedule("slow", None)
    assert (first.scenario.name, second.scenario.name) == ("slow", "slow")
    first.reset()
    assert second.deviation is None


def test_a_redis_that_has_forgotten_its_scripts_is_told_them_again(make_redis: MakeRedis, small: Contract) -> None:
    store = make_redis()
    mock = ProviderMock(small, RealClock(), store=store)
    create(mock)
    client = _client(store)
    client.script_flush()
    client.close()
    create(mock)
    assert mock.store.count_tasks() == 2


def test_a_lost_redis_is_told_and_found_again(tmp_path: Any, small: Contract) -> None:
    with own_redis(tmp_path) as server:
        store = RedisStore(server.url())
        mock = ProviderMock(small, RealClock(), store=store)
        task = create(mock)
        server.stop()
        for action in (lambda: ask(mock, "GET", f"/jobs/{task}"), lambda: create(mock), store.entries):
            with pytest.raises(StoreLostError, match="cannot be reached"):
                action()
        server.start()
        assert ask(mock, "GET", f"/jobs/{task}").status == 200
        store.close()


def test_a_connection_that_redis_has_closed_is_not_used(make_redis: MakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screentest_mockserver.stores.redis_wire.LOOK", 0.0)
    store = make_redis()
    store.count_entries()
    client = _client(store)
    client.client_kill_filter(_type="normal", skipme=True)
    client.close()
    assert store.count_entries() == 0


def test_a_silent_redis_is_not_asked_by_every_request(
    make_redis: MakeRedis, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_redis()
    store.count_entries()
    asked: list[str] = []

    def silent(*args: Any, **kwargs: Any) -> None:
        asked.append("read")
        raise redis.TimeoutError("Timeout reading from socket")

    monkeypatch.setattr(redis.Connection, "read_response", silent)
    for _ in range(5):
        with pytest.raises(StoreLostError):
            store.count_entries()
    assert len(asked) == 1


def test_a_full_redis_is_the_stores_trouble(make_redis: MakeRedis, small: Contract) -> None:
    store = make_redis()
    mock = ProviderMock(small, RealClock(), store=store)
    create(mock)
    client = _client(store)
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreLostError, match="Redis refuses"):
            mock.schedule("failure")
    finally:
        client.config_set("maxmemory", 0)
        client.close()
    mock.schedule("failure")


def test_the_server_keeps_the_order_of_what_several_workers_were_asked(make_redis: MakeRedis, small: Contract) -> None:
    store = make_redis()
    workers = [MockServer([small], store=store) for _ in range(2)]
    for number in range(6):
        worker = workers[number % 2]
        worker.store.add_entry(Entry(START, "acme", "GET", "/", 200, str(number), b"", number=99))
    assert [(entry.number, entry.task) for entry in store.entries()] == [(at + 1, str(at)) for at in range(6)]


def test_notes_of_memory_and_redis_are_alike(make_redis: MakeRedis, small: Contract) -> None:
    for store in (make_redis(), MemoryStore()):
        notes = store.provider(small, ACCOUNTS).notes
        notes.put("n", 5)
        assert (notes.count("n"), notes.get("n"), notes.count("m", 0), notes.get("m")) == (6, 6, 0, None)


def _client(store: RedisStore) -> "redis.Redis":
    return redis.Redis(connection_pool=store.wire._pool)


def test_entries_that_are_told_later_go_with_the_next_question(
    make_redis: MakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_redis(entries=150)
    entry = Entry(START, "small", "GET", "/", 200, "", b"")
    store.read_clock()
    traffic = Traffic(monkeypatch)
    for _ in range(3):
        store.add_entry_later(entry)
    assert traffic.events == []
    assert store.count_entries() == 3
    assert traffic.events == ["sent", "read"]
    store.add_entry_later(entry)
    store.flush()
    store.flush()
    assert traffic.events == ["sent", "read", "sent"], "nobody waits, and nothing is sent twice"
    for _ in range(500):
        store.add_entry(entry)
    assert [each.number for each in store.entries()] == list(range(355, 505))
    assert store.count_entries() == 150
    store.clear_entries()
    store.add_entry(entry)
    assert [each.number for each in store.entries()] == [505]


def test_what_could_not_be_told_goes_with_what_comes_next(
    make_redis: MakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_redis()
    store.read_clock()
    store.add_entry_later(Entry(START, "small", "GET", "/", 200, "", b""))
    with monkeypatch.context() as broken:
        broken.setattr(redis.Connection, "send_packed_command", _lost)
        with pytest.raises(StoreLostError):
            store.count_entries()
    assert store.count_entries() == 1
    store.add_entry_later(Entry(START, "small", "GET", "/", 200, "", b""))
    with monkeypatch.context() as broken:
        broken.setattr(redis.Connection, "send_packed_command", _lost)
        with pytest.raises(StoreLostError):
            store.flush()
    assert store.count_entries() == 1, "who was to see it has been told that the store is lost"


def _lost(*_: Any) -> None:
    raise redis.ConnectionError("lost")
