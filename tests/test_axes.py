"""The page of axes: each row's document has what the row says, at the place that it names."""

import json
import re
from pathlib import Path

import pytest

from screentest_contracts import built_in
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import load

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "axes.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `([a-z]+)` \| `(/[^`|]*)` \|$", PAGE, re.MULTILINE)
WORDS = {"http", "bearer", "apiKey", "mark", "source", "in: query"}
"""Words of OpenAPI and of every object, which the place says enough of."""


def test_the_table_is_read() -> None:
    assert len(ROWS) == PAGE.count("` |\n") > 40


@pytest.mark.parametrize(("axis", "words", "name", "pointer"), ROWS, ids=[row[0] for row in ROWS])
def test_the_document_says_it(axis: str, words: str, name: str, pointer: str) -> None:
    document = find_document(name if name in built_in() else str(HERE / "documents" / f"{name}.yaml"))
    found = resolve(load(document).value, segments(pointer))
    assert found is not MISSING, axis
    last = segments(pointer)[-1]
    whole = json.dumps({last: found}) + pointer
    for word in re.findall(r"`([^`]+)`", words):
        assert word in WORDS or word.rpartition(".")[2].strip("{}") in whole, (axis, word)
