"""The judge: what is broken at the base blocks what rests on it, our own failures are not the vendor's, runs repeat."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, load_contract
from screentest_contracts.facts import Level
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_suites.checks.registry import REGISTRY, TRACE_CHECKS
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Finding, Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget
from tests.providers import FEW, known
from tests.suites.conftest import PROVIDERS
from tests.turns import by_turns

QUICK = Options(examples=4)


class Altered(EmbeddedTarget):
    """The mock behind something that alters its answers; keeps what was sent."""

    def __init__(self, contract: Contract, alter: Callable[[Exchange], Exchange] = lambda exchange: exchange) -> None:
        super().__init__(contract)
        self.alter = alter
        self.log: list[tuple[Any, ...]] = []

    def send(self, sent: SentRequest, **options: Any) -> Exchange:
        exchange = self.alter(super().send(sent, **options))
        self.log.append((sent, exchange.status, exchange.body))
        return exchange


def verdicts(contract: Contract, target: EmbeddedTarget | None = None, options: Options = QUICK) -> dict[str, Verdict]:
    found = Judge(contract, target or EmbeddedTarget(contract), options).verdicts()
    return {each.requirement.id: each for each in found}


def no_create(exchange: Exchange) -> Exchange:
    made = exchange.sent.method == "POST" and exchange.sent.url.endswith("/jobs") and exchange.status == 200
    return replace(exchange, status=500, body=b"{}") if made else exchange


def test_every_requirement_gets_one_verdict(small: Contract) -> None:
    found = list(Judge(small, EmbeddedTarget(small), QUICK).verdicts())
    assert [each.requirement for each in found] == list(requirements(small))
    assert not any(each.fails_run for each in found)


def test_a_broken_create_blocks_what_rests_on_it(small: Contract) -> None:
    found = verdicts(small, Altered(small, no_create))
    assert found["create.accepted"].result is Result.FAILED
    for verdict in found.values():
        if "create.accepted" in verdict.requirement.depends:
            assert verdict.result is Result.SKIPPED, verdict.id
            assert verdict.finding.reason.startswith("blocked by create.accepted")
    assert found["auth.create.missing-key"].result is Result.PASSED, "what needs no task is judged all the same"
    assert [each.requirement.id for each in found.values() if each.fails_run] == ["create.accepted"]


def test_one_bad_poll_blocks_nothing(small: Contract) -> None:
    """What it breaks is said once; the rest is judged by the polls that were answered."""
    polls = 0

    def third_is_broken(exchange: Exchange) -> Exchange:
        nonlocal polls
        polls += "/look?" in exchange.sent.url
        return replace(exchange, status=0, error="the connection broke") if polls % 3 == 2 else exchange

    target = Altered(small, lambda exchange: third_is_broken(exchange) if "/look?" in exchange.sent.url else exchange)
    found = verdicts(small, target)
    assert found["query.status-code"].result is Result.FAILED
    assert [name for name, each in found.items() if "query.status-code" in each.finding.reason] == []
    assert found["query.status.known"].result is Result.PASSED


def test_a_blocked_blocker_hands_on_its_reason(small: Contract) -> None:
    found = verdicts(small, Altered(small, no_create))
    chained = next(each for each in requirements(small) if "query.status-code" in each.depends)
    assert found[chained.id].finding.reason == "blocked by create.accepted"


def test_creates_that_fail_for_some_models_leave_the_others_to_be_judged() -> None:
    contract = load_contract("nexusflow")
    name = next(iter(contract.models))

    def refuse_one(exchange: Exchange) -> Exchange:
        body = exchange.sent.body or b""
        return replace(exchange, status=400, body=b"{}") if f'"{name}"'.encode() in body else exchange

    found = verdicts(contract, Altered(contract, refuse_one))
    assert found["create.accepted"].result is Result.PASSED
    assert found[f"create.accepted.{name}"].fails_run
    assert found["query.status.known"].result is Result.PASSED


EVERY_MODEL = [(name, model) for name in FEW for model in known(name).models]


@pytest.mark.parametrize(("provider", "model"), by_turns(EVERY_MODEL, 12))
def test_each_model_can_be_judged_alone(provider: str, model: str) -> None:
    """Also one of which less is documented: what is known of all the provider's tasks is known of its tasks."""
    contract = load_contract(provider)
    found = {
        each.requirement.id: each
        for each in Judge(contract, EmbeddedTarget(contract), Options(examples=2, models=(model,))).verdicts()
    }
    assert [name for name, each in found.items() if each.result in (Result.FAILED, Result.ERROR)] == []
    seen = [
        found[name].result for name in ("query.status.known", "query.ends", "result.fetch", "auth.query.foreign-task")
    ]
    assert set(seen) == {Result.PASSED}


