"""Refusals held to the document's catalogue, and that tasks are shown to their owner only."""

from dataclasses import replace
from typing import Any

import pytest

from screentest_contracts import Role
from screentest_contracts.requirements import ErrorCase
from screentest_suites.checks.probes import Refused, refusals
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, Result, Skip
from tests.suites.checks.findings import passed

WHO = {"error": {"code": "no-key", "message": "Who?"}}


def failure(finding: Finding) -> tuple[str, str, list[int]]:
    """What was seen first, what was expected, and the statuses of the exchanges that show it."""
    assert finding.result is Result.FAILED, finding
    evidence = finding.evidence[0]
    assert evidence.seen == finding.reason
    return finding.reason, evidence.expected, [each.status for each in evidence.exchanges]


def row_of(tree: Any, condition: str) -> Any:
    return next(row for row in tree["x-task"]["errors"] if row["condition"] == condition)


# -- status -------------------------------------------------------------------------------------------------------


def two_statuses(tree: Any) -> None:
    """A missing key is answered 401 or 403, the latter without a body that is known."""
    row = row_of(tree, "missing-key")
    row["readings"] = [row["readings"], {"status": 403, "tolerated": True}]


def enveloped(tree: Any) -> None:
    """Refused with 200 and an error in the body."""
    row_of(tree, "missing-key")["readings"]["status"] = 200


@pytest.mark.parametrize("status", [401, 403])
def test_each_documented_status_will_do(status: int, bench: Any, tools: Any) -> None:
    made = bench(two_statuses, alter=tools.on("make", status=status))
    assert passed(made.judge("auth.create.missing-key")) == 1


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"status": 404}, "answered 404"),
        ({"status": 500}, "answered 500"),
        ({"status": 200, "body": {"job": {"id": "job-1"}}}, "answered 200"),
        ({"status": 0, "error": "it broke"}, "it broke"),
        ({"status": 401, "error": "it broke"}, "it broke"),
    ],
)
def test_another_status_will_not(changes: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench(two_statuses, alter=tools.on("make", **changes))
    assert failure(made.judge("auth.create.missing-key")) == (seen, "status 401 or 403", [changes["status"]])


def test_every_operation_is_judged(bench: Any, tools: Any) -> None:
    made = bench()
    assert passed(made.judge("auth.query.missing-key")) == 3
    made = bench(alter=tools.on("lookByBody", key="", status=400))
    assert failure(made.judge("auth.query.missing-key")) == ("answered 400", "status 401", [400])


def test_a_refusal_under_200_is_one_by_its_body(bench: Any, tools: Any) -> None:
    made = bench(enveloped)
    assert passed(made.judge("auth.create.missing-key")) == 1
    made = bench(enveloped, alter=tools.on("make", body={"job": {"id": "job-1"}}))
    assert failure(made.judge("auth.create.missing-key")) == ("answered 200 as a success", "a refusal", [200])
    made = bench(enveloped, alter=tools.on("make", status=401))
    assert failure(made.judge("auth.create.missing-key")) == ("answered 401", "status 200", [401])


@pytest.mark.parametrize("suffix", ["", ".body", ".headers"])
def test_what_cannot_be_provoked_says_why(suffix: str, bench: Any, tools: Any) -> None:
    made = bench(remote=True)
    assert tools.is_skip(made.judge(f"error.query.rate-limited{suffix}"), Skip.NOT_OBSERVED)


# -- body ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"error": {"code": "no", "message": "Who?"}}, "/error/code is 'no', not 'no-key'"),
        ({"error": {"code": "no-key", "message": ""}}, "/error/message holds no text: ''"),
        ({"error": {"code": "no-key", "message": 7}}, "/error/message holds no text: 7"),
        (b"<html>" + b"x" * 100, f"the body is not JSON: {b'<html>' + b'x' * 74!r}"),
    ],
)
def test_a_body_in_other_words(body: Any, seen: str, bench: Any, tools: Any) -> None:
    made = bench(alter=tools.on("make", body=body))
    said, expected, shown = failure(made.judge("auth.create.missing-key.body"))
    assert said == seen
    assert expected.startswith("a body like {'error': {'code': 'no-key', 'message': ")
    assert shown == [401]


def test_the_first_of_two_wrong_words_is_named(bench: Any, tools: Any) -> None:
    def two_words(tree: Any) -> None:
        row_of(tree, "missing-key")["readings"]["body"]["error"]["kind"] = "key"

    made = bench(two_words, alter=tools.on("make", body={"error": {"code": "a", "kind": "b", "message": "c"}}))
    assert failure(made.judge("auth.create.missing-key.body"))[0] == "/error/code is 'a', not 'no-key'"


