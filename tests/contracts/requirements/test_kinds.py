"""Every kind of requirement has its text, and the page of all kinds is up to date."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts.requirements import kinds

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "requirement-kinds.md"
ALL = kinds.all_kinds()


@pytest.fixture(scope="module")
def made() -> Any:
    """The script that makes the page."""
    spec = importlib.util.spec_from_file_location("kinds_page", ROOT / "tests" / "kinds" / "page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_kind_has_its_text() -> None:
    missing = [kind.name for kind in ALL if kind.text is None]
    assert not missing, f"add to requirements/kinds.toml a table with sends, says and blind for: {', '.join(missing)}"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_text_is_short_sentences_that_fit_a_table(kind: kinds.Kind[Any]) -> None:
    text = kind.text
    assert text is not None, f"{kind.name} has no table in requirements/kinds.toml"
    for sentence in (text.sends, text.says, text.blind):
        assert re.fullmatch(r"[A-Z][^|\n]{3,150}\.", sentence), (kind.name, sentence)


def test_no_text_is_left_of_a_kind_that_is_gone() -> None:
    assert {*kinds.texts()} == {kind.name for kind in ALL}


def test_the_page_has_every_kind_of_the_code() -> None:
    shown = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert shown == [kind.name for kind in ALL], "run `python tests/kinds/page.py`"


def test_the_page_is_what_its_script_makes(made: Any) -> None:
    assert PAGE.read_text() == made.page(), "run `python tests/kinds/page.py`"


def test_a_kind_without_text_is_told_with_what_to_do(made: Any) -> None:
    with pytest.raises(LookupError, match=r"no text: add a table \[acme-odd\]"):
        made.row(kinds.Kind("acme-odd", type(None), "nothing"), None)


def test_everything_that_was_planted_for_a_kind_was_caught(made: Any) -> None:
    figures = json.loads(made.FIGURES.read_text())
    assert set(figures) <= {kind.name for kind in ALL}
    for name, (planted, caught, itself) in figures.items():
        assert planted == caught >= itself, name
