"""The pytest plugin's entry point. It is loaded in every pytest run of everyone who installs Screentest, so it is thin:
it declares options and fixtures, and imports the rest only when one of them is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from screentest_suites.pytest_plugin.options import add_options

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
    config.addinivalue_line(
        "markers",
        "screentest_scenarios(provider, *, only=(), speed=None): run the test once in each situation that clients of a "
        "provider are judged by; the fixture `screentest_scenario` has its name, mock and expected end",
    )
    if any(config.getoption(f"screentest_{name}", None) for name in STARTERS):
        from screentest_suites.pytest_plugin.run import Run

        config.pluginmanager.register(Run(config), "screentest-run")
    elif any(config.getoption(f"screentest_{name}", None) for name in ("target", "reports", "record")):
        raise pytest.UsageError("--target, --report and --record need --provider NAME")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each situation, for those that the marker asks for."""
    marker = metafunc.definition.get_closest_marker("screentest_scenarios")
    if marker is not None and "screentest_scenario" in metafunc.fixturenames:
        from screentest_contracts import UsageError
        from screentest_suites.clients.scenario_case import names

        provider, only = marker.args[0], tuple(marker.kwargs.get("only", ()))
        try:
            found = names(provider, only)
        except UsageError as error:  # a name in the marker: its line explains it, no line of ours does
            raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: {error}") from None
        chosen = [(provider, name, marker.kwargs.get("speed")) for name in found]
        metafunc.parametrize("screentest_scenario", chosen, indirect=True, ids=list(found))


@pytest.fixture
def screentest_scenario(request: pytest.FixtureRequest) -> Iterator[object]:  # a screentest.ScenarioCase
    """One situation of the marker `screentest_scenarios`: `name`, `expects` (video, none, either), a running `mock`."""
    from screentest_suites.clients.scenario_case import case

    if not hasattr(request, "param"):
        raise pytest.UsageError("screentest_scenario needs the marker: @pytest.mark.screentest_scenarios(PROVIDER)")
    provider, name, speed = request.param
    with case(provider, name, speed) as made:
        yield made


@pytest.fixture
def screentest_mock() -> Iterator[object]:  # a screentest.MockFactory, whose import would slow every pytest down
    """A factory of running mocks: `mock = screentest_mock(NAME)` serves one on loopback and gives its controls."""
    from screentest_suites.pytest_plugin.fixtures import mocks

    with mocks() as start:
        yield start


@pytest.fixture
def screentest_router() -> Iterator[object]:  # a screentest.RouterFactory
    """A factory of respx routers that send a provider's real host to an in-process mock, for sync and async httpx."""
    from screentest_suites.pytest_plugin.fixtures import routers

    with routers() as route:
        yield route
