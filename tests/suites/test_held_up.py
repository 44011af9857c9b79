"""Whatever holds us up, it is not the vendor who is blamed for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract, load_contract
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget
from tests.turns import by_turns

DOCUMENTS = Path(__file__).parents[1] / "documents"
NAMES = [
    *("ark", "evolink", "nexusflow", "openai", "tokenhot"),
    *(str(DOCUMENTS / f"{name}.yaml") for name in ("files", "jobs", "queue", "rest", "signed")),
    str(DOCUMENTS / "presigned.yaml"),
]

pytestmark = pytest.mark.usefixtures("straight")

Holds = dict[int, tuple[str, float]]
"""By number of a request: where we are held up, `before` it, while it is `under way` to the server or `back`, and for
how many seconds."""


class HeldUp(BaseTarget):
    """A good vendor in virtual time, who seems to be far away, asked by somebody whose machine stops now and then."""

    kind = "url"

    def __init__(self, contract: Contract, holds: Holds, every: float = 0.0) -> None:
        self.mock = EmbeddedTarget(contract)
        self.base_url, self.keys, self.callbacks = self.mock.base_url, self.mock.keys, self.mock.callbacks
        self.holds, self.every, self.sent = holds, every, 0
        self.sleep, self.now, self.close = self.mock.sleep, self.mock.now, self.mock.close

    def _wait(self, place: str) -> None:
        where, seconds = self.holds.get(self.sent, ("", 0.0))
        self.mock.sleep((seconds if where == place else 0.0) + (self.every if place == "before" else 0.0))

    def send(self, sent: SentRequest, **options: Any) -> Exchange:
        self.sent += 1
        self._wait("before")
        began = self.now()
        self._wait("under way")
        exchange = self.mock.send(sent, **options)
        self._wait("back")
        return replace(exchange, sent_at=began, received_at=self.now())


def lives(contract: Contract) -> list[float]:
    """All times of a document that may pass."""
    found = [contract.polling.typical[1], contract.polling.timeout, contract.link.life, contract.polling.grace]
    found += [rule.task for rule in (contract.retention,) if rule is not None]
    found += [rule.life for rule in (contract.idempotency, contract.upload) if rule is not None and rule.life]
    return sorted({each for each in found if each})


def blamed(contract: Contract, holds: Holds, every: float = 0.0) -> list[str]:
    """The MUSTs that fail on a good mock."""
    target = HeldUp(contract, holds, every)
    first = next(iter(contract.models))
    judge = Judge(contract, target, Options(examples=2, models=(first,), workers=1))
    verdicts = list(judge.verdicts())
    assert not [each.finding.reason for each in verdicts if each.result == "error"]
    return [f"{each.id}: {each.finding.reason}" for each in verdicts if each.fails_run]


@st.composite
def held(draw: st.DrawFn, contract: Contract) -> tuple[Holds, float]:
    """Some long stops, and perhaps a slow machine all the time."""
    seconds = st.sampled_from(lives(contract)).flatmap(
        lambda life: st.sampled_from([0.3, 0.9, 1.01, 3]).map(lambda share: life * share)
    )
    place = st.sampled_from(["before", "under way", "back"])
    holds = draw(st.dictionaries(st.integers(1, 120), st.tuples(place, seconds), min_size=1, max_size=5))
    return holds, draw(st.just(0.0) | seconds.map(lambda each: each / 10))


@pytest.mark.parametrize("name", by_turns(NAMES, 15), ids=[Path(name).stem for name in NAMES])
def test_our_slowness_is_never_held_against_the_vendor(name: str) -> None:
    contract = load_contract(name)

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(held(contract))
    def stopped(case: tuple[Holds, float]) -> None:
        assert blamed(contract, *case) == []

    stopped()
