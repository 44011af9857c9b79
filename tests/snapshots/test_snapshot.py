"""The comparing of snapshots notices what it is for; `masking.py` takes out what it says, and no more."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the tool is a script, not a package

import snapshot
from comparing import Difference, differences
from masking import Mask

NOW = 1796050200.0
REPORT = {
    "header": {"seed": 0},
    "requirements": [
        {"id": "create.seed", "provider": "acme", "verdict": "passed"},
        {"id": "query.status", "provider": "acme", "verdict": "passed"},
    ],
}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("old", "new"):
        (tmp_path / name / "check").mkdir(parents=True)
        (tmp_path / name / "check" / "acme.json").write_text(json.dumps(REPORT), encoding="utf-8")
        (tmp_path / name / "check" / "acme.txt").write_text("one\ntwo\nthree\n", encoding="utf-8")
    return tmp_path / "old", tmp_path / "new"


def change(folder: Path, verdict: str = "failed") -> None:
    rows = [{**REPORT["requirements"][0], "verdict": verdict}, REPORT["requirements"][1]]  # type: ignore[index]
    (folder / "check" / "acme.json").write_text(json.dumps({**REPORT, "requirements": rows}), encoding="utf-8")


def accepting(tmp_path: Path, row: str, **more: str) -> list[str]:
    entry = {"file": "check/*.json", "row": row, "reason": "the fault of line 7 was mended", **more}
    (tmp_path / "accept.yaml").write_text(json.dumps([entry]), encoding="utf-8")  # JSON is YAML
    return ["--accept", str(tmp_path / "accept.yaml")]


def compared(folders: tuple[Path, Path], *more: str) -> int:
    return snapshot.main(["compare", *map(str, folders), *more])


def test_nothing_differs(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert compared(folders) == 0
    assert capsys.readouterr().out == "differences: 0, stale acceptances: 0\n"


def test_a_changed_row_is_told_by_its_name(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    change(folders[1])
    assert compared(folders) == 1
    said = capsys.readouterr().out.splitlines()
    row = "requirements > acme create.seed > verdict"
    assert said == [f'check/acme.json: {row}: was "passed", is "failed"', "differences: 1, stale acceptances: 0"]


def test_a_changed_line(folders: tuple[Path, Path]) -> None:
    (folders[1] / "check" / "acme.txt").write_text("one\n2\nthree\nfour\n", encoding="utf-8")
    assert list(differences(*folders, ["check"])) == [
        Difference("check/acme.txt", "line 2", "two", "2"),
        Difference("check/acme.txt", "line 4", None, "four"),
    ]


def test_rows_that_came_went_or_moved(folders: tuple[Path, Path]) -> None:
    first, second = REPORT["requirements"]  # type: ignore[misc]
    for rows, row in (
        ([second], "requirements > acme create.seed"),
        ([second, first], "requirements > (order)"),
        ([first, second, {**first, "id": "new"}], "requirements > acme new"),
    ):
        (folders[1] / "check" / "acme.json").write_text(json.dumps({**REPORT, "requirements": rows}), encoding="utf-8")
        assert [found.row for found in differences(*folders, ["check"])] == [row]


def test_true_is_not_one(folders: tuple[Path, Path]) -> None:
    (folders[1] / "check" / "acme.json").write_text(json.dumps({**REPORT, "header": {"seed": False}}), encoding="utf-8")
    assert [found.row for found in differences(*folders, ["check"])] == ["header > seed"]


@pytest.mark.parametrize("lacking", [0, 1])
def test_a_missing_file(folders: tuple[Path, Path], lacking: int, capsys: pytest.CaptureFixture[str]) -> None:
    (folders[lacking] / "check" / "acme.txt").unlink()
    assert compared(folders) == 1
    assert f"check/acme.txt: (file): {('new', 'gone')[lacking]}" in capsys.readouterr().out
    assert compared(folders, "--only", "lint") == 0


def test_an_accepted_difference(folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folders[1])
    row = "requirements > acme create.* > verdict"
    assert compared(folders, *accepting(tmp_path, row)) == 0
    assert "accepted: 1 in check/*.json" in capsys.readouterr().out
    assert compared(folders, *accepting(tmp_path, row, was="passed", **{"is": "failed"})) == 0
    assert compared(folders, *accepting(tmp_path, row, **{"is": "skipped"})) == 1


def test_a_stale_acceptance(folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = accepting(tmp_path, "requirements > acme create.* > verdict")
    assert compared(folders, *options) == 1
    assert "stale acceptance: nothing differs any more in check/*.json" in capsys.readouterr().out
    assert compared(folders, *options, "--only", "lint") == 0  # nobody looked


def test_an_acceptance_needs_a_reason(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="entry 1: file, row and reason are needed"):
        compared(folders, *accepting(tmp_path, "*", reason=" "))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("started 2026-11-30T14:50:00Z", "started <now>"),
        ("| &#50;026-11-30 14:50 | &#50;026-07-01 10:00 |", "| <now> | &#50;026-07-01 10:00 |"),
        ("read 2026-11-21, at 2026-05-28T20:26:40Z", "read 2026-11-21, at 2026-05-28T20:26:40Z"),
        ("task-1796050200123000000-ab, task-1780000000000000000-ab", "task-<now>-ab, task-1780000000000000000-ab"),
        (
            "216 verdicts in 4.4 s, 507 requests judged per second",
            "216 verdicts in <seconds>, <speed> requests judged per second",
        ),
        ("takes 120 s, at least 4.4 s", "takes 120 s, at least 4.4 s"),
        ("screentest, version 1.2.3; openapi 1.2.3", "screentest, version <version>; openapi 1.2.3"),
        ("/tmp/x/run.json is no report", "<here>/run.json is no report"),
        (
            "file:///a/screentest_openapi/evolink.yaml and /src/acme.yaml",
            "<built-in>/evolink.yaml and /src/acme.yaml",
        ),
        ("http://127.0.0.1:9 cannot be reached", "http://127.0.0.1:9 cannot be reached"),
        ("padded   \nrow", "padded\nrow"),
    ],
)
def test_masks_take_out_what_they_say_and_no_more(text: str, masked: str) -> None:
    assert Mask(NOW, NOW + 5, "1.2.3", {"/tmp/x": "<here>"})(text) == masked


def test_masks_of_values() -> None:
    mask = Mask(NOW, NOW + 5, "1.2.3")
    tool = {"name": "screentest lint", "semanticVersion": "1.2.3"}
    assert mask.value({"tool": tool, "at": NOW + 1, "virtual": 1780000000.0, "ended": True, "version": "1.2.3"}) == {
        "tool": {"name": "screentest lint", "semanticVersion": "<version>"},
        "at": "<now>",
        "virtual": 1780000000.0,
        "ended": True,
        "version": "1.2.3",
    }
