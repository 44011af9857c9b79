"""The curl line repeats the request: a shell hands curl exactly what was sent, and the key only by its variable."""

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract
from screentest_contracts.redact import Redactor
from screentest_suites.core.credential import read_credential
from screentest_suites.core.curl import BODY_LIMIT, curl_line
from screentest_suites.core.exchange import SentRequest

KEY = "sk-screentest-0123456789"
VARIABLES = {"ACME_API_KEY": KEY, "ACME_API_KEY_SECOND": "other-9876543210"}

HOSTILE = [
    "it's",
    'say "hi"',
    "$HOME $(id) `id` ${IFS}",
    "a\\b\\",
    "line\nbreak\r\n",
    "-X DELETE",
    "!history; rm -rf / & | > < * ? [a-z] {a,b} ~ #",
    "城市 \U0001f3ac",
    "@/etc/passwd",
    "%0A%s",
]


@pytest.fixture(scope="module")
def curl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `curl` that writes its arguments to the file `argv`, NUL after each."""
    folder = tmp_path_factory.mktemp("curl")
    script = folder / "curl"
    script.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" > {folder}/argv\n")
    script.chmod(0o755)
    return folder


def run(line: str, folder: Path) -> list[str]:
    """The arguments that curl gets from a shell, key variables set."""
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", **VARIABLES}
    subprocess.run(["bash", "-c", line], env=environment, check=True, stdin=subprocess.DEVNULL, cwd=folder)
    return (folder / "argv").read_bytes().decode().split("\0")[:-1]


def sent(text: str, key: str = "good") -> SentRequest:
    headers = (
        ("x-key", f"Key {KEY}"),
        ("content-type", "application/json"),
        ("x-note", text.replace("\n", " ").replace("\r", " ")),
    )
    return SentRequest(
        "POST",
        "https://api.acme.example/jobs?a=1&b=[2]",
        headers,
        json.dumps({"prompt": text}).encode(),
        read_credential(key),
    )


def check(contract: Contract, text: str, folder: Path) -> None:
    request = sent(text)
    line = curl_line(contract, request, Redactor([KEY]))
    assert KEY not in line
    assert '"x-key: Key $ACME_API_KEY"' in line
    assert run(line, folder) == [
        *("-ig", "-X", "POST", request.url),
        *(part for name, value in request.headers for part in ("-H", f"{name}: {value}")),
        *("--data-raw", (request.body or b"").decode()),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_reach_curl_unchanged(text: str, small: Contract, curl: Path) -> None:
    check(small, text, curl)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n\r"), max_size=50))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_reaches_curl_unchanged(small: Contract, curl: Path, text: str) -> None:
    if Redactor().text(text) == text:  # what looks like a secret is another test's business
        check(small, text, curl)


def test_the_second_account_has_its_own_variable(small: Contract, curl: Path) -> None:
    arguments = run(curl_line(small, sent("x", "second"), Redactor([KEY])), curl)
    assert "x-key: Key other-9876543210" in arguments


def test_a_made_up_key_is_hidden(small: Contract) -> None:
    line = curl_line(small, sent("x", "=sk-screentest-no-such-key"), Redactor([KEY]))
    assert "Key REDACTED" in line
    assert "$ACME" not in line


def test_a_key_in_the_query_comes_from_its_variable_too(small: Contract, curl: Path) -> None:
    contract = dataclasses.replace(small, key_header="", key_query="key")
    request = SentRequest("GET", f"https://api.acme.example/jobs/1?x=it's&key={KEY}&y=2")
    line = curl_line(contract, request, Redactor([KEY]))
    assert KEY not in line
    assert run(line, curl) == ["-i", request.url] or run(line, curl) == ["-ig", request.url]


def test_a_plain_get_is_a_plain_line(small: Contract) -> None:
    assert (
        curl_line(small, SentRequest("GET", "https://api.acme.example/jobs"), Redactor())
        == "curl -i https://api.acme.example/jobs"
    )


def test_a_large_body_is_cut_and_says_so(small: Contract, curl: Path) -> None:
    line = curl_line(small, SentRequest("POST", "https://api.acme.example/", (), b"a" * 10_000), Redactor())
    assert run(line, curl)[-1] == "a" * BODY_LIMIT
    assert line.endswith("# ... 10000 bytes in all")


def test_bytes_that_are_no_text_are_no_obstacle(small: Contract, curl: Path) -> None:
    line = curl_line(small, SentRequest("POST", "https://api.acme.example/", (), b'{"model": \xff'), Redactor())
    assert run(line, curl)[-1] == '{"model": \ufffd'


def test_a_file_is_told_by_its_length(small: Contract) -> None:
    """What holds one is nothing that a shell could take."""
    line = curl_line(small, SentRequest("PUT", "https://api.acme.example/", (), b"\x89PNG\0\0"), Redactor())
    assert line.endswith("--data-binary @body # 6 bytes, with a file")


def test_head_is_asked_for_without_waiting_for_a_body(small: Contract) -> None:
    sent = SentRequest("HEAD", "https://api.acme.example/jobs/1")
    assert curl_line(small, sent, Redactor([])) == "curl -i --head https://api.acme.example/jobs/1"
