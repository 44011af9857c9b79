"""Opens the built wheel: it must install our four packages, their data, and nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    pytest.importorskip("hatchling", reason="the build backend is not installed in this environment")
    result = subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ
    )
    return folder / result.stdout.strip().splitlines()[-1]


def test_top_level_names_are_ours_alone(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == {
        "screentest",
        *("screentest_openapi", "screentest_contracts", "screentest_mockserver", "screentest_suites"),
    }


def test_data_files_are_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    documents = {path.name for path in (ROOT / "openapi" / "screentest_openapi").glob("*.yaml")}
    assert len(documents) >= 4
    assert {f"screentest_openapi/{name}" for name in documents} <= names
    assert {"screentest_openapi/x-task.schema.json", "screentest_openapi/overlay.schema.json"} <= names
    assert {
        "screentest_suites/reporting/report.schema.json",
        "screentest_suites/reporting/collection.schema.json",
    } <= names
    looks = ("look.css", "page.css", "page.html.j2", "page.js")
    assert {f"screentest_mockserver/server/page/templates/{name}" for name in looks} <= names
    templates = ("report.html.j2", "report.css", "report.js")
    assert {f"screentest_suites/reporting/templates/{name}" for name in templates} <= names
    assert {"screentest/py.typed", "screentest/stores.py", "screentest/testing.py"} <= names
    assert {f"screentest_{name}/py.typed" for name in ("openapi", "contracts", "mockserver", "suites")} <= names
    assert "screentest_suites/pytest_plugin/conformance/test_parameters.py" in names


def test_entry_points(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
    text = archive.read(entry).decode()
    assert "screentest = screentest_suites.cli:main" in text
    assert "screentest = screentest_suites.pytest_plugin.plugin" in text
