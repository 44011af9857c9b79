"""The documents of this folder and the small built-in ones, read once, and a server with all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.providers import FEW

from screentest_contracts import Contract, built_in
from screentest_contracts.compile import lint
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import ManualClock


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    """Every document by the name of its file, linted in all its readings."""
    names = [name for name in built_in() if name not in FEW]
    return {Path(each).stem: lint(each) for each in (*map(str, Path(__file__).parent.glob("*.yaml")), *names)}


@pytest.fixture(scope="session")
def server(contracts: dict[str, Contract]) -> Iterator[tuple[MockServer, str]]:
    """All of them behind one address on a manual clock."""
    with running(list(contracts.values()), clock=ManualClock(1_780_000_000.0)) as served:
        yield served
