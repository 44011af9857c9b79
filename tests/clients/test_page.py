"""docs/clients.md tells of each library and each step, and all of it is good."""

import os
import re

import pytest

from tests.clients.libraries import LIBRARIES, STEPS
from tests.clients.page import PAGE, Cell, write_page

pytestmark = pytest.mark.skipif(os.environ.get("SCREENTEST_CLIENTS") == "write", reason="it is being written")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]


def test_each_library_has_a_column_with_its_version() -> None:
    assert [re.fullmatch(r"`(\S+)` \d+(\.\d+)+", cell)[1] for cell in ROWS[0][1:]] == list(LIBRARIES)  # type: ignore[index]


@pytest.mark.parametrize("step", STEPS)
def test_each_step_was_passed_or_is_lacking(step: str) -> None:
    (row,) = (row for row in ROWS if row[0].startswith(f"**{step}**"))
    assert row[1:] == ["-" if step in library.lacks else "ok" for library in LIBRARIES.values()]


def test_a_page_without_a_step_is_not_written() -> None:
    before = PAGE.read_bytes()
    (name, *_) = LIBRARIES
    with pytest.raises(AssertionError, match="not run"):
        write_page([Cell(name, "create", "passed", "")])
    assert PAGE.read_bytes() == before
