"""Real client libraries against a served mock in another process.

Each test is a step of a task's life (`@pytest.mark.step`); what the library does there is `told`, and goes into
docs/clients.md, which `SCREENTEST_CLIENTS=write` writes anew (`nox -s clients`).

The mock's clock is manual, and moves when the library sleeps: no test waits, and the journal tells the library's own
rhythm.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from tests.clients.libraries import STEPS, Library
from tests.clients.page import Cell, write_page
from tests.clients.served import Served, serving

TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "step(name): a step of a task's life, as docs/clients.md lists them")


@pytest.fixture(scope="module")
def served_module(request: pytest.FixtureRequest) -> Iterator[Served]:
    library: Library = request.module.LIBRARY
    with serving(library.document, tls=library.tls) as served, pytest.MonkeyPatch.context() as patch:
        for name in (*PROXIES, *(each.lower() for each in PROXIES)):
            patch.delenv(name, raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1")
        if served.ca_file:
            for name in TRUST:
                patch.setenv(name, served.ca_file)
        yield served


@pytest.fixture
def served(served_module: Served) -> Served:
    """The mock of the module's library, which has forgotten what came before."""
    served_module.reset()
    return served_module


@pytest.fixture
def slept(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the library wanted to sleep: the mock's clock has moved instead."""
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        served.advance(max(seconds, 0.0))

    async def async_sleep(seconds: float, result: Any = None) -> Any:
        if seconds > 0:  # asyncio's own code gives way with 0
            sleep(seconds)
        return result

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(asyncio, "sleep", async_sleep)
    monkeypatch.setattr(anyio, "sleep", async_sleep)
    return naps


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """No library reaches for another machine: a vendor's address that is left anywhere fails the test."""
    resolve = socket.getaddrinfo

    def resolve_loopback(host: Any, *more: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in ("127.0.0.1", "localhost"):
            raise AssertionError(f"a library asks for {name}")
        return resolve(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_loopback)


@pytest.fixture
def told(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says in a few words what the library did, for the page."""
    return lambda words: record_property("told", words)


@pytest.fixture(autouse=True)
def _recorded(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    library: Library | None = getattr(request.module, "LIBRARY", None)
    if library is None:
        return
    request.getfixturevalue("slept")  # no library waits
    request.getfixturevalue("at_home")
    mark = request.node.get_closest_marker("step")
    if mark is None:
        return
    (step,) = mark.args
    assert step in STEPS
    assert step not in library.lacks
    record_property("step", [library.name, step])


_CELLS: list[Cell] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The step's outcome; with xdist it comes from the workers."""
    properties = dict(report.user_properties)
    if report.when == "call" and "step" in properties:
        library, step = properties["step"]
        _CELLS.append(Cell(library, step, report.outcome, str(properties.get("told", ""))))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("SCREENTEST_CLIENTS") == "write" and not os.environ.get("PYTEST_XDIST_WORKER"):
        write_page(_CELLS)
