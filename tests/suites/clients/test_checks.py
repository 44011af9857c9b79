"""What single checks say of hand-written journals: when they see a breach, and when they say nothing."""

from typing import Any

import orjson
import pytest
from tests.providers import known

from screentest_contracts.requirements import client_requirements
from screentest_mockserver.wire.journal import Entry
from screentest_suites.clients.judging import judge_client
from screentest_suites.clients.registry import CHECKS
from screentest_suites.clients.seen import CLOCK_STANDS, ClientRun, Ended, FileSeen

CONTRACT = known("nexusflow")
BODY = orjson.dumps({"model": "happyhorse-1.0-t2v", "prompt": "a boat"})
JSON = (("content-type", "application/json"),)
ORIGIN = "http://127.0.0.1:8000"
CREATE, QUERY = (CONTRACT.roles[role][0].id for role in ("create", "query"))  # type: ignore[index] - a role is its text


def entry(at: float, said: str, operation: str, status: int = 200, **more: Any) -> Entry:
    method, path = ("POST", "/v1/tasks") if operation == CREATE else ("GET", "/v1/tasks/1")
    given = {"number": int(at * 1000), "scheme": "http", "host": "127.0.0.1:8000", "headers": JSON, **more}
    body = given.pop("body", BODY if operation == CREATE else b"")
    return Entry(at, "nexusflow", method, path, status, "1", body, operation=operation, said=said, **given)


def finding(requirement: str, situation: str, *entries: Entry, **more: Any) -> tuple[str, str]:
    run = ClientRun(situation, entries, model="happyhorse-1.0-t2v", prompt="a boat", origin=ORIGIN, **more)
    found = {each.requirement.id: each.finding for each in judge_client(CONTRACT, [run])}[requirement]
    return found.result.value, found.reason


def test_every_kind_has_a_check() -> None:
    from screentest_suites.clients.registry import ACROSS

    assert {each.kind for each in client_requirements(CONTRACT)} <= {*CHECKS, *ACROSS}


def polls(*times: float, said: str = "running") -> tuple[Entry, ...]:
    return tuple(entry(at, said, QUERY) for at in times)


@pytest.mark.parametrize(
    ("times", "speed", "result"),
    [((10, 12.8), 1, "passed"), ((10, 12.5), 1, "failed"), ((10, 10.15), 20, "passed"), ((10, 10.1), 20, "failed")],
)
def test_the_floor_is_scaled(times: tuple[float, ...], speed: float, result: str) -> None:
    assert finding("client.poll.floor", "success", *polls(*times), speed=speed)[0] == result


def test_short_times_keep_their_digits() -> None:
    assert finding("client.poll.floor", "success", *polls(10, 10.0004), speed=2000.0)[1] == (
        "success: two polls are 0.0004 s (0.8 s at the vendor's pace) apart"
    )


@pytest.mark.parametrize(
    ("pause", "seconds", "result"),
    [(0.2, 60, "failed"), (12, 60, "skipped"), (12, 10_000, "failed"), (0.2, 10, "skipped")],
)
def test_a_deadline_may_be_in_the_clients_own_seconds(pause: float, seconds: float, result: str) -> None:
    """Who polls as at the vendor's pace may stop as late: only as many real seconds tell."""
    times = (10 + number * pause for number in range(8))
    asked = (entry(9, "receipt", CREATE), *polls(*times))
    run = {"speed": 60.0, "ended": Ended(None, seconds)}
    assert finding("client.poll.bounded", "never-ending", *asked, **run)[0] == result


