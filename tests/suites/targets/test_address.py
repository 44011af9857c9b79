"""A target at the wrong address: what was called, and where the server is likely to be."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from screentest_contracts import Contract, load_contract
from screentest_mockserver.server.run import bind, configure
from screentest_suites.core.credential import GOOD, NO_KEY, Credential
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.targets.address import likely_base, misplaced
from tests.suites.recorded import FAST, invoke, keys, rows


def exchange(status: int, credential: Credential = GOOD, path: str = "/jobs") -> Exchange:
    return Exchange(SentRequest("POST", f"http://h{path}", (), b"", credential), status, (), b"", 0, 0)


@pytest.mark.parametrize(
    ("server", "target", "expected"),
    [
        ("https://api.acme.example/v1", "http://h", "http://h/v1"),
        ("https://api.acme.example/v1", "http://h:8/acme", "http://h:8/acme/v1"),
        ("https://api.acme.example/v1", "http://h/v1", None),
        ("https://api.acme.example/v1", "http://h/proxy/v1", None),
        ("https://api.acme.example", "http://h", None),
        ("https://api.acme.example", "http://h/jobs", "http://h"),
        ("https://api.acme.example", "http://h/v2", "http://h"),
        ("https://api.acme.example", "http://h/gateway/api", "http://h"),
    ],
)
def test_the_likely_address(small: Contract, server: str, target: str, expected: str | None) -> None:
    assert likely_base(dataclasses.replace(small, base_url=server), target) == expected


def test_what_the_operations_begin_with_is_there_once(small_tree: Any, load_tree: Any) -> None:
    tree = small_tree()
    tree["paths"] = {f"/api/v1{path}": item for path, item in tree["paths"].items()}
    contract = load_tree(tree)
    assert likely_base(contract, "http://h/proxy/api/v1") == "http://h/proxy"
    assert likely_base(contract, "http://h/api/v1") == "http://h"


def test_only_where_nothing_was_ever_there(small: Contract) -> None:
    contract = dataclasses.replace(small, base_url="https://api.acme.example/v1")
    hint = misplaced(contract, "http://h", [exchange(404), exchange(405)])
    assert hint is not None
    assert "POST http://h/jobs" in hint
    assert "stands for https://api.acme.example/v1" in hint
    assert hint.endswith("likely right: http://h/v1")
    assert misplaced(contract, "http://h", [exchange(404), exchange(401, NO_KEY)]) == hint
    for others in ([], [exchange(405)], [exchange(404), exchange(200)], [exchange(404), exchange(0)], [exchange(401)]):
        assert misplaced(contract, "http://h", others) is None


@pytest.fixture
def nowhere() -> Iterator[str]:
    """A server that has nothing."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("nothing here", 404)(scope, receive, send)

    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(configure(app))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    server.config.lifespan = "off"
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(60)
    listener.close()


def test_a_run_says_it(nowhere: str, small_tree: Any, tmp_path: Path) -> None:
    tree = small_tree()
    tree["servers"] = [{"url": "https://api.acme.example/v1"}]
    document, report = tmp_path / "acme.json", tmp_path / "report.json"
    document.write_text(json.dumps(tree))
    contract = load_contract(document)
    options = ("--target", nowhere, "--report", report, *FAST)
    result = invoke("check", document, *options, **keys(contract))
    assert result.exit_code == 1
    line = next(line for line in result.output.splitlines() if line.startswith("hint: "))
    for part in (f"POST {nowhere}/jobs", "stands for https://api.acme.example/v1", f"likely right: {nowhere}/v1"):
        assert part in line
    assert any(f"likely right: {nowhere}/v1" in row["reason"] for row in rows(report) if row["verdict"] == "failed")


def test_the_help_says_what_the_address_stands_for() -> None:
    said = " ".join(invoke("check", "-h").output.split())
    assert "URL stands for `servers[0].url` of the document, with its path" in said