@pytest.mark.parametrize("requirement", ["create.accepted", "query.status.known", "result.fetch"])
def test_an_exception_of_ours_is_an_error_and_nobodys_fault(
    requirement: str, small: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: Any) -> Any:
        raise ZeroDivisionError("our own bug")

    kind = next(each.kind for each in requirements(small) if each.id == requirement)
    monkeypatch.setitem(REGISTRY if kind in REGISTRY else TRACE_CHECKS, kind, burst)  # type: ignore[arg-type]
    found = verdicts(small)
    assert found[requirement].result is Result.ERROR
    assert "our own bug" in found[requirement].finding.reason
    assert not any(each.fails_run for each in found.values())
    for verdict in found.values():
        if requirement in verdict.requirement.depends:
            assert verdict.result is Result.SKIPPED
    assert found[requirement].result is Result.ERROR


def test_untestable_requirements_say_why(any_provider: str) -> None:
    contract = load_contract(any_provider)
    judge = Judge(contract, EmbeddedTarget(contract), QUICK)
    for requirement in requirements(contract):
        if requirement.untestable is not None:
            finding = judge.verdict(requirement.id).finding
            assert finding.result is Result.SKIPPED
            assert requirement.untestable in finding.reason


def test_the_same_seed_gives_the_same_run(small: Contract) -> None:
    def run(seed: int) -> tuple[dict[str, Verdict], list[tuple[Any, ...]]]:
        target = Altered(small)
        target.mock.deviation = deviation("goes-backwards", small)
        return verdicts(small, target, Options(examples=10, seed=seed)), target.log

    first, second, third = run(1), run(1), run(2)
    assert first == second
    assert first[1] != third[1]
    assert any(each.result is Result.FAILED for each in first[0].values())


def test_only_a_must_fails_a_run(small: Contract) -> None:
    requirement = requirements(small)[0]
    for level, expected in ((Level.MUST, True), (Level.SHOULD, False), (Level.NOTE, False)):
        verdict = Verdict(replace(requirement, level=level), "acme", Finding(Result.FAILED))
        assert verdict.fails_run is expected


def test_a_violation_is_shrunk_to_a_simple_life(small: Contract) -> None:
    target = EmbeddedTarget(small)
    target.mock.deviation = deviation("goes-backwards", small)
    broken = [each for each in verdicts(small, target).values() if each.result is Result.FAILED]
    lives = [each.finding.evidence[0].seen for each in broken if each.requirement.kind in TRACE_CHECKS]
    assert lives
    assert all("polls after" in each and each.count(" s") <= 5 for each in lives), lives


@pytest.mark.parametrize(
    ("provider", "seed", "share"),
    by_turns([(each, seed, share) for each in PROVIDERS for seed, share in ((1, 0.03), (2, 0.3))], 18),
)
def test_no_answer_breaks_the_harness(provider: str, seed: int, share: float) -> None:
    """Members of every answer replaced by arbitrary JSON: verdicts of any kind, but never an error of ours."""
    from random import Random

    random = Random(seed)
    strange = [None, True, -1, 1e308, "", "x" * 300, "https://", "/", "\u0000", [], {}, [[]], {"": None}, 2**63]

    def garble(exchange: Exchange) -> Exchange:
        value = exchange.json
        if isinstance(value, dict) and random.random() < share:
            for pointer in random.choices(places(value) or [""], k=2):
                value = put(value, pointer, random.choice(strange))
            return replace(exchange, body=orjson.dumps(value))
        return exchange

    contract = load_contract(provider)
    models = tuple(contract.models)[:1]
    options = Options(examples=4, seed=seed, models=models, task_timeout=60)
    found = Judge(contract, Altered(contract, garble), options).verdicts()
    assert [each.finding.reason for each in found if each.result is Result.ERROR] == []


def places(value: Any, pointer: str = "") -> list[str]:
    """The pointers of all members, outer ones first."""
    listed = enumerate(value) if isinstance(value, list) else ()
    members = list(value.items() if isinstance(value, dict) else listed)
    found = [f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}" for name, _ in members]
    return found + [each for (name, inner), at in zip(members, found, strict=True) for each in places(inner, at)]
