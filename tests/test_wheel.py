"""Opens the built wheel: it must install our packages, their data, and nothing else, the same bytes each time."""

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def build(what: str, folder: Path, source: Path = ROOT) -> Path:
    """A `wheel` or an `sdist` in a folder, by the build backend that pip would ask."""
    pytest.importorskip("hatchling", reason="the build backend is not installed in this environment")
    code = f"import sys; from hatchling.build import build_{what} as build; print(build(sys.argv[1]))"
    variables = {**os.environ, "SOURCE_DATE_EPOCH": "1780000000"}
    result = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=source, capture_output=True, text=True, check=True, env=variables
    )
    return folder / result.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


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


def test_the_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build("wheel", tmp_path, tmp_path / sdist.name.removesuffix(".tar.gz"))
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_metadata(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    told = Parser().parsestr(archive.read(name).decode())
    assert told["Version"] == PROJECT["version"] == wheel.name.split("-")[1]
    assert told["License-Expression"] == "Apache-2.0"
    assert told["Description-Content-Type"] == "text/markdown"
    assert f"\n## [{told['Version']}] - " in (ROOT / "CHANGELOG.md").read_text("utf-8")