def test_the_figures_of_a_deadline_follow_from_one_another() -> None:
    """The document: 780 s, and tasks take up to 300 s."""
    asked, life = (
        (entry(9, "receipt", CREATE), *polls(10, 10.2, 10.4, 10.6)),
        "task's life, at 60 times the vendor's pace)",
    )
    assert bounded(10, *asked) == (
        f"not observed: never-ending: still running after 10 s, no file (10 s here are 600 s of the {life}: --time-"
        "limit 20 shows whether it stops within 1170 s (1.5 times the document's 780 s)"
    )
    assert bounded(20, *asked) == (
        f"never-ending: still running after 20 s, no file (20 s here are 1200 s of the {life}, after 4 "
        "polls; whether it has a longer deadline is seen with a longer --time-limit"
    )
    assert bounded(20, entry(9, "receipt", CREATE), *polls(10, 22, 34, 46)) == (
        "not observed: never-ending: polls are 12.0 s apart, as at the vendor's own pace, so the client's deadline may "
        "be of real seconds, too: --time-limit 1170 shows whether it stops (1.5 times the document's 780 s)"
    )
    assert finding("client.poll.patient", "never-ending", *asked, speed=60.0, ended=Ended(1, 3))[1] == (
        f"never-ending: exit status 1 after 3.0 s, no file (3 s here are 180 s of the {life}, and the task still ran"
    )


def bounded(seconds: float, *asked: Entry) -> str:
    """What is said of a client that still ran after real seconds."""
    return finding("client.poll.bounded", "never-ending", *asked, speed=60.0, ended=Ended(None, seconds))[1]


def test_who_makes_no_task_gives_none_up() -> None:
    refused = entry(9, "invalid-body", CREATE, 400)
    for name in ("client.poll.bounded", "client.poll.patient"):
        assert finding(name, "never-ending", refused, ended=Ended(1, 1))[0] == "skipped"


def test_a_deadline_of_real_seconds_may_be_as_lenient() -> None:
    asked = (entry(9, "receipt", CREATE), *polls(10, 22, 34, 46))
    for seconds, result in ((1000, "skipped"), (1170, "failed")):
        run = {"speed": 60.0, "ended": Ended(None, seconds)}
        assert finding("client.poll.bounded", "never-ending", *asked, **run)[0] == result


def test_what_a_still_clock_does_not_tell() -> None:
    assert finding("client.poll.floor", "success", *polls(10, 10), paced=False) == (
        "skipped",
        f"not observed: success: {CLOCK_STANDS}",
    )
    assert finding("client.poll.floor", "success", *polls(10))[0] == "skipped"


def test_what_head_asks_is_no_call_of_the_document() -> None:
    head = entry(10, "running", QUERY)._replace(method="HEAD")
    assert finding("client.paths", "success", *polls(9), head) == (
        "failed",
        "success: HEAD /v1/tasks/1 is no call of the document, and its answer has no body",
    )
    assert finding("client.paths", "success", head._replace(operation="media", said="whole"))[0] == "passed"


@pytest.mark.parametrize(
    ("seconds", "status", "result"), [(60, None, "failed"), (60, 1, "passed"), (10, None, "skipped")]
)
def test_who_waits_on_a_word_that_nobody_knows(seconds: float, status: int | None, result: str) -> None:
    asked = (entry(9, "receipt", CREATE), *polls(*(10 + number / 5 for number in range(8)), said="unknown-status"))
    run = {"speed": 60.0, "ended": Ended(status, seconds)}
    assert finding("client.poll.bounded", "unknown-end", *asked, **run)[0] == result


def test_polls_after_the_end() -> None:
    done = polls(20, said="succeeded")
    requirement = "client.poll.ends.succeeded"
    assert finding(requirement, "success", *polls(10), *done)[0] == "passed"
    assert finding(requirement, "success", *done, *polls(21, 22, said="succeeded"))[0] == "passed"
    assert finding(requirement, "success", *done, *polls(21, 22, 23, said="succeeded")) == (
        "failed",
        "success: 3 more polls after the task was succeeded",
    )
    assert finding(requirement, "success", *polls(10))[0] == "skipped"


def test_retry_after() -> None:
    told = entry(10, "rate-limited", QUERY, 429, waits=2.0)
    assert finding("client.poll.retry-after", "rate-limited", told, *polls(12))[0] == "passed"
    assert finding("client.poll.retry-after", "rate-limited", told, *polls(11.5)) == (
        "failed",
        "rate-limited: asked again after 1.50 s, and Retry-After says 2 s",
    )
    assert finding("client.poll.retry-after", "rate-limited", told)[0] == "skipped"


