"""Scenarios: each does what it says, and only for the tasks it was meant for."""

import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from tests.providers import FEW, known

from screentest_contracts import Contract, Role, UsageError
from screentest_mockserver.tasks.scenarios import SCENARIOS, scenario

CONTRACTS = {name: known(name) for name in FEW}


@pytest.fixture
def client(small: Contract, caller: Callable[..., Any]) -> Any:
    return caller(small)


def fate(client: Any, name: str, after: float) -> str:
    """The status that a new task under a scenario has after some seconds."""
    client.mock.schedule(name)
    identity = client.new()
    client.clock.advance(after)
    return client.status(identity)


@pytest.mark.parametrize(
    ("name", "after", "status"),
    [
        ("success", 99, "RUN"), ("success", 100, "DONE"),
        ("immediate", 0, "DONE"),
        ("failure", 99, "RUN"), ("failure", 100, "BAD"), ("failure:dim", 100, "BAD"),
        ("cancelled", 100, "STOPPED"),
        ("slow", 999, "RUN"), ("slow", 1000, "DONE"), ("slow:2", 199, "RUN"), ("slow:2", 200, "DONE"),
        ("slow:0.5", 50, "DONE"),
        ("never-ending", 9e8, "RUN"),
        ("truncated-bytes", 100, "DONE"), ("late-bytes", 100, "DONE"), ("slow-answers", 100, "DONE"),
    ],
)  # fmt: skip
def test_fates(client: Any, name: str, after: float, status: str) -> None:
    assert fate(client, name, after) == status


def test_reasons(client: Any) -> None:
    for name, reason in (("failure", "dull: Nobody would watch it."), ("failure:dim", "dim: Too dark.")):
        client.mock.schedule(name)
        identity = client.new()
        client.clock.advance(100)
        assert orjson.loads(client.query(identity).body)["why"] == reason


@pytest.mark.parametrize("name", FEW)
def test_every_documented_failure_can_be_had(name: str, caller: Callable[..., Any]) -> None:
    contract = CONTRACTS[name]
    client = caller(contract)
    for failure in contract.failures:
        client.mock.schedule(f"failure:{failure.code}")
        identity = client.new()
        client.clock.advance(10_000)
        status = contract.lifecycle.statuses[client.status(identity)]
        assert status.status_class == "failed"
        assert orjson.dumps(failure.message)[1:-1] in client.query(identity).body


def test_refused_polls_then_the_truth(client: Any) -> None:
    for name, statuses in {
        "rate-limited": [429, 429, 200],
        "rate-limited:1": [429, 200],
        "rate-limited:0": [200],
        "refuse-query": [429, 200],
        "refuse-query:missing-key": [401, 200],
    }.items():
        client.mock.schedule(name)
        identity = client.new()
        assert [client.query(identity).status for _ in statuses] == statuses, name
    client.mock.schedule("rate-limited")
    assert dict(client.query(client.new()).headers)[b"retry-after"] == b"3"


