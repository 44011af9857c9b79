"""How the mock tells the status of a task as server-sent events."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_mockserver import create_app
from screentest_mockserver.wire.clock import RealClock

RELAY = Path(__file__).parents[2] / "documents" / "relay.yaml"


@pytest.fixture(scope="module")
def relay() -> Contract:
    return load_contract(RELAY)


@pytest.fixture
def site(serve: Any, relay: Contract) -> Any:
    return serve(relay)


def watch(site: Any, contract: Contract, identity: str, method: str = "GET", **headers: str) -> httpx.Response:
    answer: httpx.Response = site.ask(
        method, "/v1/video/events", params={"name": identity}, headers={**site.headers(contract), **headers}
    )
    return answer


def events(answer: httpx.Response) -> list[tuple[str, Any]]:
    """(name, data) of each event, the closing one as it stands."""
    found = []
    for block in answer.text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if "data" in fields:
            data = fields["data"]
            found.append((fields.get("event", ""), data if data == "[DONE]" else orjson.loads(data)["data"]))
    return found


def test_a_life_as_events(site: Any, relay: Contract) -> None:
    identity, before = site.create(relay), site.clock.now()
    answer = watch(site, relay, identity)
    assert answer.headers["content-type"] == "text/event-stream"
    assert "content-length" not in answer.headers
    told = events(answer)
    assert [name for name, _ in told] == ["status"] * (len(told) - 2) + ["done", ""]
    assert told[-1][1] == "[DONE]"
    progress = [data["metadata"]["progress"] for _, data in told[:-1]]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1], len(set(progress)) > 4) == (0, 1, True)
    assert told[-2][1]["response"]["videos"], "with the result"
    assert site.clock.now() - before == pytest.approx(100, abs=0.01), "a manual clock is moved to each event"


def test_a_task_that_has_ended_is_told_at_once(site: Any, relay: Contract) -> None:
    identity = site.create(relay)
    site.advance(500)
    before = site.clock.now()
    assert [name for name, _ in events(watch(site, relay, identity))] == ["done", ""]
    assert site.clock.now() == before


def test_a_task_that_never_ends(site: Any, relay: Contract) -> None:
    site.providers["acme-relay"].schedule("never-ending")
    identity, before = site.create(relay), site.clock.now()
    answer = watch(site, relay, identity)
    assert "done" not in [name for name, _ in events(answer)]
    assert ": nothing new\n\n" in answer.text
    assert site.clock.now() - before == pytest.approx(1800), "the document's longest stream"


def test_head_tells_headers_alone(site: Any, relay: Contract) -> None:
    identity, before = site.create(relay), site.clock.now()
    answer = watch(site, relay, identity, "HEAD")
    assert (answer.status_code, answer.content, site.clock.now()) == (200, b"", before)


@pytest.mark.parametrize(
    ("name", "key", "status"), [("operations/none", True, 400), ("", True, 400), ("any", False, 401)]
)
def test_refusals(site: Any, relay: Contract, name: str, key: bool, status: int) -> None:
    headers = site.headers(relay) if key else {}
    answer = site.ask("GET", "/v1/video/events", params={"name": name}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")


def by_query(tree: Any) -> None:
    look = tree["paths"]["/jobs/{task_id}"]["get"]
    content = {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {"schema": {"type": "string"}}}
    look["responses"] = {**look["responses"], "200": {"description": "the task", "content": content}}
    tree["x-task"]["stream"] = {}


def test_the_query_streams_for_who_accepts_it(serve: Any, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    by_query(tree)
    contract: Contract = load_tree(tree)
    site = serve(contract)
    key = {"x-key": "Key " + site.providers["acme"].keys["good"]}
    made = site.ask("POST", "/jobs", json={"model": "clip-1"}, headers={**key, "x-async": "enable"})
    address = f"/jobs/{made.json()['job']['id']}"
    assert site.ask("GET", address, headers=key).json()["state"] == "WAIT"
    told = site.ask("GET", address, headers={**key, "accept": "text/event-stream, application/json;q=0.5"})
    assert told.headers["content-type"] == "text/event-stream"
    assert "event:" not in told.text
    assert told.text.count("data: ") > 3
    assert '"state":"DONE"' in told.text.split("\n\n")[-2]


def test_in_real_time_events_come_as_they_happen_and_end_with_the_client(relay: Contract) -> None:
    """The state is looked up for each event: a task that is gone meanwhile ends its stream. Who goes away is not told
    any more."""
    app = create_app([relay], clock=RealClock(speed=400.0), seed=0)
    mock = app.providers["acme-relay"]
    key = {"authorization": "Bearer " + mock.keys["good"]}
    sent: list[Any] = []

    async def stream(identity: str, gone: asyncio.Event) -> None:
        scope = {
            "type": "http", "method": "GET", "path": "/v1/video/events", "raw_path": b"/v1/video/events",
            "query_string": f"name={identity}".replace("/", "%2F").encode(), "scheme": "http",
            "headers": [(b"authorization", key["authorization"].encode())], "asgi": {"spec_version": "2.3"},
        }  # fmt: skip
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await gone.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await asyncio.wait_for(app(scope, receive, send), 20)

    async def create(scenario: str) -> str:
        mock.schedule(scenario)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            body = {"model": "boat-fast", "prompt": "A paper boat."}
            made = await client.post("/v1/video/generations", json=body, headers=key)
            identity: str = made.json()["data"]["name"]
            return identity

    async def run() -> None:
        await stream(await create("success"), asyncio.Event())
        text = b"".join(message.get("body", b"") for message in sent)
        assert text.endswith(b"data: [DONE]\n\n")
        assert text.count(b"event: status") > 1
        sent.clear()
        gone = asyncio.Event()
        streaming = asyncio.create_task(stream(await create("never-ending"), gone))
        while len(sent) < 2:
            await asyncio.sleep(0.01)
        assert not streaming.done()
        gone.set()
        await streaming

    asyncio.run(run())
