"""Entries that stand for several: what they become, where each value is told to stand, and what is wrong with one."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from screentest_contracts import DocumentError
from screentest_contracts.document import read_document
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import Loaded, load
from screentest_contracts.raw.text import MAX_NODES, parse


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    def write(task: str) -> Loaded:
        file = tmp_path / "rows.yaml"
        file.write_text("openapi: 3.1.0\nx-task:\n" + dedent(task).strip("\n").replace("\n", "\n  ").join(["  ", "\n"]))
        return load(file)

    return write


ROWS = """
presence:
- {at: /id, is: present}
- is: present
  type: string
  each:
  - {at: /model}
  - {at: /progress, type: integer}
- {at: /error, is: absent}
"""


def test_an_entry_becomes_a_row_for_each_in_its_place(loaded: Any) -> None:
    assert loaded(ROWS).value["x-task"]["presence"] == [
        {"at": "/id", "is": "present"},
        {"is": "present", "type": "string", "at": "/model"},
        {"is": "present", "type": "integer", "at": "/progress"},
        {"at": "/error", "is": "absent"},
    ]


@pytest.mark.parametrize(
    ("pointer", "line"), [("0", 4), ("1", 8), ("1/at", 8), ("1/type", 6), ("2/type", 9), ("2/is", 5), ("3/at", 10)]
)
def test_every_value_is_told_where_it_is_written(loaded: Any, pointer: str, line: int) -> None:
    assert loaded(ROWS).origin.at(f"/x-task/presence/{pointer}").place.line == line


def test_objects_are_joined_and_lists_replaced(loaded: Any) -> None:
    task = """
    errors:
    - condition: unknown-model
      readings:
      - status: 400
        body: {error: {message: Bad., codes: [a]}}
        source: [S1]
        each: [{body: {error: {code: one}}}, {body: {error: {codes: [b, c]}}, source: [S2]}, {body: null}]
    """
    [row] = loaded(task).value["x-task"]["errors"]
    assert row["readings"] == [
        {"status": 400, "body": {"error": {"message": "Bad.", "codes": ["a"], "code": "one"}}, "source": ["S1"]},
        {"status": 400, "body": {"error": {"message": "Bad.", "codes": ["b", "c"]}}, "source": ["S2"]},
        {"status": 400, "body": None, "source": ["S1"]},
    ]


def test_rows_within_rows(loaded: Any) -> None:
    task = """
    errors:
    - readings: [{status: 404, each: [{tolerated: true}, {}]}]
      each: [{"on": [query], each: [{condition: unknown-task}, {condition: foreign-task}]}, {condition: malformed-id}]
    """
    readings = [{"status": 404, "tolerated": True}, {"status": 404}]
    assert loaded(task).value["x-task"]["errors"] == [
        {"readings": readings, "on": ["query"], "condition": "unknown-task"},
        {"readings": readings, "on": ["query"], "condition": "foreign-task"},
        {"readings": readings, "condition": "malformed-id"},
    ]


def test_readings_of_bodies_but_nothing_inside_of_a_body(loaded: Any) -> None:
    task = """
    profiles:
      default:
        receipt: [{body: {code: 0}, each: [{when: {s: a}}, {when: {s: b}, body: {code: 1}}]}]
        outcomes: {failed: [{status: FAILED, each: [{progress: 0}, {progress: 100}]}]}
        bodies:
          DONE: {results: [{a: 1, each: [{b: 2}]}]}
          FAILED: [{each: [{body: {list: [{each: [{}]}]}}]}]
    """
    profile = loaded(task).value["x-task"]["profiles"]["default"]
    assert profile["receipt"] == [{"body": {"code": 0}, "when": {"s": "a"}}, {"body": {"code": 1}, "when": {"s": "b"}}]
    assert [each["progress"] for each in profile["outcomes"]["failed"]] == [0, 100]
    assert profile["bodies"] == {
        "DONE": {"results": [{"a": 1, "each": [{"b": 2}]}]},
        "FAILED": [{"body": {"list": [{"each": [{}]}]}}],
    }


OVERLAY = """
overlay: 1.1.0
info: {title: Rows, version: "1"}
extends: evolink
actions:
- target: $['x-task'].provider
  update: {name: rows, title: Rows, key: ROWS_KEY}
