"""Operations are functions: the same call, account and task give the same answer and effects, and change nothing."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract
from screentest_mockserver.operations.access import caller_of
from screentest_mockserver.operations.asked import read_create
from screentest_mockserver.operations.callbacks import callbacks_of, is_due
from screentest_mockserver.operations.cancel import cancel
from screentest_mockserver.operations.content import check_content, check_link, content
from screentest_mockserver.operations.create import create
from screentest_mockserver.operations.find import asked_id, check_task
from screentest_mockserver.operations.list import list_tasks
from screentest_mockserver.operations.query import query
from screentest_mockserver.state.effects import TaskAdded, TaskChanged
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.tasks.scenario import Scenario
from screentest_mockserver.tasks.scenarios import scenario
from screentest_mockserver.tasks.task import Task, dump_task

MakeCall = Callable[..., Call]
BODY = b'{"model": "clip-1", "duration": 5, "callback_url": "https://hooks.example.com/1"}'


def make_task(call: MakeCall, follows: str = "success", at: float = 0.0) -> Task:
    made = call("make", BODY, at=at)
    asked = read_create(made, _operation(made), made.facts.good_account)
    _, (added,) = create(made, made.facts.good_account, asked, scenario(follows))
    assert isinstance(added, TaskAdded)
    return added.task


def _operation(call: Call) -> Any:
    assert call.operation is not None
    return call.operation


def test_a_create_gives_a_receipt_and_a_task(call: MakeCall) -> None:
    made = call("make", BODY)
    account = caller_of(made, _operation(made))
    asked = read_create(made, _operation(made), account)
    answer, effects = create(made, account, asked, scenario("success"))
    (added,) = effects
    assert isinstance(added, TaskAdded)
    assert orjson.loads(answer.body)["job"] == {"id": added.task.id, "state": "WAIT"}
    assert added.task.wanted[0] == 5
    assert [(due.at, due.stage) for due in added.callbacks] == [(made.now + added.task.plan.end, None)]


def test_a_query_changes_nothing(call: MakeCall) -> None:
    task = make_task(call)
    before = dump_task(task)
    asked = call("look", at=50)
    answers = [query(asked, _operation(asked), task, frozenset()) for _ in range(2)]
    assert orjson.loads(answers[0][0].body)["state"] == "RUN"
    assert answers[0][0].body == answers[1][0].body
    assert answers[0][1] == ()
    assert dump_task(task) == before


def test_a_fault_that_is_due_refuses_a_query(call: MakeCall) -> None:
    task = make_task(call, "rate-limited:1")
    asked = call("look", at=50)
    with pytest.raises(Refusal) as refusal:
        query(asked, _operation(asked), task, frozenset({"query"}))
    assert refusal.value.condition == "rate-limited"
    assert query(asked, _operation(asked), task, frozenset())[0].status == 200


def test_a_cancel_gives_another_plan_and_leaves_the_task_to_its_keeper(call: MakeCall, small: Contract) -> None:
    task = make_task(call)
    before = dump_task(task)
    asked = call("stop", at=10)
    assert small.cancel is not None
    answer, (changed,) = cancel(asked, small.cancel, task)
    assert isinstance(changed, TaskChanged)
    assert orjson.loads(answer.body)["state"] == "STOPPED"
    assert (changed.task_id, changed.plan.end) == (task.id, 10)
    assert [due.at for due in changed.callbacks] == [asked.now]
    assert dump_task(task) == before
    with pytest.raises(Refusal, match="not-cancellable"):
        cancel(call("stop", at=1000), small.cancel, task)


def test_a_list_shows_what_it_is_given(call: MakeCall, small: Contract) -> None:
    tasks = [make_task(call, at=number) for number in range(3)]
    asked = call("all", at=500)
    assert small.listing is not None
    answer, effects = list_tasks(asked, _operation(asked), small.listing, tasks[::-1])
    assert [job["id"] for job in orjson.loads(answer.body)["jobs"]] == [tasks[2].id, tasks[1].id]
    assert effects == ()


def test_the_bytes_of_a_task_that_succeeded(call: MakeCall) -> None:
    task = make_task(call)
    with pytest.raises(Refusal, match="not-ready"):
        check_content(call("bytes", at=10), task)
    asked = call("bytes", at=200)
    state = check_content(asked, task)
    check_link(asked, task, state, _operation(asked).role)
    answer, effects = content(asked, task, state, _operation(asked).role, frozenset())
    assert answer.body[4:8] == b"ftyp"
    assert effects == ()
    with pytest.raises(Refusal, match="link-expired"):
        check_link(call("bytes", at=100 + 3601), task, state, _operation(asked).role)


def test_whose_task_it_is(call: MakeCall) -> None:
    task, asked = make_task(call), call("look")
    other = asked.facts.accounts_by_name["other"]
    assert asked_id(asked.request, _operation(asked), "job%2F1") == "job/1"
    assert check_task(asked, _operation(asked), task.account, task.id, task) is task
    with pytest.raises(Refusal, match="foreign-task"):
        check_task(asked, _operation(asked), other, task.id, task)
    shared = call("look", hooks=Hooks(shares=True))
    assert check_task(shared, _operation(shared), other, task.id, task) is task


def test_whether_a_callback_is_due(call: MakeCall) -> None:
    task = make_task(call)
    (due,) = callbacks_of(call("make"), task)
    assert is_due(call("look", at=99), due) is None
    assert is_due(call("look", at=100), due) == "succeeded"
    assert is_due(call("look", at=100, hooks=Hooks(callback=lambda task, attempt: False)), due) is None


def test_scenarios_are_values() -> None:
    assert scenario("slow:3") == Scenario("slow:3", scenario("slow").about, pace=3.0)
