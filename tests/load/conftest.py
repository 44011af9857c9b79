"""Servers that are put under load, and runs of Locust in processes of their own: what it does to the standard library
must not come near other tests."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_suites.load.outcome import RunResult, report_document
from screentest_suites.load.settings import LoadSettings
from tests.load.faulty import KEY

DOCUMENT = Path(__file__).with_name("parcels.yaml")
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PARCELS_KEY": KEY}

needs_locust = pytest.mark.skipif(find_spec("locust") is None, reason="there is no Locust here: the extra `load`")


@pytest.fixture(scope="session")
def parcels() -> Contract:
    return load_contract(DOCUMENT)


@pytest.fixture(scope="session")
def faulty() -> Iterator[str]:
    """The address of the servers of `faulty.py`."""
    command = [sys.executable, "-m", "tests.load.faulty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture(scope="session")
def loaded(faulty: str, parcels: Contract) -> Callable[..., Mapping[str, dict[str, Any]]]:
    """Puts servers under load, each with settings of its own, and gives their reports by name."""

    def run(servers: Mapping[str, LoadSettings]) -> Mapping[str, dict[str, Any]]:
        orders = {
            name: {"provider": str(DOCUMENT), "settings": settings.plain(), "base_url": f"{faulty}/{name}"}
            for name, settings in servers.items()
        }
        command, asked = [sys.executable, "-m", "tests.load.several"], json.dumps(orders)
        said = subprocess.run(
            command, input=asked, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT, check=True
        ).stdout
        found = {name: RunResult(**plain) for name, plain in json.loads(said).items()}
        assert not any(result.failure for result in found.values()), found
        return {
            name: report_document(parcels, result, {"good": KEY}, servers[name].options(parcels))
            for name, result in found.items()
        }

    return run
