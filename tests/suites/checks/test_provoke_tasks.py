"""Conditions that need a task in some state: a fresh one, one that failed, ended, or is long gone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Role
from screentest_contracts.requirements import ErrorCase
from screentest_mockserver.tasks.scenarios import scenario
from screentest_suites.checks.provoke import provoke
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import refused

DOCUMENTS = Path(__file__).parents[2] / "documents"
ALL = "queued", "running", "succeeded", "failed", "cancelled"
CREATE = 'POST /jobs?mode=fast {"model":"clip-1"}'


def test_nothing_is_asked_of_a_create_that_was_refused_later(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, alter=refused(tools, key="good", first=3))
    made.session.ensure_base_tasks()
    for condition, role in (("not-ready", "result"), ("expired-task", "query"), ("link-expired", "content")):
        found = made.provoke(condition, Role(role))
        assert tools.is_skip(found, Skip.NOT_OBSERVED, "the create was not accepted")
    found = made.provoke("failed-task", Role.RESULT)
    assert tools.is_skip(found, Skip.NOT_OBSERVED, "the create was not accepted")
    assert tools.is_skip(made.provoke("server-error", Role.QUERY), Skip.NOT_OBSERVED)


def test_a_task_that_ended_too_soon_says_nothing_of_not_ready(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich)
    made.wire.mock.scenario = scenario("immediate")
    assert tools.is_skip(made.provoke("not-ready", Role.RESULT), Skip.NOT_OBSERVED, "the task had already ended")


def test_not_ready_is_asked_for_before_the_task_is_looked_at(rich: Any, bench: Any) -> None:
    made = bench(rich)
    made.session.ensure_base_tasks()
    before = len(made.wire.log)
    made.provoke("not-ready", Role.CONTENT)
    assert made.lines()[before:] == [f"{CREATE}: 200", "GET /jobs/#3/content: 409", "GET /jobs/#3: 200"]


def test_a_failed_task_is_made_by_the_mock_and_followed_to_its_end(rich: Any, bench: Any) -> None:
    made = bench(rich)
    made.session.ensure_base_tasks()
    before = len(made.wire.log)
    made.provoke("failed-task", Role.RESULT)
    first, *polls, last = made.wire.log[before:]
    assert first.json["job"]["state"] == "WAIT"
    assert polls[-1].json["state"] == "BAD"
    assert [each.json["state"] for each in polls].count("BAD") == 1, "it is not looked at any longer"
    assert last.status == 427


def test_elsewhere_a_failed_task_is_met_by_chance(rich: Any, bench: Any, tools: Any) -> None:
    lucky = bench(rich, remote=True, models=("clip-1",))
    assert tools.is_skip(lucky.provoke("failed-task", Role.RESULT), Skip.NOT_OBSERVED, "no task failed")
    made = bench(rich, remote=True, models=("clip-1",))
    made.wire.mock.schedule("success")
    made.wire.mock.schedule("failure", 2)
    assert made.lines(made.provoke("failed-task", Role.RESULT)) == ["GET /jobs/#2/result: 427"]
    for name in ("failure", "cancelled"):
        made = bench(rich, remote=True, models=("clip-1",))
        made.wire.mock.scenario = scenario(name)
        found = made.provoke("failed-task", Role.RESULT)
        if name == "failure":
            assert made.lines(found) == ["GET /jobs/#1/result: 427"], "the first of two"
        else:
            assert tools.is_skip(found, Skip.NOT_OBSERVED, "no task failed")


def test_a_task_whose_result_is_refused_has_failed(bench: Any) -> None:
    made = bench(DOCUMENTS / "queue.yaml", remote=True, models=("kite/text-to-video",))
    made.wire.mock.schedule("failure")
    (answer,) = made.provoke("failed-task", Role.RESULT)
    assert answer.status == 422
    first = made.session.shared(made.session.models[0])
    assert answer.sent.url.endswith(first.task_id)


@pytest.mark.parametrize(
    ("condition", "role", "seconds"), [("expired-task", Role.QUERY, 7200), ("link-expired", Role.CONTENT, 3600)]
)
def test_expiry_is_waited_for_with_room_for_the_task_itself(
    rich: Any, condition: str, role: Role, seconds: float, bench: Any, tools: Any
) -> None:
    made = bench(rich, task_timeout=100)
    answers = made.provoke(condition, role)
    assert made.wire.slept[-1] == seconds + 100 + 60
    assert {each.status for each in answers} == {tools.STATUSES[condition]}
    assert tools.is_skip(bench(rich, remote=True).provoke(condition, role), Skip.NEEDS_CLOCK)


def keeps(seconds: int | None) -> Any:
    def change(tree: Any) -> None:
        tree["x-task"].pop("retention")
        if seconds is not None:
            tree["x-task"]["retention"] = {"task": seconds, "from": "finished"}

    return change


def for_ever(tree: Any) -> None:
    del tree["x-task"]["link"]["life"]


def test_expiry_needs_a_documented_time(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, keeps(None))
    row = tools.row(made.contract, "expired-task")
    assert tools.is_skip(provoke(made.session, ErrorCase(Role.QUERY, row)), Skip.NEEDS_CLOCK)
    (answer,) = made.provoke("link-expired", Role.CONTENT)
    assert answer.status == 428
    assert tools.is_skip(bench(rich, for_ever).provoke("link-expired", Role.CONTENT), Skip.NEEDS_CLOCK)


def test_a_link_outlived_by_its_task_only(rich: Any, bench: Any, tools: Any) -> None:
    for seconds in (3600, 3599):
        found = bench(rich, keeps(seconds)).provoke("link-expired", Role.CONTENT)
        assert tools.is_skip(found, Skip.NOT_OBSERVED, "the task is gone before its link is")
    assert isinstance(bench(rich, keeps(3601)).provoke("link-expired", Role.CONTENT), list)


def test_ranges_are_asked_of_a_task_that_succeeded(rich: Any, bench: Any, tools: Any) -> None:
    made = bench(rich, remote=True)
    made.wire.mock.schedule("failure")
    assert made.lines(made.provoke("bad-range", Role.CONTENT)) == ["GET /jobs/#2/content: 416"]
    for name in ("failure", "never-ending", "cancelled"):
        made = bench(rich, remote=True)
        made.wire.mock.scenario = scenario(name)
        assert tools.is_skip(made.provoke("bad-range", Role.CONTENT), Skip.NOT_OBSERVED, "no task succeeded")


def cancels(classes: tuple[str, ...], deletes: tuple[str, ...] = ()) -> Any:
    def change(tree: Any) -> None:
        tree["x-task"]["cancel"] = {"from": list(classes), "deletes": list(deletes), "body": {"id": "{{id}}"}}

    return change


def beyond_cancelling(made: Any) -> Any:
    case = ErrorCase(Role.CANCEL, made.contract.error(Role.CANCEL, "not-cancellable"))
    return provoke(made.session, case)


def test_a_task_that_ended_where_it_can_be_cancelled_is_no_use(bench: Any) -> None:
    """A fresh one is polled until it runs: queued it can be cancelled, ended deleted."""
    made = bench(cancels(("queued",), ("succeeded", "failed", "cancelled")), poll_interval=10)
    (answer,) = beyond_cancelling(made)
    assert made.lines([answer]) == ["POST /jobs/#3/cancel: 409"]
    fresh = made.lines().index('POST /jobs {"model":"clip-1"}: 200', 1 + made.lines().index("GET /jobs/#2: 200"))
    assert made.lines()[fresh + 1 : -1] == ["GET /jobs/#3: 200"] * 4
    assert made.wire.slept[-3:] == [10, 10, 10], "queued for 25 s"


def test_a_task_that_runs_is_no_more_to_be_cancelled_than_one_that_ended(bench: Any) -> None:
    made = bench(cancels(("queued",)), poll_interval=10)
    answers = beyond_cancelling(made)
    assert [each.status for each in answers] == [409, 409]
    *_, shown, _cancelled = made.wire.log
    assert shown.json["state"] == "RUN", "the second is of a task that runs"


@pytest.mark.parametrize(("interval", "polls"), [(100, 3), (99, 4)])
def test_beyond_cancelling_is_not_waited_for_for_ever(interval: float, polls: int, bench: Any, tools: Any) -> None:
    made = bench(cancels(("queued", "running")), poll_interval=interval)
    made.wire.mock.scenario = scenario("never-ending")
    found = beyond_cancelling(made)
    assert tools.is_skip(found, Skip.NOT_OBSERVED, "no task was seen beyond cancelling")
    assert made.lines()[-polls - 1 :] == ['POST /jobs {"model":"clip-1"}: 200'] + ["GET /jobs/#3: 200"] * polls


def test_what_can_always_be_cancelled_or_deleted(bench: Any, tools: Any) -> None:
    made = bench(cancels(ALL[:2], ALL[2:]), poll_interval=50)
    found = beyond_cancelling(made)
    assert tools.is_skip(found, Skip.NOT_OBSERVED, "no task was seen beyond cancelling")
    assert made.wire.log[-1].json["state"] == "DONE", "and not looked at after its end"
    assert [each.json["state"] for each in made.wire.log[-2:]] == ["RUN", "DONE"]


def test_beyond_cancelling_needs_a_rule_and_a_task(bench: Any, tools: Any) -> None:
    made = bench()
    made.session.contract = replace(made.contract, cancel=None)
    assert tools.is_skip(beyond_cancelling(made), Skip.NOT_OBSERVED)
    assert made.wire.log == []
    made = bench(cancels(("queued",), ALL[2:]), alter=refused(tools, key="good", first=3))
    assert tools.is_skip(beyond_cancelling(made), Skip.NOT_OBSERVED, "the create was not accepted")


def test_a_method_that_no_operation_of_the_path_has(bench: Any, tools: Any) -> None:
    made = bench("openai")
    row = tools.row(made.contract, "unknown-task", condition="wrong-method")
    (answer,) = provoke(made.session, ErrorCase(Role.QUERY, row))
    assert answer.sent.method == "PUT", "DELETE deletes"
    for role in (Role.CREATE, Role.CONTENT):
        (answer,) = provoke(made.session, ErrorCase(role, row))
        assert answer.sent.method == "DELETE", "which other paths have"
