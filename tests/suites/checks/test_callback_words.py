"""Callbacks with bodies, headers and events of their own, addresses in a query parameter, retries without numbers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.comparison import compare
from screentest_contracts.location import MISSING, replaced, segments
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Skip
from screentest_suites.targets.callback_port import Received
from tests.suites.checks.findings import failure, passed
from tests.suites.checks.test_callbacks import Tamper, calling, nothing

DOCUMENTS = Path(__file__).parents[2] / "documents"
JOBS, QUEUE, SIGNED = (str(DOCUMENTS / f"{name}.yaml") for name in ("jobs", "queue", "signed"))


def with_body(**values: Any) -> Tamper:
    """Every callback holds other values, `__` for `/` in their pointers."""

    def tamper(received: list[Received]) -> list[Received]:
        made = []
        for each in received:
            body = orjson.loads(each.body)
            for name, value in values.items():
                body = replaced(body, segments("/" + name.replace("__", "/")), value)
            made.append(replace(each, body=orjson.dumps(body)))
        return made

    return tamper


def with_headers(**values: str) -> Tamper:
    def tamper(received: list[Received]) -> list[Received]:
        names = {name.replace("_", "-").lower(): value for name, value in values.items()}
        return [
            replace(each, headers=tuple((name, names.get(name.lower(), value)) for name, value in each.headers))
            for each in received
        ]

    return tamper


def test_an_envelope_is_judged_by_its_words_and_by_what_it_holds(bench: Any) -> None:
    assert passed(calling(bench, JOBS).judge("callback.body"))
    for values, seen in (
        ({"event": "job.over"}, "/event is 'job.over', not 'job.done'"),
        ({"event": MISSING}, "/event is absent, not 'job.done'"),
        ({"data__taskId": "other"}, "/data/taskId is 'other', not the task's id"),
        ({"data__model": "boat-image"}, "/data/model is 'boat-image', not 'boat-text'"),
        ({"data__clip": "https://x.example/1"}, "/data/clip is 'https://x.example/1', not the result's address"),
    ):
        assert failure(calling(bench, JOBS, tamper=with_body(**values)).judge("callback.body"))[0] == seen
    finding = calling(bench, JOBS, tamper=with_body(sent="soon")).judge("callback.body")
    assert failure(finding)[0].startswith("/sent: ")


def test_what_the_envelope_holds_is_what_the_query_says(bench: Any) -> None:
    assert passed(calling(bench, SIGNED).judge("callback.body"))
    finding = calling(bench, SIGNED, tamper=with_body(task__data__task_status="gone")).judge("callback.body")
    assert failure(finding)[0].startswith("/task/data/task_status is 'gone', where the query says ")


def closed(tree: Any) -> None:
    """The answer to a query takes no other members."""
    answers = tree["paths"]["/jobs/{task_id}"]["get"]["responses"] = dict(tree["paths"]["/jobs"]["post"]["responses"])
    names = {name: {} for name in ("state", "job", "created", "error", "row", "url", "progress", "seed", "clip")}
    schema = {"type": "object", "additionalProperties": False, "properties": names}
    answers["200"] = {"description": "a task", "content": {"application/json": {"schema": schema}}}


def with_extra(exchange: Exchange) -> Exchange:
    """Every poll shows a member of which no page knows."""
    shown = exchange.sent.operation in {"getTask", "look"}
    return replace(exchange, body=orjson.dumps({**exchange.json, "trace": "7"})) if shown else exchange


def test_only_one_of_them_may_have_a_further_member(bench: Any) -> None:
    assert passed(calling(bench, SIGNED, alter=with_extra).judge("callback.body"))
    assert passed(calling(bench, SIGNED, tamper=with_body(task__trace="7")).judge("callback.body"))
    assert passed(calling(bench, alter=with_extra).judge("callback.body"))
    both = calling(bench, alter=with_extra, tamper=with_body(trace="8"))
    assert "/trace is '8', not '7'" in failure(both.judge("callback.body"))[0]


def test_what_is_documented_may_not_be_left_out(bench: Any) -> None:
    """Neither what a body of the document shows, nor what its schema names, nor more than a closed body takes."""
    made = calling(bench, SIGNED, tamper=with_body(task__data=MISSING))
    assert failure(made.judge("callback.body"))[0].startswith("/task/data is absent, where the query says ")
    made = calling(bench, tamper=with_body(state=MISSING))
    assert "/state is absent" in failure(made.judge("callback.body"))[0]
    made = calling(bench, closed, alter=with_extra)
    assert "/trace is absent, not '7'" in failure(made.judge("callback.body"))[0]


def test_an_envelope_may_hold_a_part_of_what_the_query_says(bench: Any) -> None:
    def parted(tree: Any) -> None:
        event = {"event": "over", "id": "{{query:/id}}", "clip": "{{query:/results}}", "state": "{{query:/state}}"}
        tree["x-task"]["callback"]["bodies"] = dict.fromkeys(("succeeded", "failed", "cancelled"), event)

    made = calling(bench, parted)
    assert passed(made.judge("callback.body")) == 1
    assert passed(made.judge("callback.delivered.failed")) == 1
    gone = calling(bench, parted, tamper=with_body(state="WAIT")).judge("callback.body")
    assert failure(gone)[0] == "/state is 'WAIT', where the query says 'DONE'"
    other = calling(bench, parted, tamper=with_body(id="x")).judge("callback.body")
    assert failure(other)[0].startswith("/id is 'x', where the query says 'job-")


def test_an_address_in_a_query_parameter(bench: Any) -> None:
    made = calling(bench, QUEUE)
    assert passed(made.judge("callback.delivered.succeeded"))
    created = next(each for each in made.wire.log if each.sent.method == "POST" and "?" in each.sent.url)
    assert created.sent.url.endswith("?acme_webhook=https%3A%2F%2Fhooks.example.com%2Fcallback%2F1")
    assert b"hooks" not in (created.sent.body or b"")


@pytest.mark.parametrize(
    ("tamper", "seen"),
    [
        (with_headers(X_Acme_Sender="other"), "the header X-Acme-Sender is 'other'"),
        (with_headers(X_Acme_Delivery="other:end"), "the header X-Acme-Delivery is 'other:end'"),
        (lambda received: [replace(each, headers=()) for each in received], "no header X-Acme-Delivery"),
    ],
)
def test_headers_of_a_delivery(bench: Any, tamper: Tamper, seen: str) -> None:
    assert passed(calling(bench, JOBS).judge("callback.headers"))
    assert failure(calling(bench, JOBS, tamper=tamper).judge("callback.headers"))[0] == seen


def test_events_that_were_chosen(bench: Any) -> None:
    made = calling(bench, JOBS)
    assert passed(made.judge("callback.events")) == 2
    bodies = [orjson.loads(each.sent.body) for each in made.wire.log if each.sent.method == "POST"]
    assert [each["callBackEvents"] for each in bodies if "callBackEvents" in each] == [["job.done"], ["job.broken"]]
    finding = calling(bench, JOBS, tamper=nothing).judge("callback.events")
    assert failure(finding)[0] == "no callback of success came, where the create chose ['job.done']"


def test_a_create_that_chooses_is_refused(bench: Any, tools: Any) -> None:
    def alter(exchange: Any) -> Any:
        chooses = b"callBackEvents" in (exchange.sent.body or b"")
        return tools.changed(exchange, body={"code": 422, "msg": "no", "data": None}) if chooses else exchange

    made = calling(bench, JOBS, alter=alter)
    assert failure(made.judge("callback.events"))[0] == "a create that chooses ['job.done'] was answered 200"


def test_retries_without_numbers(bench: Any, tools: Any) -> None:
    assert passed(calling(bench, JOBS).judge("callback.retries")) == 2
    first = calling(bench, JOBS, tamper=lambda received: received[:1]).judge("callback.retries")
    assert failure(first)[0] == "nothing came again within 15 s"
    far = calling(bench, JOBS, tamper=lambda received: received[:1], remote=True).judge("callback.retries")
    why = "nothing came again within 15 s, and no document says when it does"
    assert tools.is_skip(far, Skip.NOT_OBSERVED, why)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda rule: rule.update(bodies={"failed": {"x": 1}}), "there is none for succeeded"),
        (lambda rule: rule.update(parameter="hook"), "/x-task/callback"),
        (
            lambda rule: rule.update(on=["running", "failed"], bodies={"running": {"a": 1}, "failed": {"a": 1}}),
            "a callback when a task is running cannot be told from one when it is failed",
        ),
        (lambda rule: rule.pop("url"), "/x-task/callback"),
        (lambda rule: rule.update(retries="many"), "/x-task/callback/retries"),
        (lambda rule: rule.update(bodies={"succeeded": {"a": "{{query:state}}"}}), "query:state is no pointer"),
        (lambda rule: rule.update(headers={"X-A": "{{query}}"}), "{{query}} has no value here"),
        (lambda rule: rule.update(events={"at": "/events", "words": {"a": "over"}}), "/x-task/callback/events"),
    ],
)
def test_mistakes(small_tree: Any, load_tree: Any, change: Any, problem: str) -> None:
    tree = small_tree()
    change(tree["x-task"]["callback"])
    with pytest.raises(DocumentError) as caught:
        load_tree(tree)
    assert problem in str(caught.value)


def test_comparison() -> None:
    told = compare(load_contract(JOBS), load_contract(QUEUE)).differences
    found = {(each.effect.value, each.subject, each.before, each.after) for each in told if each.topic == "callbacks"}
    assert ("breaks", "place of the address", "in the body", "?acme_webhook=") in found
    assert ("changes", "choice of events", "job.done, job.broken", "all") in found
