"""Generated bodies: each is sent once, and its answer judged by what the schema says of the body."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_suites.checks import generated
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import NotObservedError, Result, Skip
from screentest_suites.requests import generation
from screentest_suites.requests.generation import Generated
from tests.suites.checks.findings import failure, passed

GOOD = {"model": "clip-1", "prompt": "A boat."}, {"model": "clip-1", "duration": 3}
BAD = ({"model": "clip-1", "duration": 99}, "99 is too much"), ({"prompt": 7}, "7 is no text")
REFUSED = {"error": {"code": "bad", "message": "No."}}
ACCEPTS, REFUSES, CONFORMS = "create.generated.accepts", "create.generated.refuses", "create.generated.conforms"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets these bodies be what is generated, by default two of each kind."""

    def draw(good: Any = GOOD, bad: Any = BAD) -> None:
        bodies = [Generated(each, True, "") for each in good] + [Generated(each, False, why) for each, why in bad]
        monkeypatch.setattr(
            generated,
            "generate_bodies",
            lambda contract, options, target: [(options.models_of(contract)[0], each) for each in bodies],
        )

    draw()
    return draw


def answering(sent: Any, **changes: Any) -> Any:
    """Changes the answer to one body."""

    def alter(exchange: Exchange) -> Exchange:
        if orjson.loads(exchange.sent.body or b"null") != sent:
            return exchange
        if changes.get("unseen"):
            raise NotObservedError(Skip.NEEDS_SPEND, str(sent))
        return replace(exchange, **changes)

    return alter


def strict(exchange: Exchange) -> Exchange:
    """A server whose parser tells a float from an integer: it refuses every number that is written as a float."""
    floats = [each for each in orjson.loads(exchange.sent.body or b"{}").values() if isinstance(each, float)]
    return replace(exchange, status=400, body=orjson.dumps(REFUSED)) if floats else exchange