@pytest.mark.parametrize("name", FEW)
def test_server_errors_in_the_vendors_words(name: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    row = client.contract.error(Role.QUERY, "server-error")
    assert row is not None
    client.mock.schedule("server-errors")
    identity = client.new()
    answers = [client.query(identity) for _ in range(4)]
    assert [answer.status == row.made.status for answer in answers] == [True, True, True, False]
    assert row.made.body is not None
    assert row.made.body.mismatches(orjson.loads(answers[0].body)) == []


@pytest.fixture
def silent(small_tree: Any, load_tree: Any, caller: Callable[..., Any]) -> Any:
    """A client of a vendor who says nothing of 429 and 500."""
    tree = small_tree()
    tree["x-task"]["errors"] = [row for row in tree["x-task"]["errors"] if row["condition"] != "rate-limited"]
    return caller(load_tree(tree))


@pytest.mark.parametrize(
    ("name", "statuses", "retry_after"),
    [
        ("rate-limited", [429, 429, 200], b"1"),
        ("refuse-query", [429, 200], b"1"),
        ("server-errors", [500, 500, 500, 200], None),
        ("server-errors:1", [500, 200], None),
    ],
)
def test_plain_refusals_where_the_document_has_none(
    silent: Any, name: str, statuses: list[int], retry_after: bytes | None
) -> None:
    said = silent.mock.schedule(name)
    identity = silent.new()
    answers = [silent.query(identity) for _ in statuses]
    assert [answer.status for answer in answers] == statuses
    assert dict(answers[0].headers).get(b"retry-after") == retry_after
    assert f"a plain {statuses[0]}" in said
    assert "acme documents no" in said


@pytest.mark.parametrize(("name", "status"), [("rate-limited-create", 429), ("server-error-create", 500)])
def test_plain_refusals_of_creates(silent: Any, name: str, status: int) -> None:
    assert f"answer to a create: scenario {name} is a plain {status}" in silent.mock.schedule(name)
    assert [silent.create().status for _ in range(2)] == [status, 200]


def test_nothing_is_said_of_what_the_document_has(client: Any) -> None:
    assert [client.mock.schedule(name) for name in ("rate-limited", "failure", "slow")] == [None, None, None]


@pytest.mark.parametrize(
    "name", ["rate-limited-create", "rate-limited-create:3", "refuse-create:rate-limited", "refuse-create"]
)
def test_a_refused_create_makes_no_task(client: Any, name: str) -> None:
    times = 3 if name.endswith("3") else 1
    client.mock.schedule(name)
    for made in range(times):
        assert client.create().status == 429, made
        assert client.mock.store.count_tasks() == 0
    assert client.create().status == 200
    assert client.create().status == 200
    assert client.mock.store.count_tasks() == 2


def test_a_lost_answer_leaves_a_task_behind(client: Any) -> None:
    client.mock.schedule("lost-answer")
    assert client.create().drop
    assert client.mock.store.count_tasks() == 1
    assert not client.create().drop


def test_slow_answers_delay_everything_about_the_task(client: Any) -> None:
    client.mock.schedule("slow-answers:7")
    answer = client.create()
    identity = client.contract.id.at.find(orjson.loads(answer.body))
    client.clock.advance(100)
    delays = [answer.delay, client.query(identity).delay, client.on(Role.CONTENT, identity).delay]
    assert delays == [7, 7, 7]
    assert client.query(client.new()).delay == 0


def test_late_bytes(client: Any) -> None:
    client.mock.schedule("late-bytes:2")
    identity = client.new()
    client.clock.advance(100)
    assert [client.on(Role.CONTENT, identity).status for _ in range(4)] == [409, 409, 200, 200]
    client.mock.schedule("late-bytes")
    identity = client.new()
    client.clock.advance(100)
    assert [client.on(Role.CONTENT, identity).status for _ in range(5)] == [409, 409, 409, 200, 200]


def test_truncated_bytes(client: Any) -> None:
    client.mock.schedule("truncated-bytes")
    identity = client.new()
    client.clock.advance(100)
    answer = client.on(Role.CONTENT, identity)
    assert answer.cut is not None
    assert 0 < answer.cut < len(answer.body)
    assert client.query(identity).cut is None


def test_scheduled_scenarios_are_used_up_in_turn(client: Any) -> None:
    client.mock.schedule("failure", 2)
    client.mock.schedule("never-ending")
    made = [client.new() for _ in range(4)]
    client.clock.advance(100)
    assert [client.status(identity) for identity in made] == ["BAD", "BAD", "RUN", "DONE"]


def test_a_refused_request_uses_nothing_up(client: Any) -> None:
    client.mock.schedule("failure")
    assert client.create({"model": "clip-1", "duration": 99}).status == 422
    identity = client.new()
    client.clock.advance(100)
    assert client.status(identity) == "BAD"


def test_a_default_for_every_task(small: Contract, caller: Callable[..., Any]) -> None:
    client = caller(small, scenario_name="failure:dim")
    made = [client.new() for _ in range(3)]
    client.clock.advance(100)
    assert {client.status(identity) for identity in made} == {"BAD"}


def test_faults_belong_to_one_task(client: Any) -> None:
    client.mock.schedule("rate-limited:2")
    troubled, calm = client.new(), client.new()
    assert [client.query(each).status for each in (calm, troubled, calm, troubled, calm, troubled)] == [
        200,
        429,
        200,
        429,
        200,
        200,
    ]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("sucess", "unknown scenario 'sucess'", "did you mean success?"),
        ("rate-limit", "unknown scenario 'rate-limit'", "did you mean rate-limited?"),
        ("zzz", "unknown scenario 'zzz'", "scenarios: success, immediate"),
        ("", "unknown scenario ''", "scenarios: "),
        ("slow:x", "scenario argument 'x' is not a number", "for example slow:5"),
        ("slow:-1", "scenario argument '-1' is out of range", "use 0 to 1000000"),
        ("slow:nan", "scenario argument 'nan' is out of range", ""),
        ("slow:1000000.5", "scenario argument '1000000.5' is out of range", ""),
        ("slow:1e9", "scenario argument '1e9' is out of range", ""),
        ("expired", "scenario 'expired': acme documents no status of a task that is expired", "cancelled, failed"),
        ("failure:nope", "acme documents no failure 'nope'", "codes: dull, dim"),
        ("refuse-create:nope", "acme documents no refusal 'nope' of a create", "conditions: missing-key, invalid-body"),
        (
            "refuse-query:rate-limted",
            "acme documents no refusal 'rate-limted' of a query",
            "did you mean rate-limited?",
        ),
        ("refuse-query:not-ready", "acme documents no refusal 'not-ready' of a query", "conditions: "),
    ],
)
def test_mistakes_are_named(client: Any, name: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        client.mock.schedule(name)
    assert caught.value.message == message
    assert hint in caught.value.hint
    assert not client.mock.scheduled


def test_the_table_is_complete() -> None:
    for name, about in SCENARIOS.items():
        made = scenario(name)
        assert (made.name, made.about) == (name, about)
    assert (scenario("slow:3").pace, scenario("slow:1e6").pace) == (3, 1e6)
    assert (scenario("immediate").pace, scenario("slow-answers").delay) == (0, 2)
    assert scenario("never-ending").pace == math.inf
    assert not scenario("success").has_faults


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("scenario_name", SCENARIOS)
def test_every_scenario_runs_on_every_provider(name: str, scenario_name: str, caller: Callable[..., Any]) -> None:
    client = caller(CONTRACTS[name])
    ends = {end for profile in client.contract.profiles.values() for end in profile.outcomes}
    if scenario_name in ("cancelled", "expired") and scenario_name not in ends:
        with pytest.raises(UsageError, match="documents no status of a task that is"):
            client.mock.schedule(scenario_name)
        return
    if scenario_name in ("elsewhere-result", "signed-link", "stale-link") and name in ("tokenbay", "newapi"):
        with pytest.raises(UsageError, match="the result's address is one of its API"):
            client.mock.schedule(scenario_name)
        return
    if scenario_name.endswith("-callbacks") and client.contract.callback is None:
        with pytest.raises(UsageError, match="it does not call back"):
            client.mock.schedule(scenario_name)
        return
    if (scenario_name, name) == ("ignored-range", "tokenbay"):
        with pytest.raises(UsageError, match="it documents that ranges are answered"):
            client.mock.schedule(scenario_name)
        return
    client.mock.schedule(scenario_name)
    for _ in range(4):
        client.create()
        if client.mock.store.count_tasks():
            break
        client.clock.advance(60)
    identity = client.mock.tasks()[0].id
    for _ in range(6):
        client.query(identity)
        client.clock.advance(1000)
    if scenario_name in ("lost-task", "unknown-end"):
        assert client.contract.lifecycle.read(orjson.loads(client.query(identity).body)) is None
        return
    ended = client.contract.lifecycle.statuses[client.status(identity)].status_class.terminal
    assert ended == (scenario_name != "never-ending")
