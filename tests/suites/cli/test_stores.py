"""What `serve` says of stores that it cannot use."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from screentest_suites.cli import main


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "2"], "several workers need a store that they share"),
        (["--store", "mongo://127.0.0.1"], "'mongo://127.0.0.1' is no store"),
        (["--store", "sqlite:"], "'sqlite:' is no store"),
        (["--store", "sqlite:no/such/folder/mock.db"], "the store no/such/folder/mock.db cannot be used"),
        (["--store", "redis://user:swordfish@127.0.0.1:1/0"], "the store 127.0.0.1:1/0 does not answer"),
        (["--store", "redis://127.0.0.1:port/0"], "the store is no address of Redis"),
    ],
)
def test_it_is_the_users_to_mend(options: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["serve", "evolink", "--port", "0", *options])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "--store" in result.stderr or "start Redis" in result.stderr
    assert "swordfish" not in result.stderr


def test_a_client_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "screentest_mockserver.stores.redis_store", None)
    result = CliRunner().invoke(main, ["serve", "evolink", "--port", "0", "--store", "redis://127.0.0.1:1/0"])
    assert result.exit_code == 2
    assert "pip install 'screentest[redis]'" in result.stderr


@pytest.mark.parametrize("options", [["--workers", "2"], ["--store", "sqlite:mock.db"]])
def test_a_recording_is_served_by_one_process(options: list[str]) -> None:
    result = CliRunner().invoke(main, ["serve", "--replay", "runs/today", *options])
    assert result.exit_code == 2
    assert "--replay remembers in one process" in result.stderr


def test_a_file_of_mine_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing for a mock " * 100)
    result = CliRunner().invoke(main, ["serve", "evolink", "--port", "0", "--store", f"sqlite:{path}"])
    assert result.exit_code == 2
    assert "cannot be used" in result.stderr