def test_two_creates_after_a_lost_answer() -> None:
    lost = entry(10, "receipt", CREATE, 0)
    assert finding("client.create.once.lost-answer", "lost-answer", lost)[0] == "passed"
    assert finding("client.create.once.lost-answer", "lost-answer", lost, entry(11, "receipt", CREATE)) == (
        "failed",
        "lost-answer: 2 creates for 1 wish",
    )


def test_a_client_that_waits_longer_than_the_situation() -> None:
    silent = entry(10, "receipt", CREATE, delay=60.0)
    still = Ended(None, 45.0)
    assert finding("client.create.once.silent-create", "silent-create", silent, ended=still)[0] == "skipped"
    gave_up = Ended(1, 30.0)
    assert finding("client.create.once.silent-create", "silent-create", silent, ended=gave_up)[0] == "passed"


def test_keys() -> None:
    good = (("header authorization", "good"),)
    home = entry(10, "running", QUERY, keys=good)
    away = entry(11, "whole", "media", host="127.0.0.2:9000")
    assert finding("client.key.elsewhere", "elsewhere-result", home, away)[0] == "passed"
    leak = away._replace(keys=good)
    assert finding("client.key.elsewhere", "elsewhere-result", home, leak) == (
        "failed",
        "elsewhere-result: the key went to 127.0.0.2:9000 (header authorization: good)",
    )
    assert finding("client.key.elsewhere", "success", home)[0] == "skipped"


VIDEO, HALF, ERROR = FileSeen(10, True), FileSeen(5, False, 10), None


@pytest.mark.parametrize(
    ("requirement", "situation", "status", "file", "result"),
    [
        ("client.end.video", "success", 0, VIDEO, "passed"),
        ("client.end.video", "success", 0, HALF, "failed"),
        ("client.end.video", "success", 1, VIDEO, "failed"),
        ("client.end.video", "success", 0, None, "failed"),
        ("client.end.video", "success", None, VIDEO, "failed"),
        ("client.end.failed", "failure", 1, None, "passed"),
        ("client.end.failed", "failure", -9, None, "passed"),
        ("client.end.failed", "failure", 0, None, "failed"),
        ("client.end.failed", "failure", 1, HALF, "failed"),
        ("client.end.failed", "failure", None, None, "failed"),
        ("client.end.truncated-bytes", "truncated-bytes", None, None, "skipped"),
        ("client.end.honest.slow", "slow", 0, VIDEO, "passed"),
        ("client.end.honest.slow", "slow", 1, None, "passed"),
        ("client.end.honest.slow", "slow", 1, HALF, "failed"),
    ],
)
def test_ends(requirement: str, situation: str, status: int | None, file: FileSeen | None, result: str) -> None:
    shown = {"success": "succeeded", "failure": "failed", "slow": "succeeded"}.get(situation, "truncated")
    ended = Ended(status, 3.0, "", file)
    assert finding(requirement, situation, *polls(10, said=shown), ended=ended)[0] == result


def test_a_failure_that_was_not_met_says_nothing() -> None:
    assert finding("client.end.failed", "failure", *polls(10), ended=Ended(1, 3.0)) == (
        "skipped",
        "not observed: failure: the client did not meet the situation",
    )


def test_the_body_of_a_create() -> None:
    odd = orjson.dumps({"model": "happyhorse-1.0-t2v", "prompt": "a boat", "n": 1})
    assert finding("client.create.members", "success", entry(1, "receipt", CREATE, body=odd)) == (
        "failed",
        "success: the create has /n",
    )
    other = orjson.dumps({"model": "happyhorse-1.0-t2v", "prompt": "a car"})
    assert finding("client.create.wish", "success", entry(1, "receipt", CREATE, body=other))[0] == "failed"
    bad = orjson.dumps({"model": "happyhorse-1.0-t2v", "prompt": "a boat", "duration": 99})
    refused = entry(1, "invalid-body", CREATE, 400, body=bad)
    assert finding("client.create.valid", "success", refused)[0] == "failed"
    text = entry(1, "wrong-content-type", CREATE, 400, headers=(("content-type", "text/plain"),))
    assert finding("client.create.content-type", "success", text)[0] == "failed"
