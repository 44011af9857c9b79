"""The pytest plugin's entry point. It is loaded in every pytest run of everyone who installs Screentest, so it is thin:
it declares options and fixtures, and imports the rest only when one of them is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from screentest_suites.pytest_plugin.options import add_options

if TYPE_CHECKING:
    import respx

    from screentest_suites.pytest_plugin.fixtures import Mock

HERE = Path(__file__).parent / "conformance"

STARTERS = ("providers", "live", "resume")
"""Options that make a run one of providers."""


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Adds the options, and selects the packaged suites when a provider is named and no path is given.

    Only now, after the project's own conftest: options of its own that have one of these names stay its own, and its
    users notice nothing.
    """
    group = parser.getgroup("screentest", "conformance of video-generation APIs (screentest)")
    taken = add_options(parser, group)
    known = parser.parse_known_args(args)
    if any(getattr(known, f"screentest_{name}", None) for name in STARTERS):
        if taken:
            raise pytest.UsageError(f"this project or another plugin has options of its own called {', '.join(taken)}")
        if not known.file_or_dir:
            args.extend(str(path) for path in sorted(HERE.glob("test_*.py")))


def pytest_configure(config: pytest.Config) -> None:
    if any(config.getoption(f"screentest_{name}", None) for name in STARTERS):
        from screentest_suites.pytest_plugin.run import Run

        config.pluginmanager.register(Run(config), "screentest-run")
    elif any(config.getoption(f"screentest_{name}", None) for name in ("target", "reports", "record")):
        raise pytest.UsageError("--target, --report and --record need --provider NAME")


@pytest.fixture
def screentest_mock() -> Iterator[Callable[..., Mock]]:
    """A factory of running mocks: `mock = screentest_mock(NAME)` serves one on loopback and gives its controls."""
    from screentest_suites.pytest_plugin.fixtures import mocks

    with mocks() as start:
        yield start


@pytest.fixture
def screentest_router() -> Iterator[Callable[..., respx.MockRouter]]:
    """A factory of respx routers that send a provider's real host to an in-process mock, for sync and async httpx."""
    from screentest_suites.pytest_plugin.fixtures import routers

    with routers() as route:
        yield route
