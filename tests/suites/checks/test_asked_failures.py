"""Tasks whose request is documented to make them fail: how a server that nobody steers is seen to fail."""

from typing import Any

import orjson
import pytest

from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import deviation
from screentest_suites.core.verdicts import NotObservedError
from tests.suites.checks.findings import failure, passed

ASKED = "query.failed.asked.broke"


def sandbox(tree: Any) -> None:
    """A prompt with which a task fails."""
    tree["components"]["schemas"]["Clip"]["properties"].setdefault("prompt", {"type": "string"})
    tree["x-task"]["request"]["prompt"] = "/prompt"
    tree["x-task"]["profiles"]["default"]["bodies"]["BAD"]["why"] = "{{reason_code}}"
    tree["x-task"]["failures"] = [
        {"code": "other", "message": "For another reason."},
        {"code": "broke", "message": "As it was asked to.", "request": {"/prompt": "sandbox:break"}},
    ]


def test_a_server_is_asked_to_fail(bench: Any) -> None:
    made = bench(sandbox, remote=True, poll_interval=50)
    assert passed(made.judge(ASKED)) == 1
    asked = [each for each in made.wire.log if b"sandbox:break" in (each.sent.body or b"")]
    assert len(asked) == 1
    assert made.wire.log[-1].json["state"] == "BAD"
    ends = [each.polls[-1].exchange.json["state"] for each in made.session.traces()]
    assert sorted(set(ends)) == ["BAD", "DONE"], "what is judged of polls is judged of a failure, too"
    assert len([each for each in made.wire.log if b"sandbox:break" in (each.sent.body or b"")]) == 1, "one for all"


def test_the_mock_fails_for_the_reason_that_is_asked_for(bench: Any) -> None:
    made = bench(sandbox)
    assert passed(made.judge(ASKED)) == 1
    assert "broke" in orjson.dumps(made.wire.log[-1].json).decode()


def test_a_failure_that_is_asked_for_and_does_not_come(bench: Any) -> None:
    made = bench(sandbox)
    made.wire.mock.deviation = deviation("asked-failure-succeeds", made.contract)
    assert failure(made.judge(ASKED))[:2] == ("it ended DONE", "a task that failed")


def test_a_failure_for_another_reason(bench: Any, tools: Any) -> None:
    def other(exchange: Any) -> Any:
        body = orjson.dumps(exchange.json).decode()
        return tools.changed(exchange, body=orjson.loads(body.replace('"broke"', '"other"')))

    seen, wanted, _ = failure(bench(sandbox, alter=other).judge(ASKED))
    assert seen.endswith("is 'other'")
    assert wanted == "'broke'"


def test_a_create_that_is_refused(bench: Any, tools: Any) -> None:
    def refuse(exchange: Any) -> Any:
        asked = b"sandbox:break" in (exchange.sent.body or b"")
        return tools.changed(exchange, status=400, body={"error": {"code": "x"}}) if asked else exchange

    made = bench(sandbox, alter=refuse)
    assert failure(made.judge(ASKED))[:2] == ("answered 400", "the create is accepted")


def test_nobody_pays_for_a_failure(bench: Any) -> None:
    made = bench(sandbox, remote=True, metered=True)
    with pytest.raises(NotObservedError, match="needs spend"):
        made.judge(ASKED)
    assert all(each.polls[-1].exchange.json["state"] != "BAD" for each in made.session.traces())
    assert not [each for each in made.wire.log if b"sandbox:break" in (each.sent.body or b"")]


def test_what_cannot_be_asked_for_is_no_requirement(bench: Any) -> None:
    names = {each.id for each in requirements(bench(sandbox).contract)}
    assert {name for name in names if name.startswith("query.failed.asked")} == {ASKED}


@pytest.mark.parametrize("scenario", ["failure:other", "cancelled"])
def test_a_scenario_of_the_mock_comes_before_what_is_asked_for(scenario: str, bench: Any) -> None:
    made = bench(sandbox)
    made.session.steer(scenario)
    model = made.session.models[0]
    trace = made.session.follow(made.session.start(model, {**model.base, "prompt": "sandbox:break"}))
    last = trace.polls[-1].exchange.json
    assert last["state"] != "DONE"
    assert "broke" not in orjson.dumps(last).decode()
