"""The locked versions fit what `pyproject.toml` asks for, and can be installed from any index on any machine."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS = PROJECT["dependency-groups"]
TESTS = [Requirement(each) for each in (*PROJECT["project"]["dependencies"], *GROUPS["dev"])]
CLIENTS = [*TESTS, *(Requirement(each) for each in GROUPS["clients"])]
FILES = {"tests/requirements.txt": TESTS, "tests/clients/requirements.txt": CLIENTS}
ENTRY = re.compile(r"^([a-z0-9][^\\\n]*?) \\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def entries(file: str) -> list[Requirement]:
    return [Requirement(entry) for entry, _ in ENTRY.findall((ROOT / file).read_text("utf-8"))]


LOCKED = {file: entries(file) for file in FILES}


@pytest.mark.parametrize(("file", "asked"), [(file, asked) for file in FILES for asked in FILES[file]], ids=str)
def test_what_is_asked_for_is_locked(file: str, asked: Requirement) -> None:
    """Or the floor has been raised, or a dependency added, without `nox -s lock`."""
    name = canonicalize_name(asked.name)
    versions = [next(iter(each.specifier)).version for each in LOCKED[file] if canonicalize_name(each.name) == name]
    assert versions
    assert all(asked.specifier.contains(version, prereleases=True) for version in versions)


@pytest.mark.parametrize("asked", CLIENTS, ids=str)
def test_there_are_floors_and_no_ceilings(asked: Requirement) -> None:
    assert [each.operator for each in asked.specifier] == [">="]


def test_what_the_tests_have_is_the_same_for_the_clients() -> None:
    """So that what goes wrong with them is theirs."""
    tests, clients = ({str(each) for each in LOCKED[file]} for file in FILES)
    assert tests < clients


@pytest.mark.parametrize("file", FILES)
def test_every_entry_is_one_version_with_hashes(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text("utf-8").splitlines() if line[:1] not in (" ", "#")]
    assert len(lines) == len(LOCKED[file]) > 50
    assert all([each.operator for each in locked.specifier] == ["=="] for locked in LOCKED[file])


@pytest.mark.parametrize("file", FILES)
def test_it_names_no_host_and_no_path(file: str) -> None:
    assert not re.search(r"://|^-|file:|@|(?<![\w.])/\w", (ROOT / file).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_each_python_and_system_has_one_version_of_each(python: str, system: str, file: str) -> None:
    environment = default_environment() | {
        "python_version": python, "python_full_version": f"{python}.1", "sys_platform": system,
    }  # fmt: skip
    names = [each.name for each in LOCKED[file] if each.marker is None or each.marker.evaluate(environment)]
    assert len(names) == len(set(names)) > 50
    assert ("uvloop" in names) == (system != "win32")
