"""Callbacks: the task that asks for them, how long they are waited for, and what is seen of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts import StatusClass
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.verdicts import Result, Skip
from screentest_suites.targets.callback_port import Mailbox, Received
from tests.suites.checks.findings import failure, passed, refused

Tamper = Callable[[list[Received]], list[Received]]


class Tampered(Mailbox):
    """A mailbox of which a test changes what has arrived."""

    def __init__(self, tamper: Tamper) -> None:
        super().__init__("https://hooks.example.com")
        self.tamper = tamper

    def received(self, address: str) -> list[Received]:
        return self.tamper(super().received(address))


def calling(bench: Any, *changes: Any, tamper: Tamper = list, remote: bool = False, **options: Any) -> Any:
    """A bench that polls each 50 s; the tasks take 100 s, and `tamper` changes which callbacks are seen."""
    made = bench(*changes, poll_interval=50, remote=remote, **options)
    made.wire.callbacks = made.wire.mailbox = Tampered(tamper)
    if remote:
        made.target.callbacks = made.wire.callbacks
    return made


def nothing(received: list[Received]) -> list[Received]:
    return []


def told(state: str) -> Tamper:
    """Every callback speaks of this status."""
    return lambda received: [replace(each, body=orjson.dumps({"state": state})) for each in received]


SUCCEEDED, FAILED = "callback.delivered.succeeded", "callback.delivered.failed"
EVERY = SUCCEEDED, FAILED, "callback.body", "callback.method", "callback.once", "callback.retries"


def body_with(made: Any) -> str:
    return next(each.sent.body.decode() for each in made.wire.log if b"hooks" in (each.sent.body or b""))


def test_a_task_with_an_address_is_run_to_its_end_and_a_little_beyond(bench: Any) -> None:
    made = calling(bench)
    assert passed(made.judge(SUCCEEDED)) == 1
    assert body_with(made) == '{"model":"clip-1","callback_url":"https://hooks.example.com/callback/1"}'
    assert [each.json.get("state") for each in made.wire.log] == [None, "WAIT", "RUN", "DONE", "DONE"]
    assert made.wire.slept == [50, 50, 2.0], "as long as the wait for the first retry, and a second"
    count = len(made.wire.log)
    for name in ("callback.body", "callback.method", "callback.once"):
        assert passed(made.judge(name)) == 1
    assert len(made.wire.log) == count, "one task for all"


def test_a_failed_task_calls_back_too(bench: Any) -> None:
    made = calling(bench)
    assert passed(made.judge(FAILED)) == 1
    assert made.wire.log[-1].json["state"] == "BAD"
    assert len(made.wire.callbacks.arrived) == 1
    assert passed(made.judge(SUCCEEDED)) == 1, "and is not taken for one that succeeded"
    assert made.wire.log[-1].json["state"] == "DONE"


@pytest.mark.parametrize(("name", "state"), [(SUCCEEDED, "DONE"), (FAILED, "BAD")])
def test_a_callback_that_does_not_come(name: str, state: str, bench: Any) -> None:
    made = calling(bench, tamper=nothing)
    finding = made.judge(name)
    wanted = name.rpartition(".")[2]
    assert failure(finding) == ("no callback came", f"one after the task has {wanted}", [200, 200])
    created, last = finding.evidence[0].exchanges
    assert created.sent.operation == "make"
    assert last is made.wire.log[-1]
    assert last.json["state"] == state
    assert sum(made.wire.slept) == pytest.approx(100 + 15 + 2, abs=0.2)
    for other in ("body", "method", "once", "retries"):
        assert made.judge(f"callback.{other}").reason == "not observed"


def test_late_callbacks_are_counted(bench: Any) -> None:
    def late(received: list[Received]) -> list[Received]:
        return received if made.wire.now() >= started + 114 else []

    made = calling(bench, tamper=late)
    started = made.wire.now()
    assert passed(made.judge(SUCCEEDED)) == 1
    assert sum(made.wire.slept) == pytest.approx(100 + 14 + 2, abs=0.2)


@pytest.mark.parametrize(("took", "late"), [(4.9, False), (5.0, True)])
def test_a_callback_whose_sender_may_have_given_us_up(took: float, late: bool, bench: Any) -> None:
    """Five seconds the document's vendor waits for an answer, and then comes again: rightly."""

    def slow(received: list[Received]) -> list[Received]:
        return [replace(each, took=took) for each in received] * 2

    found = calling(bench, tamper=slow).judge("callback.once")
    said = "asked too late: a callback may have waited 5.0 s for us, and its sender waits 5 s"
    assert found.reason == (said if late else "2 callbacks came")


