"""Signed callbacks: published examples of the usual layouts, what verifies and what does not, mistakes in documents."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts import Contract, DocumentError
from screentest_contracts.contract import Signature
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.signatures import (
    SCHEMES,
    Message,
    key_set,
    next_secret,
    problem,
    public_keys,
    secret_key,
    sign,
    write_secret,
)

PLAIN = Signature(
    scheme="hmac-sha256",
    header="X-Signature",
    value="sha256={{signature}}",
    separator=None,
    encoding="hex",
    over="{{body}}",
    timestamp_header=None,
    timestamp_form="epoch-s",
    tolerance=None,
    id_header=None,
    variable="ACME_SECRET",
    secret_form="text",
    secret_prefix="",
    keys_url="",
    fact=Fact(Mark.DOCUMENTED),
)
"""`sha256=HEX` over the body."""
LISTED = replace(
    PLAIN, value="t={{timestamp}},v1={{signature}}", separator=",", over="{{timestamp}}.{{body}}", tolerance=300
)
"""Time and signatures in one header."""
STANDARD = replace(
    PLAIN,
    header="webhook-signature",
    value="v1,{{signature}}",
    separator=" ",
    encoding="base64",
    over="{{id}}.{{timestamp}}.{{body}}",
    timestamp_header="webhook-timestamp",
    tolerance=300,
    id_header="webhook-id",
    secret_form="base64",
    secret_prefix="whsec_",
)
"""Standard Webhooks."""
TASK = replace(
    PLAIN, value="{{signature}}", encoding="base64", over="{{task}}.{{timestamp}}", timestamp_header="X-Timestamp"
)
"""Of the task and the time, not of the body."""
RULES = {"plain": PLAIN, "listed": LISTED, "standard": STANDARD, "task": TASK}
NOW = 1_780_000_000.0
MESSAGE = Message(b'{"id":"job-1"}', NOW, "msg_1", "job-1")


def wrong(rule: Signature, headers: dict[str, str], message: Message = MESSAGE, secret: str = "a secret") -> str | None:
    return problem(rule, write_secret(rule, secret), headers.items(), message)


def signed(rule: Signature, message: Message = MESSAGE, secret: str = "a secret") -> dict[str, str]:
    return sign(rule, write_secret(rule, secret), message)


# -- published examples -----------------------------------------------------------------------------------------------


SHA512 = (
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
)


@pytest.mark.parametrize(
    ("scheme", "digest"),
    [
        ("hmac-sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("hmac-sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("hmac-sha512", SHA512),
    ],
)
def test_the_digests_of_the_rfcs(scheme: str, digest: str) -> None:
    """RFC 2202 and RFC 4231, second test case."""
    rule = replace(PLAIN, scheme=scheme, value="{{signature}}")
    message = Message(b"what do ya want for nothing?", NOW)
    assert sign(rule, "Jefe", message) == {"X-Signature": digest}
    assert problem(rule, "Jefe", [("x-signature", digest)], message) is None


def test_a_published_signature_of_a_body() -> None:
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(PLAIN, "It's a Secret to Everybody", Message(b"Hello, World!", NOW)) == {
        "X-Signature": f"sha256={digest}"
    }


def test_the_published_example_of_standard_webhooks() -> None:
    secret, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1_614_265_330.0
    message = Message(b'{"test": 2432232314}', at, "msg_p5jXN8AQM9LWM0D4loKWxJek")
    headers = {
        "webhook-id": message.id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert sign(STANDARD, secret, message) == headers
    assert problem(STANDARD, secret, headers.items(), Message(message.body, at)) is None


def test_a_list_by_hand() -> None:
    digest = hmac.new(b"a secret", b'1780000000.{"id":"job-1"}', hashlib.sha256).hexdigest()
    assert signed(LISTED) == {"X-Signature": f"t=1780000000,v1={digest}"}


def test_a_task_by_hand() -> None:
    digest = hmac.new(b"a secret", b"job-1.1780000000", hashlib.sha256).digest()
    assert signed(TASK) == {"X-Signature": base64.b64encode(digest).decode(), "X-Timestamp": "1780000000"}


# -- what verifies ----------------------------------------------------------------------------------------------------

LAYOUTS = st.builds(
    lambda rule, scheme, encoding, form: replace(rule, scheme=scheme, encoding=encoding, secret_form=form),
    st.sampled_from(list(RULES.values())),
    st.sampled_from(sorted(SCHEMES)),
    st.sampled_from(["hex", "base64"]),
    st.sampled_from(["text", "base64", "hex"]),
)
FORMS = st.sampled_from(["epoch-s", "epoch-ms", "epoch-ns-string", "iso", "iso-ms", "naive+08:00", "compact"])
MESSAGES = st.builds(
    Message,
    st.binary(max_size=40),
    st.floats(1_000_000_000, 4_000_000_000),
    st.text("abc_.-", min_size=1, max_size=9),
    st.text("xyz_.-", min_size=1, max_size=9),
)
SECRETS = st.text(min_size=1, max_size=20)


@given(LAYOUTS, FORMS, MESSAGES, SECRETS)
def test_what_is_signed_verifies(rule: Signature, form: str, message: Message, secret: str) -> None:
    rule = replace(rule, timestamp_form=form)
    headers = signed(rule, message, secret)
    shouted = {name.upper(): f" {value} " for name, value in headers.items()}
    for given_headers in (headers, shouted):
        assert wrong(rule, given_headers, replace(message, id=""), secret) is None


@given(LAYOUTS, FORMS, MESSAGES, SECRETS, st.data())
def test_nothing_else_verifies(rule: Signature, form: str, message: Message, secret: str, data: st.DataObject) -> None:
    rule = replace(rule, timestamp_form=form)
    headers = signed(rule, message, secret)
    if "{{body}}" in rule.over:
        body = data.draw(st.binary(max_size=40).filter(lambda other: other != message.body))
        assert wrong(rule, headers, replace(message, body=body), secret) is not None
    else:
        assert wrong(rule, headers, replace(message, task=message.task + "x"), secret) is not None
    other = data.draw(SECRETS.filter(lambda each: each.rstrip("\0") != secret.rstrip("\0")))  # zeros pad a key
    assert wrong(rule, headers, message, other) is not None
    assert (
        wrong(replace(rule, scheme="hmac-sha1" if "512" in rule.scheme else "hmac-sha512"), headers, message)
        is not None
    )
    if rule.tolerance is not None:
        gap = data.draw(st.sampled_from([-1, 1])) * (rule.tolerance + data.draw(st.floats(2.1, 1e6)))
        assert "from when it arrived" in str(wrong(rule, headers, replace(message, at=message.at + gap), secret))
    for name in headers:
        assert wrong(rule, {each: value for each, value in headers.items() if each != name}, message) is not None


@given(LAYOUTS, st.text(max_size=60), st.text(max_size=60))
def test_any_header_is_judged(rule: Signature, value: str, time: str) -> None:
    """Whatever a server sends is wrong, not our failure."""
    headers = {rule.header: value}
    headers |= {name: time for name in (rule.timestamp_header, rule.id_header) if name is not None}
    assert isinstance(wrong(rule, headers), str)


@pytest.mark.parametrize("name", ["listed", "standard"])
def test_one_of_several_signatures_is_enough(name: str) -> None:
    rule = RULES[name]
    old, new = (signed(rule, secret=secret) for secret in ("an old secret", "a secret"))
    separator = rule.separator
    both = {**new, rule.header: old[rule.header] + (separator or "") + new[rule.header]}
    assert wrong(rule, both) is None
    assert wrong(rule, both, secret="an old secret") is None
    assert wrong(rule, both, secret="another") is not None
    unknown = {**new, rule.header: f"{new[rule.header]}{separator}v9{separator}{separator}"}
    assert wrong(rule, unknown) is None


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("plain", {"X-Signature": ""}, "no header X-Signature"),
        ("plain", {"X-Signature": "0" * 64}, "X-Signature is not written like sha256={{signature}}"),
        ("plain", {"X-Signature": "sha256=" + "0" * 64}, "X-Signature is no hmac-sha256 of {{body}} with this secret"),
        ("plain", {"X-Signature": "sha256=é"}, "X-Signature is no hmac-sha256 of {{body}} with this secret"),
        ("listed", {"X-Signature": "v1=00"}, "X-Signature tells no time"),
        ("listed", {"X-Signature": "t=soon,v1=00"}, "its time: expected digits in a string, got 'soon'"),
        ("listed", {"X-Signature": "t=1779990000,v1=00"}, "its time, 1779990000, is 10000 s from when it arrived"),
        ("listed", {"X-Signature": "t=1780000000"}, "X-Signature is not written like t={{timestamp}},v1={{signature}}"),
        ("standard", {"webhook-id": ""}, "no header webhook-id"),
        ("standard", {"webhook-timestamp": ""}, "no header webhook-timestamp"),
        ("standard", {"webhook-timestamp": "1780000000000"}, "its time: 1780000000000 is not a time in epoch-s"),
        ("standard", {"webhook-id": "msg_2"}, "webhook-signature is no hmac-sha256"),
        ("task", {"X-Timestamp": "1780000001"}, "X-Signature is no hmac-sha256 of {{task}}.{{timestamp}}"),
    ],
)
def test_what_is_wrong_is_said(name: str, changes: dict[str, str], said: str) -> None:
    rule = RULES[name]
    assert str(wrong(rule, {**signed(rule), **changes})).startswith(said)


@pytest.mark.parametrize(("gap", "fine"), [(301, True), (-301, True), (301.5, False), (-301.5, False)])
def test_the_tolerance_is_of_both_clocks(gap: float, fine: bool) -> None:
    """And a second more: times are written in whole seconds."""
    assert (wrong(STANDARD, signed(STANDARD), replace(MESSAGE, at=NOW + gap)) is None) is fine


def test_an_old_time_is_fine_without_a_tolerance() -> None:
    assert wrong(TASK, signed(TASK), replace(MESSAGE, at=NOW + 1e6)) is None


# -- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "base64", "hex"])
@pytest.mark.parametrize("prefix", ["", "whsec_"])
def test_a_secret_is_written_and_read(form: str, prefix: str) -> None:
    rule = replace(PLAIN, secret_form=form, secret_prefix=prefix)
    written = write_secret(rule, "é secret")
    assert written.startswith(prefix)
    assert secret_key(rule, written) == secret_key(rule, written.removeprefix(prefix)) == "é secret".encode()


def test_padding_of_a_secret_may_be_left_out() -> None:
    rule = replace(PLAIN, secret_form="base64")
    assert secret_key(rule, "YQ") == secret_key(rule, "YQ==") == b"a"


@pytest.mark.parametrize(
    ("form", "text"), [("base64", "not*base64"), ("base64", "YWJjZ"), ("hex", "abc"), ("hex", "zz")]
)
def test_a_secret_in_another_form_is_refused_without_telling_it(form: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^it is not {form}$") as problem:
        secret_key(replace(PLAIN, secret_form=form), text)
    assert problem.value.__suppress_context__


# -- documents --------------------------------------------------------------------------------------------------------

Load = Callable[[Any], Contract]
LEAST = {"scheme": "hmac-sha512", "header": "X-S", "over": "{{body}}", "secret": {"variable": "ACME_SECRET"}}


def document(small_tree: Any, **changes: Any) -> Any:
    tree = small_tree()
    tree["x-task"]["callback"]["signature"] = {**LEAST, **changes}
    return tree


def test_the_least_that_a_document_says(small_tree: Any, load_tree: Load) -> None:
    callback = load_tree(document(small_tree)).callback
    assert callback is not None
    rule = callback.signature
    assert rule is not None
    assert (rule.scheme, rule.header, rule.value, rule.encoding) == ("hmac-sha512", "X-S", "{{signature}}", "hex")
    assert (rule.separator, rule.timestamp_header, rule.id_header, rule.tolerance) == (None, None, None, None)
    assert (rule.variable, rule.secret_form, rule.secret_prefix) == ("ACME_SECRET", "text", "")
    assert rule.fact == callback.fact


def test_all_that_a_document_may_say(small_tree: Any, load_tree: Load) -> None:
    said = {
        "value": "t={{timestamp}};s={{signature}}",
        "separator": ";",
        "encoding": "base64",
        "over": "{{id}}{{timestamp}}{{task}}{{body}}",
        "timestamp": {"header": "X-T", "form": "iso", "tolerance": 60},
        "id": {"header": "X-I"},
        "secret": {"variable": "S", "form": "hex", "prefix": "s_"},
        "mark": "assumed",
    }
    callback = load_tree(document(small_tree, **said)).callback
    assert callback is not None
    rule = callback.signature
    assert rule is not None
    assert (rule.value, rule.separator, rule.encoding, rule.over) == tuple(list(said.values())[:4])
    assert (rule.timestamp_header, rule.timestamp_form, rule.tolerance, rule.id_header) == ("X-T", "iso", 60, "X-I")
    assert (rule.variable, rule.secret_form, rule.secret_prefix, rule.fact.mark) == ("S", "hex", "s_", Mark.ASSUMED)
    assert callback.fact.mark is Mark.DOCUMENTED


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"over": "{{bodies}}{{body}}"}, "signature/over", "unknown hole {{bodies}}"),
        ({"over": "{{ body }}{{body}}"}, "signature/over", "unknown hole {{ body }}"),
        ({"over": "{{id}}.{{body}}"}, "signature/over", "{{id}} is signed, and no header tells it"),
        ({"over": "{{timestamp}}.{{body}}"}, "signature/over", "{{timestamp}} is signed, and nothing tells it"),
        ({"over": "always the same"}, "signature/over", "the same signature would fit every task"),
        ({"value": "v1"}, "signature/value", "the header must hold one {{signature}}"),
        ({"value": "{{signature}}{{signature}}"}, "signature/value", "the header must hold one {{signature}}"),
        ({"value": "{{signature}}{{task}}"}, "signature/value", "unknown hole {{task}}"),
        ({"timestamp": {"tolerance": 5}}, "signature/timestamp", "nothing tells the time to be compared"),
        ({"scheme": "md5"}, "signature/scheme", "hmac-sha256"),
        ({"secret": {"variable": "lower"}}, "signature/secret/variable", "lower"),
        ({"header": "X S"}, "signature/header", "X S"),
        ({"timestamp": {"form": "someday"}}, "signature/timestamp/form", "someday"),
    ],
)
def test_mistakes_are_found(changes: Any, pointer: str, said: str, small_tree: Any, load_tree: Load) -> None:
    with pytest.raises(DocumentError) as problem:
        load_tree(document(small_tree, **changes))
    assert pointer in str(problem.value)
    assert said in str(problem.value)


# -- private keys -------------------------------------------------------------------------------------------------

KEYS = "https://acme.example/.well-known/jwks.json"
ASYMMETRIC = replace(
    PLAIN,
    scheme="ed25519",
    value="{{signature}}",
    over="{{id}}\n{{header:X-Account}}\n{{timestamp}}\n{{body_sha256}}",
    id_header="X-Delivery",
    timestamp_header="X-Time",
    variable="",
    keys_url=KEYS,
)
"""Of lines, one of them the digest of the body."""
OF_RFC_8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
OF_RFC_8032 = (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_the_signature_of_the_rfcs(encoding: str) -> None:
    """RFC 8032, 7.1, first test: the signature of nothing, by the key of RFC 8037, appendix A.2."""
    rule = replace(PLAIN, scheme="ed25519", value="{{signature}}", keys_url=KEYS, encoding=encoding)
    shown = OF_RFC_8032 if encoding == "hex" else base64.b64encode(bytes.fromhex(OF_RFC_8032)).decode()
    keys = json.dumps({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, OF_RFC_8037]})
    assert problem(rule, keys, [("X-Signature", shown)], Message(b"", NOW)) is None
    told = f"X-Signature is no ed25519 signature of {{{{body}}}} by a key of {KEYS}"
    assert problem(rule, keys, [("X-Signature", shown)], Message(b"x", NOW)) == told
    assert problem(rule, keys, [("X-Signature", shown[:-2] + "00")], Message(b"", NOW)) == told
    assert problem(rule, keys, [("X-Signature", "no signature")], Message(b"", NOW)) == told
    assert problem(rule, key_set("another"), [("X-Signature", shown)], Message(b"", NOW)) == told


def test_what_is_signed_with_a_private_key_verifies_with_its_key_set() -> None:
    message = replace(MESSAGE, headers={"x-account": "7"})
    made = {**sign(ASYMMETRIC, "a secret", message), "X-Account": "7"}
    assert problem(ASYMMETRIC, key_set("a secret"), made.items(), MESSAGE) is None
    for name, value in (("X-Account", "8"), ("X-Delivery", "msg_2"), ("X-Time", "1780000001"), ("X-Signature", "00")):
        assert problem(ASYMMETRIC, key_set("a secret"), {**made, name: value}.items(), MESSAGE) is not None, name
    assert problem(ASYMMETRIC, key_set("a secret"), made.items(), replace(MESSAGE, body=b"{}")) is not None


def test_either_key_of_a_set_may_have_signed() -> None:
    made = {**sign(ASYMMETRIC, next_secret("a secret"), MESSAGE), "X-Account": ""}
    assert problem(ASYMMETRIC, key_set("a secret"), made.items(), MESSAGE) is None
    other = {**sign(ASYMMETRIC, next_secret("another"), MESSAGE), "X-Account": ""}
    assert problem(ASYMMETRIC, key_set("a secret"), other.items(), MESSAGE) is not None


def test_a_key_set_tells_no_secret() -> None:
    told = json.loads(key_set("a secret"))["keys"]
    assert [set(each) for each in told] == [{"kty", "crv", "x", "kid", "use", "alg"}] * 2
    assert key_set("a secret") == key_set("a secret") != key_set("another")


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", '{"keys": 7}', '{"keys": [7]}', '{"keys": []}', "null"])
def test_what_is_no_key_set(text: str) -> None:
    with pytest.raises(ValueError, match="no key set"):
        public_keys(text)


def test_keys_of_other_kinds_are_passed_over() -> None:
    other = {"kty": "OKP", "crv": "X25519", "x": OF_RFC_8037["x"]}
    assert len(public_keys(json.dumps({"keys": [other, {"kty": "strange"}, OF_RFC_8037]}))) == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"secret": {"variable": "S"}}, "ed25519 with `keys`"),
        ({"keys": None}, "ed25519 with no `keys`"),
        ({"keys": None, "secret": {"variable": "S"}}, "ed25519 with no `keys`"),
        ({"scheme": "hmac-sha256"}, "hmac-sha256 with `keys`"),
        ({"keys": {"url": "http://acme.example/keys"}}, "/x-task/callback/signature/keys/url"),
        ({"over": "{{header:X-Account}}"}, "the same signature would fit every task"),
        ({"value": "{{header:X-Account}}{{signature}}"}, "unknown hole {{header:X-Account}}"),
    ],
)
def test_mistakes_with_keys(small_tree: Any, load_tree: Any, changes: Any, problem: str) -> None:
    rule = {"scheme": "ed25519", "header": "X-S", "over": "{{body_sha256}}", "keys": {"url": KEYS}, **changes}
    tree = small_tree()
    tree["x-task"]["callback"]["signature"] = {name: value for name, value in rule.items() if value is not None}
    with pytest.raises(DocumentError) as raised:
        load_tree(tree)
    assert problem in str(raised.value)
