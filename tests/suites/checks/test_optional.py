"""What the minimal request of a model has and could do without, mode by mode."""

from dataclasses import replace
from typing import Any

import orjson

from screentest_contracts import load_contract
from screentest_contracts.requirements import requirements
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Result
from tests.suites.checks.findings import failure, passed


def prompted(tree: Any) -> None:
    tree["x-task"]["models"]["clip-1"]["base"]["prompt"] = "A boat."


def refusing_without(member: str) -> Any:
    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "make" or member in orjson.loads(exchange.sent.body or b"{}"):
            return exchange
        return replace(exchange, status=422, body=orjson.dumps({"error": {"code": "bad", "message": "No."}}))

    return alter


def test_an_optional_member_may_be_left_out(bench: Any) -> None:
    made = bench(prompted)
    assert passed(made.judge("create.prompt.optional")) == 1
    assert orjson.loads(made.wire.log[-1].sent.body) == {"model": "clip-1"}
    made = bench(prompted, alter=refusing_without("prompt"))
    assert failure(made.judge("create.prompt.optional"))[0] == "clip-1: without prompt was refused with 422"


def test_each_mode_has_its_own_rule(bench: Any, rich: Any) -> None:
    """One model demands the prompt, the other can do without: only that one is asked to."""

    def demanded(tree: Any) -> None:
        rich(tree)
        prompted(tree)
        tree["components"]["schemas"]["Clip"]["required"] = ["model", "prompt"]

    made = bench(demanded)
    requirement = made.requirement("create.prompt.optional")
    assert [case.model for case in requirement.subject.cases] == ["clip-2"]
    assert made.judge("create.prompt.optional").result is Result.PASSED


def test_a_mark_of_being_optional_is_the_members_own() -> None:
    found = {each.id: each.level for each in requirements(load_contract("nexusflow"))}
    assert found["create.prompt.optional"] == "NOTE"
