"""Plain scalars by YAML 1.2, read and written."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from screentest_contracts.raw.scalars import dumper
from screentest_contracts.raw.text import parse


def read(text: str, name: str = "a.yaml") -> Any:
    return parse(Path(name), text.encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16:9", "16:9"),
        ("1:30:00", "1:30:00"),
        ("3.2e4", 32000),
        ("1e3", 1000),
        ("1.5e0", 1.5),
        ("5.0", 5.0),
        (".5", 0.5),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("n", "n"),
        ("True", True),
        ("~", None),
        ("", None),
        ("2026-11-21", "2026-11-21"),
        (".inf", float("inf")),
        ("=", "="),
    ],
)
def test_what_a_plain_scalar_means(text: str, value: Any) -> None:
    found = read(f"a: {text}\n")["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_count_may_be_written_with_an_exponent_in_json_too() -> None:
    assert repr(read('{"a": 3.2e4, "b": 2.5, "c": 2.0}', "a.json")) == "{'a': 32000, 'b': 2.5, 'c': 2.0}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("0123456789:eExob._-+ aNnuliyYTrfFas~<=", max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
        max_leaves=6,
    )
)
@example("1e3")
@example("0o17")
@example("16:9")
@example("on")
@example("<<")
def test_what_is_written_is_read_again(value: Any) -> None:
    written = yaml.dump({"a": value}, Dumper=dumper(yaml.SafeDumper), allow_unicode=True)
    assert read(written) == {"a": value}
    assert yaml.safe_load(written) == {"a": value}
