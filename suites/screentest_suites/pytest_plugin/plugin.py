"""The pytest plugin's entry point. It is loaded in every pytest run of everyone who installs Screentest, so it is thin:
it declares options and fixtures, and imports the rest only when one of them is used."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import respx

    from screentest_suites.pytest_plugin.fixtures import Mock

HERE = Path(__file__).parent / "conformance"


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e9:
        raise ValueError(text)
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value < 1e-6:
        raise ValueError(text)
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 < value <= 100_000:
        raise ValueError(text)
    return value


_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--provider",
        {
            "action": "append",
            "metavar": "NAME",
            "help": "judge this provider: a built-in name or a document's path (repeatable)",
        },
    ),
    ("--target", {"metavar": "URL", "help": "judge the server at URL instead of the embedded mock"}),
    ("--live", {"action": "store_true", "help": "judge the providers' own servers, with your keys"}),
    (
        "--max-spend",
        {
            "metavar": "AMOUNT",
            "help": "what each provider's run may cost at most, in its currency, or: unlimited (with --live default 0: "
            "only what cannot create anything)",
        },
    ),
    ("--assume-price", {"metavar": "AMOUNT", "help": "what a task costs at most, where the document has no price"}),
    ("--rate", {"type": _positive, "metavar": "N", "help": "requests per second at most"}),
    ("--poll-interval", {"type": _number, "metavar": "S", "help": "seconds between polls"}),
    ("--task-timeout", {"type": _positive, "metavar": "S", "help": "seconds a task may take"}),
    ("--examples", {"type": _count, "default": 100, "metavar": "N", "help": "generated examples per provider (100)"}),
    ("--screentest-seed", {"type": int, "default": 0, "metavar": "N", "help": "seed of everything generated (0)"}),
    ("--model", {"action": "append", "metavar": "NAME", "help": "judge only this model (repeatable)"}),
    ("--baseline", {"metavar": "FILE", "help": "known failures: expected, and a failure once they pass again"}),
    ("--update-baseline", {"action": "store_true", "help": "write the baseline anew from this run"}),
    ("--record", {"metavar": "DIR", "help": "keep all that is asked and answered, for replay, diff and --resume"}),
    ("--resume", {"metavar": "DIR", "help": "go on with an interrupted run as it was begun; no --provider is needed"}),
    ("--report", {"action": "append", "metavar": "PATH", "help": "write the report: .json .html .md .xml .svg"}),
)


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Adds the options, and selects the packaged suites when a provider is named and no path is given.

    Only now, after the project's own conftest: options of its own that have one of these names stay its own, and its
    users notice nothing.
    """
    group = parser.getgroup("screentest", "conformance of video-generation APIs (screentest)")
    taken = _taken(parser)
    for name, settings in _OPTIONS:
        if name not in taken:
            group.addoption(name, dest=f"screentest_{name.strip('-').replace('-', '_')}", **settings)
    known = parser.parse_known_args(args)
    if any(getattr(known, f"screentest_{name}", None) for name in ("provider", "live", "resume")):
        if taken:
            raise pytest.UsageError(f"this project or another plugin has options of its own called {', '.join(taken)}")
        if not known.file_or_dir:
            args.extend(str(path) for path in sorted(HERE.glob("test_*.py")))


def _taken(parser: pytest.Parser) -> list[str]:
    """Our options that others have: pytest tells so when they are added, or only when it parses, by its version."""

    def known(*names: str) -> bool:
        try:
            return len(parser.parse_known_and_unknown_args(names)[1]) < len(names)
        except (pytest.UsageError, argparse.ArgumentError):  # it is known, and wants a value
            return True

    names = [name for name, _ in _OPTIONS]
    return [name for name in names if known(name)] if known(*names) else []


def pytest_configure(config: pytest.Config) -> None:
    if any(config.getoption(f"screentest_{name}", None) for name in ("provider", "live", "resume")):
        from screentest_suites.pytest_plugin.run import Run

        config.pluginmanager.register(Run(config), "screentest-run")
    elif any(config.getoption(f"screentest_{name}", None) for name in ("target", "report", "record")):
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
