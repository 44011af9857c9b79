"""Forms, addresses that a receipt hands out, and ids of single answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from screentest_contracts import Role
from screentest_mockserver.tasks.scenarios import scenario
from screentest_suites.checks.registry import TRACE_CHECKS, Violation
from screentest_suites.core.credential import GOOD
from screentest_suites.core.exchange import Exchange, Poll, Trace
from screentest_suites.core.verdicts import NotObservedError, Result, Skip
from tests.suites.checks.findings import failure, passed

DOCUMENTS = Path(__file__).parents[2] / "documents"
QUEUE, FORMS = DOCUMENTS / "queue.yaml", "openai"
BASE = "https://queue.acme.example"


# -- forms --------------------------------------------------------------------------------------------------------


def test_a_form_with_other_values_than_the_defaults_is_sent(bench: Any) -> None:
    made = bench(FORMS)
    made.session.shared(made.session.models[0])
    before = len(made.wire.log)
    assert passed(made.judge("create.form")) == 1
    (answer,) = made.wire.log[before:]
    assert answer.sent.url.endswith("/v1/videos")
    assert dict(answer.sent.headers)["content-type"].startswith("multipart/form-data; boundary=")
    assert (answer.json["seconds"], answer.json["size"]) == ("8", "1280x720")
    assert b'name="model"\r\n\r\nsora-2\r\n' in answer.sent.body


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"status": 415, "body": {"error": {}}}, "a form was answered 415"),
        ({"status": 500}, "a form was answered 500"),
        ({"body": {"status": "queued"}}, "a form was answered 200"),
        ({"status": 0, "body": b"", "error": "it broke"}, "it broke"),
    ],
)
def test_a_form_that_is_refused(changes: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench(FORMS, alter=tools.on("createVideo", first=2, **changes))
    status = changes.get("status", 200)
    assert failure(made.judge("create.form")) == (seen, "accepted as JSON is", [status])


def test_a_form_is_sent_where_json_is_accepted_only(bench: Any, tools: Any) -> None:
    made = bench(FORMS, alter=tools.on("createVideo", status=400, body={"error": {}}))
    assert tools.is_skip(made.judge("create.form"), Skip.NOT_OBSERVED)
    assert len(made.wire.log) == 1
    made = bench(FORMS, models=("none",))
    assert tools.is_skip(made.judge("create.form"), Skip.NOT_OBSERVED)
    made = bench(FORMS, models=("sora-2-pro",))
    assert passed(made.judge("create.form")) == 1
    assert b'name="model"\r\n\r\nsora-2-pro\r\n' in made.wire.log[-1].sent.body


def test_a_form_costs_a_task(bench: Any) -> None:
    made = bench(FORMS)
    made.session.shared(made.session.models[0])
    made.session.client.options = replace(made.session.options, metered=True)
    with pytest.raises(NotObservedError):
        made.judge("create.form")


def two_creates(tree: Any) -> None:
    """The second operation takes forms too, and only the second model is made by it."""
    post = tree["paths"]["/jobs"]["post"]
    media = dict(post["requestBody"]["content"])
    media["multipart/form-data"] = media["application/json"]
    again = {**post, "operationId": "again", "requestBody": {"required": True, "content": media}}
    tree["paths"]["/again"] = {"post": again}
    clip = tree["components"]["schemas"]["Clip"]
    tree["components"]["schemas"]["Clip2"] = {
        **clip,
        "properties": {**clip["properties"], "model": {"const": "clip-2"}},
    }
    again["requestBody"]["content"] = {
        media: {"schema": {"$ref": "#/components/schemas/Clip2"}} for media in again["requestBody"]["content"]
    }
    task = tree["x-task"]
    task["roles"]["create"] = ["make", "again"]
    task["models"]["clip-1"]["operation"] = "make"
    task["models"]["clip-2"] = {"schema": "Clip2", "base": {"model": "clip-2"}, "operation": "again"}


def test_the_model_of_the_operation_is_asked_for(bench: Any) -> None:
    made = bench(two_creates)
    assert passed(made.judge("create.form")) == 1
    assert made.wire.log[-1].sent.url.endswith("/again")
    assert b"clip-2" in made.wire.log[-1].sent.body


# -- addresses ----------------------------------------------------------------------------------------------------


def receipts(pointer: str, change: Any) -> Any:
    """Changes an address in every receipt."""

    def alter(exchange: Exchange) -> Exchange:
        body = exchange.json
        if exchange.sent.method != "POST" or not isinstance(body, dict) or pointer not in body:
            return exchange
        return replace(exchange, body=orjson.dumps({**body, pointer: change(body[pointer])}))

    return alter


def by_address(exchanges: list[Exchange]) -> list[Exchange]:
    """Calls that were made by an address of a receipt, not by a path of the document."""
    return [each for each in exchanges if not each.sent.operation and "/requests/" in each.sent.url]


def one(bench: Any, **options: Any) -> Any:
    return bench(QUEUE, models=("boat/text-to-video",), **options)


def test_addresses_of_every_task_are_called(bench: Any) -> None:
    made = bench(QUEUE)
    for name, operation in (("status_url", "status"), ("response_url", ""), ("cancel_url", None)):
        before = len(made.wire.log)
        assert passed(made.judge(f"create.{name}.answers")) == 3
        called = [each.sent for each in by_address(made.wire.log[before:])]
        if operation is None:
            assert called == [], "to cancel is more than to look"
        else:
            assert len(called) == 3
            assert all(each.method == "GET" and each.credential == GOOD and each.body is None for each in called)
            assert all(each.url.endswith(operation or each.url.split("/")[-1]) for each in called)
            assert all(("authorization", "Key sk-screentest") in each.headers for each in called)


def test_an_address_without_a_host_is_as_good(bench: Any) -> None:
    for name in ("status_url", "response_url", "cancel_url"):
        made = one(bench, alter=receipts(name, lambda url: url.removeprefix(BASE)))
        assert passed(made.judge(f"create.{name}.answers")) == 1


@pytest.mark.parametrize("value", ["", None, 7, []])
def test_no_address(value: Any, bench: Any) -> None:
    made = one(bench, alter=receipts("status_url", lambda _: value))
    assert failure(made.judge("create.status_url.answers")) == (
        "nothing at /status_url",
        "the address of getStatus",
        [200],
    )


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/x", "http://queue.acme.example/x", "https://queue.acme.example:8443/x"]
)
def test_an_address_elsewhere_is_not_called(url: str, bench: Any) -> None:
    """The key of one origin is sent to no other."""
    made = one(bench, alter=receipts("status_url", lambda _: url))
    said = f"/status_url leads to {url[:-2]}", "queue.acme.example", [200]
    assert failure(made.judge("create.status_url.answers")) == said
    assert not any(each.sent.url == url for each in made.wire.log)


def test_an_address_of_another_path(bench: Any) -> None:
    made = one(bench, alter=receipts("cancel_url", lambda url: url + "/now"))
    address, path = made.session.living_bases()[0].created.json["cancel_url"], "/acme/boat/requests/"
    seen, expected, shown = failure(made.judge("create.cancel_url.answers"))
    assert seen.startswith(f"/cancel_url is '{BASE}{path}")
    assert seen.endswith("/cancel/now'")
    assert expected.startswith(path)
    assert expected.endswith("/cancel")
    assert shown == [200]
    assert address.endswith("/cancel/now")
    made = one(bench, alter=receipts("cancel_url", lambda url: url.replace("/cancel", "/abort")))
    assert made.judge("create.cancel_url.answers").result is Result.FAILED
    made = one(bench, alter=receipts("cancel_url", lambda url: url + "?now=1"))
    assert passed(made.judge("create.cancel_url.answers")) == 1


def test_an_address_that_does_not_answer(bench: Any) -> None:
    for name, path in (("status_url", "/status"), ("response_url", "")):
        made = one(bench, alter=receipts(name, lambda url: url.replace("/requests/", "/requests/no")))
        said = "it answers 404", "as /acme/{app}/requests/{request_id}" + path + " does", [200, 404]
        finding = made.judge(f"create.{name}.answers")
        assert failure(finding) == said
        assert finding.evidence[0].exchanges[1].sent.operation == ""


def test_an_address_that_tells_something_else(bench: Any) -> None:
    def other(exchange: Exchange) -> Exchange:
        if not by_address([exchange]):
            return exchange
        return replace(exchange, body=orjson.dumps({**exchange.json, "status": "IN_PROGRESS"}))

    made = one(bench, alter=other)
    said = "it answers 200", "as /acme/{app}/requests/{request_id}/status does", [200, 200]
    assert failure(made.judge("create.status_url.answers")) == said
    assert passed(one(bench, alter=other).judge("create.response_url.answers")) == 1, "a result has no status"


@pytest.mark.parametrize("name", ["status_url", "response_url"])
def test_an_address_that_answers_without_the_task(name: str, bench: Any) -> None:
    made = one(bench, alter=lambda each: replace(each, body=b"{}") if by_address([each]) else each)
    assert failure(made.judge(f"create.{name}.answers"))[::2] == ("it answers 200", [200, 200])


def test_a_task_that_has_not_ended_may_go_on_between_two_looks(bench: Any) -> None:
    made = one(
        bench, alter=lambda each: each if not by_address([each]) else replace(each, body=b'{"status":"IN_QUEUE"}')
    )
    made.wire.mock.scenario = scenario("never-ending")
    assert passed(made.judge("create.status_url.answers")) == 1
    before = len(made.wire.log)
    assert passed(made.judge("create.response_url.answers")) == 1, "its result is not there to be called"
    assert not by_address(made.wire.log[before:])


def test_a_result_that_is_refused_is_not_called_for(bench: Any) -> None:
    made = one(bench, remote=True)
    made.wire.mock.schedule("failure")
    assert passed(made.judge("create.response_url.answers")) == 1
    assert not by_address(made.wire.log)
    assert passed(made.judge("create.status_url.answers")) == 1
    assert by_address(made.wire.log)


def test_a_refused_result_leaves_the_others_to_be_called_for(bench: Any) -> None:
    made = bench(QUEUE, remote=True)
    made.wire.mock.schedule("failure")
    assert passed(made.judge("create.response_url.answers")) == 3
    assert len(by_address(made.wire.log)) == 2


def test_no_task_has_an_address(bench: Any, tools: Any) -> None:
    made = one(bench, alter=tools.on("boatText", status=422, body={"detail": "no"}))
    assert tools.is_skip(made.judge("create.status_url.answers"), Skip.NOT_OBSERVED)


def located(tree: Any) -> None:
    """A create with the address of its task in a header, on an API whose address has a path."""
    tree["servers"] = [{"url": "https://api.acme.example/motion/v3"}]
    task = tree["x-task"]
    task["id"]["addresses"] = {"header:Location": "look"}
    task["headers"] = {"Location": {"make": "/motion/v3/jobs/{{id}}", "on": ["create"]}}


def placed(change: Any) -> Any:
    """Changes the address in every header."""

    def alter(exchange: Exchange) -> Exchange:
        pairs = ((name, change(value) if name.lower() == "location" else value) for name, value in exchange.headers)
        return replace(exchange, headers=tuple(pairs))

    return alter


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("-", "%2D"),
        lambda url: url.replace("-", "%2d"),
        lambda url: url.replace("/v3/", "/v2/../v3/./"),
        lambda url: url.removeprefix("/motion/v3"),
        lambda url: "https://API.acme.example" + url,
    ],
)
def test_an_equivalent_address_is_the_same(change: Any, bench: Any) -> None:
    """No path that is the server's own is put below it again."""
    made = bench(located, alter=placed(change))
    assert passed(made.judge("create.location.answers")) == 1
    assert not any("/motion/v3/motion/" in each.sent.url for each in made.wire.log)


