"""Constraints of requests: what is sent for them, what is noted of the refusals, and what counts as broken."""

from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts.requirements import Requirement, requirements
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Hooks
from screentest_suites.checks.probes import refusals
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Finding, NotObservedError, Result, Skip

BAD = {"error": {"code": "bad", "message": "No."}}


def created(made: Any) -> list[Any]:
    """The bodies of the creates that a check sent, without that of the task all checks share."""
    every = [orjson.loads(each.sent.body) for each in made.wire.log if each.sent.operation == "make"]
    return [each for each in every if each not in [model.base for model in made.contract.models.values()]]


def sending(member: str, *values: Any, **changes: Any) -> Any:
    """Changes the answers to creates in which a member has one of these values."""

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "make":
            return exchange
        body = orjson.loads(exchange.sent.body or b"{}")
        if member not in body or not any(body[member] == each and type(body[member]) is type(each) for each in values):
            return exchange
        if changes.get("unseen"):
            raise NotObservedError(Skip.NEEDS_SPEND, str(body[member]))
        answer = changes.get("body")
        return replace(
            exchange,
            status=changes.get("status", exchange.status),
            body=exchange.body if answer is None else orjson.dumps(answer),
            error=changes.get("error", ""),
        )

    return alter


def shown(finding: Finding) -> list[tuple[str, str, list[int]]]:
    assert finding.result is Result.FAILED
    return [(each.seen, each.expected, [one.status for one in each.exchanges]) for each in finding.evidence]


def test_boundaries_are_sent_one_at_a_time(bench: Any) -> None:
    made = bench()
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.PASSED, 6)
    assert created(made) == [{"model": "clip-1", "duration": value} for value in (2, 3, 1, -998, -1, 0, 4)], (
        "the twin last"
    )


def test_refusals_are_noted_with_what_they_are_about(bench: Any) -> None:
    made = bench()
    made.judge("create.duration.minimum")
    noted = refusals(made.session)
    assert [(each.member, each.label) for each in noted] == [
        ("duration", "duration = 1"),
        ("duration", "duration = -998"),
        ("duration", "duration = -1"),
        ("duration", "duration = 0"),
    ]
    assert all(each.row is made.contract.error_rows()[2] for each in noted)
    assert [each.exchange for each in noted] == made.wire.log[-5:-1], "and then the twin"


def test_only_refusals_of_what_is_wrong_are_noted(bench: Any) -> None:
    made = bench(alter=sending("duration", 2, 1, status=422, body=BAD))
    made.judge("create.duration.minimum")
    assert [each.label for each in refusals(made.session)] == [
        "duration = 1",
        "duration = -998",
        "duration = -1",
        "duration = 0",
    ]
    made = bench(alter=sending("duration", 1, status=500))
    made.judge("create.duration.minimum")
    assert [each.label for each in refusals(made.session)] == ["duration = -998", "duration = -1", "duration = 0"]


ACCEPTED: Any = {"status": 200, "body": {"job": {"id": "job-1"}}}


@pytest.mark.parametrize(
    ("values", "changes", "seen", "expected"),
    [
        ((3,), {"status": 422, "body": BAD}, "duration = 3 was refused with 422", "a valid request is accepted"),
        ((3,), {"status": 500}, "duration = 3 was broken with 500", "a valid request is accepted"),
        ((1,), ACCEPTED, "duration = 1 was accepted with 200", "the request is refused"),
        ((1,), {"status": 500}, "duration = 1 was answered 500, which is no refusal", "the request is refused"),
        ((1,), {"status": 302}, "duration = 1 was answered 302, which is no refusal", "the request is refused"),
        ((1,), {"status": 0, "error": "it broke"}, "duration = 1: it broke", "an answer"),
        ((3,), {"status": 0, "error": "it broke"}, "duration = 3: it broke", "an answer"),
    ],
)
def test_what_is_broken(values: Any, changes: Any, seen: str, expected: str, bench: Any) -> None:
    made = bench(alter=sending("duration", *values, **changes))
    finding = made.judge("create.duration.minimum")
    assert finding.reason == f"clip-1: {seen}"
    assert shown(finding) == [(f"clip-1: {seen}", expected, [changes["status"]])]
    assert finding.judged == 6
    (exchange,) = finding.evidence[0].exchanges
    assert orjson.loads(exchange.sent.body)["duration"] == values[0]