def no_retries(tree: Any) -> None:
    tree["x-task"]["callback"]["retries"] = []


def test_without_retries_a_second_is_enough(bench: Any) -> None:
    made = calling(bench, no_retries)
    assert passed(made.judge(SUCCEEDED)) == 1
    assert made.wire.slept == [50, 50, 1]


@pytest.mark.parametrize("name", EVERY)
def test_without_an_address_nothing_can_be_said(name: str, bench: Any, tools: Any) -> None:
    made = bench(remote=True)
    assert tools.is_skip(made.judge(name), Skip.NEEDS_CALLBACK)
    assert made.wire.log == []


def test_a_server_that_is_not_steered_is_asked_for_a_success_only(bench: Any, tools: Any) -> None:
    made = calling(bench, remote=True)
    skip = tools.is_skip(made.judge(FAILED), Skip.NOT_OBSERVED, "no task failed that had a callback address")
    assert skip
    assert made.wire.log == []
    assert passed(made.judge(SUCCEEDED)) == 1


def test_an_address_that_is_refused(bench: Any, tools: Any) -> None:
    made = calling(bench, alter=refused(tools))
    said = "https://hooks.example.com/callback/1 was refused with 422"
    assert tools.is_skip(made.judge(SUCCEEDED), Skip.NEEDS_CALLBACK, said)
    assert len(made.wire.log) == 1


def deaf(tree: Any) -> None:
    """The first of two models takes no address."""
    clip = tree["components"]["schemas"]["Clip"]
    without = {name: each for name, each in clip["properties"].items() if name != "callback_url"}
    tree["components"]["schemas"]["Deaf"] = {**clip, "properties": {**without, "model": {"const": "deaf-1"}}}
    tree["x-task"]["models"] = {"deaf-1": {"schema": "Deaf", "base": {"model": "deaf-1"}}, **tree["x-task"]["models"]}
    both = {"oneOf": [{"$ref": "#/components/schemas/Clip"}, {"$ref": "#/components/schemas/Deaf"}]}
    tree["paths"]["/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"] = both


def test_a_model_that_takes_an_address_is_chosen(bench: Any, tools: Any) -> None:
    made = calling(bench, deaf)
    assert passed(made.judge(SUCCEEDED)) == 1
    assert '"clip-1"' in body_with(made)
    made = calling(bench, deaf, models=("deaf-1",))
    assert tools.is_skip(made.judge(SUCCEEDED), Skip.NOT_OBSERVED, "no model takes a callback address")
    assert made.wire.log == []


def two_members(tree: Any) -> None:
    tree["components"]["schemas"]["Clip"]["properties"]["hook"] = {"type": "string"}
    tree["x-task"]["request"]["callback_url"] = ["/callback_url", "/hook"]


def test_the_address_goes_into_the_first_member_for_it(bench: Any) -> None:
    made = calling(bench, two_members)
    assert passed(made.judge(SUCCEEDED)) == 1
    assert '"callback_url"' in body_with(made)


def test_addresses_are_tried_although_tasks_cost_money(bench: Any) -> None:
    """Whoever gives an address for callbacks wants them judged."""
    made = calling(bench, metered=True)
    assert passed(made.judge(SUCCEEDED)) == 1


