"""What a document gives is judged, on a server that nobody made from it: each fault by its MUST, no oddity at all."""

import threading
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from screentest_contracts import Contract, load_contract
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Verdict
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.decoding import unpacked
from screentest_suites.targets.embedded import length_problem
from screentest_suites.targets.target import BaseTarget
from tests.suites.checks.clips_server import FAULTS, LESS, ODDITIES, Server
from tests.turns import by_turns

pytestmark = pytest.mark.usefixtures("straight")


class Clips(BaseTarget):
    """The server in this process, on a clock that runs when somebody sleeps. It cannot be steered."""

    kind, base_url, keys = "url", "http://clips.test/v1", {"good": "sk-clips"}

    def __init__(self, switch: str) -> None:
        self.time, self._lock = 1_780_000_000.0, threading.Lock()
        self.server = Server(self.now, switch)
        self.client = TestClient(self.server.app(), "http://clips.test", raise_server_exceptions=False)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.time += seconds

    def send(self, sent: SentRequest, *, limit: int = 1 << 22) -> Exchange:
        with self._lock:
            self.sent += 1
            fields = {"accept-encoding": "identity", **dict(sent.headers)}
            with self.client.stream(
                sent.method, sent.url, headers=fields, content=sent.body, follow_redirects=False
            ) as answer:
                raw = b"".join(answer.iter_raw())
        headers = tuple((name.decode(), value.decode()) for name, value in answer.headers.raw)
        body, problem = unpacked(headers, raw, limit)
        error = problem or length_problem(sent.method, answer.status_code, headers, len(raw))
        return Exchange(sent, answer.status_code, headers, body, self.time, self.time, error, len(body))


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(Path(__file__).parent / "clips.yaml")


def broken(contract: Contract, switch: str) -> dict[str, Verdict]:
    """What fails, by its id."""
    judge = Judge(contract, Clips(switch), Options(workers=1, poll_interval=5, task_timeout=300, examples=3))
    found = list(judge.verdicts())
    assert not [each for each in found if each.result is Result.ERROR]
    return {each.requirement.id: each for each in found if each.result is Result.FAILED}


@pytest.mark.parametrize("switch", by_turns(FAULTS, 5))
def test_a_fault_is_noticed_by_the_must_that_names_it(switch: str, contract: Contract) -> None:
    found = broken(contract, switch)
    assert FAULTS[switch] in found
    assert found[FAULTS[switch]].fails_run


@pytest.mark.parametrize("switch", LESS)
def test_what_is_advised_only_fails_no_run(switch: str, contract: Contract) -> None:
    found = broken(contract, switch)
    assert LESS[switch] in found
    assert not [name for name, verdict in found.items() if verdict.fails_run]


@pytest.mark.parametrize("switch", by_turns(ODDITIES, 5))
def test_what_is_legal_is_not_blamed(switch: str, contract: Contract) -> None:
    assert not broken(contract, switch)
