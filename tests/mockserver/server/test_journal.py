"""What the journal keeps of requests: targets, headers and keys, without secrets, page by page."""

from collections.abc import Callable
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_mockserver.server.journal import entry_of
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.wire.accounts import GOOD_KEY, OTHER_KEY

Serve = Callable[..., Any]


@pytest.fixture
def site(serve: Serve) -> Any:
    return serve(load_contract("evolink"))


def last(site: Any) -> Any:
    return list(site.journal)[-1]


def test_where_a_key_was_and_whose(site: Any) -> None:
    for headers, path, keys in (
        ({"authorization": f"Bearer {GOOD_KEY}"}, "/v1/tasks/1", (("header authorization", "good"),)),
        ({"authorization": f"Bearer {OTHER_KEY}"}, "/v1/tasks/1", (("header authorization", "other"),)),
        ({"authorization": "Bearer sk-nobody-at-all"}, "/v1/tasks/1", (("header authorization", "unknown"),)),
        ({"x-api-key": GOOD_KEY}, "/v1/tasks/1", (("header x-api-key", "good"),)),
        ({}, f"/v1/tasks/1?key={GOOD_KEY}", (("query", "good"),)),
        ({}, "/v1/tasks/1?key=sk%2Dscreentest", (("query", "good"),)),
        ({}, f"/v1/tasks/{GOOD_KEY}", (("path", "good"),)),
        ({}, "/v1/tasks/1", ()),
    ):
        site.ask("GET", path, headers=headers)
        assert last(site).keys == keys, (headers, path)
    shown = site.control("/journal").text
    assert GOOD_KEY not in shown
    assert "nobody-at-all" not in shown


def test_a_key_in_a_body_is_seen_and_not_kept(site: Any) -> None:
    site.ask("POST", "/v1/videos/generations", json={"model": "m", "prompt": GOOD_KEY})
    assert ("body", "good") in last(site).keys
    assert GOOD_KEY.encode() not in last(site).body


def test_target_headers_and_query(site: Any) -> None:
    site.ask("GET", "https://api.evolink.ai/v1/tasks/1?a=1&Signature=abcdef", headers={"X-Trace": "7"})
    entry = last(site)
    assert (entry.scheme, entry.host, entry.query) == ("https", "api.evolink.ai", "a=1&Signature=REDACTED")
    assert entry.header("x-trace") == "7"
    assert entry.operation == "getTaskDetail" or entry.operation
    assert entry.said == "missing-key"


def test_headers_are_bounded(site: Any) -> None:
    site.ask("GET", "/v1/tasks/1", headers={f"x-{number}": "v" * 1000 for number in range(60)})
    kept = last(site).headers
    assert sum(len(name) + len(value) for name, value in kept) < 4096


def test_pages_beyond_a_thousand(serve: Serve) -> None:
    site = serve(load_contract("evolink"), store=MemoryStore(entries=1500))
    for number in range(1, 1503):
        site.app.store.add_entry(entry_of(number, None, "-", _scope(), b"h", b"", site.app._nowhere(), 0.0))
    seen: list[int] = []
    more = True
    while more:
        page = site.control(f"/journal?after={seen[-1] if seen else 0}&limit=700").json()
        seen += [entry["number"] for entry in page["entries"]]
        more = page["more"]
    assert seen == list(range(3, 1503)), "the oldest two are forgotten"
    assert len(site.control("/journal").json()["entries"]) == 1000
    assert site.control("/journal?after=x").json()["error"] == "`after` must be a whole number"


def _scope() -> dict[str, Any]:
    return {"headers": [], "query_string": b"", "path": "/", "method": "GET", "scheme": "http"}


def test_head_is_no_download_and_no_poll_of_a_scenario(serve: Serve) -> None:
    contract = load_contract("tokenbay")
    site = serve(contract)
    site.providers["tokenbay"].schedule("late-bytes:1")
    identity = site.create(contract)
    site.advance(200)
    path = f"/v1/videos/{identity}/content"
    statuses = [site.ask(method, path, headers=site.headers(contract)).status_code for method in ("HEAD", "GET", "GET")]
    assert statuses == [200, 400, 200]


def test_without_host_links_have_the_port(serve: Serve) -> None:
    import asyncio

    contract = load_contract("evolink")
    site = serve(contract)
    sent: list[Any] = []

    async def ask(method: str, path: str, body: bytes = b"") -> None:
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"authorization", f"Bearer {GOOD_KEY}".encode())], "scheme": "http",
            "server": ("127.0.0.1", 8123), "client": ("127.0.0.1", 1), "http_version": "1.0",
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await site.app(scope, receive, send)

    asyncio.run(ask("POST", "/v1/videos/generations", b'{"model":"happyhorse-1.1-text-to-video","prompt":"a"}'))
    task = site.providers["evolink"].tasks()[0]
    assert task.base == "http://127.0.0.1:8123"
