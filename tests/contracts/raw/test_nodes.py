"""Nodes of raw data: pointers, objects, lists and references."""

from typing import Any

import pytest

from screentest_contracts.raw.nodes import child, mapping, references, sequence, server_urls


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [((), "/a"), (("b", 0), "/a/b/0"), (("x/y", "~"), "/a/x~1y/~0"), (("",), "/a/")],
)
def test_pointers_of_members(parts: tuple[Any, ...], pointer: str) -> None:
    assert child("/a", *parts) == pointer


@pytest.mark.parametrize("node", [None, 1, "text", [], [{"a": 1}]])
def test_what_is_no_object_is_an_empty_one(node: Any) -> None:
    assert mapping(node) == {}
    assert mapping({"a": node}) == {"a": node}


def test_a_single_value_is_a_list_of_one() -> None:
    assert sequence(None) == []
    assert sequence([1, 2]) == [1, 2]
    assert sequence("text") == ["text"]
    assert sequence({"a": 1}) == [{"a": 1}]


def test_references_and_where_they_stand() -> None:
    raw = {"a": {"$ref": "#/b"}, "b": [{"c": {"$ref": "#/a"}}], "properties": {"$ref": {"type": "string"}}}
    assert sorted(references(raw)) == [("/a", "#/b"), ("/b/0/c", "#/a")], "a member may have this name"


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"url": "https://a.example/v1"}, "https://a.example/v1"),
        (
            {
                "url": "https://{region}.a.example/{version}",
                "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}, "version": {"default": "v2"}},
            },
            "https://eu.a.example/v2",
        ),
        ({"url": "https://{host}/x", "variables": {"host": {"enum": ["a"]}}}, "https://{host}/x"),
        ({"url": "https://a.example:{port}", "variables": {"port": {"default": 8443}}}, "https://a.example:8443"),
        ("no server", ""),
    ],
)
def test_variables_of_a_server_have_their_defaults(server: Any, url: str) -> None:
    assert server_urls({"servers": [server]}) == [url]
