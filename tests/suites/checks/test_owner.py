"""Another account sees no task: neither by its id nor in a list."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, Skip
from tests.suites.checks.findings import failure, passed


def private(tree: Any) -> None:
    tree["x-task"]["promises"] = [{"name": "owner-only"}]


def owner_only(made: Any) -> Finding:
    (name,) = [each.id for each in requirements_of(made) if each.kind == "promise-owner-only"]
    return made.judge(name)  # type: ignore[no-any-return]


def requirements_of(made: Any) -> Any:
    from screentest_contracts.requirements import requirements

    return requirements(made.contract)


def list_owner(made: Any) -> Finding:
    return made.judge("auth.list.owner-only")  # type: ignore[no-any-return]


def test_another_account_is_refused_on_every_path(bench: Any) -> None:
    made = bench(private)
    made.session.any_model()
    before = len(made.wire.log)
    assert passed(owner_only(made)) == 5
    assert made.lines()[before:] == [
        "GET /jobs/#? as second: 404",
        'POST /jobs {"model":"clip-1"}: 200',
        "GET /jobs/#2 as second: 404",
        "GET /look?task_id=#2 as second: 404",
        'POST /look {"task_id":"#2"} as second: 404',
        "GET /jobs/#2/result as second: 404",
        "GET /jobs/#2/content as second: 404",
    ]


def test_a_key_that_nobody_knows_is_the_users_mistake(bench: Any) -> None:
    """All that such a key is refused proves nothing of what another account may see."""
    made = bench(private)
    made.wire.keys |= {"second": "sk-nobody"}
    reason = f"{Skip.NEEDS_SECOND_KEY}: the server does not know the key of the second account: it answered 401"
    assert owner_only(made).reason == list_owner(made).reason == reason


def test_who_promises_privacy_promises_it_of_lists(bench: Any) -> None:
    def lists_too(tree: Any) -> None:
        tree["x-task"]["promises"] = [{"name": "owner-only", "mark": "assumed"}, {"name": "list-owner-only"}]

    def without_list(tree: Any) -> None:
        private(tree)
        del tree["x-task"]["list"], tree["x-task"]["roles"]["list"]

    name = "auth.list.owner-only"
    levels = [made.requirement(name).level for made in (bench(private), bench(lists_too))]
    assert levels == ["MUST", "MUST"]
    assert bench(lists_too).requirement("auth.owner-only").level == "NOTE"
    assert name not in [each.id for each in requirements_of(bench(without_list))]


@pytest.mark.parametrize("which", [0, -1])
def test_another_account_sees_a_task_in_a_list(which: int, bench: Any) -> None:
    """A new task, or an older one."""

    def show(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "all":
            return exchange
        task = [each for each in made.wire.log if each.sent.operation == "make"][which].json["job"]["id"]
        return replace(exchange, body=orjson.dumps({"jobs": [{"id": "job-0"}, {"id": task}, {"id": "job-9"}]}))

    made = bench(private, alter=show)
    seen, expected, statuses = failure(list_owner(made))
    assert seen.startswith("/jobs lists job-")
    assert (expected, statuses) == ("the caller's own tasks only", [200, 200])
    assert made.lines()[-2:] == ['POST /jobs {"model":"clip-1"}: 200', "GET /jobs?limit=3 as second: 200"]


def test_a_list_of_others_is_no_matter(bench: Any, tools: Any) -> None:
    made = bench(private, alter=tools.on("all", body={"jobs": [{"id": "job-0"}, {}]}))
    assert passed(list_owner(made)) == 1
    made = bench(private, alter=tools.on("all", body={"jobs": "none"}))
    assert tools.is_skip(list_owner(made), Skip.NOT_OBSERVED, "nothing is listed")
    made = bench(private)
    made.session.contract = replace(made.contract, listing=None)
    assert tools.is_skip(list_owner(made), Skip.NOT_OBSERVED)


def test_no_task_is_paid_for_to_see_who_lists_it(bench: Any) -> None:
    made = bench(private)
    made.session.any_model()
    made.session.client.options = replace(made.session.options, metered=True)
    before = len(made.wire.log)
    assert passed(list_owner(made)) == 1
    assert made.lines()[before:] == ["GET /jobs/#? as second: 404", "GET /jobs?limit=3 as second: 200"]


@pytest.mark.parametrize(
    ("operation", "changes", "seen"),
    [
        ("lookByQuery", {"status": 200, "body": {"ok": True}}, "/look shows it: 200"),
        ("result", {"status": 200, "body": {"video": "x"}}, "/jobs/{task_id}/result shows it: 200"),
        ("bytes", {"status": 200, "body": b"mp4"}, "/jobs/{task_id}/content shows it: 200"),
        ("bytes", {"status": 206, "body": b"mp4"}, "/jobs/{task_id}/content shows it: 206"),
    ],
)
def test_another_account_gets_to_see_it(operation: str, changes: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench(private, alter=tools.on(operation, key="second", **changes))
    assert failure(owner_only(made)) == (seen, "a refusal", [changes["status"]])


@pytest.mark.parametrize(("operation", "status"), [("look", 206), ("bytes", 204), ("bytes", 302), ("bytes", 207)])
def test_what_shows_nothing_is_no_breach(operation: str, status: int, bench: Any, tools: Any) -> None:
    made = bench(private, alter=tools.on(operation, key="second", status=status, body={}))
    assert passed(owner_only(made)) == 5


def test_owners_need_two_keys_and_a_task(bench: Any, tools: Any) -> None:
    made = bench(private, remote=True)
    assert tools.is_skip(owner_only(made), Skip.NEEDS_SECOND_KEY)
    assert tools.is_skip(list_owner(made), Skip.NEEDS_SECOND_KEY)
    made = bench(private, alter=tools.on("make", status=422, body={}))
    assert tools.is_skip(owner_only(made), Skip.NOT_OBSERVED)
    assert tools.is_skip(list_owner(made), Skip.NOT_OBSERVED)
    assert made.lines() == ["GET /jobs/#? as second: 404", 'POST /jobs {"model":"clip-1"}: 422']
