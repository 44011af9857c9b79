"""Secrets planted wherever one can be are in no artefact and on no terminal."""

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.suites.recorded import invoke

PLACES = (
    "body-member",
    "nested-json",
    "bearer",
    "cookie",
    "set-cookie",
    "signature",
    "user",
    "redirect",
    "token-header",
    "environment",
    "error-text",
    "sk-key",
    "amz",
    "log-line",
)


def secret() -> str:
    return secrets.token_hex(6) + secrets.token_urlsafe(9).replace("-", "x").replace("_", "y")


class Leaky:
    """Says every secret it knows, and repeats the whole request, in every way a server can."""

    def __init__(self, planted: dict[str, str], good: str) -> None:
        self.planted, self.good, self.turn = planted, good, 0

    def __call__(self, request: bytes) -> Iterator[bytes | float | str]:
        self.turn += 1
        p = self.planted
        head = request.decode("latin-1")
        signed = f"https://u:{p['user']}@cdn.acme.example/a.mp4?Expires=1780000000&Signature={p['signature']}"
        body: dict[str, Any] = {
            "job": {"id": f"job-{self.turn:012x}", "state": "WAIT"},
            "id": f"job-{self.turn:012x}",
            "ok": True,
            "state": ["WAIT", "DONE"][self.turn % 2],
            "video": signed,
            "callback_secret": p["body-member"],
            "raw": json.dumps({"access_token": p["nested-json"]}),
            "echo": head,
            "quoted": quote(self.good, safe=""),
            "coded": b64encode(f"x{self.good}y".encode()).decode(),
            "hex": self.good.encode().hex(),
            "note": f"Authorization: Bearer {p['bearer']}",
            "environ": f"PATH=/bin ACME_TOKEN={p['environment']} HOME=/",
            "log": f"Set-Cookie: sid={p['log-line']}; path=/",
            "error": {
                "code": "bad",
                "message": f"key sk-{p['sk-key']} is no key; token: {p['error-text']}",
                "param": "p",
            },
        }
        text = json.dumps(body).encode()
        status = ["200 OK", "422 Unprocessable", "302 Found", "401 Unauthorized"][self.turn % 4]
        fields = {
            "Content-Type": "application/json",
            "Content-Length": str(len(text) + (50 if self.turn % 13 == 0 else 0)),
            "Connection": "close",
            "Set-Cookie": f"sid={p['set-cookie']}; HttpOnly",
            "X-Auth-Token": p["token-header"],
            "X-Echo": head.partition("\r\n")[0],
            "Location": f"https://cdn.acme.example/b?token={p['redirect']}&X-Amz-Credential={p['amz']}",
            "X-Seen": f"Cookie: a={p['cookie']}",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        yield f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + text


@pytest.fixture
def leaked(
    hostile: Callable[..., Any], small_file: str, tmp_path: Path
) -> Callable[..., tuple[dict[str, str], dict[str, bytes]]]:
    """Runs everything against a leaky server: what was planted, and all that came out, by name."""

    def go() -> tuple[dict[str, str], dict[str, bytes]]:
        keys = {"good": secret(), "second": f"{secret()}/{secret()}+="}
        planted = {place: secret() for place in PLACES}
        server = hostile(Leaky(planted, keys["good"]))
        environment = {"ACME_API_KEY": keys["good"], "ACME_API_KEY_SECOND": keys["second"]}
        folder = tmp_path / "run"
        options = ("--poll-interval", "0", "--task-timeout", "0.2", "--examples", "4", "-v", "--timeout", "5")
        url = server.url
        said: dict[str, bytes] = {}

        def run(name: str, *arguments: str) -> None:
            said[name] = invoke(*arguments, **environment).output.encode()

        run("check", "check", small_file, "--target", url, "--record", str(folder), *options)
        run("replay", "replay", str(folder), "-v", "--report", str(folder / "again.json"))
        tape = folder / "acme" / "exchanges.jsonl"
        lines = tape.read_bytes().splitlines(keepends=True)
        run("diff", "diff", str(folder), str(folder))
        tape.write_bytes(b"".join(lines[: len(lines) // 2]))
        run("resume", "check", "--resume", str(folder), "-v")
        artefacts = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert {"report.json", "again.json", "acme/run.json", "acme/run.har", "acme/exchanges.jsonl"} <= set(artefacts)
        return keys | planted, said | artefacts

    return go


def forms(value: str) -> Iterator[bytes]:
    yield value.encode()
    yield quote(value, safe="").encode()
    yield json.dumps(value)[1:-1].encode()
    yield value.encode().hex().encode()
    for offset in range(3):
        coded = b64encode(b"\0" * offset + value.encode()).decode().rstrip("=")
        yield coded[4:-4].encode()


def test_no_secret_leaves_the_process(leaked: Callable[..., tuple[dict[str, str], dict[str, bytes]]]) -> None:
    planted, artefacts = leaked()
    found = [
        f"{place} in {name}"
        for place, value in planted.items()
        for name, content in artefacts.items()
        for form in forms(value)
        if form in content
    ]
    assert found == []
    tape = artefacts["acme/exchanges.jsonl"]
    assert tape.count(b"REDACTED") > 300, "there was something to hide"
    assert b"Expires=1780000000" in tape, "when an address ends stays readable"


def test_an_address_with_a_password_is_refused_and_not_shown(small_file: str, tmp_path: Path) -> None:
    password = secret()
    url, key = f"http://user:{password}@127.0.0.1:9", secret()
    done = invoke("check", small_file, "--target", url, "--record", str(tmp_path / "run"), ACME_API_KEY=key)
    assert done.exit_code == 2
    assert "--target holds a user name or a password" in done.stderr
    assert password not in done.output


def test_an_address_with_a_key_is_not_recorded(small_file: str, hostile: Callable[..., Any], tmp_path: Path) -> None:
    server = hostile(lambda request: [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"])
    key = secret()
    url = f"{server.url}/{key}"
    options = ("--poll-interval", "0", "--task-timeout", "0.1", "--examples", "2")
    done = invoke("check", small_file, "--target", url, "--record", str(tmp_path / "run"), *options, ACME_API_KEY=key)
    replayed = invoke("replay", str(tmp_path / "run"))
    resumed = invoke("check", "--resume", str(tmp_path / "run"), ACME_API_KEY=key)
    assert resumed.exit_code == 2
    assert "holds a secret" in resumed.stderr
    said = done.output + replayed.output + resumed.output
    assert key not in said
    for path in (tmp_path / "run").rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes(), path


def test_a_proxy_with_a_password_is_not_shown(small_file: str, tmp_path: Path) -> None:
    password = secret()
    result = invoke(
        "check",
        small_file,
        "--target",
        "https://127.0.0.1:9",
        "--record",
        str(tmp_path / "run"),
        ACME_API_KEY=secret(),
        HTTPS_PROXY=f"nonsense://user:{password}@127.0.0.1:1",
        NO_PROXY="",
    )
    assert result.exit_code in (2, 3)
    assert password not in result.output
    assert os.environ.get("HTTPS_PROXY", "") != f"nonsense://user:{password}@127.0.0.1:1"
