"""No server can make a run cost more than it may: whatever it answers, and by the test's own reckoning."""

import contextlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from screentest_contracts import Contract, Role, load_contract
from screentest_suites.core.credential import GOOD, NO_KEY, SECOND, AccountKey, Credential, LiteralKey
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import NotObservedError, Result
from screentest_suites.spending import Entry, Ledger
from screentest_suites.tasks.session import Session
from tests.suites.spending.adversaries import BEHAVIOURS, HEADS, Adversary, judged, small_price, table, tiered_price
from tests.turns import by_turns


@pytest.mark.parametrize(
    ("name", "cap"), by_turns([(name, cap) for name in BEHAVIOURS for cap in ("0", "1.49", "4", "unlimited")], 3)
)
def test_a_whole_run_stays_within_its_cap(name: str, cap: str, priced: Callable[..., Contract]) -> None:
    contract = priced()
    server, judge, verdicts = judged(contract, BEHAVIOURS[name], small_price, "10000000" if cap == "unlimited" else cap)
    charged, ledger = sum(server.charges, Decimal(0)), judge.session.client.ledger
    assert charged <= ledger.spent + ledger.unknown, "the ledger knows of all that may be due"
    if cap != "unlimited":
        assert charged <= Decimal(cap)
    assert [each.finding.reason for each in verdicts if each.result is Result.ERROR] == []


@pytest.mark.parametrize("name", ["keeps its contract", "accepts everything", "makes tasks, drops every answer"])
def test_the_cap_holds_for_tiers_and_many_models(name: str) -> None:
    server, judge, _ = judged(load_contract("nexusflow"), BEHAVIOURS[name], tiered_price, "20")
    ledger = judge.session.client.ledger
    assert 10 < sum(server.charges) <= ledger.spent + ledger.unknown <= 20


@pytest.mark.parametrize("seed", range(5))
def test_the_cap_holds_when_answers_are_mixed(seed: int, priced: Callable[..., Contract]) -> None:
    server, _, _ = judged(priced(), BEHAVIOURS["does any of these at random"], small_price, "12", seed)
    assert 0 < sum(server.charges) <= 12


def test_the_table(capsys: pytest.CaptureFixture[str], priced: Callable[..., Contract]) -> None:
    """`python adversaries.py` prints one of a real document."""
    from tests.suites.spending.adversaries import show

    rows = table(priced(), small_price, ("5",))
    show(HEADS, rows)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split()[0] == "adversary"
    assert len(shown) == len(BEHAVIOURS) + 1
    assert all(Decimal(row[2]) <= 5 for row in rows)


LENGTHS = st.none() | st.integers(-1, 40) | st.sampled_from(["4", "30", 5.5, True, [], {}, "long"])
KEYS = st.sampled_from([GOOD, GOOD, GOOD, SECOND, AccountKey("poor"), LiteralKey("sk-made-up-key"), NO_KEY])


