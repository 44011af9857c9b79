"""What a task costs in memory: a million of them must fit."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from tests.providers import FEW
from tests.turns import by_turns

from screentest_contracts import load_contract
from screentest_mockserver.wire.answer import Request


@pytest.mark.parametrize(
    ("name", "tasks"),
    by_turns([*((name, 4_000) for name in FEW), *((name, 20_000) for name in FEW)], 10),
)
def test_a_task_takes_less_than_a_kilobyte(name: str, tasks: int, caller: Callable[..., Any]) -> None:
    client = caller(load_contract(name))
    contract = client.contract
    model = next(iter(contract.models.values()))
    operation = model.operations[0]
    body = orjson.dumps(model.base)
    headers = [
        (contract.key_header.encode(), (contract.key_prefix + "sk-screentest").encode()),
        (b"content-type", b"application/json"),
    ]
    for _ in range(300):  # caches and the list of the newest are filled
        client.mock.handle(Request(operation.method, operation.path, b"", headers, body, "http://mock.test"))
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(tasks):
            # each request has its own strings, as over a network
            base = b"http://mock.test".decode()
            client.mock.handle(Request(operation.method, operation.path, b"", headers, bytes(body), base))
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert client.mock.store.count_tasks() == tasks + 300
    assert taken / tasks < 1000


def test_polling_leaves_nothing_behind(caller: Callable[..., Any]) -> None:
    client = caller(load_contract("evolink"))
    identity = client.new()
    for _ in range(100):
        client.query(identity)
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(5_000):
            client.clock.advance(0.01)
            client.query(identity)
            client.query("task-unified-nobody")
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
