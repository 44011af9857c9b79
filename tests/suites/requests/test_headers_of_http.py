"""A document that declares a header of HTTP as a parameter: OpenAPI ignores it, so that each request has it once."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from screentest_contracts import Contract, Role
from screentest_contracts.requirements import requirements
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.wire.clock import ManualClock
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.cli.serve import print_banner
from screentest_suites.core.exchange import Exchange
from screentest_suites.core.options import Options
from screentest_suites.judging import selfcheck
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session

Tree = dict[str, Any]
HEADERS = {
    "Content-Type": {"type": "string", "enum": ["application/json"]},
    "content-type": {"type": "string"},
    "Accept": {"type": "string", "enum": ["application/json"]},
    "Authorization": {"type": "string"},
}
WRONG = "error.create.wrong-content-type"


@pytest.fixture(params=HEADERS)
def tree(request: pytest.FixtureRequest, small_tree: Callable[[], Tree]) -> Tree:
    """The small document with one such parameter, and a row for a wrong media type."""
    whole = small_tree()
    parameter = {"name": request.param, "in": "header", "required": True, "schema": HEADERS[request.param]}
    whole["paths"]["/jobs"]["post"]["parameters"].append(parameter)
    readings = {"status": 415, "body": {"error": {"code": "media"}}}
    whole["x-task"]["errors"].append({"condition": "wrong-content-type", "on": ["create"], "readings": readings})
    return whole


def sent_by(contract: Contract, name: str) -> list[Exchange]:
    """What the check of a requirement sends."""
    target, log = EmbeddedTarget(contract), []
    send = target.send

    def keep(*args: Any, **options: Any) -> Exchange:
        log.append(send(*args, **options))
        return log[-1]

    target.send = keep  # type: ignore[method-assign]
    session = Session(contract, target, Options(workers=1, examples=1))
    requirement = next(each for each in requirements(contract) if each.id == name)
    REGISTRY[requirement.kind](session, requirement)
    return log


@pytest.mark.parametrize("name", [WRONG, "create.accepted"])
def test_each_header_is_sent_once(name: str, tree: Tree, load_tree: Callable[..., Contract]) -> None:
    log = sent_by(load_tree(tree), name)
    assert log
    for each in log:
        counts = Counter(header.lower() for header, _ in each.sent.headers)
        assert set(counts.values()) == {1}, each.sent.headers
        wanted = "text/xml" if name == WRONG else "application/json"
        if each.sent.body is not None:
            assert {key.lower(): value for key, value in each.sent.headers}["content-type"] == wanted


def test_a_mock_that_takes_any_media_type_is_caught(tree: Tree, tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(tree))
    row = selfcheck.run(selfcheck.Job(str(file), "deviation", "forgives-wrong-content-type"), examples=1)
    assert (row.caught, row.good, row.miss) == ((WRONG,), True, ())


def test_the_curl_line_has_it_once(
    tree: Tree, load_tree: Callable[..., Contract], capsys: pytest.CaptureFixture[str]
) -> None:
    contract = load_tree(tree)
    app = MockServer([contract], clock=ManualClock())
    print_banner(app, "http://127.0.0.1:9", "sk-screentest", SimpleNamespace(manual=True))  # type: ignore[arg-type]
    line = capsys.readouterr().out.splitlines()[-1].lower()
    assert line.count("content-type:") == 1
    assert line.count("accept:") == 0
    assert line.count("authorization:") == 0
    assert contract.roles[Role.CREATE][0].header("X-Async") is not None
    assert line.count("x-async:") == 1