class Spender(RuleBasedStateMachine):
    """Sends what checks send, to a server that answers each create by another behaviour."""

    contract: Contract

    @initialize(cap=st.decimals(0, 20, places=1), seed=st.integers(0, 9))
    def begin(self, cap: Decimal, seed: int) -> None:
        self.cap, self.next = cap, "keeps its contract"
        self.server = Adversary(
            self.contract, lambda server, sent: BEHAVIOURS[self.next](server, sent), small_price, seed
        )
        options = Options(metered=True, workers=1, poll_interval=50, task_timeout=400)
        self.session = Session(self.contract, self.server, options, ledger=Ledger(cap, "USD"))

    def attempt(self, behaviour: str, action: Callable[[], Any]) -> None:
        self.next = behaviour
        with contextlib.suppress(NotObservedError):
            action()

    @rule(behaviour=st.sampled_from(list(BEHAVIOURS)), length=LENGTHS, valid=st.booleans())
    def create(self, behaviour: str, length: Any, valid: bool) -> None:
        model = self.contract.models["clip-1"]
        body = {**model.base, "duration": length}
        self.attempt(behaviour, lambda: self.session.create(model, body, valid=valid, extra=False))

    @rule(behaviour=st.sampled_from(list(BEHAVIOURS)), length=LENGTHS, credential=KEYS, patient=st.booleans())
    def probe(self, behaviour: str, length: Any, credential: Credential, patient: bool) -> None:
        operation = self.contract.roles[Role.CREATE][0]
        sent = self.session.request(operation, body={"model": "clip-1", "duration": length}, credential=credential)
        self.attempt(behaviour, lambda: self.session.send(Role.CREATE, sent, patient=patient))

    @rule(
        behaviour=st.sampled_from(list(BEHAVIOURS)),
        raw=st.sampled_from([b"", b"[]", b'{"model":', b'{"model":"x"}', b'{"duration":9}', b"<task/>"]),
    )
    def raw(self, behaviour: str, raw: bytes) -> None:
        sent = self.session.request(self.contract.roles[Role.CREATE][0], raw=raw)
        self.attempt(behaviour, lambda: self.session.send(Role.CREATE, sent))

    @rule(behaviour=st.sampled_from(list(BEHAVIOURS)), lengths=st.lists(LENGTHS, max_size=4))
    def ahead(self, behaviour: str, lengths: Iterable[Any]) -> None:
        operation = self.contract.roles[Role.CREATE][0]
        bodies = [{"model": "clip-1", "duration": length} for length in lengths]
        planned = [Entry(self.session.request(operation, body=body), "planned", "clip-1", None) for body in bodies]
        self.attempt(behaviour, lambda: self.session.client.ask_ahead(planned))

    @rule(behaviour=st.sampled_from(list(BEHAVIOURS)))
    def shared(self, behaviour: str) -> None:
        self.attempt(behaviour, lambda: self.session.pool.prepare(self.session.runner))

    @rule()
    def finish(self) -> None:
        self.session.pool.finish(self.session.runner)

    @invariant()
    def within_the_cap(self) -> None:
        if hasattr(self, "server"):
            charged, ledger = sum(self.server.charges, Decimal(0)), self.session.client.ledger
            assert charged <= self.cap
            assert charged <= ledger.spent + ledger.unknown <= self.cap


def test_no_order_of_requests_and_answers_breaks_the_cap(priced: Callable[..., Contract]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    machine = type("Machine", (Spender,), {"contract": priced()})
    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=20, deadline=None))


def test_a_server_error_is_a_refusal_only_of_a_model_that_nobody_knows(priced: Callable[..., Contract]) -> None:
    """Where the document says that unknown models are refused so; a known one may have been started all the same."""

    def gateway(tree: Any) -> None:
        body = {"error": {"code": "model_not_found", "message": "{{text:No channel.}}"}}
        readings = {"status": 503, "body": body}
        tree["x-task"]["errors"].append({"condition": "unknown-model", "readings": readings})

    server = Adversary(priced(change=gateway), BEHAVIOURS["answers 503 to all"], small_price)
    session = Session(server.contract, server, Options(metered=True), ledger=Ledger(Decimal(10), "USD"))
    operation = server.contract.roles[Role.CREATE][0]
    session.send(Role.CREATE, session.request(operation, body={"model": "no-such"}))
    assert session.client.ledger.unknown == 0
    session.send(Role.CREATE, session.request(operation, body={"model": "clip-1"}))
    assert session.client.ledger.unknown == 2


def test_a_run_in_which_some_are_refused_and_some_too_dear_comes_to_its_end() -> None:
    _, judge, verdicts = judged(load_contract("nexusflow"), BEHAVIOURS["refuses everything"], tiered_price, "5")
    found = {each.requirement.id: each for each in verdicts}
    assert found["create.accepted"].result is Result.FAILED
    assert judge.session.client.ledger.declined
    assert len(verdicts) == len(judge.requirements)
