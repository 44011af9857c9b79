"""Challenges before callbacks: what is sent, what answers, and the mistakes of documents."""

from typing import Any

import pytest

from screentest_contracts import Contract, DocumentError
from screentest_contracts.comparison import compare
from screentest_contracts.contract import Handshake
from screentest_contracts.requirements import requirements

IN_QUERY = {"parameter": "hub.challenge"}
IN_BODY = {"at": "/challenge", "body": {"type": "url_verification"}, "answer": "/challenge", "timeout": 3}
URL = "https://hooks.example.com/callback/1"


@pytest.fixture
def load(small_tree: Any, load_tree: Any) -> Any:
    def make(rule: Any) -> Contract:
        tree = small_tree()
        tree["x-task"]["callback"]["handshake"] = rule
        contract: Contract = load_tree(tree)
        return contract

    return make


@pytest.fixture
def shake(load: Any) -> Any:
    def make(rule: Any) -> Handshake:
        found = load(rule).callback.handshake
        assert isinstance(found, Handshake)
        return found

    return make


@pytest.mark.parametrize(
    ("rule", "url", "sent", "body"),
    [
        (IN_QUERY, URL, f"{URL}?hub.challenge=a+b", b""),
        (IN_QUERY, f"{URL}?for=me", f"{URL}?for=me&hub.challenge=a+b", b""),
        (IN_BODY, URL, URL, b'{"type":"url_verification","challenge":"a b"}'),
    ],
)
def test_a_challenge_is_known_again(shake: Any, rule: Any, url: str, sent: str, body: bytes) -> None:
    made = shake(rule)
    assert made.request(url, "a b") == (sent, body)
    assert made.challenge(sent.partition("?")[2], body) == "a b"


@pytest.mark.parametrize(
    ("rule", "query", "body"),
    [
        (IN_QUERY, "", b"{}"),
        (IN_QUERY, "challenge=1", b'{"hub.challenge": "1"}'),
        (IN_BODY, "challenge=1", b""),
        (IN_BODY, "", b"no"),
        (IN_BODY, "", b"[1]"),
        (IN_BODY, "", b'{"challenge": "1"}'),
        (IN_BODY, "", b'{"challenge": "1", "type": "task.done"}'),
        (IN_BODY, "", b'{"challenge": 1, "type": "url_verification"}'),
    ],
)
def test_what_is_no_challenge(shake: Any, rule: Any, query: str, body: bytes) -> None:
    assert shake(rule).challenge(query, body) is None


@pytest.mark.parametrize(
    ("rule", "status", "body", "right"),
    [
        (IN_QUERY, 200, b"abc", True),
        (IN_QUERY, 204, b"abc\n", True),
        (IN_QUERY, 500, b"abc", False),
        (IN_QUERY, 0, b"", False),
        (IN_QUERY, 200, b'"abc"', False),
        (IN_BODY, 200, b'{"challenge": "abc"}', True),
        (IN_BODY, 200, b"abc", False),
        (IN_BODY, 200, b"[]", False),
        (IN_BODY, 302, b'{"challenge": "abc"}', False),
    ],
)
def test_what_answers(shake: Any, rule: Any, status: int, body: bytes, right: bool) -> None:
    assert shake(rule).is_answered(status, body, "abc") is right


@pytest.mark.parametrize("rule", [IN_QUERY, IN_BODY])
def test_the_reply_answers(shake: Any, rule: Any) -> None:
    made = shake(rule)
    assert made.is_answered(200, made.reply("abc"), "abc")
    assert not made.is_answered(200, made.reply("abd"), "abc")


def test_what_is_said_and_judged(load: Any) -> None:
    rule = load(IN_BODY).callback.handshake
    assert (rule.method, rule.timeout) == ("POST", 3)
    rule = load(IN_QUERY).callback.handshake
    assert (rule.method, rule.timeout, rule.answer) == ("GET", 10, None)
    found = {each.id: each.statement for each in requirements(load(IN_QUERY)) if "handshake" in each.id}
    assert set(found) == {"callback.handshake", "callback.handshake.refused"}
    assert "GET, with a text in hub.challenge" in found["callback.handshake"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({}, "/x-task/callback/handshake"),
        ({**IN_QUERY, "at": "/challenge"}, "/x-task/callback/handshake"),
        ({**IN_BODY, "method": "GET"}, "a GET has no body to challenge with"),
        ({**IN_QUERY, "body": {"type": "x"}}, "the challenge is in the query"),
        ({**IN_QUERY, "timeout": 0}, "/x-task/callback/handshake/timeout"),
    ],
)
def test_mistakes(load: Any, rule: Any, problem: str) -> None:
    with pytest.raises(DocumentError) as raised:
        load(rule)
    assert problem in str(raised.value)


def test_comparison(small_tree: Any, load_tree: Any, load: Any) -> None:
    without = load_tree(small_tree())

    def told(home: Contract, other: Contract) -> list[tuple[str, str]]:
        return [(each.effect.value, each.subject) for each in compare(home, other).differences]

    assert told(without, load(IN_QUERY)) == [("breaks", "challenge of an address")]
    assert told(load(IN_QUERY), without) == [("informs", "challenge of an address")]
    assert told(load(IN_QUERY), load(IN_BODY)) == [("breaks", "challenge of an address")]
    assert told(load(IN_QUERY), load(IN_QUERY)) == []