def test_another_task_is_another_address(bench: Any) -> None:
    made = bench(located, alter=placed(lambda url: url.replace("job-", "job%2D0")))
    assert failure(made.judge("create.location.answers"))[0] == "it answers 404"
    assert made.wire.log[-1].sent.url.startswith("https://api.acme.example/motion/v3/jobs/job%2D0")


def test_a_path_to_cancel_by_is_compared_in_normal_form(bench: Any) -> None:
    for change, good in ((lambda url: url.replace("/cancel", "/%63ancel"), True), (lambda url: url + "%2F", False)):
        finding = one(bench, alter=receipts("cancel_url", change)).judge("create.cancel_url.answers")
        assert (finding.result is Result.PASSED) is good


def test_a_query_may_escape_an_address_otherwise(bench: Any) -> None:
    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.method != "GET" or b"response_url" not in exchange.body:
            return exchange
        return replace(exchange, body=exchange.body.replace(b"/requests/", b"/%72equests/"))

    made = one(bench, alter=alter)
    trace = made.session.living_bases()[0]
    requirement = made.requirement("query.response_url.answers")
    judged = TRACE_CHECKS[requirement.kind](made.contract, requirement, trace)
    assert isinstance(judged, int)
    assert judged > 0


def addressed(tree: Any) -> None:
    """A receipt with the address of the bytes."""
    task = tree["x-task"]
    task["id"]["addresses"] = {"/bytes_url": "bytes"}
    task["profiles"]["default"]["receipt"]["bytes_url"] = "{{base}}/jobs/{{id}}/content"


