"""`screentest init --extends`: an overlay that is sound as it is, and with each of its comments taken in."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.turns import by_turns

from screentest_contracts import built_in, load_contract
from screentest_contracts.comparison import compare_all
from screentest_contracts.lint import Severity, lint_file
from screentest_suites.cli import main

DOCUMENTS = [*built_in(), *sorted(map(str, (Path(__file__).parents[2] / "documents").glob("*.yaml")))]


def init(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def taken_in(text: str, only: int | None = None) -> str:
    """The overlay with its comments taken in, or with one block of them."""
    head, *blocks = text.split("\n\n")
    return "\n\n".join(
        [head, *(re.sub("(?m)^  #(?=-|  )", "  ", each) for at, each in enumerate(blocks) if only in (None, at))]
    )


def warnings(name: object) -> set[tuple[str, str]]:
    return {(each.rule, each.pointer) for each in lint_file(str(name)).findings if each.severity is not Severity.NOTE}


@pytest.mark.parametrize("base", by_turns(DOCUMENTS, 6), ids=[Path(name).stem for name in DOCUMENTS])
def test_it_is_sound_and_so_is_each_comment(tmp_path: Path, base: str) -> None:
    file = tmp_path / "bold-gateway.yaml"
    assert init("--extends", base, "-o", file).exit_code == 0
    text = file.read_text()
    assert warnings(file) == warnings(base)
    contract = load_contract(file)
    assert (contract.name, contract.title, contract.key_variable) == (
        "bold-gateway", "Bold Gateway", "BOLD_GATEWAY_API_KEY",
    )  # fmt: skip
    assert contract.base_url.startswith("https://api.bold-gateway.example")
    assert set(contract.models) == set(load_contract(base).models)
    for block in range(text.count("\n\n")) if base not in built_in() else ():  # those are large
        file.write_text(taken_in(text, block))
        assert not lint_file(str(file)).failed, text
    file.write_text(taken_in(text))
    assert "#-" not in file.read_text()
    assert not lint_file(str(file)).failed


def test_the_comments_are_changes(tmp_path: Path) -> None:
    file = tmp_path / "bold.yaml"
    init("--extends", "evolink", "-o", file)
    file.write_text(taken_in(file.read_text()))
    [comparison] = compare_all([load_contract("evolink"), load_contract(file)])
    assert {"address", "key", "calls", "models", "prices"} <= {each.topic for each in comparison.differences}


def test_without_a_file_it_is_printed() -> None:
    result = init("--extends", "evolink")
    assert result.exit_code == 0
    assert "\nextends: evolink\n" in result.stdout
    assert "name: my-gateway" in result.stdout


def test_a_file_is_named_from_where_the_overlay_stands(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "acme.yaml").write_text(small_text)
    (tmp_path / "own").mkdir()
    file = tmp_path / "own" / "bold.yaml"
    assert init("--extends", tmp_path / "acme.yaml", "-o", file).exit_code == 0
    assert "\nextends: ../acme.yaml\n" in file.read_text()
    assert load_contract(file).name == "bold"


@pytest.mark.parametrize("arguments", [(), ("openapi.yaml", "--extends", "evolink")])
def test_one_of_both(arguments: tuple[str, ...]) -> None:
    result = init(*arguments)
    assert result.exit_code == 2
    assert "init needs an OpenAPI file, or a provider to extend" in result.output


def test_a_base_that_is_none() -> None:
    result = init("--extends", "evolinc")
    assert result.exit_code == 2
    assert "did you mean evolink?" in result.output
