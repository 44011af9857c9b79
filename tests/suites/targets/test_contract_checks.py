"""Every target that we have keeps what `Target` promises, and the checks notice one that does not."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.redact import Redactor
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.judging.rehearsal import RehearsalTarget
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.header import Header
from screentest_suites.recording.target import CassetteTarget
from screentest_suites.targets import contract_checks
from screentest_suites.targets.callback_port import Mailbox
from screentest_suites.targets.contract_checks import TARGET_CHECKS, TargetCheck, TargetContractError
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.target import Target

Make = Callable[[Contract, Path, contextlib.ExitStack], Target]


def embedded(contract: Contract, folder: Path, stack: contextlib.ExitStack) -> Target:
    return EmbeddedTarget(contract)


def served(contract: Contract, folder: Path, stack: contextlib.ExitStack) -> Target:
    _, url = stack.enter_context(running([contract], clock=RealClock(60)))
    target = HttpTarget(url, {"good": "sk-screentest"}, callbacks=Mailbox("https://hooks.example.com"))
    return stack.enter_context(contextlib.closing(target))


def recorded(contract: Contract, folder: Path, stack: contextlib.ExitStack) -> Target:
    """A cassette that is recorded to, in front of a server."""
    inner = served(contract, folder, stack)
    header = Header(
        *("acme", "Acme", "acme.yaml", contract.digest, "url", inner.base_url, time.time(), ("good",)),
        *("https://hooks.example.com", 30.0, None),
        options={},
        budget={"limited": False, "most": None, "money": ""},
    )
    header.write(folder)
    cassette, redactor = Cassette(folder, header), Redactor(inner.keys.values())
    cassette.open(redactor)
    return stack.enter_context(contextlib.closing(CassetteTarget(contract, cassette, inner, redactor)))


def rehearsed(contract: Contract, folder: Path, stack: contextlib.ExitStack) -> Target:
    return RehearsalTarget(contract, EmbeddedTarget(contract))


@pytest.fixture(params=[embedded, served, recorded, rehearsed], ids=lambda make: make.__name__)
def target(request: pytest.FixtureRequest, small: Contract, tmp_path: Path) -> Iterator[Target]:
    with contextlib.ExitStack() as stack:
        yield request.param(small, tmp_path, stack)


@pytest.mark.parametrize("check", TARGET_CHECKS, ids=lambda check: check.__name__)
def test_our_targets_keep_their_promises(check: TargetCheck, target: Target) -> None:
    if check is contract_checks.sleeps_on_its_own_clock and isinstance(target, RehearsalTarget):
        pytest.skip("a rehearsal is in virtual time and cannot be steered: its sleep is no wait")
    check(target, SentRequest("GET", f"{target.base_url}/jobs/job-000000000000", (), None, NO_KEY))


def test_every_check_is_listed() -> None:
    functions = {each for name, each in vars(contract_checks).items() if callable(each) and name.islower()}
    own = {each for each in functions if getattr(each, "__module__", "") == contract_checks.__name__}
    assert {each for each in own if not each.__name__.startswith("_")} == set(TARGET_CHECKS)


class Careless(EmbeddedTarget):
    """A target that breaks one promise, named by the check that is to notice."""

    def __init__(self, contract: Contract, wrong: str) -> None:
        super().__init__(contract)
        self.wrong = wrong
        if wrong == "has_every_member":
            self.base_url += "/"
        if wrong == "gives_each_task_an_address":
            self.mailbox.address = lambda status=200: "https://elsewhere.example/x"  # type: ignore[method-assign]

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        if self.wrong == "survives_what_a_server_does" and "no/such" in sent.url:
            raise ConnectionError("the server has no such path")
        exchange = super().send(sent, limit=1 << 30 if self.wrong == "reads_no_more_than_the_limit" else limit)
        changes: dict[str, Any] = {
            "answers_with_the_request": {"status": 0},
            "stamps_times_of_its_own_clock": {"sent_at": exchange.sent_at - 60},
            "keeps_threads_apart": {"sent": SentRequest("GET", sent.url)},
        }.get(self.wrong, {})
        if self.wrong == "counts_requests":
            self.sent = 1
        return Exchange(**{**{name: getattr(exchange, name) for name in exchange.__dataclass_fields__}, **changes})

    def sleep(self, seconds: float) -> None:
        if self.wrong != "sleeps_on_its_own_clock":
            super().sleep(seconds)

    def limit_time(self, seconds: float, *, chosen: bool) -> None:
        if self.wrong == "takes_a_limit_of_time":
            raise ConnectionError("a limit of time ends the target")

    def remember(self, name: str, make: Any) -> Any:
        return None if self.wrong == "remembers_what_it_was_given" else make()


NOTICED = [
    check
    for check in TARGET_CHECKS
    if check.__name__ not in {"is_told_what_is_judged", "follows_scenarios", "closes_more_than_once"}
]


@pytest.mark.parametrize("check", NOTICED, ids=lambda check: check.__name__)
def test_a_broken_promise_is_noticed(check: TargetCheck, small: Contract) -> None:
    target = Careless(small, check.__name__)
    harmless = SentRequest("GET", f"{small.base_url}/jobs/job-000000000000", (), None, NO_KEY)
    with pytest.raises((TargetContractError, ConnectionError)):
        check(target, harmless)
