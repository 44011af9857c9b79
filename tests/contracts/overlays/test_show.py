"""`screentest show`: the whole document as text that reads back to the same data."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.overlays.conftest import PROVIDER, Write

from screentest_contracts import built_in, load_contract
from screentest_contracts.drafting.writing import yaml_text
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import load
from screentest_contracts.raw.text import parse
from screentest_contracts.requirements import requirements
from screentest_suites.cli import main


def show(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["show", *map(str, arguments)])


def order(node: Any) -> Any:
    """Data in which the order of members counts."""
    if isinstance(node, dict):
        return [(name, order(each)) for name, each in node.items()]
    return [order(each) for each in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", built_in())
def test_it_reads_back(name: str) -> None:
    data = load(find_document(name)).value
    assert order(parse(Path("shown.yaml"), show(name).stdout.encode())) == order(data)


TEXTS = st.text(max_size=300) | st.sampled_from(
    ["16:9", "on", "1e3", "0x1f", "<<", "=", "~", "- a", "a: b", " a ", "a\nb\n"]
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS


@given(
    st.dictionaries(TEXTS, st.recursive(VALUES, lambda inner: st.lists(inner, max_size=4), max_leaves=8), max_size=5)
)
def test_any_data_reads_back(data: dict[str, Any]) -> None:
    text = yaml_text(data, width=10**9)
    assert parse(Path("shown.yaml"), text.encode()) == data


def test_an_overlay_is_shown_whole_and_is_the_same_document(write: Write) -> None:
    long = "word " * 200 + "end"
    file = write(PROVIDER, {"target": "$.info", "update": {"description": long}})
    result = show(file)
    assert result.exit_code == 0
    assert f"description: {long}\n" in result.stdout
    whole = write(name="whole.yaml", text=result.stdout)
    told, wanted = (
        [(each.id, each.level, each.statement) for each in requirements(load_contract(path))] for path in (whole, file)
    )
    assert told == wanted


def test_as_json(write: Write) -> None:
    file = write(PROVIDER)
    assert order(json.loads(show(file, "--json").stdout)) == order(load(file).value)


def test_a_part_and_where_it_is_from(write: Write) -> None:
    file = write(PROVIDER)
    base = file.parent / "acme.yaml"
    column = file.read_text().splitlines()[4].index("name: bold") + 1
    assert show(file, "--at", "/x-task/provider/name").stdout == f"# {file}:5:{column}\nbold\n"
    line = next(number for number, text in enumerate(base.read_text().splitlines(), 1) if "duration: {type" in text)
    shown = show(file, "--at", "/components/schemas/Clip/properties/duration").stdout
    assert shown == f"# {base}:{line}:9\ntype: integer\nminimum: 2\nmaximum: 9\ndefault: 4\n"
    assert json.loads(show(file, "--at", "/servers/0", "--json").stdout) == {"url": "https://api.acme.example"}


WRONG = {
    "/x-task/model": "did you mean models?",
    "/x-task/models/clip-1/base/model/x": "nothing stands there",
    "x-task": "a pointer begins with a slash",
}


@pytest.mark.parametrize("pointer", WRONG)
def test_pointers_that_lead_nowhere(write: Write, pointer: str) -> None:
    result = show(write(PROVIDER), "--at", pointer)
    assert (result.exit_code, WRONG[pointer] in result.output) == (2, True)


def test_an_overlay_with_a_problem_is_not_shown(write: Write) -> None:
    result = show(write(PROVIDER, {"target": "$.nowhere", "remove": True}))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "`$.nowhere` matches nothing" in result.stderr
