"""What users write against the Python API passes their type checkers, and runs."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType, UnionType
from typing import get_args

import pytest

import screentest
from screentest import testing
from tests.pages.blocks import blocks

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "tests" / "user_project"
README = [block.text for block in blocks(ROOT / "README.md") if block.language == "python"]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a module of Python in a folder of the user's, not in ours."""
    return subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the user's project, away from this repository and its settings."""
    for file in PROJECT.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    return tmp_path


WRONG = """
import screentest


def use(mock: screentest.Mock) -> None:
    mock.advance("a minute")
    mock.rewind()
"""


@pytest.mark.slow
def test_mypy_strict_takes_the_project_and_the_readme_and_no_wrong_type(project: Path) -> None:
    write_readme(project)
    (project / "wrong.py").write_text(WRONG, "utf-8")
    result = run("mypy", "--strict", ".", cwd=project)
    told = [line.partition(":")[0] for line in result.stdout.splitlines() if ": error:" in line]
    assert told == ["wrong.py"] * 2, result.stdout + result.stderr


@pytest.mark.slow
def test_the_project_passes_pyright_strict(project: Path) -> None:
    (project / "pyrightconfig.json").write_text(
        '{"typeCheckingMode": "strict", "reportMissingTypeStubs": false}', "utf-8"
    )
    result = run("basedpyright", "--pythonpath", sys.executable, ".", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr


def write_readme(project: Path) -> None:
    """README's own tests, beside those of the user."""
    assert README
    for number, text in enumerate(README):
        (project / f"test_readme_{number}.py").write_text(text, "utf-8")


def test_the_project_and_the_readme_run(project: Path) -> None:
    write_readme(project)
    result = run("pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{6 + len(README)} passed" in result.stdout


PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if ">>> " in page.read_text("utf-8")], ids=lambda page: page.name
)
def test_the_sessions_of_the_pages_run(page: Path, tmp_path: Path) -> None:
    result = run("doctest", str(page), cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("module", [screentest, testing], ids=lambda module: module.__name__)
def test_every_public_name_is_documented_with_an_example(module: ModuleType) -> None:
    without = [name for name in module.__all__ if not has_example(module, name)]
    assert without == []


def has_example(module: ModuleType, name: str) -> bool:
    """Whether a docstring shows a name: its own, those of all that it unites, or that of its module for a tuple."""
    value = getattr(module, name)
    if isinstance(value, UnionType):
        return all(">>> " in (part.__doc__ or "") for part in get_args(value))
    if isinstance(value, tuple):
        return any(f".{name}" in line for line in (module.__doc__ or "").splitlines() if line[:4] in {">>> ", "... "})
    return ">>> " in (value.__doc__ or "")


def test_the_examples_of_docstrings_run(tmp_path: Path, small_text: str) -> None:
    """In a process of its own: what they register must not stay."""
    (tmp_path / "acme.yaml").write_text(small_text, "utf-8")
    packages = ("screentest", "screentest_suites", "screentest_mockserver", "screentest_contracts")
    command = [sys.executable, "-c", DOCTESTS, *packages]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    tried = [int(number) for number in result.stdout.splitlines()[-len(packages) :]]
    assert len(tried) == len(packages)
    assert min(tried) > 0


DOCTESTS = """
import doctest, importlib, pkgutil, sys

failed, attempted = 0, []
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    modules = [package]
    for found in pkgutil.walk_packages(package.__path__, name + "."):
        if found.name.startswith(("screentest.load", "screentest_suites.load")):
            continue  # Locust changes the standard library of its process; there are no examples in it
        if ".conformance" not in found.name and not found.name.endswith("__main__"):
            modules.append(importlib.import_module(found.name))
    results = [doctest.testmod(module) for module in modules]
    failed += sum(result.failed for result in results)
    attempted.append(sum(result.attempted for result in results))
print(*attempted, sep="\\n")
sys.exit(failed > 0)
"""
