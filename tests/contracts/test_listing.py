"""How pages of a list are asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from screentest_contracts import Contract

PAGING: list[tuple[dict[str, Any], str, str]] = [
    ({"page": "page"}, "page=1", "page=3"),
    ({"offset": "skip"}, "", "skip=2"),
    ({"after": "after"}, "", "after=b%2F2"),
    ({"cursor": {"parameter": "cursor", "next": "/next"}}, "", "cursor=c%3D"),
]


@pytest.mark.parametrize(("paging", "first", "third"), PAGING, ids=lambda each: next(iter(each), ""))
def test_a_page_is_asked_for(
    paging: dict[str, Any], first: str, third: str, small_tree: Any, load_tree: Callable[[Any], Contract]
) -> None:
    tree = small_tree()
    tree["x-task"]["list"] |= paging
    if "cursor" in paging:
        tree["x-task"]["list"]["body"]["next"] = "{{next_cursor}}"
    rule = load_tree(tree).listing
    assert rule is not None
    assert rule.ask_page(1) == first
    assert rule.ask_page(3, ["a", "b/2"], {"next": "c="}) == third
    if "cursor" in paging:
        assert rule.ask_page(3, ["a", "b/2"], {"next": None}) == ""
