"""Where Hypothesis writes while we use it, and where it writes afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import configuration

from screentest_contracts.hypothesis_cache import hypothesis_cache


def home() -> object:
    return getattr(configuration, "__hypothesis_home_directory")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    before, own = home(), tmp_path / "own"
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    configuration.set_hypothesis_home_dir(own)
    yield own
    configuration.set_hypothesis_home_dir(before)  # type: ignore[arg-type]


def test_within_it_the_cache_folder_is_used_and_then_what_was(own_home: Path) -> None:
    with hypothesis_cache():
        inside = home()
        with pytest.raises(RuntimeError), hypothesis_cache():
            raise RuntimeError
        assert home() == inside
    assert isinstance(inside, Path)
    assert inside.parts[-2:] == ("screentest", "hypothesis")
    assert home() == own_home


def test_the_last_of_several_that_overlap_puts_back_what_was(own_home: Path) -> None:
    one, other = hypothesis_cache(), hypothesis_cache()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert home() != own_home
    other.__exit__(None, None, None)
    assert home() == own_home


def test_a_folder_that_the_user_names_is_left_to_be_used(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", "named")
    with hypothesis_cache():
        assert home() == own_home
