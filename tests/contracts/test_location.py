"""JSON pointers by priority, and JSON within strings."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.location import MISSING, Location, is_empty, pointer_of, replaced, resolve, segments

PARTS = st.lists(st.text().filter(lambda part: part != "~json"), max_size=5).map(tuple)


@given(PARTS)
def test_pointers_round_trip(parts: tuple[str, ...]) -> None:
    assert segments(pointer_of(parts)) == parts


def test_escapes_and_the_root() -> None:
    assert segments("/a~1b/~0c/~01/~json/0") == ("a/b", "~c", "~1", "~json", "0")
    assert pointer_of(("a/b", "~c", "~1", "~json", "0")) == "/a~1b/~0c/~01/~json/0"
    assert (segments(""), pointer_of(())) == ((), "")


BODY = {
    "a": {"b/c": [10, {"d": None}], "0": "zero"},
    "text": '{"urls": ["first", "second"], "deep": "{\\"x\\": 1}"}',
    "broken": '{"urls": [',
    "": {"": "empty keys"},
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", BODY),
        ("/a/b~1c/0", 10),
        ("/a/b~1c/1/d", None),
        ("/a/0", "zero"),
        ("//", "empty keys"),
        ("/text/~json/urls/1", "second"),
        ("/text/~json/deep/~json/x", 1),
        ("/a/b~1c/2", MISSING),
        ("/a/b~1c/-1", MISSING),
        ("/a/b~1c/one", MISSING),
        ("/a/b~1c/²", MISSING),
        ("/a/b~1c/" + "9" * 5000, MISSING),
        ("/a/x", MISSING),
        ("/a/0/0", MISSING),
        ("/broken/~json/urls", MISSING),
        ("/a/~json/x", MISSING),
        ("/text/urls", MISSING),
    ],
)
def test_resolve(pointer: str, value: Any) -> None:
    found = resolve(BODY, segments(pointer))
    assert found is MISSING if value is MISSING else found == value


@pytest.mark.parametrize("text", ["[" * 100_000, '"\\ud800"', "\ud800", "", "nope"])
def test_text_that_is_no_json_is_missing(text: str) -> None:
    assert resolve({"data": text}, ("data", "~json", "x")) is MISSING


def test_missing_is_not_null() -> None:
    assert MISSING is not None
    assert not MISSING
    assert repr(MISSING) == "(missing)"


def test_the_first_pointer_that_is_there_wins() -> None:
    location = Location(["/a", "/b/c"])
    assert location.find({"a": 1, "b": {"c": 2}}) == 1
    assert location.find({"b": {"c": 2}}) == 2
    assert location.find({"a": None, "b": {"c": 2}}) is None
    assert location.find({"b": {}}) is MISSING
    assert list(location.all({"a": 1, "b": {"c": 2}})) == [("/a", 1), ("/b/c", 2)]
    assert list(location.all({"b": {"c": 2}})) == [("/b/c", 2)]
    assert repr(location) == "/a or /b/c"
    assert Location("/a").find({"a": 0}) == 0


def test_one_pointer_however_deep_or_none() -> None:
    """A single member takes a short cut, which nothing else may take."""
    assert Location("/b/c").find({"b": {"c": 2}}) == 2
    assert Location("/~json").find('{"a": 1}') == {"a": 1}
    assert Location("/~json").find({"~json": 1}) is MISSING
    assert Location("").find({"a": 1}) == {"a": 1}
    assert Location("/0").find([7]) == 7
    assert Location([]).find({"a": 1}) is MISSING


@pytest.mark.parametrize("value", [MISSING, None, "", [], {}, {"code": 0}, {"code": "0"}, {"code": ""}])
def test_empty(value: Any) -> None:
    assert is_empty(value)


@pytest.mark.parametrize(
    "value", [0, False, " ", [None], {"a": None}, {"code": 1}, {"code": 0, "message": "x"}, {"code": None}]
)
def test_not_empty(value: Any) -> None:
    assert not is_empty(value)


TREES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc01"), inner, max_size=3),
    max_leaves=10,
)
PATHS = st.lists(st.sampled_from(["a", "b", "0", "1"]), max_size=4).map(tuple)


@given(TREES, PATHS, TREES)
def test_what_was_put_there_stands_there(tree: Any, path: tuple[str, ...], new: Any) -> None:
    before = copy.deepcopy(tree)
    changed = replaced(tree, path, new)
    assert tree == before, "the original was changed"
    assert resolve(changed, path) == new


@given(TREES, PATHS)
def test_what_was_removed_is_gone_and_nothing_else(tree: Any, path: tuple[str, ...]) -> None:
    if not path or resolve(tree, path) is MISSING:
        return
    before, holder = copy.deepcopy(tree), resolve(tree, path[:-1])
    changed = replaced(tree, path, MISSING)
    assert tree == before
    left = resolve(changed, path[:-1])
    if isinstance(holder, list):
        index = int(path[-1])
        assert left == holder[:index] + holder[index + 1 :]
    else:
        assert left == {key: value for key, value in holder.items() if key != path[-1]}


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert replaced({"a": 1}, ("b",), MISSING) == {"a": 1}
    assert replaced({"a": 1}, ("b", "c"), MISSING) == {"a": 1}


def test_lists_and_objects_are_made_on_the_way() -> None:
    assert json.dumps(replaced({}, ("input", "media", "0", "url"), "x")) == '{"input": {"media": [{"url": "x"}]}}'
    assert replaced({"a": []}, ("a", "1"), "x") == {"a": [{}, "x"]}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        (r"/message/~match=^\[(\d+)\]", "1102"),
        (r"/message/~match=a~1(b)", "b"),
        (r"/message/~match=^(nothing)", MISSING),
        (r"/message/~match=^\[\d+\]", MISSING),  # without a group
        ("/message/~match=(", MISSING),  # no pattern at all
        ("/number/~match=(5)", MISSING),
    ],
)
def test_a_pattern_takes_its_group_out_of_a_text(pointer: str, found: object) -> None:
    assert Location(pointer).find({"message": "[1102] a/b", "number": 5}) == found
