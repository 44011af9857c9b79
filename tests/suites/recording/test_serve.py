"""A recording served as a mock, and a small client of it."""

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from screentest_contracts import load_contract
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.server import Replay, application
from tests.suites.recorded import Recorded, record

Ask = Callable[..., httpx.Response]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replay(run: Recorded, clock: Clock) -> Replay:
    return Replay(run.contract, Cassette.read(run.directory / "acme"), speed=2.0, now=clock)


@pytest.fixture
def ask(replay: Replay) -> Ask:
    """A client with a key."""
    return client({"acme": replay})


def client(replays: dict[str, Replay]) -> Ask:
    def call(method: str, path: str, key: bool = True, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=application(replays))
            async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as session:
                headers = options.pop("headers", {}) | ({"x-key": "Key any"} if key else {})
                return await session.request(method, path, headers=headers | {"x-async": "enable"}, **options)

        return asyncio.run(send())

    return call


def test_a_task_is_made_polled_and_downloaded(ask: Ask, clock: Clock) -> None:
    made = ask("POST", "/jobs", json={"model": "clip-1"})
    assert made.status_code in (200, 201)
    task = made.json()["job"]["id"]
    words = []
    for _ in range(60):
        answer = ask("GET", f"/jobs/{task}")
        assert answer.json()["id"] == task
        words.append(answer.json()["state"])
        if words[-1] == "DONE":
            break
        clock.now += 0.02
    assert words[0] in {"WAIT", "RUN"}  # as soon as the recorded run asked
    assert words[-1] == "DONE"
    assert sorted(set(words), key=words.index) == [word for word in ("WAIT", "RUN", "DONE") if word in words]
    link = ask("GET", f"/jobs/{task}/result").json()["video"]
    assert urlsplit(link).netloc == "mock.test"
    whole = ask("GET", link)
    assert b"ftyp" in whole.content[:12]
    assert whole.headers["content-type"] == "video/mp4"
    part = ask("GET", link, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole.content)}"
    assert ask("GET", link, headers={"range": "bytes=-8"}).content == whole.content[-8:]
    assert ask("GET", link, headers={"range": "bytes=99999999-"}).status_code == 416


def test_it_moves_at_its_speed_from_when_it_is_made(ask: Ask, clock: Clock, replay: Replay) -> None:
    clock.now = 5000.0
    task = ask("POST", "/jobs", json={"model": "clip-1"}).json()["job"]["id"]
    assert ask("GET", f"/jobs/{task}").json()["state"] in {"WAIT", "RUN"}
    clock.now += 0.5  # the mock took 100 s / 300 for it
    assert ask("GET", f"/jobs/{task}").json()["state"] == "DONE"


def test_a_refused_body_is_refused_again(ask: Ask) -> None:
    refused = ask("POST", "/jobs", json={"model": "clip-1", "duration": 10})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "bad"


def test_a_body_that_was_never_sent_is_answered_as_its_model_was(ask: Ask) -> None:
    made = ask("POST", "/jobs", json={"model": "clip-1", "prompt": "never sent before"})
    assert made.status_code in (200, 201)
    assert made.json()["job"]["id"].startswith("job-")


def test_unknown_tasks_and_paths(ask: Ask) -> None:
    unknown = ask("GET", "/jobs/job-000000000000")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "no-job")
    nowhere = ask("GET", "/elsewhere")
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "not_recorded")


def test_without_a_key_it_refuses_as_the_vendor_did(ask: Ask) -> None:
    assert ask("POST", "/jobs", key=False, json={"model": "clip-1"}).status_code == 401


