"""What a process of Locust is to do, and who starts it."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from screentest_contracts.errors import UsageError
from screentest_suites.load.outcome import RunResult

PROCESS = "screentest_suites.load.process"


@dataclass(frozen=True)
class Order:
    """A run of `settings` (`LoadSettings.plain`) at `base_url` by so many `workers`; 1: all in one process. `page` is
    HOST:PORT of Locust's page. A worker is told the `master_port`."""

    provider: str
    settings: dict[str, Any]
    base_url: str
    workers: int = 1
    page: str | None = None
    plugins: Sequence[str] = ()
    master_port: int = 0


def check_locust() -> None:
    """Raises UsageError where Locust is not installed."""
    if find_spec("locust") is None:
        raise UsageError("a run under load needs Locust", "pip install 'screentest[load]'")


def carried_out(order: Order, environment: Mapping[str, str]) -> RunResult:
    """What came of a run in a process of its own; after Ctrl-C, what was found until then. Raises UsageError for what
    the user can mend, RuntimeError where the process broke."""
    command = [sys.executable, "-m", PROCESS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as process:  # noqa: S603 - our own
        said = _answer(process, json.dumps(asdict(order)).encode())
    if process.returncode:
        raise RuntimeError(f"the process of Locust ended with status {process.returncode}")
    result = RunResult(**json.loads(said))
    if result.misused:
        raise UsageError(result.failure)
    if result.failure:
        raise RuntimeError(result.failure)
    return result


def _answer(process: "subprocess.Popen[bytes]", asked: bytes) -> bytes:
    try:
        return process.communicate(asked)[0]
    except KeyboardInterrupt:  # it has got the same, and tells what it has found
        return process.communicate()[0]
