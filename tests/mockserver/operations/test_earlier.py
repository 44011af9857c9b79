"""Creates that go on from an earlier task, as the mock answers them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_mockserver.tasks.task import dump_task, load_task

DOCUMENTS = Path(__file__).parents[2] / "documents"
LONGER = {"model": "reel-1", "after": {"clip": ""}}


@pytest.fixture(scope="module")
def sequel() -> Contract:
    return load_contract(DOCUMENTS / "sequel.yaml")


@pytest.fixture
def client(sequel: Contract, caller: Callable[..., Any]) -> Any:
    return caller(sequel)


def first(client: Any, seconds: int = 8) -> str:
    body = {"model": "reel-1", "prompt": "A paper boat.", "seconds": seconds}
    identity: str = orjson.loads(client.create(body, model="reel-1").body)["id"]
    client.clock.advance(60)
    return identity


def larger(client: Any, identity: str) -> tuple[int, Any]:
    answer = client.send("POST", f"/clips/{identity}/upscale", b'{"factor": 2}')
    return answer.status, orjson.loads(answer.body)


def longer(client: Any, identity: str) -> tuple[int, Any]:
    answer = client.create({**LONGER, "after": {"clip": identity}}, model="reel-1-longer")
    return answer.status, orjson.loads(answer.body)


def test_what_a_request_does_not_say_is_as_in_the_earlier_task(client: Any) -> None:
    identity = first(client)
    status, body = larger(client, identity)
    assert (status, body["after"], body["model"], body["seconds"]) == (201, identity, "reel-1", 8)
    assert longer(client, identity)[1]["seconds"] == 2, "the request has a default of its own"


def test_refusals_tell_what_is_wrong_with_the_earlier_task(client: Any) -> None:
    running = orjson.loads(client.create({"model": "reel-1", "prompt": "A boat."}, model="reel-1").body)["id"]
    nobodys = "clip_" + "0" * 24
    codes = [larger(client, each)[1]["code"] for each in (nobodys, "x", running)]
    assert codes == ["unknown", "malformed", "not_ready"]
    assert [longer(client, each)[1]["code"] for each in (nobodys, running)] == ["unknown", "not_ready"]


def test_only_tasks_of_the_models_that_are_named_can_be_gone_on_from(client: Any) -> None:
    _, made = larger(client, first(client))
    client.clock.advance(60)
    assert longer(client, made["id"])[1]["code"] == "no_sequel", "refused as an invalid body"
    status, twice = longer(client, longer(client, first(client))[1]["id"])
    assert (status, twice["code"]) == (409, "not_ready")


def test_a_stored_task_keeps_where_it_comes_from(client: Any, sequel: Contract) -> None:
    identity = first(client)
    task = client.mock.store.get_task(larger(client, identity)[1]["id"])
    accounts = {task.account.name: task.account}
    again = load_task(orjson.loads(orjson.dumps(dump_task(task))), sequel, accounts)
    assert (again.earlier, again.named) == (identity, "reel-1")
    assert again.with_plan(task.plan).earlier == identity
