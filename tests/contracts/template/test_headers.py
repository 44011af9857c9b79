"""Values of headers against what documents give for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.template import Template, header_problem, tells_value

FITS = [
    ("X-Version", "v1", "V22"),
    ("X-Version", "clips v1", "fast, Clips v3"),
    ("Retry-After", "5", "120"),
    ("Retry-After", "5", "Mon, 30 Nov 2026 12:00:00 GMT"),
    ("Cache-Control", "public, max-age=86400", "max-age=60,public"),
    ("Cache-Control", "public, max-age=86400", "public, max-age=1, immutable"),
    ("X-Trace", "req-{{random:hex:8}}", "req-7f3a"),
    ("Allow", "POST", "GET, POST"),
    ("Server", "clips, ltd", "clips, ltd"),
]
DIFFERS = [
    ("X-Version", "v1", "w1", "v1"),
    ("Retry-After", "5", "soon", "5"),
    ("X-Wait", "5", "Mon, 30 Nov 2026 12:00:00 GMT", "5"),
    ("Cache-Control", "public, max-age=86400", "private, max-age=5", "public"),
    ("Allow", "POST", "GET", "POST"),
    ("X-Trace", "req-{{random:hex:8}}", "req-", "req-{{random:hex:8}}"),
]


@pytest.mark.parametrize(("name", "make", "value"), FITS)
def test_a_value_like_the_documented_one(name: str, make: str, value: str) -> None:
    assert header_problem(name, Template(make), value) is None


@pytest.mark.parametrize(("name", "make", "value", "expected"), DIFFERS)
def test_another_value(name: str, make: str, value: str, expected: str) -> None:
    assert header_problem(name, Template(make), value) == expected


@pytest.mark.parametrize(
    ("name", "make", "told"),
    [
        ("X-Request-Id", "{{random:uuid}}", False),
        ("X-Request-Id", "{{now|compact}}{{random:digits:9}}", False),
        ("Retry-After", "{{text:2}}", False),
        ("Location", "/v1/clips/{{id}}", False),
        ("X-Version", "v1", True),
        ("X-Trace", "req-{{random:hex:8}}", True),
    ],
)
def test_only_words_of_the_document_tell_a_value(name: str, make: str, told: bool) -> None:
    assert tells_value(name, Template(make)) is told


@given(st.text(max_size=60))
def test_whatever_a_server_says_is_answered(value: str) -> None:
    assert header_problem("Retry-After", Template("5"), value) in (None, "5")
