"""Which rows of a large matrix every run tries: some, by turns; `nox -s slow` tries them all."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def by_turns(rows: Iterable[Any], every: int) -> Sequence[Any]:
    """The rows, in their order; all but each `every`-th have the mark `slow`."""
    return [row if turn % every == 0 else _slow(row) for turn, row in enumerate(rows)]


def _slow(row: Any) -> Any:
    return pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.slow)