def test_a_callback_by_another_method(bench: Any) -> None:
    def put(received: list[Received]) -> list[Received]:
        return [*received, *(replace(each, method="PUT") for each in received)]

    made = calling(bench, tamper=put)
    finding = made.judge("callback.method")
    assert failure(finding) == ("a callback was a PUT", "POST", [200, 200])
    made = calling(bench, tamper=lambda received: [replace(each, method="post".upper()) for each in received * 2])
    assert passed(made.judge("callback.method")) == 2
    assert made.wire.slept == [50, 50, 2], "more than are waited for"
    made = calling(
        bench, tamper=lambda received: [replace(each, method=name) for each in received for name in ("GET", "PUT")]
    )
    assert failure(made.judge("callback.method"))[0] == "a callback was a GET"


def test_a_callback_with_another_body(bench: Any, tools: Any) -> None:
    made = calling(bench, tamper=lambda received: [replace(each, body=b"state=DONE") for each in received])
    finding = made.judge("callback.body")
    assert failure(finding) == ("the callback's body is not JSON: b'state=DONE'", "the query's body", [200, 200])
    assert finding.evidence[0].exchanges[1].sent.body == b"state=DONE", "what came is the evidence"
    made = calling(bench, tamper=told("DONE"))
    finding = made.judge("callback.body")
    seen, expected, shown = failure(finding)
    assert seen.startswith("the callback's body differs from the query's: /")
    assert expected == str(made.wire.log[-1].json)[:300]
    assert finding.evidence[0].exchanges[1].sent.body == b'{"state":"DONE"}'
    assert finding.evidence[0].exchanges[2] is made.wire.log[-1]
    assert shown == [200, 200, 200]
    assert len(str(made.wire.log[-1].json)) < 300
    made = calling(bench, tamper=told("DONE"), alter=tools.on("look", first=2, body={"long": "x" * 400}))
    assert len(failure(made.judge("callback.body"))[1]) == 300


def test_the_last_callback_is_compared(bench: Any) -> None:
    def first_wrong(received: list[Received]) -> list[Received]:
        return [*(replace(each, body=b"no") for each in received), *received]

    assert passed(calling(bench, tamper=first_wrong).judge("callback.body")) == 1
    last_wrong = calling(bench, tamper=lambda received: first_wrong(received)[::-1])
    assert last_wrong.judge("callback.body").result is Result.FAILED


def test_signatures_may_be_renewed(bench: Any, tools: Any) -> None:
    """Of a result's address only what stands before its query has to agree."""

    def body(link: Any, **more: Any) -> bytes:
        return orjson.dumps({"state": "DONE", "video": link, **more})

    def judged(shown: bytes, carried: bytes) -> Result:
        made = calling(
            bench,
            alter=tools.on("look", first=2, body=shown),
            tamper=lambda received: [replace(each, body=carried) for each in received],
        )
        return made.judge("callback.body").result  # type: ignore[no-any-return]

    link = "https://cdn.example.com/a.mp4"
    assert judged(body(f"{link}?sign=1"), body(f"{link}?sign=2")) is Result.PASSED
    assert judged(body(f"{link}?sign=1", copy=f"{link}?sign=1"), body(link, copy=link)) is Result.PASSED
    assert judged(body(f'{link}?"é"=1'), body(f"{link}?sign=2")) is Result.PASSED
    assert judged(body(f"{link}?sign=1"), body("https://cdn.example.com/b.mp4?sign=1")) is Result.FAILED
    assert judged(body(f"{link}?sign=1", a=1), body(f"{link}?sign=2", a=2)) is Result.FAILED
    assert judged(body(None), body(link)) is Result.FAILED
    assert judged(body(None), body(None)) is Result.PASSED
    assert judged(body(link), body(link)) is Result.PASSED


