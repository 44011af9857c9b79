"""The application: providers by path and host, keeping things apart, and clients that misbehave."""

import asyncio
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import pytest
from tests.providers import FEW

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.reading import link_of
from screentest_mockserver import MockServer
from screentest_mockserver.wire.accounts import GOOD_KEY, OTHER_KEY
from screentest_mockserver.wire.answer import ConnectionDroppedError

NAMES = FEW
START = 1_780_000_000
Serve = Callable[..., Any]


# -- where providers are ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_one_provider_is_at_the_root(serve: Serve, name: str) -> None:
    contract = load_contract(name)
    app = serve(contract)
    identity = app.create(contract)
    assert task_id_of(contract, app.query(contract, identity)) == identity
    assert app.query(contract, identity, f"http://{contract.hosts[0]}").status_code == 200


def task_id_of(contract: Contract, answer: Any) -> str:
    slots = next(iter(contract.profiles.values())).bodies
    assert slots
    found = [text for text in re.findall(r': ?"([^"]*)"', answer.text) if contract.id.made.pattern.search(text)]
    return found[0]


@pytest.mark.parametrize("name", NAMES)
def test_several_are_under_their_names_and_at_their_hosts(serve: Serve, name: str) -> None:
    contract = load_contract(name)
    app = serve()
    for base in (
        f"/{name}",
        f"https://{contract.hosts[0]}",
        f"https://{contract.hosts[0]}:443",
        f"http://127.0.0.1:8080/{name}",
    ):
        identity = app.create(contract, base)
        assert app.query(contract, identity, base).status_code == 200
    assert app.providers[name].store.count_tasks() == 4
    assert sum(mock.store.count_tasks() for mock in app.providers.values()) == 4


@pytest.mark.parametrize("path", ["/", "/v1/videos", "/nosuch/v1/videos", f"/{NAMES[0]}", f"/{NAMES[0]}x/v1"])
def test_nowhere_says_where_to_go(serve: Serve, path: str) -> None:
    answer = serve().ask("GET", path)
    assert answer.status_code == 404
    assert all(f"/{name}/" in answer.text for name in NAMES)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["root", "prefix", "host"])
def test_links_lead_back_the_way_the_client_came(serve: Serve, name: str, where: str) -> None:
    contract = load_contract(name)
    app = serve(contract) if where == "root" else serve()
    base = {
        "root": "http://127.0.0.1:5/",
        "prefix": f"http://127.0.0.1:5/{name}",
        "host": f"https://{contract.hosts[0]}",
    }[where]
    base = base.rstrip("/")
    identity = app.create(contract, base)
    app.advance(5_000)
    link = link_of(contract, app.query(contract, identity, base).json())
    assert link is not None
    url = link if "://" in link else base + link
    assert url.startswith(base + "/")
    video = app.ask("GET", url, headers=app.headers(contract) if contract.link.auth == "required" else {})
    assert (video.status_code, video.headers["content-type"]) == (200, contract.link.media_type)
    assert int(video.headers["content-length"]) == len(video.content)
    part = app.ask("GET", url, headers={**app.headers(contract), "range": "bytes=-8"})
    assert (part.status_code, part.content) == (206, video.content[-8:])


