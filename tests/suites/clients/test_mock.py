"""Mocks for users' tests: a clock that they share with a store, and what a schedule says."""

import asyncio
import logging
from typing import Any

import pytest

from screentest_contracts import Contract, load_contract
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
