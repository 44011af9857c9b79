"""How the mock answers creates that wait for the end of their task."""

import asyncio
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from screentest_contracts import Contract, Role, load_contract
from screentest_mockserver import create_app
from screentest_mockserver.wire.clock import RealClock

RELAY = Path(__file__).parents[2] / "documents" / "relay.yaml"
ENDS_AT = 100.0
"""Seconds that a task takes."""


@pytest.fixture(scope="module")
def relay() -> Contract:
    return load_contract(RELAY)


@pytest.fixture
def site(serve: Any, relay: Contract) -> Any:
    return serve(relay)


def create(site: Any, contract: Contract, prefer: str | None) -> httpx.Response:
    headers = {**site.headers(contract), **({"prefer": prefer} if prefer is not None else {})}
    model = next(iter(contract.models.values()))
    answer: httpx.Response = site.ask("POST", model.operations[0].path, json=model.base, headers=headers)
    return answer


def query(site: Any, contract: Contract, answer: httpx.Response) -> Any:
    operation = contract.roles[Role.QUERY][0]
    name = answer.json()["data"]["name"]
    return site.ask("POST", operation.path, json={"name": name}, headers=site.headers(contract)).json()


def test_the_end_comes_as_it_is_reached(site: Any, relay: Contract) -> None:
    before = site.clock.now()
    answer = create(site, relay, "respond-async, wait=120")
    assert site.clock.now() - before == pytest.approx(ENDS_AT)
    assert answer.status_code == 201
    assert answer.json()["data"]["response"]["videos"]
    shown = query(site, relay, answer)
    assert answer.json() == shown
    assert parsedate_to_datetime(answer.headers["date"]).timestamp() == int(site.clock.now())
    assert [entry.status for entry in site.journal] == [201, 200]


def test_the_receipt_comes_when_the_wait_is_over(site: Any, relay: Contract) -> None:
    before = site.clock.now()
    answer = create(site, relay, "wait=30")
    assert (answer.status_code, site.clock.now() - before) == (200, 30)
    assert "done" not in answer.json()["data"]
    assert query(site, relay, answer)["data"]["done"] is False


@pytest.mark.parametrize("prefer", [None, "", "wait=0", "respond-async", "wait=soon"])
def test_who_does_not_ask_gets_a_receipt_at_once(site: Any, relay: Contract, prefer: str | None) -> None:
    before = site.clock.now()
    assert create(site, relay, prefer).status_code == 200
    assert site.clock.now() == before


def test_a_failure_is_an_end(site: Any, relay: Contract) -> None:
    site.providers["acme-relay"].schedule("failure")
    answer = create(site, relay, "wait=120")
    assert answer.status_code == 201
    assert answer.json()["data"]["error"]["message"]


def test_a_refused_create_does_not_wait(site: Any, relay: Contract) -> None:
    before = site.clock.now()
    headers = {**site.headers(relay), "prefer": "wait=120"}
    assert site.ask("POST", "/v1/video/generations", json={"model": "boat-fast"}, headers=headers).status_code == 400
    assert site.clock.now() == before


def test_a_lost_answer_is_lost(site: Any, relay: Contract) -> None:
    site.providers["acme-relay"].schedule("lost-answer")
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the client makes of it
        create(site, relay, "wait=120")


def test_what_became_of_a_task_meanwhile_is_told(serve: Any, relay: Contract) -> None:
    """In real time: the state is looked up when the wait is over, not before."""
    app = create_app([relay], clock=RealClock(speed=1000.0), seed=0)
    model = next(iter(relay.models.values()))

    async def run() -> tuple[httpx.Response, float]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            headers = {
                relay.key_header: relay.key_prefix + app.providers["acme-relay"].keys["good"],
                "prefer": "wait=60",
            }
            began = asyncio.get_running_loop().time()
            waiting = asyncio.create_task(client.post("/v1/video/generations", json=model.base, headers=headers))
            while not app.providers["acme-relay"].tasks():
                await asyncio.sleep(0)
            (task,) = app.providers["acme-relay"].tasks()
            assert not waiting.done()
            app.providers["acme-relay"].store.remove_task(task.id)
            return await waiting, asyncio.get_running_loop().time() - began

    answer, took = asyncio.run(run())
    assert answer.status_code == 200, "a task that is gone has no end to tell of"
    assert took < 30