def test_a_refusal_in_other_words_is_one(bench: Any) -> None:
    made = bench(alter=sending("duration", 1, status=400, body={"no": "way"}))
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.PASSED, 6), "the words are another check's business"


def test_more_than_one_broken(bench: Any) -> None:
    made = bench(alter=sending("duration", 1, -998, **ACCEPTED))
    finding = made.judge("create.duration.minimum")
    assert finding.reason == "clip-1: duration = 1 was accepted with 200 (and 1 more)"
    assert [each.seen for each in finding.evidence] == [
        "clip-1: duration = 1 was accepted with 200",
        "clip-1: duration = -998 was accepted with 200",
    ]


def two(tree: Any) -> None:
    """Two models that are alike."""
    clip, task = tree["components"]["schemas"]["Clip"], tree["x-task"]
    tree["components"]["schemas"]["Clip2"] = {
        **clip,
        "properties": {**clip["properties"], "model": {"const": "clip-2"}},
    }
    task["models"]["clip-2"] = {"schema": "Clip2", "base": {"model": "clip-2"}}
    tree["paths"]["/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {"type": "object"}


def test_five_examples_are_shown(bench: Any) -> None:
    made = bench(two, alter=lambda each: replace(each, status=500) if b"duration" in (each.sent.body or b"") else each)
    finding = made.judge("create.duration.type")
    assert finding.judged == 8
    assert finding.reason.endswith("(and 7 more)")
    assert len(finding.evidence) == 5


def test_each_model_is_tried(bench: Any) -> None:
    made = bench(two)
    assert made.judge("create.duration.minimum").judged == 12
    assert Counter(each["model"] for each in created(made)) == {"clip-1": 7, "clip-2": 7}
    made = bench(two, models=("clip-2",))
    assert made.judge("create.duration.minimum").judged == 6
    assert {each["model"] for each in created(made)} == {"clip-2"}


def test_a_model_whose_base_is_refused_shows_nothing(bench: Any, tools: Any) -> None:
    made = bench(two, alter=sending("model", "clip-1", status=422, body=BAD))
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.PASSED, 6)
    assert [each["model"] for each in created(made)] == ["clip-2"] * 7
    made = bench(two, alter=sending("model", "clip-1", "clip-2", status=422, body=BAD))
    said = made.judge("create.duration.minimum")
    assert tools.is_skip(said, Skip.NOT_OBSERVED, "no request can show it alone")
    assert len(made.wire.log) == 2


def test_a_model_that_may_not_be_tried_is_left_out(bench: Any) -> None:
    def no_base(exchange: Exchange) -> Exchange:
        if exchange.sent.body == b'{"model":"clip-1"}':
            raise NotObservedError(Skip.NEEDS_SPEND)
        return exchange

    made = bench(two, alter=no_base)
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.PASSED, 6)
    assert {each["model"] for each in created(made)} == {"clip-2"}
    made = bench(two, alter=sending("model", "clip-1", "clip-2", unseen=True))
    with pytest.raises(NotObservedError):
        made.judge("create.duration.minimum")


def test_requests_that_may_not_be_sent_are_not_counted(bench: Any) -> None:
    made = bench(alter=sending("duration", 2, 1, unseen=True))
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.PASSED, 4)
    made = bench(alter=lambda each: sending("duration", 2, unseen=True)(sending("duration", 1, **ACCEPTED)(each)))
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.FAILED, 5)
    made = bench(alter=sending("duration", 2, 3, 1, -998, -1, 0, unseen=True))
    with pytest.raises(NotObservedError, match="2"):
        made.judge("create.duration.minimum")


def test_what_is_to_be_refused_is_sent_although_tasks_cost_money(bench: Any) -> None:
    """The valid ones are not: one task per model is paid for."""
    made = bench(metered=True)
    assert made.judge("create.duration.minimum").judged == 4
    assert [each["duration"] for each in created(made)] == [1, -998, -1, 0]
    assert not made.session.client.unwanted_tasks


