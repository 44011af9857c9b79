"""Jobs one after another, where threads would make each run another."""

from collections.abc import Callable, Iterable
from typing import Any


class Straight:
    """Instead of a pool of threads: one job after another, so that a run is the same each time."""

    def __init__(self, max_workers: int) -> None:
        assert max_workers > 0

    def __enter__(self) -> "Straight":
        return self

    def __exit__(self, *error: object) -> None: ...

    @staticmethod
    def map(function: Callable[[Any], Any], jobs: Iterable[Any]) -> list[Any]:
        return [function(job) for job in jobs]
