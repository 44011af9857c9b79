"""Challenges before callbacks: what the suites answer, and what they say of a server that does not challenge."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from screentest_contracts import load_contract
from screentest_contracts.contract import Handshake
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result, Skip
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.callback_port import Mailbox, Received
from screentest_suites.targets.callback_receiver import CallbackReceiver

RELAY = str(Path(__file__).parents[2] / "documents" / "relay.yaml")
BEFORE, REFUSED, DELIVERED = "callback.handshake", "callback.handshake.refused", "callback.delivered.succeeded"


def in_body(tree: Any) -> None:
    """The challenge in a body, which the answer repeats in JSON."""
    rule = {"at": "/challenge", "body": {"type": "url_verification"}, "answer": "/challenge", "timeout": 3}
    tree["x-task"]["callback"]["handshake"] = rule


class Tampered(Mailbox):
    """A mailbox of which a test changes what has arrived at an address."""

    tamper: Callable[[list[Received]], list[Received]]

    def received(self, address: str) -> list[Received]:
        return self.tamper(super().received(address))


@pytest.fixture
def calling(bench: Any) -> Callable[..., Any]:
    def make(document: Any, tamper: Callable[[list[Received]], list[Received]]) -> Any:
        made = bench(document, poll_interval=50)
        made.wire.callbacks = made.wire.mailbox = Tampered("https://hooks.example.com")
        made.wire.mailbox.tamper = tamper
        return made

    return make


@pytest.mark.parametrize("document", [RELAY, in_body])
def test_an_address_is_called_when_it_has_answered(bench: Any, document: Any) -> None:
    made = bench(document, poll_interval=50)
    for name in (DELIVERED, BEFORE, REFUSED, "callback.once", "callback.retries"):
        assert made.judge(name).result is Result.PASSED, name
    paths = [each.path for each in made.wire.mailbox.arrived]
    kinds = [each.challenge is not None for each in made.wire.mailbox.arrived]
    assert kinds[:2] == [True, False], "the challenge, then the callback"
    refused = [challenge for path, challenge in zip(paths, kinds, strict=True) if path == paths[2]]
    assert all(refused), "and nothing but challenges where they are answered wrongly"
    assert len(refused) == 1 + len(made.contract.callback.retries)


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (lambda arrived: [each for each in arrived if each.challenge is None], "a callback came, and no challenge"),
        (
            lambda arrived: [replace(each, at=each.at + 9 * (each.challenge is not None)) for each in arrived],
            "a callback came, and no challenge",
        ),
        (
            lambda arrived: [replace(each, method="PUT" if each.challenge else each.method) for each in arrived],
            "a challenge was a PUT",
        ),
    ],
)
def test_challenges_that_are_wrong(calling: Any, tamper: Any, reason: str) -> None:
    finding = calling(RELAY, tamper).judge(BEFORE)
    assert finding.result is Result.FAILED
    assert finding.reason.startswith(reason)


def test_an_answer_that_was_late_is_our_own_fault(calling: Any) -> None:
    made = calling(RELAY, lambda arrived: [replace(each, took=6.0) for each in arrived])
    finding = made.judge(BEFORE)
    assert finding.result is Result.SKIPPED
    assert finding.reason.startswith(f"{Skip.TOO_LATE}: a callback may have waited 6.0 s for us")


def test_where_nothing_comes_nothing_is_said(calling: Any) -> None:
    made = calling(RELAY, lambda arrived: [])
    assert made.judge(BEFORE).result is Result.SKIPPED
    assert made.judge(REFUSED).result is Result.SKIPPED


def test_where_tasks_cost_money_no_address_answers_wrongly(bench: Any) -> None:
    made = bench(RELAY, remote=True, metered=True)
    made.wire.callbacks = Mailbox("https://hooks.example.com")
    judge = Judge(made.contract, made.target, Options(metered=True))
    assert judge.verdict(REFUSED).result is Result.SKIPPED


@pytest.mark.parametrize("answers", [True, False])
def test_the_receiver_answers(answers: bool) -> None:
    """A real server, and what is in the query of its address."""
    contract = load_contract(RELAY)
    assert contract.callback is not None
    rule = contract.callback.handshake
    assert isinstance(rule, Handshake)
    receiver = CallbackReceiver("127.0.0.1:0")
    try:
        address = receiver.mailbox.address(200, rule, answers=answers)
        asked, body = rule.request(address, "a text & more")
        answer = httpx.request(rule.method, asked, content=body, verify=False)
        assert rule.is_answered(answer.status_code, answer.content, "a text & more") is answers
        assert httpx.post(address, json={}, verify=False).content == b""
    finally:
        receiver.close()
    assert [each.challenge for each in receiver.mailbox.received(address)] == ["a text & more", None]