def test_head_is_get_without_the_body(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    identity = app.create(contract)
    app.advance(5_000)
    link = str(link_of(contract, app.query(contract, identity).json()))
    whole, head = app.ask("GET", link), app.ask("HEAD", link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers
    assert app.ask("HEAD", "/v1/nowhere").content == b""


def test_the_date_is_the_mocks_own(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    identity = app.create(contract)
    for elapsed in (0, 0.4, 86_400, 1e8):
        app.clock.advance(elapsed)
        date = parsedate_to_datetime(app.query(contract, identity).headers["date"]).timestamp()
        assert date == int(app.clock.now())
    assert app.query(contract, identity).headers.get_list("date") == [app.query(contract, identity).headers["date"]]


# -- keeping things apart ---------------------------------------------------------------------------------------------


def test_tasks_accounts_and_providers_do_not_mix(serve: Serve) -> None:
    app = serve(seed=None)
    made = {
        (name, key): app.create(load_contract(name), f"/{name}", key) for name in NAMES for key in (GOOD_KEY, OTHER_KEY)
    }
    assert len(set(made.values())) == len(made)
    for (name, key), identity in made.items():
        for other in NAMES:
            contract = load_contract(other)
            for asking in (GOOD_KEY, OTHER_KEY):
                answer = app.query(contract, identity, f"/{other}", headers=app.headers(contract, asking))
                shown = contract.lifecycle.read(answer.json()) is not None
                assert shown == ((other, asking) == (name, key)), (name, key, other, asking)


def test_a_scenario_for_one_provider_leaves_the_others_alone(serve: Serve) -> None:
    app = serve()
    assert app.control("/scenario", {"name": "never-ending", "provider": NAMES[0], "count": None}).status_code == 200
    made = {name: app.create(load_contract(name), f"/{name}") for name in NAMES}
    app.advance(10_000)
    for name, identity in made.items():
        status = load_contract(name).lifecycle.read(app.query(load_contract(name), identity, f"/{name}").json())
        assert status is not None
        assert status.status_class.terminal == (name != NAMES[0])


# -- clients that misbehave -------------------------------------------------------------------------------------------


def scope(method: str, path: str, **more: Any) -> dict[str, Any]:
    base = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
    }
    return {**base, "headers": [(b"host", b"mock.test")], "client": ("127.0.0.1", 1), **more}


async def play(app: MockServer, messages: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """Sends raw ASGI messages and gives what came back."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope(**{"method": "POST", "path": "/v1/videos/generations", **more}), receive, send)
    return sent


def chunk(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_client_that_goes_away_while_sending_leaves_nothing(serve: Serve) -> None:
    app = serve(load_contract("evolink"))
    gone = {"type": "http.disconnect"}
    for messages in ([gone], [chunk(b'{"model"', True), gone], [chunk(b"", True), chunk(b"{", True), gone]):
        assert asyncio.run(play(app.app, messages)) == []
    assert len(app.journal) == 0
    assert app.providers["evolink"].store.count_tasks() == 0


def test_a_body_in_pieces_is_one_body(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    body = orjson.dumps(next(iter(contract.models.values())).base)
    fields = [(b"authorization", b"Bearer " + GOOD_KEY.encode()), (b"content-type", b"application/json")]
    pieces = [chunk(body[at : at + 7], True) for at in range(0, len(body), 7)] + [{"type": "http.request"}]
    sent = asyncio.run(play(app.app, pieces, headers=fields))
    assert sent[0]["status"] == 200
    assert app.providers["evolink"].store.count_tasks() == 1


def test_an_endless_body_is_read_and_not_kept(serve: Serve) -> None:
    contract = load_contract("nexusflow")
    app = serve(contract)
    piece = b"x" * 1_000_000
    fields = [(b"authorization", b"Bearer " + GOOD_KEY.encode()), (b"content-type", b"application/json")]
    messages = [chunk(piece, True) for _ in range(60)] + [chunk(b"", False)]
    sent = asyncio.run(play(app.app, messages, headers=fields, path="/v1/tasks"))
    row = contract.error(Role.CREATE, "too-large")
    assert row is not None
    assert sent[0]["status"] == row.made.status
    assert sum(len(entry.body) for entry in app.journal) <= 4096


def test_dropped_and_truncated_answers(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    app.control("/scenario", {"name": "lost-answer"})
    with pytest.raises(ConnectionDroppedError):
        app.create(contract)
    assert app.control("/tasks").json()["count"] == 1
    assert app.control("/journal").json()["entries"][-1]["status"] == 0
    app.control("/scenario", {"name": "truncated-bytes"})
    identity = app.create(contract)
    app.advance(1000)
    link = str(link_of(contract, app.query(contract, identity).json()))
    with pytest.raises(ConnectionDroppedError):
        app.ask("GET", link)


def test_slow_answers_take_virtual_time(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    app.control("/scenario", {"name": "slow-answers:7"})
    identity = app.create(contract)
    assert app.clock.now() == START + 7
    app.query(contract, identity)
    assert app.clock.now() == START + 14


@pytest.mark.parametrize("host", [b"", b"\xff", b"mock.test:99999", b"[::1]:80", b"a b", b"x" * 10_000])
def test_any_host_header_is_answered(serve: Serve, host: bytes) -> None:
    for app in (serve(), serve(load_contract("evolink"))):
        sent = asyncio.run(play(app.app, [chunk(b"{}", False)], headers=[(b"host", host)]))
        assert 400 <= sent[0]["status"] < 500
    sent = asyncio.run(play(serve().app, [chunk(b"{}", False)], headers=[]))
    assert sent[0]["status"] == 404


@pytest.mark.parametrize(
    "path", ["/v1/tasks/%2F", "/v1/tasks/a%2Fb", "/v1/tasks/%", "/v1/tasks/%zz", "/v1/tasks/%00", "/v1/tasks/é"]
)
def test_any_path_is_answered_in_the_vendors_words(serve: Serve, path: str) -> None:
    app = serve(load_contract("evolink"))
    fields = [(b"authorization", b"Bearer " + GOOD_KEY.encode())]
    more = {"method": "GET", "path": path, "raw_path": path.encode(), "headers": fields}
    sent = asyncio.run(play(app.app, [], **more))
    assert sent[0]["status"] in (400, 404)
    assert orjson.loads(sent[1]["body"])["error"]["code"]


def test_log_gets_every_request_of_a_vendor(serve: Serve) -> None:
    seen: list[Any] = []
    contract = load_contract("evolink")
    app = serve(contract, log=seen.append)
    app.create(contract)
    app.control("/health")
    assert [(entry.method, entry.status) for entry in seen] == [("POST", 200)]
