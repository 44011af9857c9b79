"""No change of a document, and no bytes at all, break the reader."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.reading_documents import usable_or_refused

from screentest_contracts import DocumentError, built_in, load_contract
from screentest_contracts.document import read_document
from screentest_contracts.location import MISSING, pointer_of, replaced, resolve, segments
from screentest_contracts.raw.files import find_document

ANYTHING = st.sampled_from(
    [
        *(
            MISSING,
            None,
            True,
            0,
            -1,
            1e308,
            10**30,
            "",
            "x",
            "{{",
            "{{id}}",
            "/",
            "~json",
            "\ud800",
            [],
            [None],
            [[]],
            {},
        ),
        *({"body": 1}, {"$ref": "#/x-task"}, {"$ref": "#"}, {"$ref": 5}, {"~json": 1}, {"when": {"a": "b"}}, {"": ""}),
    ]
)


def places(node: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    items: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [at, *(place for key, value in items for place in places(value, (*at, str(key))))]


def spots() -> st.SearchStrategy[tuple[str, str]]:
    """(built-in name, JSON pointer) of every node of every built-in document."""
    return st.sampled_from(_spots())


@cache
def _spots() -> list[tuple[str, str]]:
    raws = {name: read_document(find_document(name), thorough=False).raw for name in built_in()}
    return [(name, pointer_of(place)) for name, raw in raws.items() for place in places(raw) if place]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.deferred(spots), ANYTHING | st.deferred(spots))
def test_no_change_of_a_document_breaks_us(
    tmp_path_factory: pytest.TempPathFactory, spot: tuple[str, str], value: Any
) -> None:
    """Any node deleted, replaced by anything, or replaced by any other node of a document (also its own ancestor)."""
    raw = read_document(find_document(spot[0]), thorough=False).raw
    if isinstance(value, tuple):
        value = resolve(read_document(find_document(value[0]), thorough=False).raw, segments(value[1]))
    file = tmp_path_factory.getbasetemp() / "mutated.json"
    file.write_text(json.dumps(replaced(raw, segments(spot[1]), value)))
    assert usable_or_refused(file)


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_break_us(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for name in ("any.yaml", "any.json"):
        file = tmp_path_factory.getbasetemp() / name
        file.write_bytes(data)
        with pytest.raises(DocumentError):
            load_contract(file)