@pytest.mark.parametrize(("duration", "sent", "judged"), [(5.0, 5, 1), (1e300, 1e300, 0), (-0.0, 0, 0)])
def test_an_integer_that_is_written_as_a_float(
    duration: float, sent: float, judged: int, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent as an integer, or its refusal counts for nothing: many parsers tell them apart."""
    body = {"model": "clip-1", "duration": duration}

    def changed(tree: Any) -> None:
        if duration == 1e300:  # no bound, so that it is valid
            tree["components"]["schemas"]["Clip"]["properties"]["duration"] = {"type": "integer"}

    monkeypatch.setattr(generation, "_draw_all", lambda contract, names, *options: {names[0]: [body]})
    made = bench(changed, alter=strict)
    finding = made.judge(ACCEPTS)
    assert finding.result is (Result.PASSED if judged else Result.SKIPPED)
    (asked,) = [orjson.loads(each.sent.body) for each in made.wire.log if each.sent.operation == "make"]
    assert repr(asked["duration"]) == repr(sent)


def test_each_body_is_sent_once_for_three_requirements(drawn: Any, bench: Any) -> None:
    made = bench()
    assert (passed(made.judge(ACCEPTS)), passed(made.judge(REFUSES)), passed(made.judge(CONFORMS))) == (2, 2, 4)
    assert [orjson.loads(each.sent.body) for each in made.wire.log] == [*GOOD, BAD[0][0], BAD[1][0]]


@pytest.mark.parametrize("status", [400, 422])
def test_a_valid_body_that_is_refused(status: int, drawn: Any, bench: Any) -> None:
    made = bench(alter=answering(GOOD[1], status=status, body=orjson.dumps(REFUSED)))
    said = f"clip-1: a valid body was refused with {status}", "accepted", [status]
    assert failure(made.judge(ACCEPTS)) == said
    assert passed(made.judge(REFUSES)) == 2
    assert passed(made.judge(CONFORMS)) == 4


def test_an_invalid_body_that_is_accepted(drawn: Any, bench: Any) -> None:
    made = bench(alter=answering(BAD[1][0], status=200, body=b'{"job":{"id":"job-1"}}'))
    assert failure(made.judge(REFUSES)) == ("clip-1: accepted although 7 is no text", "a refusal", [200])
    assert passed(made.judge(ACCEPTS)) == 2


@pytest.mark.parametrize(("status", "broken"), [(499, False), (500, True), (503, True), (302, False)])
def test_a_server_error_is_no_documented_answer(status: int, broken: bool, drawn: Any, bench: Any) -> None:
    for body in (GOOD[1], BAD[0][0]):
        made = bench(alter=answering(body, status=status, body=b"{}"))
        finding = made.judge(CONFORMS)
        if broken:
            assert failure(finding) == (f"clip-1: answered {status}", "no server error", [status])
            assert passed(made.judge(REFUSES)) == 2, "neither accepted nor refused"
            assert passed(made.judge(ACCEPTS)) == 2
        else:
            assert passed(finding) == 4


def crashing(tree: Any) -> None:
    """An unknown model is refused with 503."""
    row = {"condition": "unknown-model", "readings": {"status": 503, "body": {"error": {"message": "{{text:No.}}"}}}}
    tree["x-task"]["errors"].append(row)


def test_a_documented_server_error_will_do(drawn: Any, bench: Any) -> None:
    made = bench(crashing, alter=answering(BAD[0][0], status=503, body=orjson.dumps(REFUSED)))
    assert passed(made.judge(CONFORMS)) == 4
    assert passed(made.judge(REFUSES)) == 2


def test_an_answer_against_the_schema(drawn: Any, bench: Any) -> None:
    made = bench(alter=answering(GOOD[0], body=b"[]"))
    seen, expected, shown = failure(made.judge(CONFORMS))
    assert seen.startswith("clip-1: body: ")
    assert (expected, shown) == ("the documented schema", [200])
    made = bench(alter=answering(BAD[1][0], body=b"<p>", status=422))
    assert failure(made.judge(CONFORMS))[:2] == ("clip-1: the body is not JSON: b'<p>'", "a JSON body")


def two_creates(tree: Any) -> None:
    """A second create whose answers must be empty; the first is the one that is asked."""
    post = tree["paths"]["/jobs"]["post"]
    none = {"description": "", "content": {"application/json": {"schema": {"const": 0}}}}
    tree["paths"]["/again"] = {"post": {**post, "operationId": "again", "responses": {"200": none, "default": none}}}
    tree["x-task"]["roles"]["create"] = ["make", "again"]


def test_the_schema_is_that_of_the_operation_that_was_asked(drawn: Any, bench: Any) -> None:
    assert passed(bench(two_creates).judge(CONFORMS)) == 4


def test_nothing_generated_of_a_kind_says_nothing_of_it(drawn: Any, bench: Any, tools: Any) -> None:
    drawn(bad=())
    made = bench()
    assert tools.is_skip(made.judge(REFUSES), Skip.NOT_OBSERVED)
    assert (passed(made.judge(ACCEPTS)), passed(made.judge(CONFORMS))) == (2, 2)
    drawn(good=())
    assert tools.is_skip(bench().judge(ACCEPTS), Skip.NOT_OBSERVED)
    drawn(good=(), bad=())
    for name in (ACCEPTS, REFUSES, CONFORMS):
        assert tools.is_skip(bench().judge(name), Skip.NOT_OBSERVED)


def test_what_may_not_be_sent_is_left_out(drawn: Any, bench: Any) -> None:
    made = bench(metered=True)
    with pytest.raises(NotObservedError):
        drawn(bad=()) or made.judge(ACCEPTS)
    drawn()
    assert passed(made.judge(REFUSES)) == 2
    assert passed(made.judge(CONFORMS)) == 2, "one task per model is paid for"
    assert not made.session.client.unwanted_tasks
    made = bench(alter=answering(GOOD[0], unseen=True))
    assert (passed(made.judge(ACCEPTS)), passed(made.judge(CONFORMS))) == (1, 3)


def test_where_nothing_may_be_sent_the_first_reason_counts(drawn: Any, bench: Any) -> None:
    drawn(bad=())
    alter = answering(GOOD[1], unseen=True)
    made = bench(alter=lambda each: answering(GOOD[0], unseen=True)(alter(each)))
    with pytest.raises(NotObservedError, match="boat"):
        made.judge(CONFORMS)


def test_bodies_are_really_generated(bench: Any) -> None:
    made = bench()
    assert passed(made.judge(CONFORMS)) >= 4
    assert passed(made.judge(ACCEPTS)) + passed(made.judge(REFUSES)) == passed(made.judge(CONFORMS))