def test_one_task_that_nobody_wanted_is_enough(bench: Any) -> None:
    """Further probes of a constraint that is broken already would cost as much each."""
    made = bench(metered=True)
    every = Hooks(accepts=lambda contract, member, keyword, body: member == "duration" and keyword == "minimum")
    made.wire.mock.deviation = Deviation("too-low", "", (), hooks=every)
    made.session = made.session.for_purpose("create.duration.minimum")
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.FAILED, 1)
    assert len(made.session.client.unwanted_tasks) == 1


def test_a_constraint_that_no_request_can_show(bench: Any, tools: Any) -> None:
    def tolerant(tree: Any) -> None:
        tree["components"]["schemas"]["Clip"]["properties"]["prompt"]["x-tolerates"] = ["wrong-type"]

    made = bench(tolerant)
    finding = made.judge("create.prompt.type")
    assert tools.is_skip(finding, Skip.NOT_OBSERVED, "no request can show it alone")


# -- what a refusal is held to ------------------------------------------------------------------------------------


def own_words(tree: Any) -> None:
    """The absence of a prompt or of a picture is refused in words of their own."""
    clip, task = tree["components"]["schemas"]["Clip"], tree["x-task"]
    clip["required"] = ["model", "prompt"]
    clip["properties"]["picture"] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("url", "size", "id")},
    }
    clip["properties"]["picture"]["anyOf"] = [{"required": ["url", "size"]}, {"required": ["id"]}]
    task["models"]["clip-1"]["base"] = {"model": "clip-1", "prompt": "A boat.", "picture": {"url": "x", "size": "s"}}
    for name, status in (("prompt", 421), ("picture.url", 423)):
        row = {
            "condition": "invalid-body",
            "name": name,
            "for": [name],
            "readings": {"status": status, "body": {"error": {"code": name}}},
        }
        task["errors"].append(row)


def rows_noted(made: Any) -> list[tuple[str, tuple[str, ...], int]]:
    return [(each.member, each.row.members, each.exchange.status) for each in refusals(made.session)]


def test_absence_is_held_to_the_words_for_it(bench: Any) -> None:
    made = bench(own_words)
    assert made.judge("create.prompt.required").result is Result.PASSED
    assert rows_noted(made) == [("prompt", ("prompt",), 421)]
    made = bench(own_words, alter=lambda each: replace(each, status=422) if each.status == 421 else each)
    made.judge("create.prompt.required")
    assert rows_noted(made) == [("prompt", ("prompt",), 422)], "whatever words were used"


def test_the_first_that_would_have_done_is_missed(bench: Any) -> None:
    made = bench(own_words)
    (name,) = [each.id for each in requirements_of(made) if each.subject.cases[0].constraint.kind == "one-of-required"]
    assert made.judge(name).result is Result.PASSED
    assert rows_noted(made) == [("picture.url", ("picture.url",), 423)]
    assert [each["picture"] for each in created(made)] == [{}]


def requirements_of(made: Any) -> list[Requirement]:
    return [each for each in requirements(made.contract) if each.kind == "constraint"]


def test_a_wrong_value_may_be_refused_in_either_words(bench: Any) -> None:
    made = bench(own_words)
    assert made.judge("create.prompt.max-length").result is Result.PASSED
    assert rows_noted(made) == [("prompt", ("prompt",), 421)], "the mock uses those for the member"
    made = bench(own_words, alter=lambda each: replace(each, status=422) if each.status == 421 else each)
    made.judge("create.prompt.max-length")
    assert rows_noted(made) == [("prompt", (), 422)], "others are held to those for any body"


def crashing(tree: Any) -> None:
    """The vendor is known to refuse with a server error."""
    for row in tree["x-task"]["errors"]:
        if row["condition"] == "invalid-body":
            row["readings"] = {"status": 500, "body": {"error": {"code": "bad"}}}


def test_a_documented_server_error_is_a_refusal(bench: Any) -> None:
    made = bench(crashing)
    finding = made.judge("create.duration.minimum")
    assert (finding.result, finding.judged) == (Result.PASSED, 6)
    made = bench(crashing, alter=sending("duration", 1, status=500, body={"error": {"code": "other"}}))
    finding = made.judge("create.duration.minimum")
    assert finding.reason == "clip-1: duration = 1 was answered 500, which is no refusal"
    made = bench(crashing, alter=sending("duration", 3, status=500, body={"error": {"code": "bad"}}))
    assert made.judge("create.duration.minimum").reason == "clip-1: duration = 3 was broken with 500"
