"""What queries say of a task's end: no time of it before it has come, and why a task failed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract
from screentest_contracts.location import MISSING
from screentest_contracts.requirements import requirements
from screentest_suites.core.exchange import Exchange, Trace
from tests.suites.checks.findings import said

Life = Callable[..., tuple[Contract, Trace]]


@pytest.mark.parametrize("unset", [MISSING, None, "", "0001-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"])
def test_a_time_to_come_may_be_unset_in_any_usual_way(life: Life, traces: Any, unset: Any) -> None:
    contract, trace = life()
    assert said(contract, "query.data.ended.unset", traces.polled(trace, 0, "/data/~json/ended", unset))


def test_a_time_to_come_is_not_told(life: Life, traces: Any) -> None:
    contract, trace = life()
    created = trace.polls[0].exchange.json["data"]
    at = orjson.loads(created)["created"]
    early = traces.polled(trace, 0, "/data/~json/ended", at)
    assert said(contract, "query.data.ended.unset", early) == f"/data/~json/ended is {at!r} at WAIT"
    last = len(trace.polls) - 1
    assert said(contract, "query.data.ended.unset", traces.polled(trace, last, "/data/~json/ended", at)) == said(
        contract, "query.data.ended.unset", trace
    )


def test_a_start_to_come_is_not_told(life: Life, traces: Any) -> None:
    def change(tree: Any) -> None:
        for body in tree["x-task"]["profiles"]["default"]["bodies"].values():
            body["began"] = "{{started|epoch-s|0}}"

    contract, trace = life(change)
    assert said(contract, "query.began.unset", trace)
    at = int(trace.created.sent_at)
    assert said(contract, "query.began.unset", traces.polled(trace, 0, "/began", at)) == f"/began is {at} at WAIT"


def test_a_document_may_say_something_else_at_the_place_of_a_time(bench: Any) -> None:
    """While the task waits the member holds the time of the answer, as the document has it."""

    def change(tree: Any) -> None:
        for status in ("WAIT", "RUN"):
            body = tree["x-task"]["profiles"]["default"]["bodies"][status]
            body["data"] = {"~json": {**body["data"]["~json"], "ended": "{{now|iso-ms}}"}}

    made = bench(change)
    assert "query.data.ended.unset" not in {each.id for each in requirements(made.contract)}


@pytest.mark.parametrize(("back", "told"), [(["WAIT"], False), ([], True)])
def test_a_task_that_may_have_run_before_may_have_a_start(bench: Any, back: list[str], told: bool) -> None:
    """Where a running task may wait again a start says nothing while it waits; an end is still to come."""

    def change(tree: Any) -> None:
        task = tree["x-task"]
        task["lifecycle"]["transitions"]["RUN"] += back
        for status, body in task["profiles"]["default"]["bodies"].items():
            body["began"] = 0 if status == "WAIT" else "{{started|epoch-s|0}}"

    known = {each.id for each in requirements(bench(change).contract)}
    assert ("query.began.unset" in known) is told
    assert "query.data.ended.unset" in known


# -- reasons ------------------------------------------------------------------------------------------


def reasons(code: Any, message: Any, *, presence: bool = False) -> Any:
    def change(tree: Any) -> None:
        task = tree["x-task"]
        body = task["profiles"]["default"]["bodies"]["BAD"]
        body.pop("why")
        body["error"] = {"code": code, "message": message}
        if presence:
            row = {"at": "/error/message", "on": ["BAD"], "is": "present", "type": "string"}
            task["presence"] = [*task.get("presence", ()), row]

    return change


WORDS = reasons("{{reason_code}}", "{{reason}}", presence=True)


def test_one_place_of_a_reason_is_enough(life: Life, traces: Any) -> None:
    contract, trace = life(reasons("{{reason_code}}", "{{reason}}"), scenario="failure")
    last = len(trace.polls) - 1
    judged = said(contract, "query.failed.reason", trace)
    assert judged
    half = traces.polled(trace, last, "/error/message", "")
    assert said(contract, "query.failed.reason", half) == judged
    silent = traces.polled(half, last, "/error/code", " ")
    assert said(contract, "query.failed.reason", silent) == "no reason at /error/code, /error/message"


def test_an_empty_reason_is_not_there(life: Life, traces: Any) -> None:
    contract, trace = life(WORDS, scenario="failure")
    last = len(trace.polls) - 1
    name = "query.error.message.present"
    assert said(contract, name, trace)
    assert said(contract, name, traces.polled(trace, last, "/error/message", " ")) == "/error/message is empty at BAD"


def test_a_documented_failure_without_words_is_no_fault(bench: Any) -> None:
    """One of two readings of a failed task has no reason: nobody is held to one."""

    def change(tree: Any) -> None:
        bodies = tree["x-task"]["profiles"]["default"]["bodies"]
        bare = {name: value for name, value in bodies["BAD"].items() if name != "why"}
        bodies["BAD"] = [{"body": bodies["BAD"]}, {"body": bare}]

    made = bench(change)
    assert made.session.steer("failure")
    trace = made.session.follow(made.session.start(made.session.models[0], made.session.models[0].base))
    broken = replace(trace, polls=[replace(each, exchange=_without(each.exchange, "why")) for each in trace.polls])
    assert said(made.contract, "query.failed.reason", broken) == 0


def _without(exchange: Exchange, member: str) -> Exchange:
    return replace(exchange, body=orjson.dumps({k: v for k, v in exchange.json.items() if k != member}))
