"""Clients in browsers: what a page of another origin may send and read, and what stays closed."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import uvicorn

from screentest_contracts import Contract, load_contract
from screentest_contracts.reading import link_of
from screentest_mockserver import ManualClock, create_app
from screentest_mockserver.server.cors import OpenToBrowsers, exposed
from screentest_mockserver.server.run import bind, configure
from screentest_mockserver.wire.accounts import GOOD_KEY

ORIGIN = {"origin": "https://studio.example.com"}


@pytest.fixture
def page(serve: Callable[..., Any]) -> Any:
    """A mock of a built-in document and a page's requests to it."""
    contract = load_contract("evolink")
    site = serve(contract)
    opened = OpenToBrowsers(site.app, [contract])

    async def send(method: str, url: str, headers: dict[str, str], client: str, body: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=opened, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as session:
            return await session.request(method, url, headers={**ORIGIN, **headers}, json=body)

    class Page:
        mock = site

        def ask(
            self,
            method: str,
            url: str,
            headers: dict[str, str] | None = None,
            *,
            client: str = "127.0.0.1",
            body: Any = None,
        ) -> httpx.Response:
            return asyncio.run(send(method, url, headers or {}, client, body))

    return Page()


def preflight(page: Any, path: str, method: str, names: str, **more: str) -> httpx.Response:
    headers = {"access-control-request-method": method, "access-control-request-headers": names, **more}
    answer: httpx.Response = page.ask("OPTIONS", path, headers)
    return answer


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_a_preflight_lets_keys_and_json_through(page: Any, method: str) -> None:
    answer = preflight(page, "/v1/videos/generations", method, "authorization, content-type, idempotency-key, range")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"authorization", "content-type", "idempotency-key", "range"} <= set(
        answer.headers["access-control-allow-headers"].replace(" ", "").split(",")
    )
    assert method in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_on_the_web_may_reach_this_machine(page: Any) -> None:
    more = {"access-control-request-private-network": "true"}
    answer = preflight(page, "/v1/tasks/x", "GET", "authorization", **more)
    assert answer.headers["access-control-allow-private-network"] == "true"


def test_answers_and_refusals_can_be_read(page: Any) -> None:
    contract = load_contract("evolink")
    model = next(iter(contract.models.values()))
    key = page.mock.headers(contract)
    made = page.ask("POST", model.operations[0].path, key, body=model.base)
    for answer in (
        made,
        page.ask("GET", "/v1/tasks/nothing", key),
        page.ask("GET", "/v1/tasks/nothing"),
        page.ask("GET", "/nowhere"),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        shown = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert {"retry-after", "x-request-id", "content-range"} <= shown
        assert {header.name.lower() for header in contract.headers} <= shown
    assert made.status_code == 200
    assert page.ask("GET", "/nowhere").status_code == 404


def test_a_part_of_a_video_can_be_read(page: Any) -> None:
    contract = load_contract("evolink")
    identity = page.mock.create(contract)
    page.mock.advance(5_000)
    link = str(link_of(contract, page.mock.query(contract, identity).json()))
    path = "/" + link.split("/", 3)[3]
    assert preflight(page, path, "GET", "range").status_code == 200
    part = page.ask("GET", path, {"range": "bytes=0-7"})
    assert (part.status_code, len(part.content)) == (206, 8)
    assert part.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in part.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", ["/_screentest/health", "/_screentest/reset", "/_screentest/nothing"])
def test_the_control_plane_stays_closed(page: Any, path: str) -> None:
    for answer in (
        preflight(page, path, "POST", "content-type"),
        page.ask("GET", path),
        page.ask("POST", path, client="10.0.0.5"),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert preflight(page, path, "POST", "content-type").status_code >= 400
    assert page.ask("GET", "/_screentest/health", client="10.0.0.5").status_code == 403


def test_without_it_nothing_is_said_of_origins(serve: Callable[..., Any]) -> None:
    answer = serve(load_contract("evolink")).ask("GET", "/v1/tasks/x", headers=ORIGIN)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_what_the_document_declares_is_shown(small_tree: Any, load_tree: Callable[..., Contract]) -> None:
    tree = small_tree()
    tree["x-task"]["headers"] = {"X-Seen": {"make": "{{random:uuid}}"}, "ETAG": {"make": "{{random:uuid}}"}}
    tree["x-task"]["errors"][-1]["readings"]["headers"] = {"X-Limit-Left": "0"}
    names = exposed([load_tree(tree)])
    assert {"X-Seen", "X-Limit-Left", "Retry-After", "ETag"} <= set(names)
    assert len({name.lower() for name in names}) == len(names)


def test_a_connection_is_still_cut() -> None:
    """Over a socket: what is wrapped around the mock must not hide the connection from it."""
    contract = load_contract("evolink")
    app = create_app([contract], clock=ManualClock(), scenario_name="lost-answer")
    model = next(iter(contract.models.values()))
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(configure(OpenToBrowsers(app, [contract])))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}{model.operations[0].path}"
    headers = {contract.key_header: contract.key_prefix + GOOD_KEY, **ORIGIN}
    try:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(url, json=model.base, headers=headers, trust_env=False)
        assert httpx.options(url, headers=headers, trust_env=False).headers["access-control-allow-origin"] == "*"
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
