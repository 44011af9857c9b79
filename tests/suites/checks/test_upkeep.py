"""How long tasks are kept, and how they are cancelled and deleted."""

from dataclasses import replace
from typing import Any

import pytest

from screentest_mockserver.tasks.scenarios import scenario
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.conftest import changed
from tests.suites.checks.findings import failure, passed, refused

CREATE = 'POST /jobs {"model":"clip-1"}: 200'


def after_base(made: Any) -> int:
    """How many exchanges the task took that all checks share."""
    made.session.any_model()
    return len(made.wire.log)


# -- retention ----------------------------------------------------------------------------------------------------


def test_a_task_is_looked_at_just_before_its_time_is_up(bench: Any) -> None:
    made = bench()
    before = after_base(made)
    assert passed(made.judge("query.retention")) == 1
    assert made.lines()[before:] == [CREATE, "GET /jobs/#2: 200"]
    assert made.wire.slept[-1] == 7195


def test_a_task_that_is_gone_too_soon(bench: Any, tools: Any) -> None:
    before = after_base(bench())
    made = bench(alter=tools.on("look", first=1 + sum("GET /jobs/#1:" in each for each in lines(bench)), status=404))
    finding = made.judge("query.retention")
    assert failure(finding) == ("answered 404 after 7195 s", "the task, for 7200 s", [200, 404])
    assert [each.sent.operation for each in finding.evidence[0].exchanges] == ["make", "look"]
    assert len(made.wire.log) == before + 2


def lines(bench: Any) -> list[str]:
    """What the shared task is asked."""
    made = bench()
    after_base(made)
    return made.lines()  # type: ignore[no-any-return]


def test_retention_is_seen_in_virtual_time_only(bench: Any, tools: Any) -> None:
    made = bench(remote=True)
    assert tools.is_skip(made.judge("query.retention"), Skip.NEEDS_CLOCK)
    made = bench()
    requirement = made.requirement("query.retention")
    made.session.contract = replace(made.contract, retention=None)
    assert tools.is_skip(REGISTRY["retention"](made.session, requirement), Skip.NEEDS_CLOCK)
    assert made.wire.log == []


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("name", ["query.retention", "cancel.works", "cancel.deletes"])
def test_without_a_task_nothing_is_seen(name: str, first: int, bench: Any, tools: Any) -> None:
    made = bench(deleting, alter=refused(tools, first))
    assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED)
    assert made.lines()[-1] == CREATE.replace("200", "422")


# -- cancelling ---------------------------------------------------------------------------------------------------


def deleting(tree: Any) -> None:
    """Queued tasks are cancelled, ended ones deleted."""
    tree["x-task"]["cancel"].update({"from": ["queued"], "deletes": ["succeeded", "failed"]})


def deleting_queued(tree: Any) -> None:
    tree["x-task"]["cancel"].update({"from": [], "deletes": ["queued", "succeeded"]})


def test_a_fresh_task_is_cancelled_and_says_so(bench: Any) -> None:
    made = bench()
    before = after_base(made)
    assert passed(made.judge("cancel.works")) == 2
    assert made.lines()[before:] == [CREATE, "GET /jobs/#2: 200", "POST /jobs/#2/cancel: 202", "GET /jobs/#2: 200"]
    assert made.wire.log[-1].json["state"] == "STOPPED"


def test_a_cancel_that_is_refused(bench: Any, tools: Any) -> None:
    still = looked({"at": {"/state": "RUN"}}, True, tools, bench)
    made = bench(alter=tools.both(tools.on("stop", status=409), still))
    finding = made.judge("cancel.works")
    assert failure(finding) == ("answered 409", "cancelled", [200, 409, 200])
    assert [each.sent.operation for each in finding.evidence[0].exchanges] == ["make", "stop", "look"]


def looked(changes: Any, last: bool, tools: Any, bench: Any) -> Any:
    """Changes the look before the cancel, or the one after it."""
    usual = sum(" /jobs/#1:" in each for each in lines(bench))
    number = usual + (2 if last else 1)
    return tools.on("look", first=number, last=number, **changes)


def test_a_task_that_had_ended_cannot_be_cancelled(bench: Any, tools: Any) -> None:
    late = "the task was already beyond cancelling"
    made = bench()
    made.wire.mock.scenario = scenario("immediate")
    assert tools.is_skip(made.judge("cancel.works"), Skip.NOT_OBSERVED, late)
    assert "cancel" not in made.lines()[-1]
    made = bench(alter=looked({"at": {"/state": "LIMBO"}}, False, tools, bench))
    assert tools.is_skip(made.judge("cancel.works"), Skip.NOT_OBSERVED, late)
    ended = looked({"at": {"/state": "DONE"}}, True, tools, bench)
    made = bench(alter=tools.both(tools.on("stop", status=409), ended))
    assert tools.is_skip(made.judge("cancel.works"), Skip.NOT_OBSERVED, late), "it ended in between"
    unknown = looked({"at": {"/state": "LIMBO"}}, True, tools, bench)
    made = bench(alter=tools.both(tools.on("stop", status=409), unknown))
    assert failure(made.judge("cancel.works"))[0] == "answered 409"


