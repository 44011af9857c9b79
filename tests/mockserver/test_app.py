"""The application: providers by path and host, the control plane, the journal, and clients that misbehave."""

import asyncio
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson
import pytest

from screentest_contracts import Contract, Role, built_in, load_contract
from screentest_contracts.reading import link_of, task_id
from screentest_mockserver import ManualClock, MockServer, RealClock, create_app
from screentest_mockserver.accounts import GOOD_KEY, OTHER_KEY
from screentest_mockserver.answer import ConnectionDroppedError
from screentest_mockserver.scenarios import SCENARIOS

NAMES = built_in()
START = 1_780_000_000


def serve(*contracts: Contract, **options: Any) -> MockServer:
    chosen = contracts or tuple(load_contract(name) for name in NAMES)
    return create_app(chosen, **{"clock": ManualClock(START), "seed": 0, **options})


def ask(app: MockServer, method: str, url: str, *, client: str = "127.0.0.1", **options: Any) -> httpx.Response:
    """One request in virtual time; `url` is absolute, or a path on http://mock.test."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as session:
            return await session.request(method, url, **options)

    return asyncio.run(send())


def headers(contract: Contract, key: str = GOOD_KEY) -> dict[str, str]:
    return {contract.key_header: contract.key_prefix + key}


def create(app: MockServer, contract: Contract, base: str = "", key: str = GOOD_KEY) -> str:
    model = next(iter(contract.models.values()))
    answer = ask(app, "POST", base + model.operations[0].path, json=model.base, headers=headers(contract, key))
    identity = task_id(contract, answer.json())
    assert identity is not None, answer.text
    return identity


def query(app: MockServer, contract: Contract, identity: str, base: str = "", **options: Any) -> httpx.Response:
    path = contract.roles[Role.QUERY][0].path.replace("{" + contract.id.parameter + "}", identity)
    return ask(app, "GET", base + path, **{"headers": headers(contract), **options})


def control(app: MockServer, path: str, body: Any = None, **options: Any) -> httpx.Response:
    return ask(
        app,
        "GET" if body is None else "POST",
        f"/_screentest{path}",
        **({} if body is None else {"json": body}),
        **options,
    )


# -- where providers are ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_one_provider_is_at_the_root(name: str) -> None:
    contract = load_contract(name)
    app = serve(contract)
    identity = create(app, contract)
    assert task_id_of(contract, query(app, contract, identity)) == identity
    assert query(app, contract, identity, f"http://{contract.hosts[0]}").status_code == 200


def task_id_of(contract: Contract, answer: httpx.Response) -> str:
    slots = next(iter(contract.profiles.values())).bodies
    assert slots
    found = [text for text in answer.text.split('"') if contract.id.made.pattern.search(text)]
    return found[0]


@pytest.mark.parametrize("name", NAMES)
def test_several_are_under_their_names_and_at_their_hosts(name: str) -> None:
    contract = load_contract(name)
    app = serve()
    for base in (
        f"/{name}",
        f"https://{contract.hosts[0]}",
        f"https://{contract.hosts[0]}:443",
        f"http://127.0.0.1:8080/{name}",
    ):
        identity = create(app, contract, base)
        assert query(app, contract, identity, base).status_code == 200
    assert len(app.providers[name].store) == 4
    assert sum(len(mock.store) for mock in app.providers.values()) == 4


@pytest.mark.parametrize("path", ["/", "/v1/videos", "/nosuch/v1/videos", f"/{NAMES[0]}", f"/{NAMES[0]}x/v1"])
def test_nowhere_says_where_to_go(path: str) -> None:
    answer = ask(serve(), "GET", path)
    assert answer.status_code == 404
    assert all(f"/{name}/" in answer.text for name in NAMES)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["root", "prefix", "host"])
def test_links_lead_back_the_way_the_client_came(name: str, where: str) -> None:
    contract = load_contract(name)
    app = serve(contract) if where == "root" else serve()
    base = {
        "root": "http://127.0.0.1:5/",
        "prefix": f"http://127.0.0.1:5/{name}",
        "host": f"https://{contract.hosts[0]}",
    }[where]
    base = base.rstrip("/")
    identity = create(app, contract, base)
    asyncio.run(app.advance(5_000))
    link = link_of(contract, query(app, contract, identity, base).json())
    assert link is not None
    url = link if "://" in link else base + link
    assert url.startswith(base + "/")
    video = ask(app, "GET", url, headers=headers(contract) if contract.link.auth == "required" else {})
    assert (video.status_code, video.headers["content-type"]) == (200, contract.link.media_type)
    assert int(video.headers["content-length"]) == len(video.content)
    part = ask(app, "GET", url, headers={**headers(contract), "range": "bytes=-8"})
    assert (part.status_code, part.content) == (206, video.content[-8:])


def test_head_is_get_without_the_body() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    identity = create(app, contract)
    asyncio.run(app.advance(5_000))
    link = str(link_of(contract, query(app, contract, identity).json()))
    whole, head = ask(app, "GET", link), ask(app, "HEAD", link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers
    assert ask(app, "HEAD", "/v1/nowhere").content == b""


def test_the_date_is_the_mocks_own() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    identity = create(app, contract)
    for elapsed in (0, 0.4, 86_400, 1e8):
        app.clock.advance(elapsed)
        date = parsedate_to_datetime(query(app, contract, identity).headers["date"]).timestamp()
        assert date == int(app.clock.now())
    assert query(app, contract, identity).headers.get_list("date") == [query(app, contract, identity).headers["date"]]


# -- keeping things apart ---------------------------------------------------------------------------------------------


def test_tasks_accounts_and_providers_do_not_mix() -> None:
    app = serve(seed=None)
    made = {
        (name, key): create(app, load_contract(name), f"/{name}", key)
        for name in NAMES
        for key in (GOOD_KEY, OTHER_KEY)
    }
    assert len(set(made.values())) == len(made)
    for (name, key), identity in made.items():
        for other in NAMES:
            contract = load_contract(other)
            for asking in (GOOD_KEY, OTHER_KEY):
                answer = query(app, contract, identity, f"/{other}", headers=headers(contract, asking))
                shown = contract.lifecycle.read(answer.json()) is not None
                assert shown == ((other, asking) == (name, key)), (name, key, other, asking)


def test_a_scenario_for_one_provider_leaves_the_others_alone() -> None:
    app = serve()
    assert control(app, "/scenario", {"name": "never-ending", "provider": NAMES[0], "count": None}).status_code == 200
    made = {name: create(app, load_contract(name), f"/{name}") for name in NAMES}
    asyncio.run(app.advance(10_000))
    for name, identity in made.items():
        status = load_contract(name).lifecycle.read(query(app, load_contract(name), identity, f"/{name}").json())
        assert status is not None
        assert status.status_class.terminal == (name != NAMES[0])


# -- the control plane ------------------------------------------------------------------------------------------------


def test_health_clock_and_tables() -> None:
    app = serve()
    assert control(app, "/health").json() == {"status": "ok", "providers": list(NAMES)}
    assert control(app, "/clock").json() == {"now": START, "speed": 1.0, "manual": True}
    assert control(app, "/clock/advance", {"seconds": 60}).json() == {"now": START + 60}
    assert control(app, "/clock/advance", {"seconds": 0.5}).json() == {"now": START + 60.5}
    shown = control(app, "/scenario").json()
    assert shown["scenarios"] == SCENARIOS
    assert shown["default"] == dict.fromkeys(NAMES, "success")
    for deviations in control(app, "/deviation").json().values():
        assert deviations
        assert all(each["about"] and each["breaks"] for each in deviations.values())


def test_a_scenario_by_name_and_count() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    assert control(app, "/scenario", {"name": "failure", "count": 2}).json() == {
        "scenario": "failure",
        "providers": ["evolink"],
    }
    made = [create(app, contract) for _ in range(3)]
    control(app, "/clock/advance", {"seconds": 1000})
    assert [query(app, contract, identity).json()["status"] for identity in made] == ["failed", "failed", "completed"]


def test_a_deviation_by_name() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    name = next(iter(control(app, "/deviation").json()["evolink"]))
    assert control(app, "/deviation", {"name": name}).json() == {"deviation": name, "providers": ["evolink"]}
    assert app.providers["evolink"].deviation is not None
    control(app, "/deviation", {"name": None})
    assert app.providers["evolink"].deviation is None


def test_tasks_journal_and_reset() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    made = [create(app, contract), create(app, contract, key=OTHER_KEY)]
    query(app, contract, made[0])
    tasks = control(app, "/tasks").json()
    assert tasks["count"] == 2
    assert [(task["id"], task["account"], task["class"]) for task in tasks["tasks"]] == [
        (made[0], "good", "queued"),
        (made[1], "other", "queued"),
    ]
    assert [task["id"] for task in control(app, "/tasks?limit=1").json()["tasks"]] == made[1:]
    journal = control(app, "/journal").json()
    assert journal["count"] == 3
    assert [(entry["method"], entry["status"], entry["task"]) for entry in journal["entries"]] == [
        ("POST", 200, made[0]),
        ("POST", 200, made[1]),
        ("GET", 200, made[0]),
    ]
    assert orjson.loads(journal["entries"][0]["body"]) == next(iter(contract.models.values())).base
    assert control(app, "/journal?limit=0").json() == {"count": 3, "entries": []}
    assert control(app, "/callbacks").json() == {"deliveries": []}
    assert control(app, "/reset", {}).json() == {"reset": True}
    assert control(app, "/tasks").json()["count"] == control(app, "/journal").json()["count"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_journal_holds_no_keys(name: str) -> None:
    contract = load_contract(name)
    app = serve(contract)
    identity = create(app, contract)
    query(app, contract, identity)
    query(app, contract, identity, headers=headers(contract, "sk-a-mistyped-secret"))
    shown = control(app, "/journal").text
    assert identity in shown
    assert GOOD_KEY not in shown
    assert "secret" not in shown


def test_the_journal_does_not_hold_a_key_in_the_query(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "query", "name": "key"}
    app = serve(load_tree(tree))
    assert ask(app, "GET", f"/jobs?key={GOOD_KEY}").status_code == 200
    assert GOOD_KEY not in control(app, "/journal").text


def test_the_journal_is_bounded_in_length_and_depth() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    app.journal.__init__(3)  # type: ignore[misc]
    for size in (10, 100_000, 100, 1000):
        ask(app, "POST", "/v1/videos/generations", content=b"x" * size, headers=headers(contract))
    assert [len(entry.body) for entry in app.journal] == [4096, 100, 1000]


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/clock/advance", {}, "`seconds` must be a number"),
        ("/clock/advance", {"seconds": "60"}, "`seconds` must be a number"),
        ("/clock/advance", {"seconds": True}, "`seconds` must be a number"),
        ("/clock/advance", {"seconds": -1}, "moves forward"),
        ("/clock/advance", {"seconds": 1e12}, "moves forward"),
        ("/clock/advance", {"seconds": 10**400}, "too large"),
        ("/clock/advance", [], "must be a JSON object"),
        ("/scenario", {}, "`name` is missing"),
        ("/scenario", {"name": 5}, "`name` is missing"),
        ("/scenario", {"name": "sucess"}, "unknown scenario 'sucess'"),
        ("/scenario", {"name": "success", "count": 0}, "`count` must be a positive integer"),
        ("/scenario", {"name": "success", "count": True}, "`count` must be a positive integer"),
        ("/scenario", {"name": "success", "count": 1.5}, "`count` must be a positive integer"),
        ("/scenario", {"name": "success", "count": "2"}, "`count` must be a positive integer"),
        ("/scenario", {"name": "success", "provider": "evolnk"}, "unknown provider 'evolnk'"),
        ("/scenario", {"name": "success", "provider": ["evolink"]}, "unknown provider"),
        ("/scenario", {"name": "success", "provider": {}}, "unknown provider"),
        ("/deviation", {"name": "nosuch-deviation"}, "unknown deviation"),
        ("/deviation", {"name": 5}, "unknown deviation"),
    ],
)
def test_bad_orders_change_nothing(path: str, body: Any, what: str) -> None:
    app = serve()
    answer = control(app, path, body)
    assert answer.status_code == 400
    assert what in answer.json()["error"]
    assert app.clock.now() == START
    for mock in app.providers.values():
        assert not mock.scheduled
        assert mock.deviation is None
        assert mock.scenario.name == "success"


def test_near_misses_are_suggested() -> None:
    app = serve()
    assert control(app, "/scenario", {"name": "sucess"}).json()["hint"] == "did you mean success?"
    assert (
        control(app, "/scenario", {"name": "success", "provider": "evolnk"}).json()["hint"] == "did you mean evolink?"
    )


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"nan", b"5"])
def test_bodies_that_are_no_orders(body: bytes) -> None:
    answer = ask(serve(), "POST", "/_screentest/clock/advance", content=body)
    assert answer.status_code == 400


def test_limits_must_be_numbers() -> None:
    app = serve()
    for limit in ("x", "-1", "1.5", "", "²", "9" * 5000):
        for path in ("/tasks", "/journal"):
            assert control(app, f"{path}?limit={limit}").status_code == 400, (path, limit)
    assert control(app, "/tasks?limit=5").status_code == 200


def test_unknown_orders_and_methods() -> None:
    app = serve()
    assert control(app, "/nosuch").status_code == 404
    assert ask(app, "DELETE", "/_screentest/reset").status_code == 405


def test_a_real_clock_is_not_steered() -> None:
    app = serve(clock=RealClock(60))
    answer = control(app, "/clock/advance", {"seconds": 5})
    assert answer.status_code == 400
    assert "start with --clock manual" in answer.json()["error"]
    assert control(app, "/clock").json()["speed"] == 60


ORDERS = ["/health", "/clock", "/scenario", "/deviation", "/tasks", "/journal", "/callbacks"]


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.2", "8.8.8.8", "::2", "fe80::1", "::ffff:10.0.0.1"])
def test_strangers_are_kept_out(address: str) -> None:
    app = serve()
    for path in ORDERS:
        assert control(app, path, client=address).status_code == 403
    assert control(app, "/reset", {}, client=address).status_code == 403
    assert control(app, "/clock/advance", {"seconds": 5}, client=address).status_code == 403
    assert app.clock.now() == START


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_is_let_in(address: str) -> None:
    assert control(serve(), "/health", client=address).status_code == 200


def test_a_token_opens_and_only_a_token() -> None:
    app = serve(control_token="tokén")
    for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}, {"authorization": "tok"}):
        assert control(app, "/health", headers=given).status_code == 403
    for address in ("127.0.0.1", "10.0.0.5"):
        given = [(b"authorization", "Bearer tokén".encode())]
        assert control(app, "/health", headers=given, client=address).status_code == 200


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


def test_a_client_that_goes_away_while_sending_leaves_nothing() -> None:
    app = serve(load_contract("evolink"))
    gone = {"type": "http.disconnect"}
    for messages in ([gone], [chunk(b'{"model"', True), gone], [chunk(b"", True), chunk(b"{", True), gone]):
        assert asyncio.run(play(app, messages)) == []
    assert len(app.journal) == 0
    assert len(app.providers["evolink"].store) == 0


def test_a_body_in_pieces_is_one_body() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    body = orjson.dumps(next(iter(contract.models.values())).base)
    fields = [(b"authorization", b"Bearer " + GOOD_KEY.encode()), (b"content-type", b"application/json")]
    pieces = [chunk(body[at : at + 7], True) for at in range(0, len(body), 7)] + [{"type": "http.request"}]
    sent = asyncio.run(play(app, pieces, headers=fields))
    assert sent[0]["status"] == 200
    assert len(app.providers["evolink"].store) == 1


def test_an_endless_body_is_read_and_not_kept() -> None:
    contract = load_contract("nexusflow")
    app = serve(contract)
    piece = b"x" * 1_000_000
    fields = [(b"authorization", b"Bearer " + GOOD_KEY.encode()), (b"content-type", b"application/json")]
    messages = [chunk(piece, True) for _ in range(60)] + [chunk(b"", False)]
    sent = asyncio.run(play(app, messages, headers=fields, path="/v1/tasks"))
    row = contract.error(Role.CREATE, "too-large")
    assert row is not None
    assert sent[0]["status"] == row.made.status
    assert sum(len(entry.body) for entry in app.journal) <= 4096


def test_dropped_and_truncated_answers() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    control(app, "/scenario", {"name": "lost-answer"})
    with pytest.raises(ConnectionDroppedError):
        create(app, contract)
    assert control(app, "/tasks").json()["count"] == 1
    assert control(app, "/journal").json()["entries"][-1]["status"] == 0
    control(app, "/scenario", {"name": "truncated-bytes"})
    identity = create(app, contract)
    asyncio.run(app.advance(1000))
    link = str(link_of(contract, query(app, contract, identity).json()))
    with pytest.raises(ConnectionDroppedError):
        ask(app, "GET", link)


def test_slow_answers_take_virtual_time() -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    control(app, "/scenario", {"name": "slow-answers:7"})
    identity = create(app, contract)
    assert app.clock.now() == START + 7
    query(app, contract, identity)
    assert app.clock.now() == START + 14


@pytest.mark.parametrize("host", [b"", b"\xff", b"mock.test:99999", b"[::1]:80", b"a b", b"x" * 10_000])
def test_any_host_header_is_answered(host: bytes) -> None:
    for app in (serve(), serve(load_contract("evolink"))):
        sent = asyncio.run(play(app, [chunk(b"{}", False)], headers=[(b"host", host)]))
        assert 400 <= sent[0]["status"] < 500
    sent = asyncio.run(play(serve(), [chunk(b"{}", False)], headers=[]))
    assert sent[0]["status"] == 404


@pytest.mark.parametrize(
    "path", ["/v1/tasks/%2F", "/v1/tasks/a%2Fb", "/v1/tasks/%", "/v1/tasks/%zz", "/v1/tasks/%00", "/v1/tasks/é"]
)
def test_any_path_is_answered_in_the_vendors_words(path: str) -> None:
    app = serve(load_contract("evolink"))
    fields = [(b"authorization", b"Bearer " + GOOD_KEY.encode())]
    more = {"method": "GET", "path": path, "raw_path": path.encode(), "headers": fields}
    sent = asyncio.run(play(app, [], **more))
    assert sent[0]["status"] in (400, 404)
    assert orjson.loads(sent[1]["body"])["error"]["code"]


def test_log_gets_every_request_of_a_vendor() -> None:
    seen: list[Any] = []
    contract = load_contract("evolink")
    app = serve(contract, log=seen.append)
    create(app, contract)
    control(app, "/health")
    assert [(entry.method, entry.status) for entry in seen] == [("POST", 200)]
