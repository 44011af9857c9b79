"""Receivers of callbacks: a careful one passes, and each careless one is noticed."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.providers import known

from screentest_contracts import UsageError
from screentest_contracts.signatures import Message, problem, write_secret
from screentest_suites.cli import main
from screentest_suites.clients import receiver
from screentest_suites.clients.receiver import Receiver, check_address

DOCUMENT = Path(__file__).parents[2] / "documents" / "rest.yaml"
CONTRACT = known(DOCUMENT)
assert CONTRACT.callback is not None
assert CONTRACT.callback.signature is not None
RULE, SIGNATURE = CONTRACT.callback, CONTRACT.callback.signature
SECRET = write_secret(SIGNATURE, "a-secret-of-ours")
Answer = Callable[[Any, bytes], int]


def careful(request: Any, body: bytes) -> int:
    import json
    import time

    if len(body) > 1_000_000:
        return 413
    try:
        task = json.loads(body).get("id", "")
    except ValueError:
        return 400
    given = tuple(request.headers.items())
    headers = {name.lower(): value for name, value in given}
    return 401 if problem(SIGNATURE, SECRET, given, Message(body, time.time(), "", str(task), headers)) else 200


def trusting(request: Any, body: bytes) -> int:
    return 200


def broken(request: Any, body: bytes) -> int:
    return 500


@contextmanager
def listening(answer: Answer) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(answer(self, body))
            self.end_headers()

        def log_message(self, *words: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "SLOW_SECONDS", 0.1)


def results(answer: Answer) -> dict[str, str]:
    with listening(answer) as url:
        found = list(Receiver(CONTRACT, RULE, url, SECRET).verdicts())
    return {each.requirement.id.removeprefix("client.receiver."): each.result.value for each in found}


def test_a_careful_receiver_passes() -> None:
    found = results(careful)
    assert {"repeated", "slow", "forged", "unsigned", "no-json", "huge"} <= set(found)
    assert [name for name, result in found.items() if result != "passed"] == []


def test_a_trusting_receiver_is_noticed() -> None:
    found = results(trusting)
    assert (found["forged"], found["unsigned"], found["no-json"]) == ("failed", "failed", "failed")
    assert {result for name, result in found.items() if name.startswith("valid.")} == {"passed"}


def test_a_broken_receiver_is_noticed() -> None:
    assert set(results(broken).values()) == {"failed"}


def test_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SIGNATURE.variable, SECRET)
    with listening(careful) as url:
        found = CliRunner().invoke(main, ["callback", str(DOCUMENT), "--to", url, "-v"])
    assert found.exit_code == 0, found.output
    assert SECRET not in found.output


def test_only_this_machine_or_a_host_that_is_named_twice() -> None:
    check_address("http://127.0.0.1:1/x", None)
    check_address("https://hooks.example.com/x", "hooks.example.com")
    for url, allowed in (
        ("https://hooks.example.com/x", None),
        ("https://a.example.com/", "b.example.com"),
        ("x", None),
    ):
        with pytest.raises(UsageError):
            check_address(url, allowed)
    found = CliRunner().invoke(main, ["callback", "nexusflow", "--to", "http://127.0.0.1:1/"])
    assert (found.exit_code, "does not call back" in found.output) == (2, True)
