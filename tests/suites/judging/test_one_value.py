"""A value that is always the same proves little: a run asks for two, or says how weak its evidence is."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.spending.ledger import Ledger
from screentest_suites.targets.embedded import EmbeddedTarget
from tests.providers import known

ECHO = ("create.seconds.echo", "query.seconds.echo")


class Real(EmbeddedTarget):
    """A server that cannot be steered, in virtual time."""

    steering: Any = None

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.steering = None


class AlwaysFour(Real):
    """A server that shows the default length, whatever was asked for."""

    def send(self, sent: SentRequest, **options: Any) -> Exchange:
        exchange = super().send(sent, **options)
        if isinstance(exchange.json, dict) and "seconds" in exchange.json:
            return replace(exchange, body=orjson.dumps({**exchange.json, "seconds": "4"}))
        return exchange


def judged(target: EmbeddedTarget, *names: str, cap: Decimal | None = None, **options: Any) -> list[Verdict]:
    judge = Judge(target.contract, target, Options(examples=2, **options), ledger=Ledger(cap, "USD"))
    return [judge.verdict(name) for name in names]


@pytest.mark.parametrize("models", [(), ("sora-2",)])
def test_two_values_are_asked_for_where_it_costs_nothing(models: tuple[str, ...]) -> None:
    sound = judged(EmbeddedTarget(known("openai")), *ECHO, "result.duration", models=models)
    assert [(each.result, each.finding.weak) for each in sound] == [(Result.PASSED, False)] * 3
    constant = judged(AlwaysFour(known("openai")), *ECHO, models=models)
    assert [each.result for each in constant] == [Result.FAILED] * 2


def test_one_value_is_weak_evidence_where_a_budget_pays_for_no_other() -> None:
    """What a run shows that bought the shortest clip alone."""
    paid = {"metered": True, "assumed_price": Decimal(1), "cap": Decimal(1)}
    target = AlwaysFour(known("openai"))
    found = judged(target, *ECHO, models=("sora-2",), **paid)
    for each in found:
        assert (each.result, each.finding.weak) == (Result.PASSED, True)
        assert each.finding.reason == "evidence: weak: nothing but 4 was asked for"


def test_progress_that_was_seen_once_did_not_rise() -> None:
    """A task that ends before its second poll says nothing of progress on the way."""
    contract = known("openai")
    lazy = Options(examples=1, models=("sora-2",), poll_interval=3600.0)
    judge = Judge(contract, Real(contract), lazy)
    verdict = judge.verdict("query.progress.monotonic")
    assert verdict.result is Result.SKIPPED
    assert verdict.finding.reason.startswith("not observed: no task was polled twice before its end; --poll-interval")
