"""Every page keeps to the house style, and the linter sees what does not."""

from pathlib import Path

import pytest

from tests.pages.blocks import ROOT
from tests.pages.prose import WRITTEN, complaints


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_page_keeps_to_the_house_style(page: Path) -> None:
    assert list(complaints(page.read_text("utf-8"))) == []


LONG = " ".join(["word"] * 31)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("We utilize it.", ["1: 'utilize': use"]),
        ("# A page\n\nOne line,\nand in order\nto.", ["3: 'in order to': to"]),
        (f"- An entry.\n- {LONG}.", ["2: a sentence of 32 words"]),
        (f"| a | {LONG} |", []),
        (f"| a | {LONG} {LONG} |", ["1: a sentence of 62 words"]),
        (f"```text\n{LONG} utilize\n```\n<!-- utilize -->\n`utilize`", []),
        (f"{LONG[:100]}. {LONG[:100]}.", []),
        ("justice, adjust and just-in-time", []),
    ],
    ids=["word", "two lines", "sentence", "cell", "long cell", "code", "two sentences", "part of a word"],
)
def test_what_the_linter_sees(text: str, told: list[str]) -> None:
    found = list(complaints(text))
    assert len(found) == len(told)
    assert all(each.startswith(start) for each, start in zip(found, told, strict=True))
