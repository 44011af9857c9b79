"""The plan of imports is checked: import-linter passes on the tree, and fails on an import that points upwards."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("openapi", "contracts", "mockserver", "suites")

UPWARDS = {
    "a mock folder": ("mockserver/screentest_mockserver/wire/answer.py", "screentest_mockserver.server.app"),
    "a suites folder": ("suites/screentest_suites/core/options.py", "screentest_suites.judging.judge"),
    "a contracts module": ("contracts/screentest_contracts/times.py", "screentest_contracts.lint"),
    "a package": ("contracts/screentest_contracts/times.py", "screentest_mockserver.wire.clock"),
    "two ways in": ("suites/screentest_suites/cli/group.py", "screentest_suites.pytest_plugin.plugin"),
}

TYPE_CHECKING = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import {}
"""


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter on the packages of a checkout."""
    path = os.pathsep.join(str(root / name) for name in PACKAGES)
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the packages and of the configuration."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return tmp_path


def test_no_import_points_upwards(checkout: Path) -> None:
    result = lint_imports(checkout)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("file", "imported"), UPWARDS.values(), ids=UPWARDS)
@pytest.mark.parametrize(
    "form", ["import {}\n", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {}\n"]
)
def test_an_import_that_points_upwards_is_an_error(checkout: Path, file: str, imported: str, form: str) -> None:
    planted = checkout / file
    planted.write_text(planted.read_text("utf-8") + "\n" + form.format(imported), "utf-8")
    result = lint_imports(checkout)
    assert result.returncode == 1, result.stdout + result.stderr
    assert imported in result.stdout
