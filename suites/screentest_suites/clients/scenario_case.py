"""One situation for a user's own test: a mock that is in it, and how a client is to end."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from screentest_contracts import Contract, load_contract
from screentest_contracts.requirements import client_kinds, client_requirements
from screentest_suites.clients.mock import Mock, MockSettings, serve
from screentest_suites.clients.situations import fitting, pace, set_up, usual_speed

VIDEO, NONE, EITHER = "video", "none", "either"
"""How a client is to end: with the video; without one, and saying so; or either, but honestly."""


@dataclass(frozen=True)
class ScenarioCase:
    """What the fixture `screentest_scenario` gives: the situation's `name`, how a client is to end (`expects`: `video`,
    `none` or `either`), and a running `mock` that is in it.

    >>> import pytest, screentest
    >>> @pytest.mark.screentest_scenarios("acme.yaml", only=["success", "lost-answer"])
    ... def test_my_client(screentest_scenario: screentest.ScenarioCase) -> None:
    ...     mock = screentest_scenario.mock  # give `mock.url` and `mock.key` to the client
    ...     mock.assert_client_conforms(wishes=1)
    """

    name: str
    expects: str
    mock: Mock


def names(provider: str | Path | Contract, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The situations that a document fits. Raises UsageError."""
    return fitting(provider if isinstance(provider, Contract) else load_contract(provider), only)


def expected(contract: Contract, name: str) -> str:
    """How a client is to end in a situation."""
    kinds = {each.kind for each in client_requirements(contract) if name in each.subject.names}
    if client_kinds.HAS_NONE.name in kinds:
        return NONE
    return VIDEO if client_kinds.HAS_VIDEO.name in kinds or client_kinds.CALLBACK_SAFE.name in kinds else EITHER


@contextlib.contextmanager
def case(provider: str | Path | Contract, name: str, speed: float | None = None) -> Iterator[ScenarioCase]:
    """A mock in a situation, for the time of a block; `speed` None: a task takes five seconds."""
    contract = provider if isinstance(provider, Contract) else load_contract(provider)
    settings = MockSettings(speed=pace(contract, name, speed or usual_speed(contract)))
    with serve(contract, settings) as mock:
        set_up(mock.provider, name)
        mock.in_situation(name)
        yield ScenarioCase(name, expected(contract, name), mock)
