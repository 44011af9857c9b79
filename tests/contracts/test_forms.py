"""Bodies as forms and back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screentest_contracts.forms import flattened, nested, through_form

NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
TEXTS = st.text(max_size=8)
ITEMS = st.lists(st.fixed_dictionaries({"type": TEXTS, "of": st.fixed_dictionaries({"url": TEXTS})}), min_size=1)
LEAVES = TEXTS | st.lists(TEXTS, min_size=1) | ITEMS
BODIES = st.dictionaries(
    NAMES, st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, min_size=1), max_leaves=5)
)


@settings(max_examples=40)
@given(BODIES)
def test_there_and_back(body: Any) -> None:
    assert nested(flattened(body)) == body


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ("m[][t]=a m[][u]=1 m[][t]=b m[][u]=2", {"m": [{"t": "a", "u": "1"}, {"t": "b", "u": "2"}]}),
        ("m[][t]=a m[][t]=b m[][u]=2", {"m": [{"t": "a"}, {"t": "b", "u": "2"}]}),
        ("m[][of][u]=1 m[][of][v]=2 m[][of][u]=3", {"m": [{"of": {"u": "1", "v": "2"}}, {"of": {"u": "3"}}]}),
        ("m[][]=1 m[][]=2", {"m": [["1"], ["2"]]}),
        ("m[][tags][]=1 m[][tags][]=2", {"m": [{"tags": ["1"]}, {"tags": ["2"]}]}),
    ],
)
def test_an_item_begins_with_a_name_that_the_one_before_has(fields: str, body: Any) -> None:
    pairs = [tuple(field.split("=")) for field in fields.split()]
    assert nested(pairs) == body  # type: ignore[arg-type]


@pytest.mark.parametrize("names", [("a", "a[b]"), ("a[]", "a[b]"), ("a[b]", "a[]"), ("[a]",), ("a]b[",), ("",)])
def test_names_that_contradict_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"at once|is no name"):
        nested((name, "1") for name in names)


def test_numbers_and_booleans_come_back_where_the_schema_asks_for_them() -> None:
    kinds = {"seconds": {"type": "integer"}, "loud": {"type": "boolean"}, "size": {"type": "string"}}
    schema = {"type": "object", "properties": kinds}
    assert through_form({"seconds": 5, "loud": True, "size": 3, "none": None}, schema) == {
        "seconds": 5,
        "loud": True,
        "size": "3",
    }