def test_an_acknowledged_callback_comes_once(bench: Any) -> None:
    made = calling(bench, tamper=lambda received: received * 2)
    assert failure(made.judge("callback.once")) == ("2 callbacks came", "one", [200, 200, 200])


def test_what_is_not_acknowledged_comes_again(bench: Any) -> None:
    made = calling(bench)
    assert passed(made.judge("callback.retries")) == 4
    assert sum(made.wire.slept) == pytest.approx(100 + 7 + 5, abs=0.2)
    assert made.wire.slept[-1] == 5
    assert list(made.wire.callbacks.statuses.values()) == [500]
    made.judge("callback.once")
    assert list(made.wire.callbacks.statuses.values()) == [500, 200], "another task, whose callbacks are acknowledged"


def test_retries_that_stay_away_are_waited_for(bench: Any) -> None:
    made = calling(bench, tamper=lambda received: received[:1])
    assert failure(made.judge("callback.retries")) == ("the waits were none s", "1, 2, 4 s", [200, 500])
    assert sum(made.wire.slept) == pytest.approx(100 + 7 + 15 + 5, abs=0.2)


def at(*times: float) -> Tamper:
    """Callbacks at these times, once there are any."""
    return lambda received: [replace(received[0], at=1000 + time) for time in times] if received else []


@pytest.mark.parametrize(
    ("times", "seen"),
    [
        ((0, 1, 3), "the waits were 1.0, 2.0 s"),
        ((0, 1, 3, 7, 15), "the waits were 1.0, 2.0, 4.0, 8.0 s"),
        ((0, 1.02, 3.02, 7.02), "the waits were 1.0, 2.0, 4.0 s"),
        ((0, 0.98, 2.98, 6.98), "the waits were 1.0, 2.0, 4.0 s"),
        ((0, 1, 3, 6.5), "the waits were 1.0, 2.0, 3.5 s"),
        ((0, 1, 4.5, 8.5), "the waits were 1.0, 3.5, 4.0 s"),
    ],
)
def test_retries_at_the_wrong_time(times: Any, seen: str, bench: Any) -> None:
    made = calling(bench, tamper=at(*times))
    came = [500] * min(len(times), 5)
    assert failure(made.judge("callback.retries")) == (seen, "1, 2, 4 s", [200, *came])


def test_waits_may_be_counted_from_the_first_attempt(bench: Any) -> None:
    assert passed(calling(bench, tamper=at(0, 1, 2, 4)).judge("callback.retries")) == 4
    made = calling(bench, tamper=at(0, 1, 2, 7))
    assert failure(made.judge("callback.retries"))[0] == "the waits were 1.0, 1.0, 5.0 s", "one way or the other"


def test_a_little_slack_is_left(bench: Any) -> None:
    assert passed(calling(bench, tamper=at(0, 1.005, 3.009, 7.001)).judge("callback.retries")) == 4
    assert passed(calling(bench, tamper=at(0, 2, 4.5, 7.5), remote=True).judge("callback.retries")) == 4
    for times in ((0, 2.01, 4, 8), (0, 1, 3, 5.9)):
        assert calling(bench, tamper=at(*times), remote=True).judge("callback.retries").result is Result.FAILED


def test_retries_follow_the_pace_of_the_target(bench: Any) -> None:
    made = calling(bench, tamper=at(0, 0.1, 0.3, 0.7), remote=True, speed=10)
    assert passed(made.judge("callback.retries")) == 4
    slow = calling(bench, tamper=at(0, 1, 3, 7), remote=True, speed=10)
    seen, wanted, _ = failure(slow.judge("callback.retries"))
    assert (seen, wanted) == ("the waits were 1.0, 2.0, 4.0 s", "0.1, 0.2, 0.4 s")


