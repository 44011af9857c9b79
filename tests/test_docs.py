"""What the pages under docs/ name exists."""

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from screentest_contracts import built_in, load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.tasks.scenarios import SCENARIOS
from tests.pages.blocks import blocks

HERE = Path(__file__).parent
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (HERE.parent / "docs" / "field-bugs.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d", line)
]


def test_every_bug_has_a_row() -> None:
    spans = [span.split("-") for row in ROWS for span in row[0].split(",")]
    numbers = [number for span in spans for number in range(int(span[0]), int(span[-1]) + 1)]
    assert numbers == list(range(1, 66))


def test_a_bug_of_a_server_has_a_requirement_or_a_reason() -> None:
    assert all(row[3] for row in ROWS if "G" in row[1])


@pytest.fixture(scope="module")
def ids() -> set[str]:
    """Requirement ids of every document we have."""
    documents = [*built_in(), *map(str, (HERE / "documents").glob("*.yaml"))]
    return {each.id for document in documents for each in requirements(load_contract(document))}


def test_named_requirements_exist(ids: set[str]) -> None:
    named = {name for row in ROWS for name in re.findall(r"`([a-z]+\.[^`]+)`", row[3])}
    assert len(named) > 30
    assert [name for name in sorted(named) if not any(fnmatchcase(each, name) for each in ids)] == []


def test_named_scenarios_exist() -> None:
    named = {name for row in ROWS for name in re.findall(r"scenario[s]? ((?:`[^`]+`(?:, | and )?)+)", row[4])}
    words = {word.split(":")[0] for group in named for word in re.findall(r"`([^`]+)`", group)}
    assert words
    assert not words - set(SCENARIOS)


ROOT = HERE.parent
CODE = sorted(file for part in ("contracts", "mockserver", "suites") for file in (ROOT / part).rglob("*.py"))


def test_no_package_names_a_vendor() -> None:
    """Vendors are documents: what the code does for one, it does for each."""
    vendors = {word for name in built_in() for word in (name, load_contract(name).title)}
    named = re.compile(rf"\b({'|'.join(map(re.escape, sorted(vendors)))})\b", re.IGNORECASE)
    assert len(vendors) > 1
    assert len(CODE) > 100
    assert [str(file) for file in CODE if named.search(file.read_text("utf-8"))] == []


PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TOP = ("openapi/", "contracts/", "mockserver/", "suites/", "tests/", "docs/", ".github/", ".ci/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_paths_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    broken = [link for link in sorted(links) if link and not (page.parent / link).exists()]
    shown = {block.title for block in blocks(page)}  # files of the reader
    named = {word for word in re.findall(r"[\w./*-]+", text) if word.startswith(TOP)} - shown
    broken += [word for word in sorted(named) if not any(ROOT.glob(word.rstrip("./")))]
    assert broken == []


def test_the_mutation_table_names_files_that_exist() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutate"]["modules"]
    named = {word for row in table for word in (row["module"], *row["tests"].split()) if word.startswith(TOP)}
    assert len(named) > 30
    assert [word for word in sorted(named) if not (ROOT / word).exists()] == []
