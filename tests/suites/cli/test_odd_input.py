"""Odd input: names that no file can have, folders where files are wanted, bytes that are no text, places that take
nothing. Each is told clearly, and what a run has found is not lost."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from screentest_contracts.errors import UsageError
from screentest_suites.cli import main
from screentest_suites.core import files
from screentest_suites.core.files import check_writable, write_text
from screentest_suites.targets.address import is_address

LONG = "x" * 5000
NO_TEXT = "\udcff\udcfe"  # two bytes that are no UTF-8, as Python has them in arguments
PROGRAM = [sys.executable, "-c", "from screentest_suites.cli import main; main()"]


def run(*arguments: str) -> Result:
    clean: dict[str, str | None] = {name: None for name in os.environ if name.endswith("_API_KEY")}
    return CliRunner().invoke(main, list(arguments), env=clean)


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with odd files, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name, data in {
        "empty.yaml": b"",
        "binary.yaml": bytes(range(256)),
        "latin.json": b'{"title": "\xe9"}',
        "list.json": b"[]",
        "null.json": b"null",
        "deep.json": b"[" * 100_000,
        "digits.json": b'{"a": ' + b"9" * 5000 + b"}",
        "tag.yaml": b"a: !!python/object/apply:os.system [true]",
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "loop.json").symlink_to("loop.json")
    return tmp_path


FILES = [
    *("empty.yaml", "binary.yaml", "latin.json", "list.json", "null.json", "deep.json", "digits.json", "tag.yaml"),
    *(
        "folder.json",
        "loop.json",
        "missing.json",
        "list.json/x",
        "/",
        LONG,
        f"{LONG}.json",
        NO_TEXT,
        f"{NO_TEXT}.yaml",
        "",
    ),
]
READING: dict[str, tuple[str, ...]] = {
    "lint": ("lint",),
    "init": ("init",),
    "check": ("check",),
    "requirements": ("requirements",),
    "compare": ("compare", "evolink"),
    "serve": ("serve", "evolink"),
    "token": ("token",),
    "replay": ("replay",),
    "resume": ("check", "--resume"),
    "diff": ("diff", "missing"),
    "report": ("report", "-o", "out.html"),
    "serve-replay": ("serve", "--replay"),
}


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("file", FILES, ids=lambda name: name[:20].encode("ascii", "replace").decode() or "nothing")
def test_what_cannot_be_read_is_told(command: str, file: str, odd: Path) -> None:
    result = run(*READING[command], file)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2 or (command == "lint" and result.exit_code == 1), result.output
    assert "Traceback" not in result.output
    assert "rror" in result.output


@pytest.mark.parametrize(
    "file", ["binary.yaml", "latin.json", "deep.json", "digits.json", "folder.json", "loop.json", LONG]
)
def test_a_baseline_that_is_none(file: str, odd: Path) -> None:
    result = run("check", "evolink", "--baseline", file)
    assert result.exit_code == 2, (result.output, result.exception)
    assert "baseline" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "evolink", "--report", "folder.json"),
        ("check", "evolink", "--report", f"{LONG}.json"),
        ("check", "evolink", "--report", "/proc/report.json"),
        ("check", "evolink", "--baseline", "folder.json", "--update-baseline"),
        ("check", "evolink", "--baseline", "/proc/known.yaml", "--update-baseline"),
        ("replay", "missing", "--report", "/proc/report.json"),
        ("report", "list.json", "-o", f"{LONG}.html"),
        ("report", "loop.json", "-o", "loop.html"),
        ("lint", "evolink", "-o", "folder.json"),
        ("lint", "evolink", "-o", LONG),
        ("compare", "evolink", "tokenbay", "-o", "folder.json"),
        ("check", "evolink", "--target", "http://127.0.0.1:9", "--record", "/dev/null/x"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_done(arguments: tuple[str, ...], odd: Path) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    assert "error: cannot " in result.output
    assert "passed" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "evolink", "--host", NO_TEXT),
        ("check", "evolink", "--callback-listen", f"{NO_TEXT}:1"),
        ("check", "evolink", "--callback-listen", "127.0.0.1:0", "--callback-url", f"http://{NO_TEXT}"),
        ("check", "evolink", "--callback-listen", "127.0.0.1:0", "--callback-url", "me.example.com"),
        ("check", "evolink", "--target", f"http://h.example/{NO_TEXT}"),
        ("check", "evolink", "--target", "http://xn--a"),
        ("check", "evolink", "--target", "http://[v1.a]:9"),
        ("check", "evolink", "--target", "http://a..b"),
    ],
)
def test_an_address_that_nobody_can_have(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    assert "is no address" in result.output or "cannot listen on" in result.output


@pytest.mark.parametrize("url", ["http://h_x:1", "https://münchen.example", "http://[::1]:8080/v1", "http://127.1"])
def test_an_address_that_somebody_may_have(url: str) -> None:
    assert is_address(url)


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_document_may_have_a_name_that_is_no_text(form: str, odd: Path, small_text: str) -> None:
    (odd / f"{NO_TEXT}.yaml").write_text(small_text)
    result = run("lint", "--format", form, "-o", "out", f"{NO_TEXT}.yaml")
    assert result.exit_code == 0, (result.output, result.exception)
    assert (odd / "out").read_bytes().decode()
    command = [*PROGRAM, "lint", "--format", form, f"{NO_TEXT}.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {gone} && rmdir {gone} && exec "$@"'
    command = ["sh", "-c", script, "sh", *PROGRAM, "check", "evolink"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the current folder cannot be used")


def test_a_report_that_cannot_be_written_at_the_end_is_printed(
    odd: Path, small_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise UsageError(f"cannot write {path}: no space left on device", "")

    monkeypatch.setattr("screentest_suites.reporting.report.write_text", full)
    result = run("check", small_file, "--examples", "1", "--report", "report.json")
    assert result.exit_code == 3
    assert "error: cannot write report.json" in result.stderr
    printed, _ = json.JSONDecoder().raw_decode(result.stdout, result.stdout.index("\n{") + 1)
    assert printed["footer"]["requirements"] == len(printed["requirements"]) > 50


def test_a_report_is_not_printed_for_a_baseline(odd: Path, small_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise UsageError(f"cannot write {path}: no space left on device", "")

    monkeypatch.setattr("screentest_suites.reporting.baseline.write_text", full)
    result = run("check", small_file, "--examples", "1", "--baseline", "known.yaml", "--update-baseline")
    assert result.exit_code == 3
    assert '"requirements"' not in result.stdout


def test_a_place_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_writable(tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []

    def refuse(**options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        check_writable(tmp_path / "report.json")
    with pytest.raises(UsageError, match="null"):
        write_text(tmp_path / "a\0b", "")


def test_a_device_is_not_read_to_its_end() -> None:
    result = run("lint", "/dev/zero")
    assert result.exit_code == 2
    assert "larger than" in result.output


TWICE: list[tuple[tuple[str, ...], Callable[[Result], bool]]] = [
    (("lint", "evolink", "evolink"), lambda result: result.exit_code == 0),
    (("requirements", "evolink", "evolink", "--format", "table", "--format", "json"), lambda r: r.stdout[0] == "["),
    (("check", "evolink", "--seed", "1", "--seed", "x"), lambda result: "--seed" in result.output),
]


@pytest.mark.parametrize(("arguments", "fine"), TWICE)
def test_what_is_said_twice(arguments: tuple[str, ...], fine: Callable[[Result], bool]) -> None:
    assert fine(run(*arguments))
