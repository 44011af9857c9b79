"""Whatever a server does: a run ends with a report, in bounded time and memory, and never breaks."""

import pytest

from tests.hostile.behaviours import TABLE
from tests.hostile.runner import check
from tests.hostile.server import running
from tests.turns import by_turns

PACE = ("--poll-interval", "0.05", "--task-timeout", "2", "--examples", "2")
MEMORY = 400
"""Megabytes that a run takes at most."""


def test_there_are_at_least_sixty() -> None:
    assert len(TABLE) >= 60


@pytest.mark.parametrize("name", by_turns(TABLE, 5))
def test_a_run_ends_with_verdicts(name: str) -> None:
    row = TABLE[name]
    with running(row.behaviour, reads=row.reads) as (url, server):
        found = check(url, *PACE, *(("--timeout", "1") if row.slow else ("--time-limit", "200")))
    assert found.errors == {}
    assert found.verdicts, found.output
    assert found.peak < MEMORY
    assert found.status == (1 if row.says else found.status)
    assert found.failed(row.says.strip()) or not row.says, found.output[-2000:]
    assert len(server.requests) < 400
