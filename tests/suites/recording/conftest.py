"""Recordings to be changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.suites.recorded import Recorded


@pytest.fixture
def copied(run: Recorded, tmp_path: Path) -> Path:
    """The folder of the run, to be changed."""
    import shutil

    return Path(shutil.copytree(run.directory, tmp_path / "copy"))


@pytest.fixture
def events(copied: Path) -> Callable[..., None]:
    """Changes the events of the copied tape: `events(function)`, which may give None to drop one."""

    def change(function: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        path = copied / "acme" / "exchanges.jsonl"
        changed = [function(json.loads(line)) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(each) + "\n" for each in changed if each is not None))

    return change
