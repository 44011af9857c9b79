"""Refusals of content, time-outs, headers that may be there, and keys that are restricted."""

from pathlib import Path
from typing import Any

import orjson

from screentest_contracts import Role
from screentest_contracts.requirements import requirements
from screentest_suites.core.verdicts import Skip
from tests.suites.checks.findings import failure, passed

DOCUMENTS = Path(__file__).parents[2] / "documents"
REST = str(DOCUMENTS / "studio.yaml")
CONTENT = "error.create.content-refused"


def test_the_request_of_the_document_is_sent(bench: Any) -> None:
    made = bench(REST)
    (answer,) = made.provoke("content-refused")
    assert orjson.loads(answer.sent.body)["script"] == "A pirate flag over a burning boat."
    assert answer.status == 451
    assert passed(made.judge(CONTENT))


def test_content_that_is_taken(bench: Any, tools: Any) -> None:
    made = bench(REST, alter=tools.on("createRender", status=202, body={"render": {"id": 5, "state": 10}}))
    assert failure(made.judge(CONTENT))[0] == "answered 202"


def test_a_server_is_not_blamed_for_conditions_that_nobody_can_bring_about(bench: Any, tools: Any) -> None:
    assert tools.is_skip(bench(REST, remote=True).judge("error.create.timed-out"), Skip.NOT_OBSERVED)


def test_a_gateway_timeout_is_no_overload_where_both_have_a_row(bench: Any, tools: Any) -> None:
    def both(tree: Any) -> None:
        body = {"error": {"code": "x"}}
        for condition, status in (("timed-out", 504), ("unavailable", 503)):
            tree["x-task"]["errors"].append({"condition": condition, "readings": {"status": status, "body": body}})

    made = bench(both, remote=True, alter=tools.on("make", status=504, body={"error": {"code": "x"}}))
    model = made.session.models[0]
    made.session.create(model, model.base)
    assert passed(made.judge("error.create.timed-out"))
    assert tools.is_skip(made.judge("error.create.unavailable"), Skip.NOT_OBSERVED)


def test_a_header_that_may_be_there_is_not_asked_for(bench: Any, tools: Any) -> None:
    made = bench(REST)
    assert set(made.contract.error(Role.QUERY, "timed-out").made.optional_headers) == {"Retry-After"}
    assert "error.query.timed-out.headers" not in {each.id for each in requirements(made.contract)}
    assert passed(made.judge("error.query.timed-out.headers.values"))

    def soon(each: Any) -> Any:
        return tools.changed(each, headers=(("Retry-After", "soon"),)) if each.status == 504 else each

    odd = bench(REST, alter=soon)
    assert failure(odd.judge("error.query.timed-out.headers.values"))[0] == "the header Retry-After is 'soon'"


def test_a_restricted_key_asks_for_its_own_task(bench: Any, tools: Any) -> None:
    assert passed(bench(REST).judge("auth.restricted-owns"))
    refused = tools.on("getRender", key="restricted", status=403, body={"error": {"message": "no"}})
    assert failure(bench(REST, alter=refused).judge("auth.restricted-owns"))[0] == "its own task is answered 403"


def test_without_a_restricted_key_nothing_is_said(bench: Any, tools: Any) -> None:
    finding = bench(REST, remote=True).judge("auth.restricted-owns")
    assert tools.is_skip(finding, Skip.NEEDS_SECOND_KEY, "of the restricted account")
