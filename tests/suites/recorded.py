"""Runs that are recorded: mocks served on loopback, judged by the command line in this process."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
