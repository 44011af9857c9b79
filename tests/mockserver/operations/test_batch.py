"""Queries for several tasks at once: ids in the address or in a body, and what becomes of those that nobody knows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.contract import Role
from screentest_mockserver.wire.accounts import OTHER_KEY
from screentest_mockserver.wire.answer import Answer

DOCUMENTS = Path(__file__).parents[2] / "documents"


@pytest.fixture(scope="module")
def signed() -> Contract:
    return load_contract(DOCUMENTS / "signed.yaml")


@pytest.fixture(scope="module")
def sequel() -> Contract:
    return load_contract(DOCUMENTS / "sequel.yaml")


def several(client: Any, *ids: Any, **options: Any) -> Answer:
    """The answer for these ids, where the document wants them."""
    operation = client.contract.roles[Role.BATCH][0]
    path, body = f"{operation.path}?{operation.carrier}={','.join(map(str, ids))}", None
    if operation.id_parameter is None:
        path, body = operation.path, orjson.dumps({operation.carrier: ids})
    answer: Answer = client.send(operation.method, path, body, **options)
    return answer


def test_ids_in_the_address(signed: Contract, caller: Callable[..., Any]) -> None:
    client = caller(signed)
    one, other = client.new(), client.new()
    answer = several(client, other, "99", one)
    items = orjson.loads(answer.body)["data"]
    assert [each["task_id"] for each in items] == [other, one]
    assert items[1] == orjson.loads(client.query(one).body)["data"]
    assert answer.task_id == ""


def test_one_task_tells_as_much_as_a_query(signed: Contract, caller: Callable[..., Any]) -> None:
    client = caller(signed)
    task = client.new()
    answer = several(client, task)
    assert (answer.task_id, answer.said) == (task, "queued")


def test_ids_in_a_body_and_an_item_for_a_stranger(sequel: Contract, caller: Callable[..., Any]) -> None:
    client = caller(sequel)
    task = client.new()
    stranger, mine = orjson.loads(several(client, "clip_0", task).body)
    assert stranger == {"id": "clip_0", "code": "unknown"}
    assert mine == orjson.loads(client.query(task).body)
    (foreign,) = orjson.loads(several(client, task, key=OTHER_KEY).body)
    assert foreign == {"id": task, "code": "unknown"}


@pytest.mark.parametrize("ids", [(), ({"a": 1},), (None,)])
def test_what_is_no_list_of_ids_is_refused(ids: Any, sequel: Contract, caller: Callable[..., Any]) -> None:
    answer = several(caller(sequel), *ids)
    assert answer.status == 422
    assert answer.said == "invalid-body"


def test_no_ids_in_the_address(signed: Contract, caller: Callable[..., Any]) -> None:
    operation = signed.roles[Role.BATCH][0]
    answer = caller(signed).send(operation.method, operation.path)
    assert answer.status == 400
