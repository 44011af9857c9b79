"""What `screentest load` refuses before anything is started; it works in `tests/load`."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from screentest_contracts.errors import UsageError
from screentest_suites.cli import main
from screentest_suites.load import order
from screentest_suites.load.settings import LoadSettings

DOCUMENT = str(Path(__file__).parents[2] / "load" / "parcels.yaml")


@pytest.mark.parametrize(
    ("options", "told", "hint"),
    [
        (("--live",), "needs --max-spend", "--max-spend 5"),
        (("--max-spend", "5"), "--max-spend has no meaning for the mock", "--live and --target"),
        (("--live", "--max-spend", "a lot"), "--max-spend 'a lot' is no amount", "2.50"),
        (("--callback-listen", "127.0.0.1:0"), "--callback-listen is for --target", "leave it out"),
        (
            ("--target", "http://127.0.0.1:1", "--callback-url", "https://a.example"),
            "need --callback-listen",
            "0.0.0.0",
        ),
        (("--model", "letter"), "no model 'letter'", "models: parcel"),
        (("--page", "8089"), "--page '8089' is no address", "127.0.0.1:8089"),
        (("--report", "load.docx"), "no report format '.docx'", ".json"),
        (("--target", "http://127.0.0.1:1"), "PARCELS_KEY is not set", "export PARCELS_KEY="),
        (("--target", "ftp:"), "--target 'ftp:' is no address", "http://"),
        (("--target", "http://127.0.0.1:1", "--live", "--max-spend", "1"), "exclude each other", "provider's own"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_mistakes_are_told(options: tuple[str, ...], told: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "find_spec", lambda name: object())  # Locust itself is not needed
    monkeypatch.delenv("PARCELS_KEY", raising=False)
    result = CliRunner().invoke(main, ("load", DOCUMENT, *options))
    assert result.exit_code == 2, result.output
    assert told in result.stderr
    assert hint in result.stderr.partition("hint: ")[2]
    assert "Traceback" not in result.output


def test_without_locust_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "find_spec", lambda name: None)
    result = CliRunner().invoke(main, ("load", DOCUMENT))
    assert result.exit_code == 2
    assert "pip install 'screentest[load]'" in result.stderr


def test_a_live_locustfile_needs_a_budget_too() -> None:
    with pytest.raises(UsageError, match="needs --max-spend"):
        LoadSettings(live=True)


def test_the_command_line_stays_free_of_gevent() -> None:
    CliRunner().invoke(main, ("load", DOCUMENT, "--model", "letter"))
    assert not {"gevent", "locust"} & set(sys.modules)
