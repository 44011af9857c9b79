"""What one provider remembers never reaches another, however many share a store."""

from collections.abc import Callable
from typing import Any

import orjson
from tests.providers import FEW

from screentest_contracts import Contract, load_contract
from screentest_mockserver import ManualClock, MockServer, ProviderMock
from screentest_mockserver.behaviours import deviation
from screentest_mockserver.state.clock import StoredClock
from screentest_mockserver.state.memory import MemoryStore


def test_tasks_scenarios_and_deviations_stay_with_their_provider(caller: Callable[..., Any]) -> None:
    store = MemoryStore()
    clients = {name: caller(load_contract(name), store=store) for name in FEW}
    for name, client in clients.items():
        mine = client.new()
        client.mock.schedule("failure")
        client.mock.deviation = deviation("never-ends", client.contract)
        client.mock.store.notes.put("note", name)
        others = [other for key, other in clients.items() if key != name]
        assert all(other.mock.store.get_task(mine) is None for other in others)
        assert not any(other.mock.scheduled or other.mock.deviation for other in others)
        assert not any(other.mock.store.notes.get("note") for other in others)
        client.mock.reset()
    assert [client.mock.store.count_tasks() for client in clients.values()] == [0] * len(clients)


def test_a_reset_of_one_leaves_the_others(caller: Callable[..., Any]) -> None:
    store = MemoryStore()
    one, two = (caller(load_contract(name), store=store) for name in ("evolink", "tokenbay"))
    one.new()
    kept = two.new()
    one.mock.reset()
    assert two.query(kept).status == 200


def test_two_mocks_of_one_store_are_one_provider(small: Contract) -> None:
    """As two worker processes are."""
    store, clock = MemoryStore(), ManualClock(1_780_000_000)
    first, second = (ProviderMock(small, clock, store=store) for _ in range(2))
    first.schedule("failure", 1)
    assert [chosen.name for chosen, _ in second.scheduled] == ["failure"]
    first.deviation = deviation("never-ends", small)
    assert second.deviation is first.deviation


def test_workers_read_one_manual_clock(small: Contract) -> None:
    store = MemoryStore(1_780_000_000)
    first, second = (MockServer([small], store=store) for _ in range(2))
    assert isinstance(first.clock, StoredClock)
    first.clock.advance(5.5)
    assert second.clock.now() == 1_780_000_005.5
    assert orjson.loads(orjson.dumps(second.clock.now())) == 1_780_000_005.5
