"""Tokens: made as an independent hand makes them, read as strictly as they must be, and mistakes in documents."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts import DocumentError, load_contract
from screentest_contracts.contract import TokenRule
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.tokens import FLAWS, ExpiredTokenError, Token, key_pair, make_token, read_token, rule_problems

DOCUMENT = Path(__file__).parents[1] / "documents" / "signed.yaml"
AT = 1_780_000_000
KEY = "an-access-key:a-secret"
SECRETS = {"an-access-key": "a-secret"}
CLAIMS = {"iss": "{{key}}", "exp": "{{now+1800}}", "nbf": "{{now-5}}"}


def rule(algorithm: str = "HS256", claims: Any = None, header: Any = None) -> TokenRule:
    return TokenRule(algorithm, claims or CLAIMS, header or {}, Fact(Mark.DOCUMENTED))


def by_hand(header: Any, claims: Any, secret: str = "a-secret", digest: str = "sha256") -> str:
    """RFC 7515, 3.1, without a library for it."""

    def coded(data: bytes) -> str:
        return urlsafe_b64encode(data).decode().rstrip("=")

    text = ".".join(coded(each if isinstance(each, bytes) else json.dumps(each).encode()) for each in (header, claims))
    return f"{text}.{coded(hmac.new(secret.encode(), text.encode(), digest).digest())}"


def parts(token: str) -> tuple[Any, Any, bytes]:
    first, second, third = (urlsafe_b64decode(each + "==") for each in token.split("."))
    return json.loads(first), json.loads(second), third


@pytest.mark.parametrize(
    ("algorithm", "digest"), [("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)]
)
def test_a_token_is_what_rfc_7519_says(algorithm: str, digest: Any) -> None:
    token = make_token(rule(algorithm), KEY, AT + 0.75)
    header, claims, signature = parts(token)
    assert header == {"alg": algorithm, "typ": "JWT"}
    assert claims == {"iss": "an-access-key", "exp": AT + 1800, "nbf": AT - 5}
    assert signature == hmac.new(b"a-secret", token.rpartition(".")[0].encode(), digest).digest()
    assert read_token(rule(algorithm), token, SECRETS) == Token("an-access-key", AT - 5, AT + 1800)


def test_another_family_of_claims() -> None:
    """Times in milliseconds, a name of its own for who calls, and a word in the header."""
    own = {"api_key": "{{key}}", "exp": "{{now+60|epoch-ms}}", "timestamp": "{{now|epoch-ms}}", "aud": "acme", "v": 1}
    made = rule(claims=own, header={"sign_type": "SIGN"})
    header, claims, _ = parts(token := make_token(made, KEY, AT + 0.5))
    assert header == {"alg": "HS256", "typ": "JWT", "sign_type": "SIGN"}
    assert claims == {
        "api_key": "an-access-key",
        "aud": "acme",
        "v": 1,
        "exp": AT * 1000 + 60_500,
        "timestamp": AT * 1000 + 500,
    }
    assert read_token(made, token, SECRETS) == Token("an-access-key", float("-inf"), AT + 60.5)


def test_the_time_of_a_token() -> None:
    token = read_token(rule(), make_token(rule(), KEY, AT), SECRETS)
    for moment in (AT - 5, AT, AT + 1799.9):
        token.check(moment)
    for moment in (AT - 5.1, AT + 1800, AT + 90_000):  # RFC 7519, 4.1.4: not on or after
        with pytest.raises(ExpiredTokenError):
            token.check(moment)


GOOD = {"iss": "an-access-key", "exp": AT + 9, "nbf": AT}
HS256 = {"alg": "HS256", "typ": "JWT"}


def test_a_token_of_another_hand() -> None:
    assert read_token(rule(), by_hand(HS256, GOOD), SECRETS) == Token("an-access-key", AT, AT + 9)
    assert read_token(rule(), by_hand({"alg": "HS256"}, {**GOOD, "aud": "x", "iat": AT + 99, "sub": 7}), SECRETS)
    assert read_token(rule(), by_hand(HS256, {"iss": "an-access-key", "exp": AT + 0.5}), SECRETS).end == AT + 0.5


@pytest.mark.parametrize(
    "token",
    [
        by_hand(HS256, GOOD, "another-secret"),
        by_hand(HS256, {**GOOD, "iss": "another"}),
        by_hand(HS256, {**GOOD, "iss": ["an-access-key"]}),
        by_hand(HS256, {**GOOD, "iss": None}),
        by_hand(HS256, {"exp": AT + 9}),
        by_hand(HS256, {"iss": "an-access-key"}),
        *(by_hand(HS256, {**GOOD, "exp": value}) for value in (str(AT + 9), None, True, [1], 1e999, {})),
        by_hand(HS256, {**GOOD, "nbf": "now"}),
        by_hand(HS256, [1]),
        by_hand(HS256, b"{"),
        by_hand(HS256, b"[" * 100_000),
        by_hand({"typ": "JWT"}, GOOD),
        by_hand({"alg": "none"}, GOOD),
        by_hand({"alg": ["HS256"]}, GOOD),
        by_hand({"alg": "HS512"}, GOOD, digest="sha512"),
        by_hand({"alg": "HS999"}, GOOD),
        by_hand({"alg": "HS256", "crit": ["exp"]}, GOOD),
        by_hand(HS256, GOOD) + "A",
        by_hand(HS256, GOOD)[:-2],
        by_hand(HS256, GOOD).rpartition(".")[0] + ".",
        by_hand(HS256, GOOD).rpartition(".")[0],
        *("", ".", "..", "a.b.c", "\xff.\0.\u2028", KEY, "a" * 100_000),
    ],
)
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match="no token of this vendor") as raised:
        read_token(rule(), token, SECRETS)
    assert raised.value.__cause__ is None
    assert not token or token not in str(raised.value)


@given(st.text(max_size=200) | st.text("aeyJ0_-.=", max_size=80))
def test_any_text_is_no_token(text: str) -> None:
    with pytest.raises(ValueError, match="no token of this vendor"):
        read_token(rule(), text, SECRETS)


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_the_only_one(flaw: str) -> None:
    token = make_token(rule(), KEY, AT, flaw)
    header, claims, signature = parts(token)
    differs = {
        "alg": header["alg"] != "HS256",
        "iss": claims["iss"] != "an-access-key",
        "time": not claims["nbf"] <= AT < claims["exp"],
        "unsigned": signature == b"",
        "forged": signature not in (b"", hmac.digest(b"a-secret", token.rpartition(".")[0].encode(), "sha256")),
    }
    found = {name for name, is_so in differs.items() if is_so}
    assert (
        found
        == {
            "expired": {"time"},
            "forged": {"forged"},
            "unsigned": {"alg", "unsigned"},
            "stranger": {"iss", "forged"},
        }[flaw]
    )
    if flaw == "expired":
        with pytest.raises(ExpiredTokenError):
            read_token(rule(), token, SECRETS).check(AT)
    else:
        with pytest.raises(ValueError, match="no token"):
            read_token(rule(), token, SECRETS)
    if flaw != "stranger":
        read_token(rule(), token, SECRETS, frozenset({flaw})).check(AT)
    for other in FLAWS.keys() - {flaw, "expired"}:
        if flaw != "expired":
            with pytest.raises(ValueError, match="no token"):
                read_token(rule(), token, SECRETS, frozenset({other}))


def test_keys() -> None:
    assert key_pair("access:a:secret") == ("access", "a:secret")
    for text in ("", ":", "access", "access:", ":secret"):
        with pytest.raises(ValueError, match="it is not ACCESS:SECRET"):
            key_pair(text)
    pem = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"
    with pytest.raises(ValueError, match="cannot sign") as raised:
        make_token(rule(), f"access:{pem}", AT)
    assert "MFkw" not in str(raised.value)


@pytest.mark.parametrize(
    ("claims", "wrong"),
    [
        (CLAIMS, []),
        ({"iss": "{{key}}", "exp": "{{now+1}}"}, []),
        ({"iss": "{{key}}", "exp": "{{now+1|epoch-ms}}", "nbf": "{{now|epoch-ms}}"}, []),
        ({"exp": "{{now+1}}"}, ["claims"]),
        ({"iss": "{{key}}", "sub": "{{key}}", "exp": "{{now+1}}"}, ["claims"]),
        ({"iss": "{{key}}"}, ["claims"]),
        ({"iss": "{{key}}", "exp": "{{now}}"}, ["claims"]),
        ({"iss": "{{key}}", "exp": "{{now-9}}"}, ["claims"]),
        ({"iss": "{{key}}", "exp": 1_790_000_000}, ["claims"]),
        ({"iss": "{{key}}", "exp": "{{now+1|iso}}"}, ["claims/exp", "claims"]),
        ({"iss": "{{key}} ", "exp": "{{now+1}}"}, ["claims/iss", "claims"]),
        ({"iss": "{{key}}", "exp": "{{now+1}}", "nbf": "{{now+1}}"}, ["claims/nbf"]),
        ({"iss": "{{key}}", "exp": "{{now+1}}", "nbf": 5}, ["claims/nbf"]),
        ({"iss": "{{key}}", "exp": "{{now+1}}", "jti": "{{uuid}}"}, ["claims/jti"]),
    ],
)
def test_mistakes(claims: Any, wrong: list[str]) -> None:
    assert [member for member, _, _ in rule_problems({"algorithm": "HS256", "claims": claims})] == wrong


@pytest.mark.parametrize(
    ("old", "new", "pointer", "what"),
    [
        ("algorithm: HS256", "algorithm: RS256", "/components/securitySchemes/token/x-jwt/algorithm", "RS256"),
        ("algorithm: HS256", "", "/components/securitySchemes/token/x-jwt", '"algorithm" is missing'),
        ("        claims: {", "        life: 5\n        claims: {", "/components/securitySchemes/token/x-jwt", "life"),
        (
            "claims: {",
            "header: {alg: none}\n        claims: {",
            "/components/securitySchemes/token/x-jwt/header",
            "alg",
        ),
        ('"{{now+1800}}"', '"{{later}}"', "/components/securitySchemes/token/x-jwt/claims/exp", "is no claim"),
        ("iss:", "aud: {a: 1}, iss:", "/components/securitySchemes/token/x-jwt/claims/aud", "must be"),
        (
            *(
                "type: http\n      scheme: bearer\n      bearerFormat: JWT\n",
                "type: apiKey\n      in: query\n      name: t\n",
            ),
            *("/components/securitySchemes/token/x-jwt", "does not travel in an address"),
        ),
    ],
)
def test_mistakes_are_told_with_their_place(old: str, new: str, pointer: str, what: str, tmp_path: Path) -> None:
    text = DOCUMENT.read_text()
    assert old in text
    file = tmp_path / "signed.yaml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(DocumentError) as raised:
        load_contract(file)
    assert pointer in str(raised.value)
    assert what in str(raised.value)


def test_what_a_document_says() -> None:
    contract = load_contract(DOCUMENT)
    assert contract.token is not None
    assert (contract.token.algorithm, dict(contract.token.claims), dict(contract.token.header)) == ("HS256", CLAIMS, {})
    assert contract.token.fact == Fact(Mark.DOCUMENTED, ("G1",))