@pytest.mark.parametrize(("status", "good"), [(200, True), (206, True), (204, False), (404, False), (207, False)])
def test_the_address_of_the_bytes(status: int, good: bool, bench: Any) -> None:
    def alter(exchange: Exchange) -> Exchange:
        mine = not exchange.sent.operation and exchange.sent.url.endswith("/content") and "/jobs/" in exchange.sent.url
        return replace(exchange, status=status) if mine else exchange

    finding = bench(addressed, alter=alter).judge("create.bytes_url.answers")
    if good:
        assert passed(finding) == 1
    else:
        assert failure(finding) == (f"it answers {status}", "as /jobs/{task_id}/content does", [200, status])


def test_the_bytes_of_a_task_that_has_not_ended_are_not_called_for(bench: Any) -> None:
    made = bench(addressed)
    made.wire.mock.scenario = scenario("never-ending")
    assert passed(made.judge("create.bytes_url.answers")) == 1
    assert not any(each.sent.url.endswith("/content") for each in made.wire.log)


# -- ids of answers -----------------------------------------------------------------------------------------------


def answer(body: Any, **headers: str) -> Exchange:
    from screentest_suites.core.exchange import SentRequest

    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(SentRequest("GET", "https://x.example/"), 200, sent, orjson.dumps(body), 0, 0)


