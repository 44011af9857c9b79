"""What changed between two runs; two runs of one server do not differ."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from tests.suites.recorded import Recorded, invoke, record
from tests.turns import by_turns


def differences(old: Path, new: Path) -> list[dict[str, str]]:
    result = invoke("diff", str(old), str(new), "--format", "json")
    found: list[dict[str, str]] = json.loads(result.stdout)
    assert result.exit_code == (1 if found else 0)
    return found


@pytest.mark.parametrize("provider", ["tokenbay"])
def test_two_runs_of_one_server_do_not_differ(provider: str, tmp_path: Path) -> None:
    """Other tasks, other times, other addresses, another pace."""
    model = next(iter(load_contract(provider).models))
    for name, speed in (("a", 3000), ("b", 2500)):
        record(provider, tmp_path / name, "--model", model, speed=speed)
    assert differences(tmp_path / "a", tmp_path / "b") == []
    assert differences(tmp_path / "a" / "report.json", tmp_path / "b" / "report.json") == []
    shown = invoke("diff", str(tmp_path / "a"), str(tmp_path / "b"))
    assert shown.stdout == f"no differences: {provider}\n"


@pytest.mark.parametrize(
    ("deviation", "kind", "words"),
    by_turns(
        [
            ("unknown-status", "status word", "mystery"),
            ("unknown-status", "verdict", "query.status.known"),
            ("accepts-above-maximum", "answer", "422"),
        ],
        2,
    ),
)
def test_a_deviation_is_named(
    deviation: str, kind: str, words: str, run: Recorded, small_file: str, tmp_path: Path
) -> None:
    other = record(small_file, tmp_path / "other", broken=deviation)
    found = differences(run.directory, other.directory)
    assert any(each["kind"] == kind and words in json.dumps(each).lower() for each in found), found


CHANGES: dict[str, tuple[Callable[[Any], Any], dict[str, str]]] = {
    "a new member": (lambda body: body | {"fresh": 1}, {"kind": "field", "old": "absent", "new": "number"}),
    "a member gone": (
        lambda body: {name: value for name, value in body.items() if name != "row"},
        {"kind": "field", "old": "number", "new": "absent"},
    ),
    "a member retyped": (
        lambda body: body | ({"row": str(body["row"])} if "row" in body else {}),
        {"kind": "field", "old": "number", "new": "string"},
    ),
    "other words in an error": (
        lambda body: body | ({"error": body["error"] | {"code": "wicked"}} if "error" in body else {}),
        {"kind": "error", "old": "bad", "new": "wicked"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_bodies_are_shown(name: str, run: Recorded, copied: Path, events: Callable[..., None]) -> None:
    change, wanted = CHANGES[name]

    def other(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "answer" and event["body"].get("text", "").startswith("{"):
            event["body"]["text"] = json.dumps(change(json.loads(event["body"]["text"])))
        return event

    events(other)
    found = differences(run.directory, copied)
    assert any(wanted.items() <= each.items() for each in found), found


def test_another_pace_is_shown(run: Recorded, copied: Path, events: Callable[..., None]) -> None:
    def slower(event: dict[str, Any]) -> dict[str, Any]:
        if event["event"] == "answer":
            event["sent_at"] -= 7
        return event

    events(slower)
    found = differences(run.directory, copied)
    assert {"timing"} == {each["kind"] for each in found if each["where"].startswith("an answer of")}
    assert any(float(each["new"].removesuffix(" s")) >= 7 for each in found if each["kind"] == "timing")


def test_what_only_one_run_has_seen_is_no_difference(run: Recorded, copied: Path, events: Callable[..., None]) -> None:
    dropped = set()

    def half(event: dict[str, Any]) -> dict[str, Any] | None:
        if event["event"] == "request" and event["number"] > 60:
            dropped.add(event["number"])
        return None if event.get("number") in dropped else event

    events(half)
    assert differences(run.directory, copied) == []
