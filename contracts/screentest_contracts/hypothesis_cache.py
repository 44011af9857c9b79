"""Where Hypothesis keeps what it has worked out for us: the user's cache folder, never the folder that they work in."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

_lock = threading.Lock()
_before: list[Path | None] = []
"""What was set before each of those that are inside, the outermost first."""


@contextmanager
def hypothesis_cache() -> Iterator[None]:
    """Within it, also as a decorator, Hypothesis writes below the user's cache folder; afterwards where it did before:
    the process may have Hypothesis tests of its own. `HYPOTHESIS_STORAGE_DIRECTORY` is obeyed."""
    from hypothesis import configuration  # slow to import; most who import this draw nothing

    if "HYPOTHESIS_STORAGE_DIRECTORY" in os.environ:
        yield
        return
    with _lock:
        _before.append(getattr(configuration, "__hypothesis_home_directory"))
        configuration.set_hypothesis_home_dir(user_cache_path("screentest", appauthor=False) / "hypothesis")
    try:
        yield
    finally:
        with _lock:  # they may end in another order than they began, in threads
            last = _before.pop()
            if not _before:
                configuration.set_hypothesis_home_dir(last)
