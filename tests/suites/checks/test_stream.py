"""Checks of server-sent events: what they send, what they say of altered streams, and when they say nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_contracts.requirements import kinds
from screentest_suites.checks import TRACE_CHECKS
from screentest_suites.checks.lives import LIFE
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Skip
from screentest_suites.judging.judge import Judge
from tests.contracts.test_streaming import by_query, own
from tests.suites.test_held_up import HeldUp

RELAY = str(Path(__file__).parents[2] / "documents" / "relay.yaml")
ANSWER, EVENTS, LIVES, END = "stream.answer", "stream.events", "stream.life", "stream.end"
ALL = (ANSWER, EVENTS, LIVES, END)

Change = Callable[[list[bytes]], list[bytes]]


def altered(change: Change = lambda blocks: blocks, **fields: Any) -> Any:
    """Changes the events of each stream, or fields of its exchange."""

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "watch":
            return exchange
        body = b"".join(each + b"\n\n" for each in change(exchange.body.split(b"\n\n")[:-1]))
        made = replace(exchange, body=body, size=len(body))
        return replace(made, **{name: each(made) if callable(each) else each for name, each in fields.items()})

    return alter


def test_what_is_sent(bench: Any) -> None:
    made = bench(RELAY)
    for name in ALL:
        assert made.judge(name).result is Result.PASSED, name
    asked = [each for each in made.wire.log if each.sent.operation == "watch"]
    assert len(asked) == 2, "one of a task that succeeds, one of a task that fails"
    assert [dict(each.sent.headers)["accept"] for each in asked] == ["text/event-stream"] * 2
    assert [b'"error"' in each.body for each in asked] == [False, True]
    assert {each.sent.waits for each in asked} == {made.session.client.pace.timeout}


def test_every_kind_of_a_life_is_judged_of_a_trace() -> None:
    assert {kind.name for kind in LIFE} <= set(TRACE_CHECKS)
    assert kinds.STATUS_TRANSITIONS in LIFE


def replacing(old: bytes, new: bytes) -> Change:
    return lambda blocks: [each.replace(old, new) for each in blocks]


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        (LIVES, lambda blocks: [blocks[1], blocks[0], *blocks[2:]], "running was followed by waiting (query.status"),
        (LIVES, lambda blocks: [*blocks[:3], *blocks[1:]], "progress fell"),
        (LIVES, replacing(b'"done":false', b'"done":"no"'), '/data/done: "no" must be a boolean (query.schema)'),
        (LIVES, lambda blocks: [blocks[0].replace(b'"name":"', b'"name":"x'), *blocks[1:]], "/data/name"),
        (LIVES, replacing(b'"message":""', b'"message":7'), "/message: 7"),
        (LIVES, replacing(b"/media/", b"/m/"), "the result was"),
        (EVENTS, replacing(b"event: status\n", b"event: state\n"), "an event is called 'state'"),
        (EVENTS, replacing(b"event: done\n", b""), "an event is called 'message'"),
        (EVENTS, lambda blocks: [*blocks[:2], b"data: thinking", *blocks[2:]], "the data of an event is 'thinking'"),
        (EVENTS, lambda blocks: [*blocks[:2], b"data: [1]", *blocks[2:]], "the data of an event is '[1]'"),
        (END, lambda blocks: blocks[:-2], "the stream ended before its task"),
        (END, lambda blocks: [], "the stream ended before its task"),
        (END, lambda blocks: blocks[:-1], "closing events: none"),
        (END, lambda blocks: [blocks[-1], *blocks], "closing events: 2, the first as event 1"),
        (END, lambda blocks: [*blocks[:-1], blocks[-2], blocks[-1]], "1 more of the task after its end"),
    ],
)
def test_streams_that_are_wrong(bench: Any, name: str, change: Change, reason: str) -> None:
    finding = bench(RELAY, alter=altered(change)).judge(name)
    assert finding.result is Result.FAILED
    assert finding.reason.startswith(reason), finding.reason


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        (ANSWER, {"status": 404}, "answered 404"),
        (ANSWER, {"status": 0, "error": "no answer"}, "no answer"),
        (ANSWER, {"headers": (("content-type", "application/json"),)}, "the content type is application/json"),
        (ANSWER, {"headers": ()}, "the content type is not stated"),
        (END, {"error": "the body did not end within 390 s"}, "after the task's end: the body did not end"),
        (END, {"error": "reset", "body": lambda made: made.body[:400]}, "reset"),
    ],
)
def test_answers_that_are_wrong(bench: Any, name: str, fields: Any, reason: str) -> None:
    finding = bench(RELAY, alter=altered(**fields)).judge(name)
    assert finding.result is Result.FAILED
    assert finding.reason.startswith(reason)


@pytest.mark.parametrize(
    ("seconds", "error", "detail"),
    [
        (400.0, "the body did not end within 390 s", "no end came in 400 s"),
        (1700.0, "", "the stream was as long as it may be"),
    ],
)
def test_a_stream_without_end_that_says_nothing(
    bench: Any, tools: Any, seconds: float, error: str, detail: str
) -> None:
    later = {"received_at": lambda made: made.sent_at + seconds, "error": error}
    made = bench(RELAY, alter=altered(lambda blocks: blocks[:2], **later))
    assert tools.is_skip(made.judge(END), Skip.NOT_OBSERVED, detail)


def test_no_event_at_all_says_nothing_of_events(bench: Any, tools: Any) -> None:
    made = bench(RELAY, alter=altered(lambda blocks: []))
    for name in (EVENTS, LIVES):
        assert tools.is_skip(made.judge(name), Skip.NOT_OBSERVED, "no event came")


def watched(tree: Any) -> None:
    """The small document with events, and a member that is assumed to be there."""
    own(tree)
    for body in tree["x-task"]["profiles"]["default"]["bodies"].values():
        body["mood"] = "calm"
    tree["x-task"]["presence"] = [{"at": "/mood", "on": ["all"], "is": "present", "mark": "assumed"}]


def surely(tree: Any) -> None:
    watched(tree)
    tree["x-task"]["presence"][0]["mark"] = "documented"


def test_a_stream_is_held_to_what_is_as_sure_as_itself(bench: Any) -> None:
    moodless = altered(replacing(b',"mood":"calm"', b""))
    assert bench(watched, alter=moodless).judge(LIVES).result is Result.PASSED
    assert bench(surely, alter=moodless).judge(LIVES).reason.endswith("(query.mood.present)")


def test_what_queries_break_too_is_told_of_them_alone(bench: Any) -> None:
    def moodless(exchange: Exchange) -> Exchange:
        return replace(exchange, body=exchange.body.replace(b',"mood":"calm"', b""))

    made = bench(surely, alter=moodless)
    judge = Judge(made.contract, made.target, Options(examples=1))
    assert judge.verdict("query.mood.present").result is Result.FAILED
    assert judge.verdict(LIVES).result is Result.PASSED


def test_a_document_with_all_roles_is_judged_clean(bench: Any) -> None:
    made = bench(own)
    judge = Judge(made.contract, made.target, Options(examples=1))
    found = [judge.verdict(name) for name in (*ALL, "stream.there", "stream.header.x-trace", "error.stream.schema")]
    assert [each.finding.reason for each in found if each.result is not Result.PASSED] == []


def addressed(tree: Any) -> None:
    """The receipt tells the address of the events."""
    own(tree)
    tree["x-task"]["id"]["addresses"] = {"/watch_url": "watch"}
    tree["x-task"]["profiles"]["default"]["receipt"]["watch_url"] = "{{base}}/jobs/{{id}}/events"


def test_an_address_that_the_receipt_tells(bench: Any, tools: Any) -> None:
    name = "create.watch_url.answers"
    assert bench(addressed).judge(name).result is Result.PASSED
    elsewhere = tools.on("make", at={"/watch_url": "https://api.acme.example/jobs/other"})
    assert bench(addressed, alter=elsewhere).judge(name).result is Result.FAILED


def by_the_query(tree: Any) -> None:
    by_query(tree, event="status")


def test_a_query_that_streams(bench: Any) -> None:
    made = bench(by_the_query)
    for name in ALL:
        assert made.judge(name).result is Result.PASSED, name
    asked = [dict(each.sent.headers).get("accept") for each in made.wire.log if each.media_type == "text/event-stream"]
    assert asked == ["text/event-stream"] * 2


def test_where_tasks_cost_money_no_stream_is_opened(bench: Any) -> None:
    made = bench(RELAY, remote=True, metered=True)
    judge = Judge(made.contract, made.target, made.session.options)
    for name in (ANSWER, END):
        assert judge.verdict(name).result is Result.SKIPPED
    assert not [each for each in made.wire.log if each.sent.operation == "watch"]


@pytest.mark.parametrize("place", ["before", "under way", "back"])
@pytest.mark.parametrize("seconds", [20.0, 400.0])
def test_our_slowness_is_not_the_vendors(place: str, seconds: float) -> None:
    contract = load_contract(RELAY)
    target = HeldUp(contract, dict.fromkeys(range(1, 400), (place, seconds)))
    judge = Judge(contract, target, Options(examples=1, models=("boat-fast",), workers=1))
    for name in ALL:
        assert judge.verdict(name).result is not Result.FAILED
