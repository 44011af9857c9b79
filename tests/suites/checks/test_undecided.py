"""Values about which the documents contradict each other, or which they tolerate: no server is blamed for either."""

from typing import Any

import orjson
import pytest

from screentest_contracts import load_contract
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.verdicts import Result
from screentest_suites.requests.generation import is_undecided
from screentest_suites.requests.probes import probes
from tests.providers import known
from tests.suites.checks.findings import failure, passed

REFUSED = {"error": {"code": "bad", "message": "No."}}


def tolerating(*words: Any, **schema: Any) -> Any:
    def change(tree: Any) -> None:
        tree["components"]["schemas"]["Clip"]["properties"]["duration"].update({**schema, "x-tolerates": list(words)})

    return change


def refusing(value: Any) -> Any:
    """A server that refuses one value of the duration, and takes all others that the mock takes."""

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "make" or orjson.loads(exchange.sent.body or b"{}").get("duration") != value:
            return exchange
        return Exchange(exchange.sent, 422, (), orjson.dumps(REFUSED), exchange.sent_at, exchange.received_at)

    return alter


@pytest.mark.parametrize("alter", [None, refusing(0)])
def test_a_contradicted_edge_may_be_taken_or_refused(bench: Any, alter: Any) -> None:
    """One page begins at 0, another at 1: either server passes, and both refuse what is below."""
    made = bench(tolerating("zero", minimum=0), alter=alter)
    assert passed(made.judge("create.duration.minimum"))
    sent = [orjson.loads(each.sent.body).get("duration") for each in made.wire.log if each.sent.operation == "make"]
    assert 0 not in sent
    assert {1, -1} <= set(sent)


def test_an_edge_that_nobody_contradicts_must_be_taken(bench: Any) -> None:
    made = bench(tolerating(minimum=0), alter=refusing(0))
    assert "duration = 0 was refused" in failure(made.judge("create.duration.minimum"))[0]


def test_a_contradicted_word_may_be_taken_or_refused(bench: Any) -> None:
    made = bench(tolerating({"values": [6]}, enum=[4, 6, 8]), alter=refusing(6))
    assert made.judge("create.duration.enum").result is Result.PASSED
    made = bench(tolerating(enum=[4, 6, 8]), alter=refusing(6))
    assert made.judge("create.duration.enum").result is Result.FAILED


@pytest.mark.parametrize("name", known("evolink").models)
def test_seed_zero_is_never_sent_to_a_vendor_whose_pages_disagree_about_it(name: str) -> None:
    model = load_contract("evolink").models[name]
    seeds = [
        (probe.body.get("seed"), probe.accept)
        for rule in model.constraints
        if rule.name == "seed"
        for probe in probes(model, rule)
    ]
    assert 0 not in [seed for seed, _ in seeds if not isinstance(seed, bool)]
    assert (1, True) in seeds
    assert (-1, False) in seeds


def test_a_tolerated_fraction_is_sent_by_no_probe(bench: Any) -> None:
    """Neither as a wrong type nor as no multiple."""
    made = bench(tolerating("fraction", multipleOf=1, enum=[4, 6]))
    (model,) = made.contract.models.values()
    sent = [
        probe.body["duration"] for rule in model.constraints if rule.name == "duration" for probe in probes(model, rule)
    ]
    assert not [each for each in sent if isinstance(each, float) and not each.is_integer()]


def undecided(model: Any, body: Any) -> bool:
    return is_undecided(model, body, list(model.validator.iter_errors(body)))


def test_a_generated_body_counts_only_by_what_is_decided(bench: Any) -> None:
    (model,) = bench(tolerating("fraction", "zero", minimum=0)).contract.models.values()
    clip = {"model": "clip-1"}
    assert undecided(model, {**clip, "duration": 5.5})
    assert undecided(model, {**clip, "duration": 0})
    assert not undecided(model, {**clip, "duration": 5})
    assert not undecided(model, {**clip, "duration": "5"})
    assert not undecided(model, {**clip, "duration": 5.5, "prompt": 7})
    assert not undecided(model, {"duration": 5.5})