@pytest.mark.parametrize(("speed", "seconds"), [(1, 31), (10, 4)])
def test_a_repetition_of_what_was_acknowledged_is_waited_for_once(speed: float, seconds: float, bench: Any) -> None:
    def rare(tree: Any) -> None:
        tree["x-task"]["callback"]["retries"] = [30, 3600]

    made = calling(bench, rare, speed=speed)
    assert passed(made.judge("callback.once")) == 1
    assert made.wire.slept[-1] == seconds, "the wait for the first retry, and a second"


def test_no_retries_are_documented(bench: Any) -> None:
    made = calling(bench, no_retries)
    made.wire.callbacks.statuses["/callback/1"] = 500
    retries = replace(made.requirement("callback.once"), kind="callback-retries")
    assert passed(REGISTRY["callback-retries"](made.session, retries)) == 1


# -- callbacks before the end -------------------------------------------------------------------------------------


def staged(tree: Any) -> None:
    tree["x-task"]["callback"]["on"] = ["running", "succeeded", "failed"]


STAGE = "callback.delivered.running"


def test_stages_are_told_from_the_end(bench: Any) -> None:
    made = calling(bench, staged)
    assert passed(made.judge(STAGE)) == 1
    assert len(made.wire.callbacks.arrived) == 2
    assert passed(made.judge(SUCCEEDED)) == 1
    assert passed(made.judge("callback.once")) == 1
    assert passed(made.judge("callback.body")) == 1
    assert passed(made.judge("callback.retries")) == 4


def test_where_only_ends_call_back_everything_is_one(bench: Any) -> None:
    """A callback with a stale body is a wrong callback, not one of a stage."""
    made = calling(bench, tamper=told("RUN"))
    assert passed(made.judge(SUCCEEDED)) == 1
    assert made.judge("callback.body").result is Result.FAILED
    made = calling(bench, staged, tamper=told("RUN"))
    assert made.judge(SUCCEEDED).result is Result.FAILED


def test_a_stage_without_a_callback(bench: Any, tools: Any) -> None:
    made = calling(bench, staged, tamper=lambda received: [each for each in received if b"RUN" not in each.body])
    assert failure(made.judge(STAGE)) == ("no callback said running", "one when the task is running", [200])
    made = calling(bench, staged, tamper=told("WAIT"))
    assert failure(made.judge(STAGE))[0] == "no callback said running"
    queued = replace(made.requirement(STAGE), subject=StatusClass.QUEUED)
    made = calling(bench, staged)
    assert REGISTRY["callback-stage"](made.session, queued).reason == "no callback said queued"


def test_a_stage_that_no_poll_showed(bench: Any, tools: Any) -> None:
    made = bench(staged, poll_interval=200, remote=False)
    assert tools.is_skip(made.judge(STAGE), Skip.NOT_OBSERVED, "no poll showed it running")
    made = calling(bench, staged, alter=tools.on("lookByQuery", body={"state": "LIMBO"}))
    assert tools.is_skip(made.judge(STAGE), Skip.NOT_OBSERVED, "no poll showed it running")


def unreadable(received: list[Received]) -> list[Received]:
    return [*received, *(replace(each, body=b"ping") for each in received[:1])]


def test_callbacks_that_cannot_be_told_apart(bench: Any, tools: Any) -> None:
    made = calling(bench, staged, tamper=unreadable)
    assert tools.is_skip(made.judge(STAGE), Skip.NOT_OBSERVED, "callbacks cannot be told apart")
    for name in ("callback.once", "callback.retries"):
        assert tools.is_skip(calling(bench, staged, tamper=unreadable).judge(name), Skip.NOT_OBSERVED)
    made = calling(bench, tamper=unreadable)
    assert failure(made.judge("callback.once")) == ("2 callbacks came", "one", [200, 200, 200])


def test_a_stage_needs_an_address(bench: Any, tools: Any) -> None:
    made = bench(staged, remote=True)
    assert tools.is_skip(made.judge(STAGE), Skip.NEEDS_CALLBACK)