def test_texts_are_free(bench: Any, tools: Any) -> None:
    assert passed(bench().judge("auth.create.missing-key.body")) == 1
    made = bench(alter=tools.on("make", body={"error": {"code": "no-key", "message": "¿Quién?"}}))
    assert passed(made.judge("auth.create.missing-key.body")) == 1
    body = {"error": {"code": "bad", "message": ""}}
    made = bench(alter=tools.on("make", status=422, body=body))
    assert failure(made.judge("error.create.invalid-body.body"))[0] == "/error/message holds no text: ''", "a detail"


def test_bodies_are_counted_and_three_shown(bench: Any, tools: Any) -> None:
    made = bench()
    assert passed(made.judge("auth.query.missing-key.body")) == 3
    wrong = tools.on("look", key="", body={}), tools.on("lookByBody", key="", body={"error": {"code": "no"}})
    made = bench(alter=tools.both(*wrong))
    finding = made.judge("auth.query.missing-key.body")
    assert failure(finding)[0].startswith("/error/code is (missing)")
    assert (len(finding.evidence), finding.judged) == (2, 3)
    row = tools.row(made.contract, "missing-key")
    made = bench(alter=lambda each: replace(each, body=b"{}") if each.sent.credential == NO_KEY else each)
    made.session.memory["provoked"] = {(Role.QUERY, "missing-key", (), ()): [*provoked(made, 4)]}
    finding = REGISTRY["error-body"](made.session, requirement(made, "error-body", ErrorCase(Role.QUERY, row)))
    assert (len(finding.evidence), finding.judged) == (3, 4)


def provoked(made: Any, count: int) -> list[Exchange]:
    sent = made.session.request(made.contract.operations["look"], task="job-1", credential=NO_KEY)
    return [Exchange(sent, 401, (), b"{}", at, at) for at in range(count)]


def requirement(made: Any, kind: str, subject: Any) -> Any:
    return replace(made.requirement("create.accepted"), kind=kind, subject=subject)


def test_a_status_without_a_known_body_says_nothing_of_it(bench: Any, tools: Any) -> None:
    for status in (400, 403, 404):
        made = bench(two_statuses, alter=tools.on("make", status=status, body={}))
        finding = made.judge("auth.create.missing-key.body")
        assert tools.is_skip(finding, Skip.NOT_OBSERVED, "answered in a reading that shows no body")
    made = bench(two_statuses, alter=tools.on("look", key="", status=403, body={}))
    assert passed(made.judge("auth.query.missing-key.body")) == 2


def two_bodies(tree: Any) -> None:
    row = row_of(tree, "missing-key")
    other = {"status": 401, "body": {"error": {"code": "who"}}, "tolerated": True}
    row["readings"] = [row["readings"], other]


def test_any_of_several_bodies_will_do(bench: Any, tools: Any) -> None:
    for code in ("who", "no-key"):
        body = {"error": {"code": code, "message": "Who?"}}
        assert passed(bench(two_bodies, alter=tools.on("make", body=body)).judge("auth.create.missing-key.body")) == 1
    made = bench(two_bodies, alter=tools.on("make", body={"error": {"code": "me"}}))
    seen, expected, _ = failure(made.judge("auth.create.missing-key.body"))
    assert seen == "/error/code is 'me', not 'no-key'", "held against the first"
    assert "'no-key'" in expected


# -- schema -------------------------------------------------------------------------------------------------------


def strict(tree: Any) -> None:
    """Errors of creates and queries have a schema."""
    error = {"type": "object", "required": ["error"]}
    answer = {"description": "Refused.", "content": {"application/json": {"schema": error}}}
    for path, method in (("/jobs", "post"), ("/jobs/{task_id}", "get"), ("/look", "get"), ("/look", "post")):
        responses = tree["paths"][path][method]["responses"]
        tree["paths"][path][method]["responses"] = {**responses, "401": answer, "404": answer, "422": answer}


def test_all_that_was_refused_is_held_to_the_schema(bench: Any) -> None:
    made = bench(strict)
    assert passed(made.judge("error.create.schema")) == 3, "401, 422 and 429"
    assert passed(made.judge("error.query.schema")) == 3 + 3 + 1
    made.judge("create.duration.minimum")
    assert passed(made.judge("error.create.schema")) == 3 + 4, "and what parameters were refused with"


def test_refusals_of_parameters_are_judged_once(bench: Any) -> None:
    made = bench(strict)
    made.judge("create.duration.minimum")
    refused = len(refusals(made.session))
    assert refused == 4, "beyond the bound, far beyond it, and the near-misses -1 and 0"
    assert passed(made.judge("error.create.schema")) == refused + 2
    usual = [passed(bench(strict).judge(f"error.{role}.schema")) for role in ("query", "cancel", "result")]
    refusals(made.session).extend(
        [replace(each, exchange=replace(each.exchange, status=401)) for each in refusals(made.session)]
    )
    found = [passed(made.judge(f"error.{role}.schema")) for role in ("query", "cancel", "result")]
    assert found == usual, "refusals of creates are none of it"


