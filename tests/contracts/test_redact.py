"""Secrets planted anywhere in an exchange are nowhere in what leaves the process."""

import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from screentest_contracts import Contract
from screentest_contracts.redact import HIDDEN, Redactor
from screentest_contracts.requirements import requirements
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Evidence, Finding, Result, Verdict
from screentest_suites.reporting.report import verdict_json

KEYS = st.text(string.ascii_letters + string.digits + "-_.~+/=:", min_size=8, max_size=60)
WORDS = st.text(max_size=40)
SIGNATURES = st.text(string.ascii_letters + string.digits + "-_~%", min_size=6, max_size=60)
SIGNED = st.sampled_from(
    ["Signature", "X-Amz-Signature", "sig_token", "X-Amz-Credential", "OSSAccessKeyId", "auth_key", "Policy"]
)


def exchange(url: str, header: str, sent: bytes, received: bytes, error: str) -> Exchange:
    headers = (("x-trace", header), ("cookie", header), ("Authorization", f"Bearer {header}"))
    return Exchange(SentRequest("POST", url, headers, sent), 200, headers, received, 1.0, 2.0, error, len(received))


@pytest.fixture(scope="module")
def shown(small: Contract) -> Callable[..., str]:
    """Makes the report's JSON of a verdict with some exchanges and texts."""
    requirement = requirements(small)[0]

    def make(redactor: Redactor, *exchanges: Exchange, text: str = "") -> str:
        finding = Finding(Result.FAILED, text, (Evidence(text, text, exchanges),), 1)
        verdict = verdict_json(small, Verdict(requirement, small.name, finding), redactor)
        return json.dumps(verdict, ensure_ascii=False)

    return make


@given(KEYS, WORDS, WORDS)
@example("abcdefgh", "sk-", "")
@example("key=secret", "?key=", "&")
@example("ab/cd+ef==", "", "")
def test_a_key_of_the_run_is_nowhere(shown: Callable[..., str], key: str, before: str, after: str) -> None:
    redactor = Redactor([key, "another-key-of-the-run"])
    text = f"{before} {key} {after}"
    escaped = json.dumps({"echo": [text, {key: 1}]}).encode()
    url = f"https://api.acme.example/{quote(key, safe='')}?x={quote(key, safe='')}&y={key}"
    planted = exchange(url, text, text.encode(), escaped, text)
    empty = shown(Redactor(), exchange("https://api.acme.example/?x=&y=", "", b"", b'{"echo": ["", {"": 1}]}', ""))
    assume(key not in empty + before + after + HIDDEN and key not in before + HIDDEN + after)
    found = shown(redactor, planted, text=text)
    assert key not in found
    assert json.dumps(key)[1:-1] not in found
    assert quote(key, safe="") not in found


@given(SIGNED, SIGNATURES, st.sampled_from(["&", "\\u0026"]), st.booleans())
def test_what_signs_an_address_is_hidden_and_its_expiry_readable(
    shown: Callable[..., str], name: str, signature: str, joint: str, first: bool
) -> None:
    pairs = [f"{name}={signature}", "Expires=1780000000"]
    url = "https://cdn.acme.example/clip.mp4?" + joint.join(pairs if first else pairs[::-1])
    body = f'{{"video": "{url}", "duration": 5}}'.encode()
    assume(signature not in shown(Redactor(), exchange("https://cdn.acme.example/clip.mp4", "x", b"", b"", "")))
    assume(signature not in '{"video": "", "duration": 5}')
    assume(signature not in f"{name}=Expires=1780000000{HIDDEN}" + "".join(pairs).replace(signature, ""))
    found = shown(Redactor(), exchange(url, url, body, body, f"reading {url} failed"), text=repr(url))
    assert signature not in found
    assert "Expires=1780000000" in found
    assert "duration" in found


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "eyJhbGci"),
        ("seen eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0. here", "eyJ"),
        ("https://a.example/?x=1#eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0.c2lnbmVk", "c2lnbmVk"),
        ("authorization: key 1b2c3d4e-5f60", "1b2c3d4e"),
        ("Basic dXNlcjpwYXNzd29yZDE=", "dXNlcjpw"),
        ("your key sk-proj-abc123456 is disabled", "abc123456"),
        ("fetch https://someone:hunter2@cdn.example/x", "hunter2"),
        ('form-data; name="Signature"\r\n\r\nc2lnbmVk=\r\n--x', "c2lnbmVk"),
        ('form-data; name="OSSAccessKeyId"\r\n\r\nLTAI5t\r\n--x', "LTAI5t"),
    ],
)
def test_keys_of_nobody_we_know_are_hidden_too(text: str, secret: str) -> None:
    assert secret not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "A create without a key is answered 401.",
        "Bearer authentication required",
        "https://api.example/v1/videos?limit=2&after=task_1",
        "the token bucket is full; monkey business",
        '{"keyframe": 1, "signal": "x=1"}',
        "",
    ],
)
def test_plain_words_stay_readable(text: str) -> None:
    assert Redactor(["sk-screentest"]).text(text) == text


def test_no_cut_leaves_half_a_key() -> None:
    key = "sk_live_0123456789abcdef"
    for limit in range(90, 130):
        text = Redactor([key]).body(b"x" * 100 + key.encode() + b"y" * 100, limit)
        assert len(text) <= limit
        assert "sk_l" not in text


def test_short_words_are_not_taken_for_keys() -> None:
    assert Redactor(["", "a", "abc"]).text("abc a") == "abc a"


def test_the_secret_after_its_prefix_is_hidden_too() -> None:
    redactor = Redactor(["whsec_c2NyZWVudGVzdC1jYWxsYmFja3M="])
    assert redactor.text("it is c2NyZWVudGVzdC1jYWxsYmFja3M=!") == f"it is {HIDDEN}!"


def test_binary_bodies_are_described(shown: Callable[..., str]) -> None:
    video = Exchange(
        SentRequest("GET", "https://x.example/v"), 200, (), b"\0\0\0\x18ftypmp42" + b"\0" * 500, 0, 1, "", 512
    )
    found: dict[str, Any] = json.loads(shown(Redactor(), video))
    assert found["evidence"][0]["exchanges"][0]["response"]["body"].startswith("(512 bytes, starting 00 00 00 18")
