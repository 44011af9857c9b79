"""The reference pages are those of the code."""

import pytest
import yaml

from tests.pages.blocks import ROOT
from tests.pages.reference import FOLDER, pages

MADE = pages()


@pytest.mark.parametrize("name", MADE)
def test_the_page_is_that_of_the_code(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == MADE[name], "run `python -m tests.pages.reference`"


def test_no_page_is_left_over() -> None:
    there = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*.md")}
    assert there - MADE.keys() == {"environment.md"}


def test_the_navigation_has_every_page_once() -> None:
    def named(node: object) -> list[str]:
        if isinstance(node, str):
            return [node]
        return [page for inner in (node.values() if isinstance(node, dict) else node) for page in named(inner)]  # type: ignore[attr-defined]

    nav = named(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])
    assert sorted(nav) == sorted(str(file.relative_to(ROOT / "docs")) for file in (ROOT / "docs").rglob("*.md"))