def test_a_body_against_the_schema(bench: Any, tools: Any) -> None:
    made = bench(strict, alter=tools.on("look", first=1, key="", body={"no": 1}))
    finding = made.judge("error.query.schema")
    seen, expected, shown = failure(finding)
    assert seen == 'body: "error" is missing'
    assert (expected, shown) == ("the documented schema", [401])
    assert (len(finding.evidence), finding.judged) == (1, 7)
    first = tools.on("look", last=1, key="", body={"no": 1})
    rest = tools.on("lookByBody", body=b"[]"), tools.on("lookByQuery", body=b"no")
    made = bench(strict, alter=tools.both(first, *rest))
    finding = made.judge("error.query.schema")
    assert failure(finding)[0] == 'body: "error" is missing'
    assert (len(finding.evidence), finding.judged) == (3, 7)


def test_a_server_error_is_held_to_its_schema_too(bench: Any) -> None:
    def failing(tree: Any) -> None:
        readings = {"status": 500, "body": {"error": {"code": "oops"}}}
        tree["x-task"]["errors"].append({"condition": "server-error", "readings": readings})

    assert passed(bench(failing).judge("error.create.schema")) == 4


def test_each_operation_has_its_own_schema(bench: Any) -> None:
    def differ(tree: Any) -> None:
        other = {"type": "object", "required": ["other"]}
        answer = {"description": "Refused.", "content": {"application/json": {"schema": other}}}
        get = tree["paths"]["/look"]["get"]
        get["responses"] = {**get["responses"], "401": answer}

    made = bench(differ)
    seen, _, _ = failure(made.judge("error.query.schema"))
    assert seen == 'body: "other" is missing'
    (evidence,) = made.judge("error.query.schema").evidence
    assert evidence.exchanges[0].sent.operation == "lookByQuery"


def test_only_documented_statuses_and_whole_answers_are_judged(bench: Any, tools: Any) -> None:
    made = bench(strict, alter=tools.on("make", key="", status=418, body={}))
    assert passed(made.judge("error.create.schema")) == 2, "418 is another check's business"
    made = bench(strict, alter=tools.on("make", key="", body=b"", error="it broke"))
    assert passed(made.judge("error.create.schema")) == 2
    made = bench(strict, alter=lambda each: replace(each, status=418))
    finding = made.judge("error.list.schema")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "nothing was refused with 401 or 429")


def test_a_200_is_a_refusal_by_its_body_only(bench: Any, tools: Any) -> None:
    assert passed(bench(enveloped).judge("error.create.schema")) == 3
    made = bench(enveloped, alter=tools.on("make", key="", body={"job": {"id": "job-1"}}))
    assert passed(made.judge("error.create.schema")) == 2


def test_what_cannot_be_provoked_leaves_the_rest(bench: Any, tools: Any) -> None:
    made = bench(strict, remote=True)
    assert passed(made.judge("error.create.schema")) == 2, "no 429 came"
    sent = made.session.request(made.contract.operations["make"], body={})
    refusals(made.session).append(Refused("", None, Exchange(sent, 422, (), b"[]", 0, 0), ""))
    assert made.judge("error.create.schema").result is Result.FAILED


# -- headers ------------------------------------------------------------------------------------------------------


def test_a_refusal_has_the_documented_headers(bench: Any, tools: Any) -> None:
    assert passed(bench().judge("error.result.not-ready.headers")) == 1
    made = bench(alter=tools.on("result", headers=()))
    assert failure(made.judge("error.result.not-ready.headers")) == ("no header Retry-After", "Retry-After", [409])
    made = bench(alter=tools.on("result", headers=(("retry-after", ""),)))
    assert made.judge("error.result.not-ready.headers").result is Result.FAILED
    for changes in ({"status": 418}, {"body": {"error": {"code": "other"}}}):
        made = bench(alter=tools.on("result", headers=(), **changes))
        assert tools.is_skip(made.judge("error.result.not-ready.headers"), Skip.NOT_OBSERVED)


def more_headers(tree: Any) -> None:
    readings = row_of(tree, "missing-key")["readings"]
    readings["headers"] = {"WWW-Authenticate": "Key", "X-Why": "{{text:no key}}"}


def test_each_header_of_each_answer_is_looked_for(bench: Any, tools: Any) -> None:
    assert passed(bench(more_headers).judge("auth.query.missing-key.headers")) == 3
    kept = (("www-authenticate", "Key"),)
    made = bench(more_headers, alter=tools.on("lookByBody", headers=kept))
    said = ("no header X-Why", "WWW-Authenticate, X-Why", [401])
    assert failure(made.judge("auth.query.missing-key.headers")) == said
    made = bench(more_headers, alter=tools.on("look", key="", headers=()))
    assert failure(made.judge("auth.query.missing-key.headers"))[0] == "no header WWW-Authenticate"
    made = bench(more_headers, alter=tools.on("look", key="", status=418))
    assert passed(made.judge("auth.query.missing-key.headers")) == 2
