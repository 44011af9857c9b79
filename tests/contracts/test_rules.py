"""Rules that JSON Schema cannot say: public addresses and lengths of text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.rules import is_public_host, public_url_problem, text_units
from screentest_contracts.schemas import validator

PRIVATE_HOSTS = [
    "localhost", "LOCALHOST", "localhost.", "api.localhost", "printer.local", "db.internal", "db.internal.",
    "127.0.0.1", "127.0.0.1.", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.20",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255",
    "[::1]", "[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]",
    "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]",
    # the many spellings of 127.0.0.1 that resolvers understand
    "2130706433", "0x7f000001", "0X7F000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.0x1", "0", "1.",
]  # fmt: skip
PUBLIC_HOSTS = [
    "media.example.com", "MEDIA.example.com.", "example.com", "8.8.8.8", "172.15.0.1", "172.32.0.1", "11.0.0.1",
    "[2606:4700::1111]", "[::ffff:8.8.8.8]", "127.0.0.1.example.com", "10.example.com", "localhost.example.com",
    "locallocalhost.com", "xn--bcher-kva.example", "0x7f.example.com", "a1", "host-0x1.example",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_private_hosts(host: str) -> None:
    assert not is_public_host(host.strip("[]"))
    assert public_url_problem(f"https://{host}/hook", ("https",)) is not None
    assert public_url_problem(f"https://media.example.com@{host}:8443/hook?x=y#z", ("https",)) is not None


@pytest.mark.parametrize("host", PUBLIC_HOSTS)
def test_public_hosts(host: str) -> None:
    assert is_public_host(host.strip("[]"))
    assert public_url_problem(f"https://{host}/hook", ("https",)) is None
    assert public_url_problem(f"HTTPS://127.0.0.1:secret@{host}:8443", ("https",)) is None


@given(st.ip_addresses(v=4))
def test_each_v4_address_and_its_mapped_form_are_judged_alike(address: Any) -> None:
    assert is_public_host(str(address)) == address.is_global
    assert is_public_host(f"::ffff:{address}") == address.is_global
    assert not is_public_host(str(int(address)))
    assert not is_public_host(hex(int(address)))


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://media.example.com/x", "scheme must be https"),
        ("ftp://media.example.com/x", "scheme must be https"),
        ("//media.example.com/x", "scheme must be https"),
        ("media.example.com/x", "scheme must be https"),
        ("/hook", "scheme must be https"),
        ("", "scheme must be https"),
        ("https:media.example.com/x", "host must be public"),
        ("https:///x", "host must be public"),
        ("https://", "host must be public"),
        ("https://./", "host must be public"),
        ("https://user@/", "host must be public"),
        ("https://media.example.com:port/x", "not a URL"),
        ("https://media.example.com:99999/x", "not a URL"),
        ("https://[::1/x", "not a URL"),
        ("https://[nonsense]/x", "not a URL"),
    ],
)
def test_what_is_wrong_with_a_url(url: str, what: str) -> None:
    problem = public_url_problem(url, ("https",))
    assert problem is not None
    assert what in problem


def test_several_schemes() -> None:
    assert public_url_problem("http://media.example.com/x", ("https", "http")) is None
    assert public_url_problem("ws://media.example.com/x", ("https", "http")) == "the scheme must be https or http"


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}.example.com/x"):
        problem = public_url_problem(url, ("https",))
        assert problem is None or isinstance(problem, str)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("abc", 3),
        ("城", 2),
        ("a城b", 4),
        ("ｱ", 1),
        ("\uff21", 2),
        ("カ", 2),
        ("한", 2),
        ("é", 1),
        ("。", 2),
        ("😀", 2),
    ],
)
def test_wide_characters_count_double(text: str, units: int) -> None:
    assert text_units(text, 2) == units
    assert text_units(text, 1) == len(text)


@given(st.text(), st.text(), st.integers(1, 5))
def test_lengths_add_up(first: str, second: str, wide: int) -> None:
    assert text_units(first + second, wide) == text_units(first, wide) + text_units(second, wide)
    assert len(first) <= text_units(first, wide) <= wide * len(first)


def errors(schema: Any, value: Any) -> list[str]:
    return [error.message for error in validator(schema).iter_errors(value)]


def test_text_limit_in_a_schema() -> None:
    limit = {"type": "string", "x-text-limit": {"units": 4, "wide": 2, "excess": "refuse"}}
    assert errors(limit, "城城") == errors(limit, "abcd") == []
    assert "longer than 4 units" in errors(limit, "城城a")[0]
    assert errors({"x-text-limit": {"units": 4, "excess": "refuse"}}, "城城城城") == []
    assert errors({"x-text-limit": {"units": 4, "excess": "refuse"}}, 12345) == []
    for excess in ("cut", "unspecified"):
        assert errors({"x-text-limit": {"units": 4, "excess": excess}}, "abcde") == []
    assert errors({"x-text-limit": {"units": 4}}, "abcde") == []


def test_public_url_in_a_schema() -> None:
    rule = {"type": "string", "x-public-url": {"schemes": ["https"]}}
    assert errors(rule, "https://media.example.com/x") == []
    assert "host must be public" in errors(rule, "https://10.0.0.1/x")[0]
    assert "scheme must be https" in errors(rule, "http://media.example.com/x")[0]
    assert errors({"x-public-url": {}}, "http://media.example.com") != []
    assert errors({"x-public-url": {}}, 5) == errors({"x-public-url": {}}, "") == []
