"""Mocks for users' tests: a clock that they share with a store, and what a schedule says."""

import asyncio
import logging
from typing import Any

import pytest

from screentest_contracts import Contract, UsageError, load_contract
from screentest_mockserver.state.memory import MemoryStore
from screentest_suites.clients.mock import Mock, MockSettings, asgi_app


def test_mocks_that_share_a_store_share_its_clock(small: Contract) -> None:
    settings = MockSettings(store=MemoryStore(1_780_000_000.0))
    one, other = asgi_app(small, mock_settings=settings), asgi_app(small, mock_settings=settings)
    asyncio.run(one.advance(60))
    assert one.clock.now() == other.clock.now() == 1_780_000_060.0


def test_a_schedule_says_what_the_document_does_not(
    small_tree: Any, load_tree: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tree = small_tree()
    tree["x-task"]["errors"] = [row for row in tree["x-task"]["errors"] if row["condition"] != "rate-limited"]
    mock = Mock(asgi_app(load_tree(tree)), "http://mock.test")
    with caplog.at_level(logging.WARNING, "screentest"):
        assert mock.schedule("failure") is None
        assert not caplog.records
        said = mock.schedule("rate-limited")
    assert said is not None
    assert "a plain 429 with Retry-After" in said
    assert [record.message for record in caplog.records] == [said]
    assert Mock(asgi_app(load_contract("evolink")), "http://mock.test").schedule("rate-limited") is None


@pytest.mark.parametrize("count", ["failure", 0, -1, 1.0, True])
def test_a_count_of_tasks_is_a_whole_number(small: Contract, count: Any) -> None:
    """`schedule("slow:3", "failure")` reads like two scenarios."""
    mock = Mock(asgi_app(small), "http://mock.test")
    with pytest.raises(UsageError, match=r"`count` must be a whole number") as caught:
        mock.schedule("slow:3", count)
    assert caught.value.hint == "for several tasks call `schedule` several times, in their order"
    assert mock.provider.scheduled == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("stall", "never-ending"), ("hang", "never-ending"), ("Stuck", "never-ending"), ("failur", "failure")],
)
def test_an_unknown_scenario_suggests_what_is_meant(small: Contract, name: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        Mock(asgi_app(small), "http://mock.test").schedule(name)
    assert caught.value.hint == f"did you mean {meant}?"


def test_the_time_of_a_mock_can_be_read(small: Contract) -> None:
    mock = Mock(asgi_app(small), "http://mock.test")
    before = mock.now
    assert mock.advance(60) == mock.now == before + 60
