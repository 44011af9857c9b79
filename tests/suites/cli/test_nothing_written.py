"""Where commands leave files: only where the user asked for them, and in the user's cache folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from screentest_suites.cli import main; main()"

OWN_TEST = """
from hypothesis import given, strategies

import screentest


@given(strategies.text())
def test_their_own(value):
    assert len(value) < 3


def test_judging():
    options = screentest.Options(examples=2)
    assert screentest.judge({document!r}, options=options).verdicts
"""


@pytest.fixture
def document(tmp_path: Path, small_text: str) -> str:
    file = tmp_path / "documents" / "acme.yaml"
    file.parent.mkdir()
    file.write_text(small_text)
    return str(file)


def run(tmp_path: Path, *words: str, **more: str) -> tuple[list[str], set[str]]:
    """What a program leaves in the empty folder that it is started in, and in the user's cache folder."""
    folder, cache = tmp_path / "empty", tmp_path / "cache"
    folder.mkdir(exist_ok=True)
    home = {name: str(tmp_path / "home") for name in ("HOME", "LOCALAPPDATA")}
    environment = {**os.environ, **home, "XDG_CACHE_HOME": str(cache), **more}
    made = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert made.returncode in (0, 1), made.stdout + made.stderr
    assert "Traceback" not in made.stderr, made.stderr
    return sorted(each.name for each in folder.iterdir()), {each.name for each in tmp_path.glob("cache/screentest/*")}


def test_check_leaves_nothing_in_the_folder(tmp_path: Path, document: str) -> None:
    left, cached = run(tmp_path, sys.executable, "-c", MAIN, "check", document, "--examples", "2")
    assert left == []
    assert cached <= {"hypothesis"}


def test_hypothesis_tests_of_the_same_process_keep_their_database(tmp_path: Path, document: str) -> None:
    (tmp_path / "test_own.py").write_text(OWN_TEST.format(document=document))
    words = sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)
    left, cached = run(tmp_path, *words)
    assert left == [".hypothesis"]
    assert list(tmp_path.glob("empty/.hypothesis/examples/*"))
    assert not list(tmp_path.glob("cache/screentest/hypothesis/examples/*"))
    assert cached <= {"hypothesis"}
