"""Whatever stands anywhere in a document, under whatever key: findings or a clear refusal, never a traceback."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.turns import by_turns

from screentest_contracts import UsageError, built_in, load_contract
from screentest_contracts.comparison import compare
from screentest_contracts.lint import Severity, lint_file
from screentest_contracts.lint.plain import json_form, text_lines
from screentest_contracts.lint.sarif import sarif_form
from screentest_contracts.location import pointer_of, replaced, segments
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.text import parse
from screentest_contracts.requirements import requirements

SCALARS = [404.0, -1, 0, 10**30, 1e300, float("inf"), True, False, None, "", "2026-01-01", "~", "{{id", "a/b~c"]
KEYS = ["404.0", "null", "true", "", "2026-01-01", "1" + "0" * 30]
Path_ = tuple[str, ...]


def places(node: Any, at: Path_ = ()) -> Iterator[Path_]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*at, str(key))
        yield from places(value, (*at, str(key)))


def renamed(node: Any, at: Path_, key: str) -> Any:
    """A copy in which the member at a place has another name."""
    if isinstance(node, list):
        return [renamed(each, at[1:], key) if str(index) == at[0] else each for index, each in enumerate(node)]
    if len(at) == 1:
        return {key if name == at[0] else name: value for name, value in node.items()}
    return {name: renamed(value, at[1:], key) if name == at[0] else value for name, value in node.items()}


def try_everything(file: Path) -> None:
    try:
        report = lint_file(str(file))
    except UsageError:  # one message, no traceback
        return
    text_lines(report)
    orjson.dumps([json_form([report]), sarif_form([report])])
    for finding in report.findings:
        assert finding.line >= 1
        whole = " is missing" in finding.message and finding.rule.startswith("document.")
        assert finding.pointer or whole, finding
    if report.contract is None:
        assert any(each.severity is Severity.ERROR for each in report.findings)
        return
    assert requirements(report.contract)
    other = load_contract("evolink")
    compare(report.contract, other)
    compare(other, report.contract)


CHANGES = st.tuples(st.integers(0), st.sampled_from([("value", each) for each in SCALARS] + [("key", k) for k in KEYS]))


def write(file: Path, tree: Any, change: tuple[int, tuple[str, Any]]) -> str:
    found = list(places(tree))
    number, (what, new) = change
    at = found[number % len(found)]
    if what == "value":
        tree = replaced(tree, at, new)
    elif not at[-1].isdecimal():
        tree = renamed(tree, at, new)
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    return pointer_of(at)


@given(CHANGES)
def test_any_scalar_in_a_small_document(
    tmp_path_factory: pytest.TempPathFactory, small_tree: Callable[[], Any], change: Any
) -> None:
    file = tmp_path_factory.mktemp("scalar") / "document.yaml"
    write(file, small_tree(), change)
    try_everything(file)


@pytest.mark.parametrize("name", by_turns(built_in(), 6))
@given(CHANGES)
@settings(max_examples=max(3, settings.default.max_examples // 20))
def test_any_scalar_in_a_built_in_document(tmp_path_factory: pytest.TempPathFactory, name: str, change: Any) -> None:
    source = find_document(name)
    file = tmp_path_factory.mktemp("scalar") / "document.yaml"
    write(file, parse(source, source.read_bytes()), change)
    try_everything(file)


RECORD = {"name": "two-pages", "statement": "Two pages differ.", "reading": "The first.", "at": ["/paths"]}
X = "/x-task/contradictions/0"


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{X}/reading", 404.0),
        (f"{X}/statement", None),
        (f"{X}/name", True),
        (f"{X}/at/0", 1.5),
        ("/x-task/settings/colour/statement", 10**30),
        ("/x-task/failures/0/message", 7),
        ("/x-task/provider/title", False),
    ],
)
def test_a_text_that_yaml_takes_for_something_else_is_found_at_its_line(
    tmp_path: Path, small_tree: Callable[[], Any], pointer: str, value: Any
) -> None:
    tree = small_tree()
    tree["x-task"]["contradictions"] = [RECORD]
    file = tmp_path / "document.yaml"
    file.write_text(yaml.safe_dump(replaced(tree, segments(pointer), value), sort_keys=False))
    report = lint_file(str(file))
    text_lines(report)
    found = [each for each in report.findings if each.pointer == pointer and each.rule == "document.structure"]
    assert len(found) == 1
    key = segments(pointer)[-1]
    line = file.read_text().splitlines()[found[0].line - 1]
    assert line.lstrip(" -").startswith(key if not key.isdecimal() else str(value))


def test_half_a_surrogate_pair_is_told_where_it_stands(tmp_path: Path, small_tree: Callable[[], Any]) -> None:
    file = tmp_path / "document.json"
    file.write_text(json.dumps(replaced(small_tree(), ("x-task", "provider", "title"), "A\ud800")))
    report = lint_file(str(file))
    text_lines(report)
    assert "/x-task/provider/title" in {each.pointer for each in report.findings}
