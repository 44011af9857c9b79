"""A refused create makes no task, hands out no id and charges nothing; who else uses the account is no evidence."""

from dataclasses import replace
from typing import Any

import orjson

from screentest_contracts.generate import derived
from screentest_contracts.requirements import kinds
from screentest_suites.checks.probes import refusals
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Result, Skip
from tests.suites.checks.findings import failure, passed

NAME = "error.create.invalid-body.leaves-nothing"


def probed(made: Any) -> Any:
    """The finding after the parameters were judged."""
    made.judge("create.duration.minimum")
    return made.judge(NAME)


class Listing:
    """Puts further tasks into the list: `after` each refused create, `always` one more at each look."""

    def __init__(self, *, after: bool = False, always: bool = False) -> None:
        self.after, self.always, self.count, self.more = after, always, 0, []  # type: ignore[var-annotated]

    def __call__(self, exchange: Exchange) -> Exchange:
        if exchange.sent.operation == "make" and exchange.status == 422 and self.after:
            self._add()
        if exchange.sent.operation != "all":
            return exchange
        if self.always:
            self._add()
        jobs = [*({"id": each, "state": "WAIT"} for each in reversed(self.more)), *exchange.json["jobs"]]
        return replace(exchange, body=orjson.dumps({"jobs": jobs}))

    def _add(self) -> None:
        self.count += 1
        self.more.append(f"job-{self.count:012x}")


def test_refusals_without_a_trace_pass(bench: Any) -> None:
    made = bench()
    assert passed(probed(made)) >= 2


def test_what_is_asked_again_does_not_depend_on_the_order_of_answers(bench: Any) -> None:
    """And it is asked for this requirement: a recording tells it from the first time."""
    asked = []
    for turned in (False, True):
        made = bench()
        made.judge("create.duration.minimum")
        if turned:
            refusals(made.session).reverse()
            made.session.client.seen.reverse()
        before = len(made.wire.log)
        REGISTRY[kinds.REFUSAL_LEAVES_NOTHING.name](made.session.for_purpose(NAME), made.requirement(NAME))
        again = [each.sent for each in made.wire.log[before:] if each.status == 422 and each.sent.body][-2:]
        asked.append([(each.body, each.purpose) for each in again])
    assert len(asked[0]) == 2
    assert asked[0] == asked[1]
    assert {purpose for _, purpose in asked[0]} == {NAME}


def test_what_was_refused_and_is_listed_is_found(bench: Any) -> None:
    found = failure(probed(bench(alter=Listing(after=True))))
    assert "is listed after a refused create" in found[0]
    assert found[2] == [422, 200]


def test_tasks_of_others_in_the_list_are_no_evidence(bench: Any) -> None:
    assert probed(bench(alter=Listing(always=True))).result is Result.PASSED


def test_a_task_behind_the_id_of_a_refusal_is_found(bench: Any) -> None:
    """The refusal hands out the id of a task that a query knows."""
    made = bench()
    task = made.session.start(made.session.models[0], made.session.models[0].base)

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "make" or exchange.status != 422:
            return exchange
        return replace(exchange, body=orjson.dumps({**exchange.json, "job": {"id": task.task_id}}))

    made.wire.alter = alter
    assert failure(probed(made))[0] == f"a refused create made the task {task.task_id!r}"


def refusing_with(identity: str) -> Any:
    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "make" or exchange.status != 422:
            return exchange
        return replace(exchange, body=orjson.dumps({**exchange.json, "id": identity}))

    return alter


def test_an_id_that_looks_like_a_tasks_is_found(bench: Any) -> None:
    found = failure(probed(bench(alter=refusing_with(f"job-{derived('hex:12', 'x', 'y')}"))))
    assert "a refusal hands out the id 'job-" in found[0]


def test_the_id_of_the_answer_itself_is_none(bench: Any) -> None:
    assert probed(bench(alter=refusing_with("req_8f3a2c"))).result is Result.PASSED


def test_a_refusal_may_not_charge(bench: Any) -> None:
    def priced(tree: Any) -> None:
        task = tree["x-task"]
        task["prices"] = [{"models": ["*"], "per": "video", "amount": 3, "currency": "USD"}]
        task["profiles"]["default"]["receipt"]["cost"] = "{{charge}}"

    def charging(amount: Any) -> Any:
        def alter(exchange: Exchange) -> Exchange:
            if exchange.sent.operation != "make" or exchange.status != 422:
                return exchange
            return replace(exchange, body=orjson.dumps({**exchange.json, "cost": amount}))

        return alter

    assert failure(probed(bench(priced, alter=charging(3))))[0] == "a refusal charges 3 at /cost"
    for nothing in (0, None, "3"):
        assert probed(bench(priced, alter=charging(nothing))).result is Result.PASSED


def test_nothing_is_said_where_nothing_is_refused(bench: Any, tools: Any) -> None:
    made = bench(alter=tools.on("make", status=200, body={"job": {"id": "job-0123456789ab", "state": "WAIT"}}))
    assert tools.is_skip(probed(made), Skip.NOT_OBSERVED, "no create was refused")
