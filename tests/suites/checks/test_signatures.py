"""Signed callbacks: whose are judged, by which secret, and what a recording tells of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, load_contract
from screentest_suites.core.credential import NO_KEY
from screentest_suites.core.verdicts import Finding, Result, Skip
from screentest_suites.targets.callback_port import Mailbox, Received, Verifier, signature_problem, verifier_of

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
    said = signature_problem(contract, Verifier("secret"), Received(0, "POST", "/x", body))
    assert said == "its body has no id of a task, which is signed"


def test_documents_without_signatures_have_no_such_requirement(bench: Any, small: Contract) -> None:
    made = bench(small)
    assert signature_problem(small, Verifier("secret"), Received(0, "POST", "/x", b"")) == ""
    with pytest.raises(StopIteration):
        made.requirement(SIGNATURE)


# -- a key set ----------------------------------------------------------------------------------------------------

RELAY = str(DOCUMENTS / "relay.yaml")
KEYS = "callback.keys"


def asked_for_keys(made: Any) -> list[Any]:
    return [each.sent for each in made.wire.log if each.sent.url.endswith("/.well-known/jwks.json")]


def test_the_key_set_is_asked_for_once_and_without_a_key(bench: Any) -> None:
    made = bench(RELAY)
    assert made.judge(KEYS).result is Result.PASSED
    assert made.judge(SIGNATURE).result is Result.PASSED
    (sent,) = asked_for_keys(made)
    assert sent.url == "https://relay.acme.example/.well-known/jwks.json"
    assert (sent.credential, sent.headers) == (NO_KEY, ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": 404}, "answered 404"),
        ({"body": b"<html>"}, "no key set: "),
        ({"body": {"keys": []}}, "no key set: "),
        ({"body": {"keys": [{"kty": "OKP", "crv": "X25519", "x": "AA"}]}}, ""),
    ],
)
@pytest.mark.parametrize("remote", [False, True])
def test_a_key_set_that_is_none(bench: Any, tools: Any, changes: Any, reason: str, remote: bool) -> None:
    """Somebody else's server need not have one."""

    def alter(exchange: Any) -> Any:
        return tools.changed(exchange, **changes) if "jwks" in exchange.sent.url else exchange

    made = bench(RELAY, alter=alter, remote=remote)
    finding = made.judge(KEYS)
    assert finding.result is (Result.SKIPPED if remote else Result.FAILED)
    assert reason in finding.reason
    assert made.judge(SIGNATURE).result is Result.SKIPPED


def test_where_the_vendor_is_asked_the_address_is_the_documented_one(bench: Any) -> None:
    made = bench(RELAY, remote=True)
    made.wire.kind = "live"
    made.wire.base_url = "https://elsewhere.example"
    verifier_of(made.contract, made.wire)
    assert asked_for_keys(made)[0].url == "https://relay.acme.example/.well-known/jwks.json"
    made.wire.kind = "url"
    made.wire.base_url = made.contract.base_url + "/there"
    verifier_of(made.contract, made.wire)
    assert asked_for_keys(made)[1].url == made.contract.base_url + "/there/.well-known/jwks.json"


def test_a_vendor_that_signs_for_who_has_set_a_secret(bench: Any, signing: Contract) -> None:
    """The mock does not sign without one, and nobody without one is told that it should."""
    made = bench(signing)
    made.wire.mock.callback_secret = ""
    del made.wire.keys["callback"]
    assert made.judge(SIGNATURE).result is Result.SKIPPED
    assert made.judge("callback.delivered.succeeded").result is Result.PASSED
    assert not [name for each in made.wire.mailbox.arrived for name, _ in each.headers if "webhook" in name.lower()]


@pytest.mark.parametrize(("status", "result"), [("true", Result.PASSED), ("false", Result.FAILED)])
def test_a_header_that_tells_the_status(calling: Any, status: str, result: Result) -> None:
    def tamper(number: int, each: Received) -> Received:
        if each.challenge is not None:
            return each
        given = {name.lower(): value for name, value in each.headers}
        task = given["x-relay-delivery"].rpartition(":")[0]
        return replace(each, headers=tuple({**given, "x-relay-delivery": f"{task}:{status}"}.items()))

    assert calling(tamper, contract=load_contract(RELAY)).judge("callback.headers").result is result
