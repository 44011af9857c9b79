"""A store that cannot be reached: told in the mock's own words, for as long as it lasts."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.mockserver.conftest import CONTRACTS, Site

from screentest_mockserver.dispatch import callbacks
from screentest_mockserver.state.memory import MemoryStore
from screentest_mockserver.state.store import Opened, StoreLostError
from screentest_mockserver.wire.journal import Entry

CONTRACT = CONTRACTS["evolink"]


class Store(MemoryStore):
    """A store that is lost while `lost` is true."""

    lost = False

    def provider(self, *args: Any) -> Any:
        part: Any = super().provider(*args)
        opened, taken = part.open, part.next_callback
        part.open = self._guarded(opened)
        part.next_callback = self._guarded(taken)
        return part

    def _guarded(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any) -> Opened:
            if self.lost:
                raise StoreLostError("it is away")
            return verb(*args)

        return guarded

    def count_entries(self) -> int:
        if self.lost:
            raise StoreLostError("it is away")
        return super().count_entries()

    def add_entry(self, entry: Entry, /) -> None:
        if self.lost:
            raise StoreLostError("it is away")
        super().add_entry(entry)


def test_requests_and_orders_are_told() -> None:
    store = Store()
    site = Site(CONTRACT, store=store)
    task = site.create(CONTRACT)
    store.lost = True
    for url in (
        f"/jobs/{task}",
        "/nothing/here",
        f"/media/{task}/video.mp4",
        "/_screentest/health",
        "/_screentest/tasks",
    ):
        answer = site.ask("GET", url, headers=site.headers(CONTRACT))
        assert (answer.status_code, answer.headers["x-screentest"]) == (503, "store-lost"), url
        assert answer.json()["error"] == "the mock cannot reach its store: it is away"
        assert answer.headers["retry-after"] == "1"
    store.lost = False
    assert site.query(CONTRACT, task).status_code == 200
    assert "x-screentest" not in site.query(CONTRACT, task).headers
    assert site.control("/health").status_code == 200


def test_callbacks_go_on_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "LOST", 0.001)
    store = Store()
    site = Site(CONTRACT, store=store, allow_loopback_callbacks=True)
    looked = 0

    async def run() -> None:
        nonlocal looked
        store.lost = True
        runner = asyncio.create_task(site.app.callbacks.run())
        part: Any = site.providers["evolink"].store
        verb, seen = part.next_callback, asyncio.Event()

        def counted() -> float | None:
            nonlocal looked
            looked += 1
            if looked > 3:
                seen.set()
            return verb()  # type: ignore[no-any-return]

        part.next_callback = counted
        async with asyncio.timeout(60):
            await seen.wait()
        assert not runner.done()
        runner.cancel()

    asyncio.run(run())
    assert looked > 3
