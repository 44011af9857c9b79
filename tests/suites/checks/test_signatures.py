"""Signed callbacks: whose are judged, by which secret, and what a recording tells of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, load_contract
from screentest_suites.core.verdicts import Finding, Result, Skip
from screentest_suites.targets.callback_port import Mailbox, Received, signature_problem

SIGNATURE = "callback.signature"
DOCUMENTS = Path(__file__).parents[2] / "documents"


@pytest.fixture
def signing(small: Contract) -> Contract:
    """The small document, signing as another one does: after Standard Webhooks."""
    other = load_contract(DOCUMENTS / "rest.yaml").callback
    assert small.callback is not None
    assert other is not None
    return replace(small, callback=replace(small.callback, signature=other.signature))


class Tampered(Mailbox):
    """A mailbox of which a test changes what has arrived, by the number of the callback at its address."""

    def __init__(self, tamper: Callable[[int, Received], Received]) -> None:
        super().__init__("https://hooks.example.com")
        self.tamper = tamper

    def received(self, address: str) -> list[Received]:
        return [self.tamper(number, each) for number, each in enumerate(super().received(address), 1)]


@pytest.fixture
def calling(bench: Any, signing: Contract) -> Callable[..., Any]:
    def make(tamper: Callable[[int, Received], Received] = lambda number, each: each, **options: Any) -> Any:
        made = bench(options.pop("contract", signing), poll_interval=50, **options)
        made.wire.callbacks = made.wire.mailbox = Tampered(tamper)
        return made

    return make


def said(finding: Finding) -> str:
    assert finding.result is Result.FAILED
    return finding.reason


def without(name: str) -> Callable[[int, Received], Received]:
    return lambda number, each: replace(each, headers=tuple(pair for pair in each.headers if pair[0] != name))


def test_the_callbacks_of_both_tasks_are_judged(calling: Any) -> None:
    made = calling()
    finding = made.judge(SIGNATURE)
    assert (finding.result, finding.judged) == (Result.PASSED, 5), "one that was acknowledged, four that were not"
    count = len(made.wire.log)
    for other in ("delivered.succeeded", "body", "retries", "once"):
        assert made.judge(f"callback.{other}").result is Result.PASSED
    assert len(made.wire.log) == count, "no task more than without signatures"


def test_callbacks_of_stages_are_signed_too(calling: Any, signing: Contract, small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["x-task"]["callback"]["on"] = ["running", "succeeded", "failed"]
    staged = load_tree(tree)
    staged = replace(staged, callback=replace(staged.callback, signature=signing.callback.signature))
    made = calling(contract=staged)
    assert made.judge(SIGNATURE).judged == 7
    made = calling(lambda number, each: replace(each, headers=()) if b"RUN" in each.body else each, contract=staged)
    assert said(made.judge(SIGNATURE)) == "callback 1: no header webhook-signature"


@pytest.mark.parametrize("name", ["webhook-signature", "webhook-timestamp", "webhook-id"])
def test_a_header_that_is_missing(name: str, calling: Any) -> None:
    made = calling(without(name))
    finding = made.judge(SIGNATURE)
    assert said(finding) == f"callback 1: no header {name}"
    assert finding.evidence[0].expected == made.requirement(SIGNATURE).statement
    assert [each.status for each in finding.evidence[0].exchanges] == [200, 200]


def test_what_is_sent_again_is_judged_too(calling: Any) -> None:
    made = calling(lambda number, each: replace(each, body=each.body + b" ") if number == 3 else each)
    assert said(made.judge(SIGNATURE)).startswith("callback 3: webhook-signature is no hmac-sha256 of")


def test_a_time_that_has_passed(calling: Any) -> None:
    made = calling(lambda number, each: replace(each, at=each.at + 400))
    assert said(made.judge(SIGNATURE)).endswith("is 400 s from when it arrived")


def test_another_secret_verifies_nothing(calling: Any) -> None:
    made = calling()
    made.wire.keys["callback"] = "whsec_YW5vdGhlcg=="
    assert said(made.judge(SIGNATURE)).startswith("callback 1: webhook-signature is no")


def test_without_the_secret_nothing_is_asked(calling: Any, tools: Any) -> None:
    made = calling()
    del made.wire.keys["callback"]
    why = "ACME_REST_CALLBACK_SECRET is not set: it holds the secret"
    assert tools.is_skip(made.judge(SIGNATURE), Skip.NOT_OBSERVED, why)
    assert made.wire.log == []


def test_without_an_address_nothing_can_be_said(calling: Any, tools: Any) -> None:
    made = calling()
    made.wire.callbacks = None
    assert tools.is_skip(made.judge(SIGNATURE), Skip.NEEDS_CALLBACK)


def test_no_callback_at_all(calling: Any, tools: Any) -> None:
    made = calling()
    made.wire.callbacks.received = lambda address: []
    assert tools.is_skip(made.judge(SIGNATURE), Skip.NOT_OBSERVED)


def test_one_task_is_enough_where_a_second_is_refused(calling: Any, tools: Any) -> None:
    refused = tools.on("make", first=2, status=422, body={"error": {"code": "bad"}})
    assert calling(alter=refused).judge(SIGNATURE).judged == 1
    refused = tools.on("make", first=1, status=422, body={"error": {"code": "bad"}})
    assert calling(alter=refused).judge(SIGNATURE).reason.startswith(Skip.NEEDS_CALLBACK)


@pytest.mark.parametrize(("told", "result"), [("", Result.PASSED), ("no header X-S", Result.FAILED)])
def test_what_a_recording_tells_is_believed(told: str, result: Result, calling: Any) -> None:
    """It holds neither the headers nor the secret."""
    made = calling(lambda number, each: replace(each, headers=(), signature=told))
    made.wire.keys["callback"] = "key-of-the-callback-account"
    finding = made.judge(SIGNATURE)
    assert finding.result is result
    assert told in finding.reason


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b'"job"', b'{"data":{"taskId":null}}'])
def test_a_task_that_the_body_does_not_name(body: bytes) -> None:
    contract = load_contract(DOCUMENTS / "jobs.yaml")
    said = signature_problem(contract, "secret", Received(0, "POST", "/x", body))
    assert said == "its body has no id of a task, which is signed"


def test_documents_without_signatures_have_no_such_requirement(bench: Any, small: Contract) -> None:
    made = bench(small)
    assert signature_problem(small, "secret", Received(0, "POST", "/x", b"")) == ""
    with pytest.raises(StopIteration):
        made.requirement(SIGNATURE)
