"""Runs that are recorded: mocks served on loopback, judged by the command line in this process."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from screentest_contracts import Contract, load_contract
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.cli import main

FAST = ("--poll-interval", "0.02", "--task-timeout", "5", "--examples", "4")


def invoke(*arguments: str, **environment: str) -> Result:
    """A command in this process, with no keys in the environment but those given."""
    clean: dict[str, str | None] = {name: None for name in os.environ if "_API_KEY" in name}
    result = CliRunner().invoke(main, [str(each) for each in arguments], env={**clean, **environment})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def keys(contract: Contract) -> dict[str, str]:
    return {contract.key_variable: "sk-screentest", f"{contract.key_variable}_SECOND": "sk-screentest-other"}


def rows(report: Path) -> list[dict[str, Any]]:
    """The requirements of a report."""
    found: list[dict[str, Any]] = json.loads(report.read_text())["requirements"]
    return found


@dataclass
class Recorded:
    """A run that was recorded, and what the mock was asked."""

    directory: Path
    contract: Contract
    result: Result
    app: MockServer

    @property
    def tape(self) -> Path:
        return self.directory / self.contract.name / "exchanges.jsonl"


def record(document: str, directory: Path, *more: str, speed: float = 300, broken: str = "") -> Recorded:
    """Records a run against a mock that is gone afterwards. `broken`: a deviation that it commits."""
    contract = load_contract(document)
    with running([contract], clock=RealClock(speed)) as (app, url):
        if broken:
            app.providers[contract.name].deviation = deviation(broken, contract)
        pace = ("--speed", str(speed))
        result = invoke(
            "check", document, "--target", url, "--record", str(directory), *FAST, *pace, *more, **keys(contract)
        )
    return Recorded(directory, contract, result, app)


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory, small_text: str) -> str:
    path = tmp_path_factory.mktemp("document") / "acme.yaml"
    # At the pace of these mocks an address would live for seconds; how lateness is judged has tests of its own.
    path.write_text(small_text.replace("life: 3600", "life: 100000000").replace("task: 7200", "task: 100000000"))
    return str(path)


@pytest.fixture(scope="session")
def run(small_file: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """One recorded run of the small provider. Copy it before changing it."""
    made = record(small_file, tmp_path_factory.mktemp("run") / "recording")
    assert made.result.exit_code == 0, made.result.output
    return made


@pytest.fixture
def copied(run: Recorded, tmp_path: Path) -> Path:
    """The folder of the run, to be changed."""
    import shutil

    return Path(shutil.copytree(run.directory, tmp_path / "copy"))


@pytest.fixture
def events(copied: Path) -> Callable[..., None]:
    """Changes the events of the copied tape: `events(function)`, which may give None to drop one."""

    def change(function: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        path = copied / "acme" / "exchanges.jsonl"
        changed = [function(json.loads(line)) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(each) + "\n" for each in changed if each is not None))

    return change
