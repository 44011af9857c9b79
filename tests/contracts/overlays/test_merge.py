"""What actions do: the merge of the Overlay Specification, and the place that every value keeps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screentest_contracts.raw.origins import Origin, Source
from screentest_contracts.raw.overlay import Traced, applied

BASE: dict[str, Any] = {
    "a": {"b": 1, "c": [1, {"n": "x"}], "d": {"e": "old"}},
    "list": [{"n": "x"}, {"n": "y"}],
    "t": "s",
}


def apply(base: Any, *actions: dict[str, Any], version: str = "1.1.0") -> tuple[Any, list[str]]:
    """The merged data, and what was wrong."""
    made, problems = traced(base, *actions, version=version)
    return made.value, [problem.what for problem in problems]


def traced(base: Any, *actions: dict[str, Any], version: str = "1.1.0") -> tuple[Traced, list[Any]]:
    base_origin, own = (Origin(Source(Path(name), b"")) for name in ("base.yaml", "own.yaml"))
    return applied({"overlay": version, "actions": list(actions)}, own, Traced(base, base_origin))


def at(node: Any, pointer: str) -> tuple[str, str]:
    origin = node.origin.at(pointer)
    return origin.source.file.name, origin.pointer


MERGES: dict[str, tuple[dict[str, Any], Any]] = {
    "an object, member by member": (
        {"target": "$.a", "update": {"b": 2, "d": {"f": 1}, "new": None}},
        {"b": 2, "c": [1, {"n": "x"}], "d": {"e": "old", "f": 1}, "new": None},
    ),
    "a list, to which items are appended": (
        {"target": "$", "update": {"a": {"c": [2, 3]}}},
        {"b": 1, "c": [1, {"n": "x"}, 2, 3], "d": {"e": "old"}},
    ),
    "an entry for a list": (
        {"target": "$.a.c", "update": {"n": "z"}},
        {"b": 1, "c": [1, {"n": "x"}, {"n": "z"}], "d": {"e": "old"}},
    ),
    "a removed member": ({"target": "$.a.d", "remove": True}, {"b": 1, "c": [1, {"n": "x"}]}),
    "a removed item": ({"target": "$.a.c[?@.n == 'x']", "remove": True}, {"b": 1, "c": [1], "d": {"e": "old"}}),
    "removed before what is in it": (
        {"target": "$.a..*", "remove": True},
        {},
    ),
    "nothing but remove, where both are there": (
        {"target": "$.a.d", "remove": True, "update": {"e": "new"}},
        {"b": 1, "c": [1, {"n": "x"}]},
    ),
}


@pytest.mark.parametrize("name", MERGES)
def test_merges(name: str) -> None:
    action, wanted = MERGES[name]
    before = repr(BASE)
    assert apply(BASE, action) == ({**BASE, "a": wanted}, [])
    assert repr(BASE) == before


def test_each_match_is_changed_in_order() -> None:
    made, problems = apply(
        BASE, {"target": "$.list[*]", "update": {"m": 1}}, {"target": "$.list[?@.m]", "remove": True}
    )
    assert (made["list"], problems) == ([], [])


def test_actions_see_what_the_ones_before_left() -> None:
    replace = [{"target": "$.a.c", "remove": True}, {"target": "$.a", "update": {"c": ["only"]}}]
    assert apply(BASE, *replace, version="1.0.0")[0]["a"]["c"] == ["only"]


def test_the_order_of_members_is_kept() -> None:
    made, _ = apply(BASE, {"target": "$", "update": {"z": 1, "t": "new", "a": {"b": 3}}})
    assert list(made) == ["a", "list", "t", "z"]
    assert list(made["a"]) == ["b", "c", "d"]


def test_a_list_is_an_entry_in_1_0_and_joined_in_1_1() -> None:
    action = {"target": "$.a.c", "update": [7, 8]}
    assert apply(BASE, action, version="1.0.1")[0]["a"]["c"] == [1, {"n": "x"}, [7, 8]]
    assert apply(BASE, action, version="1.1.0")[0]["a"]["c"] == [1, {"n": "x"}, 7, 8]


def test_single_values_are_for_1_1() -> None:
    change, away = {"target": "$.t", "update": "new"}, {"target": "$.a.b", "remove": True}
    made, problems = apply(BASE, change, away)
    assert (made["t"], "b" in made["a"], problems) == ("new", False, [])
    for action in (change, away):
        made, problems = apply(BASE, action, version="1.0.0")
        assert made == BASE
        assert "is a single value, which no action of version 1.0 may target" in problems[0]


def test_copies() -> None:
    made, problems = traced(BASE, {"target": "$", "update": {"twin": {}}}, {"target": "$.twin", "copy": "$.a.d"})
    assert (made.value["twin"], problems) == ({"e": "old"}, [])
    assert at(made, "/twin/e") == ("base.yaml", "/a/d/e")


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "misspelt": ({"target": "$.a.dd", "update": {}}, "`$.a.dd` matches nothing", "`$['a']` has 'd'"),
    "misspelt in the middle": ({"target": "$.lsit[0].n", "update": {}}, "matches nothing", "the document has 'list'"),
    "misspelt in a filter": (
        {"target": "$.list[?@.n == 'xx']", "remove": True},
        "matches nothing",
        "`$['list']` has 'x'",
    ),
    "misspelt anywhere": ({"target": "$..ee", "remove": True}, "matches nothing", "has 'e'"),
    "too far": ({"target": "$.list[7]", "remove": True}, "matches nothing", "`$['list']` has x, y"),
    "below a single value": ({"target": "$.t.u", "remove": True}, "matches nothing", "`$['t']` has nothing like it"),
    "no JSONPath": ({"target": "a.b", "remove": True}, "`a.b` is no JSONPath of RFC 9535", "$['x-task'].models"),
    "a hyphen": ({"target": "$.x-task", "remove": True}, "is no JSONPath of RFC 9535", "stand in brackets"),
    "a union": ({"target": "$.a | $.list", "remove": True}, "is no JSONPath of RFC 9535", ""),
    "a number beyond all bounds": ({"target": "$[?@.a == 1e999]", "remove": True}, "is no JSONPath of RFC 9535", ""),
    "nesting without end": ({"target": "$[?" * 300, "remove": True}, "is no JSONPath of RFC 9535", ""),
    "the whole": ({"target": "$", "remove": True}, "the whole document would be removed", "target a part"),
    "of two kinds": ({"target": "$['a', 'list']", "update": {}}, "matches a list and an object", "give each an action"),
    "incompatible": (
        {"target": "$.a", "update": {"d": {"e": {}}}},
        "an object cannot be merged with a single value at /d/e",
        "remove it by an action of its own",
    ),
    "incompatible with a list": (
        {"target": "$.a", "update": {"c": "x"}},
        "a single value cannot be merged with a list at /c",
        "remove it",
    ),
    "an object by a value": (
        {"target": "$.a", "update": 7},
        "a single value cannot be merged with an object",
        "remove it",
    ),
    "no change": ({"target": "$.a"}, "the action changes nothing", "give it `update`"),
    "a copy of nothing": ({"target": "$.a", "copy": "$.aa"}, "`$.aa` matches nothing", "the document has 'a'"),
    "a copy of several": ({"target": "$.a", "copy": "$.list[*]"}, "matches 2 values", "names one"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_is_told_and_changes_nothing(name: str) -> None:
    action, what, mend = WRONG[name]
    made, [problem] = traced(BASE, action, {"target": "$.a", "update": {"after": 1}})
    assert what in problem.what
    assert mend in problem.mend
    assert problem.pointer.startswith("/actions/0")
    assert made.value == {**BASE, "a": {**BASE["a"], "after": 1}}


def test_1_0_replaces_a_single_value_by_anything_and_has_no_copy() -> None:
    assert apply(BASE, {"target": "$.a", "update": {"b": [1]}}, version="1.0.0")[0]["a"]["b"] == [1]
    assert apply(BASE, {"target": "$.a", "copy": "$.a"}, version="1.0.0")[1] == ["version 1.0 has no `copy`"]


def test_what_would_be_too_large_is_refused() -> None:
    wide = {"list": [{} for _ in range(2_000)]}
    _, problems = apply(wide, {"target": "$.list[*]", "update": {"more": [0] * 1_000}})
    assert "more than 1000000 nodes" in problems[0]
    deep: Any = {}
    for _ in range(58):
        deep = {"x": deep}
    assert "more than 60 levels" in apply(BASE, {"target": "$.a.d", "update": deep})[1][0]


# -- where values come from ----------------------------------------------------------------------------------------


def test_origins_of_members_and_items() -> None:
    made, _ = traced(
        BASE,
        {"target": "$.a", "update": {"b": 2, "d": {"f": {"g": 1}}}},
        {"target": "$.list", "update": {"n": "z"}},
        {"target": "$.list[0]", "remove": True},
    )
    assert made.value["list"] == [{"n": "y"}, {"n": "z"}]
    assert at(made, "/list/0/n") == ("base.yaml", "/list/1/n")
    assert at(made, "/list/1/n") == ("own.yaml", "/actions/1/update/n")
    assert at(made, "/a/d/e") == ("base.yaml", "/a/d/e")
    assert at(made, "/a/d/f/g") == ("own.yaml", "/actions/0/update/d/f/g")
    assert at(made, "/a/b") == ("own.yaml", "/actions/0/update/b")
    assert at(made, "/nowhere/at/all") == ("base.yaml", "/nowhere/at/all")


def test_a_member_that_comes_back_is_the_overlays() -> None:
    made, _ = traced(
        BASE,
        {"target": "$.a", "update": {"n": 1}},
        {"target": "$.a.n", "remove": True},
        {"target": "$.a.c[0]", "remove": True},
    )
    assert at(made, "/a/n") == ("base.yaml", "/a/n")
    assert at(made, "/a/c/0/n") == ("base.yaml", "/a/c/1/n")


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)


def walk(value: Any, pointer: str = "") -> Any:
    yield pointer, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in members:
        yield from walk(each, f"{pointer}/{name}")


def value_at(whole: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        whole = whole[int(part) if isinstance(whole, list) else part]
    return whole


@given(
    OBJECTS,
    st.lists(st.tuples(st.sampled_from(["$", "$.a", "$.b[0]", "$..c", "$.d[*]"]), TREES | st.none()), max_size=4),
)
def test_every_single_value_stands_where_its_origin_says(base: Any, changes: list[tuple[str, Any]]) -> None:
    actions = [
        {"target": target, "remove": True} if update is None else {"target": target, "update": update}
        for target, update in changes
    ]
    made, _ = traced(base, *actions)
    files: dict[str, Callable[[str], Any]] = {
        "base.yaml": lambda pointer: value_at(base, pointer),
        "own.yaml": lambda pointer: value_at({"actions": actions}, pointer),
    }
    for pointer, value in walk(made.value):
        if not isinstance(value, dict | list):
            file, there = at(made, pointer)
            assert files[file](there) == value