- target: $['x-task'].presence[?@.at == '/usage/billing_rule']
  update: {type: integer}
- target: $['x-task'].presence
  update: {"on": [completed], is: PRESENT, each: [{at: /one}, {at: /two}]}
"""


def test_an_overlay_sees_the_rows_of_its_base_and_adds_several(tmp_path: Path) -> None:
    base = load(find_document("evolink")).value["x-task"]["presence"]
    file = tmp_path / "rows.yaml"
    file.write_text(OVERLAY.replace("PRESENT", "present"))
    document = read_document(file)
    changed = [{**row, "type": "integer"} if row["at"] == "/usage/billing_rule" else row for row in base]
    added = [{"on": ["completed"], "is": "present", "at": at} for at in ("/one", "/two")]
    assert document.task["presence"] == [*changed, *added]
    assert document.loaded.origin.at(f"/x-task/presence/{len(base) + 1}/at").place.line == 11


def test_what_is_wrong_with_a_row_is_told_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "rows.yaml"
    file.write_text(OVERLAY)
    with pytest.raises(DocumentError) as caught:
        read_document(file)
    assert {problem.place.line for problem in caught.value.problems if problem.place} == {11}


@pytest.mark.parametrize("each", ["[]", "5", "[{at: /one}, 5]"])
def test_what_is_no_list_of_objects_is_told(tmp_path: Path, each: str) -> None:
    file = tmp_path / "rows.yaml"
    file.write_text(OVERLAY.replace("PRESENT", "present").replace("[{at: /one}, {at: /two}]", each))
    with pytest.raises(DocumentError) as caught:
        read_document(file)
    assert any(problem.pointer.startswith("/x-task/presence/") for problem in caught.value.problems)
    assert all("/each" in problem.pointer for problem in caught.value.problems)


def test_rows_of_a_single_file_have_their_lines(tmp_path: Path) -> None:
    text = find_document("newapi").read_text(encoding="utf-8")
    assert "each: [{condition: not-ready}, {condition: failed-task}]" in text
    file = tmp_path / "rows.yaml"
    file.write_text(text.replace("{condition: failed-task}]", "{condition: failed-tusk}]"))
    [line] = [n for n, row in enumerate(file.read_text().splitlines(), 1) if "failed-tusk" in row]
    with pytest.raises(DocumentError) as caught:
        read_document(file)
    assert [problem.place.line for problem in caught.value.problems if problem.place] == [line]


def test_rows_beyond_the_size_of_a_document_are_not_made(loaded: Any) -> None:
    common = "{" + ", ".join(f"a{n}: 1" for n in range(2000)) + "}"
    each = "[" + ", ".join(["{}"] * (MAX_NODES // 2000 + 1)) + "]"
    with pytest.raises(DocumentError, match=f"more than {MAX_NODES} nodes"):
        loaded(f"failures:\n- common: {common}\n  each: {each}")


def test_an_earlier_merge_wins_over_a_later_and_own_members_over_both() -> None:
    text = b"a: &a {one: 1, two: 1, three: 1}\nb: &b {two: 2, three: 2, four: 2}\nc: {<<: [*a, *b], three: 3}\n"
    assert parse(Path("a.yaml"), text)["c"] == {"one": 1, "two": 1, "three": 3, "four": 2}


def test_a_merge_within_a_merge() -> None:
    text = b"a: &a {<<: &x {one: 1, two: 1}, two: 2}\nb: {<<: *a, <<: *x, three: 3}\n"
    assert parse(Path("a.yaml"), text)["b"] == {"one": 1, "two": 2, "three": 3}