@pytest.mark.parametrize("within", ["", "/proxy/v1"])
def test_with_and_without_the_path_of_the_recorded_address(copied: Path, clock: Clock, within: str) -> None:
    """A recording that was made of `https://gateway.example/proxy/v1`."""
    base = Cassette.read(copied / "acme").header.base_url
    for path in (copied / "acme" / "run.json", copied / "acme" / "exchanges.jsonl"):
        path.write_text(path.read_text().replace(base, "https://gateway.example/proxy/v1"))
    ask = client({"acme": Replay(load_contract_of(copied / "acme"), Cassette.read(copied / "acme"), now=clock)})
    task = ask("POST", f"{within}/jobs", json={"model": "clip-1"}).json()["job"]["id"]
    clock.now += 100
    assert ask("GET", f"{within}/jobs/{task}").json()["state"] == "DONE"
    link = ask("GET", f"{within}/jobs/{task}/result").json()["video"]
    assert link == f"http://mock.test{within}/jobs/{task}/content"
    assert b"ftyp" in ask("GET", link).content[:12]
    assert ask("POST", f"{within}/jobs", key=False, json={"model": "clip-1"}).status_code == 401
    for nowhere in (f"/v1/jobs/{task}", f"/proxy/jobs/{task}", f"/proxy/v1/proxy/v1/jobs/{task}", "/proxy/v1/x"):
        assert ask("GET", nowhere).status_code == 404, nowhere


def test_the_path_of_the_vendors_own_address_may_be_there(run: Recorded, copied: Path, clock: Clock) -> None:
    """Recorded of a server that has the operations at its root."""
    contract = dataclasses.replace(run.contract, base_url="https://api.acme.example/v1")
    ask = client({"acme": Replay(contract, Cassette.read(copied / "acme"), now=clock)})
    assert ask("POST", "/v1/jobs", json={"model": "clip-1"}).status_code == 200
    assert ask("POST", "/jobs", json={"model": "clip-1"}).status_code == 200


@pytest.mark.parametrize("status", [200, 401])
def test_a_refusal_without_a_key_may_be_any_status(
    run: Recorded, copied: Path, events: Callable[..., None], clock: Clock, status: int
) -> None:
    """Some vendors answer 200 and say in the body what is wrong."""

    def changed(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "answer" and event["status"] == 401:
            event["status"] = status
        return event

    events(changed)
    ask = client({"acme": Replay(run.contract, Cassette.read(copied / "acme"), now=clock)})
    answer = ask("POST", "/jobs", key=False, json={"model": "clip-1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "no-key")


def test_several_providers_and_links_to_another_host(run: Recorded, tmp_path: Any, clock: Clock) -> None:
    other = record("tokenbay", tmp_path / "other", "--model", next(iter(load_contract("tokenbay").models)), speed=3000)
    assert other.result.exit_code == 0
    tapes = {"acme": run.directory / "acme", "tokenbay": other.directory / "tokenbay"}
    ask = client({name: Replay(load_contract_of(path), Cassette.read(path), now=clock) for name, path in tapes.items()})
    task = ask("POST", "/acme/jobs", json={"model": "clip-1"}).json()["job"]["id"]
    clock.now += 100
    link = ask("GET", f"/acme/jobs/{task}/result").json()["video"]
    assert link.startswith("http://mock.test/acme/")
    assert b"ftyp" in ask("GET", link).content[:12]


def load_contract_of(path: Any) -> Any:
    return Cassette.read(path).header.load()


def test_a_link_elsewhere_is_served_here(run: Recorded, copied: Any, events: Callable[..., None], clock: Clock) -> None:
    """A result on another host, signed: its recorded bytes come from this server."""
    base = Cassette.read(copied / "acme").header.base_url

    def moved(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "request" and "/content" in event["url"]:
            task = event["url"].split("/jobs/")[1].split("/")[0]
            event["url"] = f"https://cdn.example/{task}.mp4?a=1&Signature=REDACTED"
        if event["event"] == "answer" and "/content" in event["body"].get("text", ""):
            text = event["body"]["text"]
            task = text.split("/jobs/")[1].split("/")[0]
            link = f"https://cdn.example/{task}.mp4?a=1\\u0026Signature=REDACTED"
            event["body"]["text"] = text.replace(f"{base}/jobs/{task}/content", link)
        return event

    events(moved)
    ask = client({"acme": Replay(run.contract, Cassette.read(copied / "acme"), now=clock)})
    task = ask("POST", "/jobs", json={"model": "clip-1"}).json()["job"]["id"]
    clock.now += 100
    link = ask("GET", f"/jobs/{task}/result").json()["video"]
    assert link.startswith("http://mock.test/_screentest/files/")
    assert b"ftyp" in ask("GET", link).content[:12]
    assert ask("GET", "/_screentest/files/999/x").status_code == 404