@pytest.mark.parametrize(
    ("state", "seen"), [("RUN", "RUN"), ("DONE", "DONE"), ("WAIT", "WAIT"), ("BAD", "BAD"), ("LIMBO", "None")]
)
def test_a_cancelled_task_that_goes_on(state: str, seen: str, bench: Any, tools: Any) -> None:
    made = bench(alter=looked({"at": {"/state": state}}, True, tools, bench))
    finding = made.judge("cancel.works")
    assert failure(finding) == (f"the status is then {seen}", "cancelled", [202, 200])
    assert [each.sent.operation for each in finding.evidence[0].exchanges] == ["stop", "look"]


@pytest.mark.parametrize(("times", "verdict"), [(1, "passed"), (2, "passed"), (100, "failed")])
def test_a_task_that_is_gone_may_have_ended_and_been_deleted(times: int, verdict: str, bench: Any) -> None:
    """In real time and where both are one operation: only what happens to three tasks is the server's doing."""
    gone: dict[str, int] = {}

    def alter(exchange: Exchange) -> Exchange:
        task = exchange.sent.url.rpartition("/jobs/")[2].partition("/")[0]
        if exchange.sent.operation == "stop" and len(gone) < times:
            gone[task] = 1
        if exchange.sent.operation != "look" or task not in gone:
            return exchange
        return changed(exchange, status=404, body={"error": {"code": "no-job", "message": f"No job {task}."}})

    made = bench(deleting, remote=True, poll_interval=50, alter=alter)
    finding = made.judge("cancel.works")
    assert finding.result == verdict
    assert len(gone) == min(times, 3)


def test_without_an_operation_nothing_is_cancelled(bench: Any, tools: Any) -> None:
    for name in ("cancel.works", "cancel.deletes"):
        made = bench(deleting)
        requirement = made.requirement(name)
        roles = {role: each for role, each in made.contract.roles.items() if role != "cancel"}
        made.session.contract = replace(made.contract, roles=roles)
        assert tools.is_skip(REGISTRY[requirement.kind](made.session, requirement), Skip.NOT_OBSERVED)
    made = bench(deleting)
    made.session.contract = replace(made.contract, cancel=None)
    late = "the task was already beyond cancelling"
    assert tools.is_skip(REGISTRY["cancel-works"](made.session, requirement), Skip.NOT_OBSERVED, late)
    assert tools.is_skip(REGISTRY["cancel-deletes"](made.session, requirement), Skip.NOT_OBSERVED)


# -- deleting -----------------------------------------------------------------------------------------------------


def test_an_ended_task_is_deleted(bench: Any) -> None:
    made = bench(deleting)
    before = after_base(made)
    assert passed(made.judge("cancel.deletes")) == 2
    states = [each.json.get("state") for each in made.wire.log[before + 1 : -2]]
    assert states.count("DONE") == 2, "followed to its end, and looked at once more"
    assert made.lines()[-2:] == ["POST /jobs/#2/cancel: 202", "GET /jobs/#2: 404"]


def test_a_queued_task_is_deleted_at_once(bench: Any) -> None:
    made = bench(deleting_queued)
    before = after_base(made)
    assert passed(made.judge("cancel.deletes")) == 2
    assert made.lines()[before:] == [CREATE, "GET /jobs/#2: 200", "POST /jobs/#2/cancel: 202", "GET /jobs/#2: 404"]


def test_a_task_in_another_class_is_not_deleted(bench: Any, tools: Any) -> None:
    for state in ("RUN", "LIMBO"):
        made = bench(deleting_queued, alter=looked({"at": {"/state": state}}, False, tools, bench))
        assert tools.is_skip(made.judge("cancel.deletes"), Skip.NOT_OBSERVED, "no task could be deleted")
        assert not any("/cancel" in each for each in made.lines())


def test_a_deletion_that_is_refused(bench: Any, tools: Any) -> None:
    made = bench(deleting_queued, alter=tools.on("stop", status=409))
    finding = made.judge("cancel.deletes")
    assert failure(finding) == ("answered 409 for a task that is WAIT", "deleted", [200, 409])
    assert made.lines()[-1] == "POST /jobs/#2/cancel: 409"


def test_a_deleted_task_that_is_still_shown(bench: Any, tools: Any) -> None:
    made = bench(
        deleting_queued, alter=looked({"status": 200, "body": {"ok": True, "state": "DONE"}}, True, tools, bench)
    )
    finding = made.judge("cancel.deletes")
    assert failure(finding) == ("it is still shown: 200", "an unknown task", [202, 200])
    assert [each.sent.operation for each in finding.evidence[0].exchanges] == ["stop", "look"]
    made = bench(deleting_queued, alter=looked({"status": 500}, True, tools, bench))
    assert passed(made.judge("cancel.deletes")) == 2