def judge_ids(bench: Any, role: Role, created: Exchange, *polls: Exchange) -> Any:
    made = bench("dashscope")
    requirement = made.requirement(f"{role}.request_id.header")
    trace = Trace("", {}, created, "t", [Poll("getTask", each) for each in polls])
    return TRACE_CHECKS["answer-id"](made.contract, requirement, trace)


def test_the_id_of_an_answer_is_the_same_in_header_and_body(bench: Any) -> None:
    good = answer({"request_id": "a"}, x_request_id="a")
    wrong, bare = answer({"request_id": "a"}, x_request_id="b"), answer({"request_id": "a"})
    assert judge_ids(bench, Role.CREATE, good, wrong) == 1
    assert judge_ids(bench, Role.QUERY, wrong, good, good) == 2
    said = Violation("/request_id is 'a', X-Request-Id is 'b'", "the same", (wrong,))
    assert judge_ids(bench, Role.CREATE, wrong, good) == said
    assert judge_ids(bench, Role.QUERY, good, good, wrong) == said
    assert judge_ids(bench, Role.QUERY, good, bare).seen == "/request_id is 'a', X-Request-Id is None"
    for nothing in (answer({"request_id": ""}, x_request_id="b"), answer({"request_id": 7}), answer({})):
        assert judge_ids(bench, Role.QUERY, good, nothing) == 0
