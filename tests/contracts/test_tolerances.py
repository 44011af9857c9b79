"""What `x-tolerates` leaves open: by the value's looks, by the keyword that it breaks, or by its very name."""

from typing import Any

import pytest

from screentest_contracts.location import MISSING
from screentest_contracts.parameters import leaves_open, tolerates

WHOLE = {"type": "integer", "minimum": 3, "maximum": 9}
WORD = {"type": "string", "enum": ["720p", "1080p"]}


@pytest.mark.parametrize(
    ("schema", "word", "keyword", "value"),
    [
        (WHOLE, "fraction", "type", 5.5),
        (WHOLE, "fraction", "maximum", 99.5),
        (WHOLE, "null", "type", None),
        (WHOLE, "numeric-string", "type", "5"),
        (WHOLE, "numeric-text", "type", "five"),
        (WHOLE, "wrong-type", "type", []),
        (WHOLE, "out-of-range", "maximum", 10),
        (WHOLE, "zero", "minimum", 0),
        (WHOLE, {"values": [10]}, "maximum", 10),
        (WHOLE, "missing", "required", MISSING),
        (WORD, "empty", "enum", ""),
        (WORD, "empty", "enum", " "),
        (WORD, "case", "enum", "720P"),
        (WORD, "unknown-value", "enum", "4k"),
        (WORD, "any", "enum", 17),
    ],
)
def test_a_word_leaves_what_it_names_open(schema: Any, word: Any, keyword: str, value: Any) -> None:
    assert tolerates({**schema, "x-tolerates": [word]}, keyword, value)
    assert not tolerates(schema, keyword, value)


@pytest.mark.parametrize(
    ("schema", "word", "keyword", "value"),
    [
        (WHOLE, "fraction", "type", "5.5"),
        (WHOLE, "fraction", "maximum", 10.0),
        (WHOLE, "numeric-string", "type", "five"),
        (WHOLE, "zero", "minimum", False),
        (WHOLE, {"values": [1]}, "type", True),
        (WHOLE, "any", "required", MISSING),
        (WORD, "numeric-text", "enum", "4k"),
        (WORD, "case", "enum", "4K"),
        (WORD, "out-of-range", "enum", "4k"),
    ],
)
def test_a_word_leaves_nothing_else_open(schema: Any, word: Any, keyword: str, value: Any) -> None:
    assert not tolerates({**schema, "x-tolerates": [word]}, keyword, value)


def test_only_a_named_value_is_open_where_the_schema_allows_it() -> None:
    assert leaves_open({"minimum": 0, "x-tolerates": ["zero"]}, 0)
    assert leaves_open({"enum": [1, 5], "x-tolerates": [{"values": [5]}]}, 5)
    assert not leaves_open({"minimum": 0, "x-tolerates": ["null", "any", "fraction"]}, 0)
