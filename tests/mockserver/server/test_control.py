"""The control plane under `/_screentest/`, and the journal."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from tests.providers import FEW

from screentest_contracts import load_contract
from screentest_mockserver import RealClock
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.tasks.scenarios import SCENARIOS
from screentest_mockserver.wire.accounts import GOOD_KEY, OTHER_KEY

NAMES = FEW
START = 1_780_000_000
Serve = Callable[..., Any]


def test_health_clock_and_tables(serve: Serve) -> None:
    app = serve()
    assert app.control("/health").json() == {"status": "ok", "providers": list(NAMES)}
    assert app.control("/clock").json() == {"now": START, "speed": 1.0, "manual": True}
    assert app.control("/clock/advance", {"seconds": 60}).json() == {"now": START + 60}
    assert app.control("/clock/advance", {"seconds": 0.5}).json() == {"now": START + 60.5}
    shown = app.control("/scenario").json()
    assert shown["scenarios"] == SCENARIOS
    assert shown["default"] == dict.fromkeys(NAMES, "success")
    for deviations in app.control("/deviation").json().values():
        assert deviations
        assert all(each["about"] and each["breaks"] for each in deviations.values())


def test_the_longest_step(serve: Serve) -> None:
    app = serve()
    assert app.control("/clock/advance", {"seconds": 999_999_999.9999998}).status_code == 200


def test_a_scenario_by_name_and_count(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    assert app.control("/scenario", {"name": "failure", "count": 2}).json() == {
        "scenario": "failure",
        "providers": ["evolink"],
    }
    made = [app.create(contract) for _ in range(3)]
    app.control("/clock/advance", {"seconds": 1000})
    assert [app.query(contract, identity).json()["status"] for identity in made] == ["failed", "failed", "completed"]


def test_a_scenario_beyond_the_document_says_so(serve: Serve, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["errors"] = [row for row in tree["x-task"]["errors"] if row["condition"] != "rate-limited"]
    app = serve(load_tree(tree), load_contract("evolink"))
    answer = app.control("/scenario", {"name": "rate-limited"}).json()
    assert answer == {
        "scenario": "rate-limited",
        "providers": ["acme", "evolink"],
        "notes": [
            "acme documents no 'rate-limited' answer to a query: scenario rate-limited is a plain 429 with Retry-After"
        ],
    }
    refused = app.control("/scenario", {"name": "expired", "provider": "acme"})
    assert refused.status_code == 400
    assert refused.json()["error"] == "scenario 'expired': acme documents no status of a task that is expired"


def test_an_unknown_parameter_is_told(serve: Serve) -> None:
    app = serve(load_contract("evolink"))
    answer = app.control("/journal?limt=3")
    assert (answer.status_code, answer.json()["hint"]) == (400, "did you mean limit?")
    assert app.control("/health?_=1").status_code == 200
    assert app.control("/reset", {}).json() == {"reset": True}


def test_a_legal_variation_by_name(serve: Serve) -> None:
    app = serve(load_contract("evolink"))
    assert app.control("/deviation", {"name": "blanks-around"}).json()["deviation"] == "blanks-around"
    assert app.providers["evolink"].deviation is not None
    assert "did you mean blanks-around?" in app.control("/deviation", {"name": "blank-around"}).text


def test_a_deviation_by_name(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    name = next(iter(app.control("/deviation").json()["evolink"]))
    assert app.control("/deviation", {"name": name}).json() == {"deviation": name, "providers": ["evolink"]}
    assert app.providers["evolink"].deviation is not None
    app.control("/deviation", {"name": None})
    assert app.providers["evolink"].deviation is None


def test_tasks_journal_and_reset(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract)
    made = [app.create(contract), app.create(contract, key=OTHER_KEY)]
    app.query(contract, made[0])
    tasks = app.control("/tasks").json()
    assert tasks["count"] == 2
    assert [(task["id"], task["account"], task["class"]) for task in tasks["tasks"]] == [
        (made[0], "good", "queued"),
        (made[1], "other", "queued"),
    ]
    assert [task["id"] for task in app.control("/tasks?limit=1").json()["tasks"]] == made[1:]
    journal = app.control("/journal").json()
    assert journal["count"] == 3
    assert [(entry["method"], entry["status"], entry["task"]) for entry in journal["entries"]] == [
        ("POST", 200, made[0]),
        ("POST", 200, made[1]),
        ("GET", 200, made[0]),
    ]
    assert orjson.loads(journal["entries"][0]["body"]) == next(iter(contract.models.values())).base
    assert app.control("/journal?limit=0").json() == {"count": 3, "more": False, "entries": []}
    assert app.control("/callbacks").json() == {"deliveries": []}
    assert app.control("/reset", {}).json() == {"reset": True}
    assert app.control("/tasks").json()["count"] == app.control("/journal").json()["count"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_journal_holds_no_keys(serve: Serve, name: str) -> None:
    contract = load_contract(name)
    app = serve(contract)
    identity = app.create(contract)
    app.query(contract, identity)
    app.query(contract, identity, headers=app.headers(contract, "sk-a-mistyped-secret"))
    shown = app.control("/journal").text
    assert identity in shown
    assert GOOD_KEY not in shown
    assert "secret" not in shown


def test_the_journal_does_not_hold_a_key_in_the_query(serve: Serve, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "query", "name": "key"}
    app = serve(load_tree(tree))
    assert app.ask("GET", f"/jobs?key={GOOD_KEY}").status_code == 200
    assert GOOD_KEY not in app.control("/journal").text


def test_the_journal_is_bounded_in_length_and_depth(serve: Serve) -> None:
    contract = load_contract("evolink")
    app = serve(contract, store=MemoryStore(entries=3))
    for size in (10, 100_000, 100, 1000):
        app.ask("POST", "/v1/videos/generations", content=b"x" * size, headers=app.headers(contract))
    assert [len(entry.body) for entry in app.journal] == [4096, 100, 1000]


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/clock/advance", {}, "`seconds` must be a number"),
        ("/clock/advance", {"seconds": "60"}, "`seconds` must be a number"),
        ("/clock/advance", {"seconds": True}, "`seconds` must be a number"),
        ("/clock/advance", {"seconds": -1}, "moves forward"),
        ("/clock/advance", {"seconds": 1, "second": 2}, "unknown member `second`"),
        ("/clock/advance", {"secnds": 1}, "did you mean seconds?"),
        ("/scenario", {"name": "failure", "cuont": 3}, "did you mean count?"),
        ("/deviation", {"nmae": "never-ends"}, "did you mean name?"),
        ("/deviation", {"": 1}, "members: name, provider"),
        ("/reset", {"provider": "evolink"}, "this order is told nothing"),
        ("/reset", [], "must be a JSON object"),
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
def test_bad_orders_change_nothing(serve: Serve, path: str, body: Any, what: str) -> None:
    app = serve()
    answer = app.control(path, body)
    assert answer.status_code == 400
    assert what in answer.json()["error"] + answer.json().get("hint", "")
    assert app.clock.now() == START
    for mock in app.providers.values():
        assert not mock.scheduled
        assert mock.deviation is None
        assert mock.scenario.name == "success"


def test_near_misses_are_suggested(serve: Serve) -> None:
    app = serve()
    assert app.control("/scenario", {"name": "sucess"}).json()["hint"] == "did you mean success?"
    assert app.control("/scenario", {"name": "success", "provider": "evolnk"}).json()["hint"] == "did you mean evolink?"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"nan", b"5"])
def test_bodies_that_are_no_orders(serve: Serve, body: bytes) -> None:
    answer = serve().ask("POST", "/_screentest/clock/advance", content=body)
    assert answer.status_code == 400


def test_limits_must_be_numbers(serve: Serve) -> None:
    app = serve()
    for limit in ("x", "-1", "1.5", "", "²", "9" * 5000):
        for path in ("/tasks", "/journal"):
            assert app.control(f"{path}?limit={limit}").status_code == 400, (path, limit)
    assert app.control("/tasks?limit=5").status_code == 200


def test_unknown_orders_and_methods(serve: Serve) -> None:
    app = serve()
    assert app.control("/nosuch").status_code == 404
    assert app.ask("DELETE", "/_screentest/reset").status_code == 405


def test_a_real_clock_is_not_steered(serve: Serve) -> None:
    app = serve(clock=RealClock(60))
    answer = app.control("/clock/advance", {"seconds": 5})
    assert answer.status_code == 400
    assert "start with --clock manual" in answer.json()["error"]
    assert app.control("/clock").json()["speed"] == 60


ORDERS = ["/health", "/clock", "/scenario", "/deviation", "/tasks", "/journal", "/callbacks"]


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.2", "8.8.8.8", "::2", "fe80::1", "::ffff:10.0.0.1"])
def test_strangers_are_kept_out(serve: Serve, address: str) -> None:
    app = serve()
    for path in ORDERS:
        assert app.control(path, client=address).status_code == 403
    assert app.control("/reset", {}, client=address).status_code == 403
    assert app.control("/clock/advance", {"seconds": 5}, client=address).status_code == 403
    assert app.clock.now() == START


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_is_let_in(serve: Serve, address: str) -> None:
    assert serve().control("/health", client=address).status_code == 200


def test_a_token_opens_and_only_a_token(serve: Serve) -> None:
    app = serve(control_token="tokén")
    for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}, {"authorization": "tok"}):
        assert app.control("/health", headers=given).status_code == 403
    for address in ("127.0.0.1", "10.0.0.5"):
        given = [(b"authorization", "Bearer tokén".encode())]
        assert app.control("/health", headers=given, client=address).status_code == 200
