"""Checks of idempotency keys: what they send, what they say of an answer that is altered, and when they say nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import REGISTRY, breaks, deviation
from screentest_suites.core.credential import SECOND
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Finding, Result, Skip
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget

SAME = "create.idempotent"
OTHER = "create.idempotent.other-key"
ACCOUNT = "create.idempotent.account"
TOLD = "create.idempotent.replayed"
LIFE = "create.idempotent.life"
CONFLICT = "error.create.idempotency-conflict"
OURS = [name for name in REGISTRY if "idempotency" in name or "replay-" in name]


def keyed(tree: Any) -> None:
    """Keys in a header, all that can be said of them, and a conflict with a status of its own."""
    told = {"header": "X-Told", "value": "yes"}
    tree["x-task"]["idempotency"] = {"header": "X-Once", "replayed": told, "life": 600}
    readings = {"status": 409, "body": {"error": {"code": "used", "message": "{{detail}}"}}}
    tree["x-task"]["errors"].append({"condition": "idempotency-conflict", "on": ["create"], "readings": readings})


def in_body(tree: Any) -> None:
    """Keys in the body instead."""
    tree["x-task"]["idempotency"] = {"at": "/token", "life": 600}
    tree["components"]["schemas"]["Clip"]["properties"]["token"] = {"type": "string", "minLength": 9}


def required(tree: Any) -> None:
    """No create without a key in a header."""
    keyed(tree)
    parameter = {"name": "x-once", "in": "header", "required": True, "schema": {"type": "string"}}
    tree["paths"]["/jobs"]["post"].setdefault("parameters", []).append(parameter)


def required_in_body(tree: Any) -> None:
    """No create without a key in its body."""
    in_body(tree)
    tree["components"]["schemas"]["Clip"]["required"].append("token")
    tree["x-task"]["models"]["clip-1"]["base"]["token"] = "an-example-key"


Alter = Callable[[Exchange], Exchange]


def after(count: int, tools: Any, **changes: Any) -> Alter:
    """Changes every answer to a create that has a key after the first `count` of them."""
    seen = 0

    def alter(exchange: Exchange) -> Exchange:
        nonlocal seen
        if exchange.sent.operation != "make" or not any(name == "X-Once" for name, _ in exchange.sent.headers):
            return exchange
        seen += 1
        altered: Exchange = tools.changed(exchange, **changes) if seen > count else exchange
        return altered

    return alter


def keys(exchanges: list[Exchange]) -> list[str | None]:
    """The keys of creates, as letters in the order in which they are met."""
    found: dict[str, str] = {}
    shown: list[str | None] = []
    for each in exchanges:
        if each.sent.operation == "make":
            key = next((value for name, value in each.sent.headers if name == "X-Once"), None)
            shown.append(None if key is None else found.setdefault(key, "abcdefgh"[len(found)]))
    return shown


def said(finding: Finding) -> str:
    assert finding.result is Result.FAILED
    return finding.reason


def test_what_is_sent(bench: Any) -> None:
    made = bench(keyed)
    for name in (SAME, OTHER, ACCOUNT, TOLD, LIFE):
        assert made.judge(name).result is Result.PASSED, name
    assert keys(made.wire.log) == [None, "a", "a", "b", "a", "c", "c"], "the first is the task that checks share"
    assert [each.sent.credential for each in made.wire.log if each.sent.operation == "make"].count(SECOND) == 1
    bodies = {each.sent.body for each in made.wire.log if each.sent.operation == "make"}
    assert len(bodies) == 1


def test_a_conflict_is_the_same_key_with_another_valid_body(bench: Any) -> None:
    made = bench(keyed)
    (answer,) = made.provoke("idempotency-conflict")
    assert answer.status == 409
    assert keys(made.wire.log)[-2:] == ["a", "a"]
    one, two = [each.sent.body for each in made.wire.log if each.sent.operation == "make"][-2:]
    assert one != two
    assert made.judge(CONFLICT).result is Result.PASSED
    assert made.judge(f"{CONFLICT}.body").result is Result.PASSED


def test_a_second_task(bench: Any, tools: Any) -> None:
    finding = bench(keyed, alter=after(1, tools, at={"/job/id": "job-other"})).judge(SAME)
    assert said(finding).startswith("two tasks, 'job-")
    assert said(finding).endswith(" and 'job-other'")
    assert len(finding.evidence[0].exchanges) == 2


def test_a_repetition_that_is_refused(bench: Any, tools: Any) -> None:
    made = bench(keyed, alter=after(1, tools, status=409, body={"error": {"code": "used"}}))
    assert said(made.judge(SAME)) == "the second was answered 409"


def test_a_key_that_is_refused(bench: Any, tools: Any) -> None:
    made = bench(keyed, alter=after(0, tools, status=400, body={"error": {"code": "what"}}))
    assert said(made.judge(SAME)) == "a create with a key was answered 400"


@pytest.mark.parametrize("changes", [{"status": 500, "body": {}}, {"status": 0, "error": "reset", "body": b""}])
@pytest.mark.parametrize("count", [0, 1])
def test_a_server_in_trouble_says_nothing(bench: Any, tools: Any, changes: Any, count: int) -> None:
    finding = bench(keyed, alter=after(count, tools, **changes)).judge(SAME)
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "a create was not accepted")


def test_another_key_and_the_same_task(bench: Any, tools: Any) -> None:
    made = bench(keyed, alter=after(0, tools, at={"/job/id": "job-1"}))
    assert made.judge(SAME).result is Result.PASSED
    assert said(made.judge(OTHER)) == "another key gives the same task, 'job-1'"
    assert said(made.judge(ACCOUNT)) == "another account gives the same task, 'job-1'"


def test_another_account_that_is_refused_says_nothing(bench: Any, tools: Any) -> None:
    made = bench(keyed, alter=after(2, tools, status=402, body={"error": {"code": "poor"}}))
    for name in (OTHER, ACCOUNT):
        assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED, "a create was not accepted")


def test_without_a_second_account_nothing_is_sent(bench: Any, tools: Any) -> None:
    made = bench(keyed, remote=True)
    assert tools.is_skip(made.judge(ACCOUNT), Skip.NEEDS_SECOND_KEY)
    assert made.wire.log == []


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (None, None, "the second answer: no header X-Told"),
        (None, "no", "the second answer: X-Told is 'no'"),
        ("yes", "yes", "the first answer has X-Told: yes too"),
        ("no", "yes", ""),
    ],
)
def test_how_a_repetition_tells_itself(bench: Any, first: str | None, second: str | None, reason: str) -> None:
    seen = []

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation == "make" and any(name == "X-Once" for name, _ in exchange.sent.headers):
            seen.append(exchange)
            value = first if len(seen) == 1 else second
            others = [pair for pair in exchange.headers if pair[0].lower() != "x-told"]
            return replace(exchange, headers=(*others, *([("X-Told", value)] if value else [])))
        return exchange

    finding = bench(keyed, alter=alter).judge(TOLD)
    assert finding.reason == reason
    assert finding.result is (Result.FAILED if reason else Result.PASSED)


def test_the_life_of_a_key_needs_a_clock(bench: Any, tools: Any) -> None:
    assert tools.is_skip(bench(keyed, remote=True).judge(LIFE), Skip.NEEDS_CLOCK)
    made = bench(keyed)
    made.judge(LIFE)
    assert 540 in made.wire.slept


def test_where_tasks_cost_money_none_of_this_is_sent(bench: Any) -> None:
    """The same rule as for `create.not-idempotent`: a repetition that is not noticed would be paid for."""
    made = bench(keyed, remote=True, metered=True)
    verdicts = {
        each.requirement.id: each for each in Judge(made.contract, made.target, made.session.options).verdicts()
    }
    for name in (SAME, OTHER, TOLD, CONFLICT):
        assert verdicts[name].result is Result.SKIPPED
        assert str(Skip.NEEDS_SPEND) in verdicts[name].finding.reason, name
    assert set(keys(made.wire.log)) == {None}


def test_an_ordinary_create_has_no_key(bench: Any) -> None:
    for change in (keyed, in_body):
        made = bench(change)
        made.session.create(made.session.models[0], made.session.models[0].base)
        (exchange,) = made.wire.log
        assert b"token" not in exchange.sent.body
        assert "X-Once" not in dict(exchange.sent.headers)


@pytest.mark.parametrize("change", [required, required_in_body])
def test_a_required_key_is_a_fresh_one_in_every_create(bench: Any, change: Any) -> None:
    made = bench(change)
    verdicts = list(Judge(made.contract, made.wire, Options(examples=30, task_timeout=300)).verdicts())
    assert not [(each.id, each.finding.reason) for each in verdicts if each.result in (Result.FAILED, Result.ERROR)]
    rule = made.contract.idempotency
    accepted = [each for each in made.wire.log if each.sent.operation == "make" and made.session.accepted(each)]
    repeats = ("create.idempotent", "error.create.idempotency")
    once = [each.sent for each in accepted if not each.sent.purpose.startswith(repeats)]
    used = [dict(each.headers)["X-Once"] if rule.at is None else rule.at.find(_json(each.body)) for each in once]
    assert len(used) > 10
    assert len(set(used)) == len(used)
    assert "an-example-key" not in used


def _json(body: bytes | None) -> Any:
    import json

    return json.loads(body or b"null")


def test_the_same_key_under_a_required_one_replaces_it(bench: Any) -> None:
    made = bench(required)
    model = made.session.models[0]
    made.session.create(model, model.base, idempotency="mine")
    assert [value for name, value in made.wire.log[0].sent.headers if name.lower() == "x-once"] == ["mine"]


# -- keys -------------------------------------------------------------------------------------------------------------


def test_keys_do_not_depend_on_the_order_between_threads(bench: Any) -> None:
    """A recording finds them again: what is asked is in them, and for what."""
    one, two = bench(keyed), bench(keyed)
    rule = one.contract.idempotency
    assert rule is not None
    keys, others = one.session.client.builder, two.session.client.builder
    mine = [keys.fresh_key(rule, "a requirement", asked) for asked in ("x", "y", "x", "y")]
    other = [others.fresh_key(rule, "a requirement", asked) for asked in ("y", "y", "x", "x")]
    assert sorted(mine) == sorted(other)
    assert len(set(mine)) == 4
    assert others.fresh_key(rule, "another requirement", "x") not in mine


def test_every_run_on_a_server_has_keys_of_its_own(bench: Any) -> None:
    assert bench(keyed).session.fresh_key() == bench(keyed).session.fresh_key(), (
        "a mock of one's own knows no other run"
    )
    assert bench(keyed, seed=1).session.fresh_key() != bench(keyed).session.fresh_key()
    assert bench(keyed, remote=True).session.fresh_key() != bench(keyed, remote=True).session.fresh_key()


@pytest.mark.parametrize("change", [required, required_in_body])
def test_what_was_asked_ahead_is_known_whatever_its_key(bench: Any, change: Any) -> None:
    session = bench(change, remote=True, metered=True).session
    model, identity = session.models[0], session.client.builder.identity
    identities = {identity(session.request(model.operations[0], body=model.base)) for _ in range(3)}
    assert len(identities) == 1
    bare = {name: value for name, value in model.base.items() if name != "token"}
    other = identity(session.request(model.operations[0], body={**bare, "prompt": "x"}))
    assert other not in identities
    if change is required_in_body:
        assert identity(session.request(model.operations[0], body=bare)) not in identities


# -- deviations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [keyed, in_body, required, required_in_body])
def test_every_deviation_is_caught_wherever_the_key_is(change: Any, variant: Any) -> None:
    contract: Contract = variant(change)
    ours = [name for name in OURS if breaks(REGISTRY[name], contract)]
    assert len(ours) == (9 if change in (keyed, required) else 4)
    for name in ours:
        target = EmbeddedTarget(contract)
        target.mock.deviation = deviation(name, contract)
        judge = Judge(contract, target, Options(examples=2))
        wanted = [each.id for each in requirements(contract) if each.id.startswith(("create.idempotent", CONFLICT))]
        failed = {each for each in wanted if judge.verdict(each).result is Result.FAILED}
        assert failed & set(breaks(REGISTRY[name], contract)), name
