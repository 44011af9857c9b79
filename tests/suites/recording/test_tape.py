"""What is on disk: its schema, what is made of a tape that was cut off or changed, and mistakes in using it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from screentest_contracts.errors import UsageError
from screentest_contracts.redact import Redactor
from screentest_suites.recording.cassette import Cassette
from screentest_suites.recording.header import SCHEMA, read_header
from tests.suites.recorded import Recorded, invoke


def test_every_event_is_described_by_the_schema(run: Recorded) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema_rs.meta.validate(schema)
    event = jsonschema_rs.validator_for({"$ref": "#/$defs/event", "$defs": schema["$defs"]})
    lines = [json.loads(line) for line in run.tape.read_text().splitlines()]
    assert {line["event"] for line in lines} == {"request", "answer", "memory", "judging"}
    for line in lines:
        event.validate(line)
        assert not event.is_valid({**line, "more": 1})
    header = json.loads((run.tape.parent / "run.json").read_text())
    jsonschema_rs.validator_for({"$ref": "#/$defs/header", "$defs": schema["$defs"]}).validate(header)
    assert header["document"].endswith("acme.yaml")
    assert header["accounts"] == ["good", "second"]


def test_what_may_create_something_is_written_before_it_is_sent(run: Recorded) -> None:
    """Its request stands alone, its answer comes later; what only asks is written with its answer."""
    lines = [json.loads(line) for line in run.tape.read_text().splitlines()]
    seen: dict[int, dict[str, Any]] = {}
    answered = {line["number"]: line for line in lines if line["event"] == "answer"}
    for line in lines:
        if line["event"] == "request":
            assert line["number"] not in seen
            seen[line["number"]] = line
        elif line["event"] == "answer":
            assert line["number"] in seen
    creates = [line for line in seen.values() if line["method"] == "POST" and line["url"].endswith("/jobs")]
    assert len(creates) > 30
    assert all(line["at"] <= answered[line["number"]]["sent_at"] for line in creates)


@pytest.mark.parametrize("cut", [1, 7, 60, 300])
def test_a_line_that_was_cut_off_is_dropped(cut: int, copied: Path) -> None:
    path = copied / "acme" / "exchanges.jsonl"
    whole = path.read_bytes()
    last = whole.rfind(b'{"event":"answer"')
    assert last > 1000
    path.write_bytes(whole[: last + min(cut, whole.index(b"\n", last) - last)])
    tape = Cassette.read(copied / "acme")
    assert sum(entry.exchange is None for entry in tape.entries) == 1
    tape.open(Redactor())
    tape.close()
    assert path.read_bytes() == whole[:last]


SPOILT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no JSON in the middle": (lambda path: _replace(path, 3, b"{broken"), "line 3: no JSON"),
    "another kind of event": (lambda path: _replace(path, 2, b'{"event": "party"}'), "line 2: no event of a recording"),
    "a list": (lambda path: _replace(path, 1, b"[]"), "line 1: no event of a recording"),
    "a body outside": (
        lambda path: _replace(path, 1, _request({"file": "../../../etc/passwd"})),
        "line 1: no event of a recording",
    ),
    "a body that is gone": (lambda path: _replace(path, 1, _request({"file": "0" * 64})), "cannot read"),
    "a body that is no base64": (lambda path: _replace(path, 1, _request({"base64": "!"})), "not base64"),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 9 + b"\n"), "line 1: no JSON"),
    "no header": (lambda path: path.with_name("run.json").unlink(), "holds no recording"),
    "a broken header": (lambda path: path.with_name("run.json").write_text("{"), "run.json is not JSON"),
    "an empty header": (lambda path: path.with_name("run.json").write_text("{}"), "is missing"),
    "a newer format": (lambda path: path.with_name("run.json").write_text('{"format": 2}'), "has format 2, not 1"),
}


def _replace(path: Path, number: int, line: bytes) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[: number - 1], line, *lines[number:]]))


def _request(body: dict[str, str]) -> bytes:
    event = {"event": "request", "number": 1, "mark": "0" * 32, "at": 1, "account": "", "purpose": "", "method": "GET"}
    return json.dumps({**event, "url": "https://x.example", "headers": [], "body": body}).encode()


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("command", ["replay", "diff", "serve", "resume"])
def test_a_spoilt_recording_is_told_with_the_place(name: str, command: str, copied: Path) -> None:
    spoil, said = SPOILT[name]
    spoil(copied / "acme" / "exchanges.jsonl")
    arguments = {"replay": ["replay"], "diff": ["diff", str(copied)], "serve": ["serve", "--replay"]}
    result = invoke(*arguments.get(command, ["check", "--resume"]), str(copied), ACME_API_KEY="sk-screentest")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "hint: " in result.stderr


def test_a_changed_body_is_noticed(copied: Path) -> None:
    file = next((copied / "acme" / "bodies").iterdir(), None)
    assert file is not None
    file.write_bytes(file.read_bytes() + b"x")
    assert "is not what was recorded" in invoke("replay", str(copied)).stderr


def test_two_runs_do_not_write_one_tape(copied: Path) -> None:
    first, second = Cassette.read(copied / "acme"), Cassette.read(copied / "acme")
    first.open(Redactor())
    try:
        with pytest.raises(UsageError, match="being recorded to by another run"):
            second.open(Redactor())
    finally:
        first.close()


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "the embedded mock": (("check", "evolink", "--record", "{tmp}/new"), "--record needs --target or --live"),
    "both": (("check", "--record", "{tmp}/new", "--resume", "{copy}"), "exclude each other"),
    "a recording there already": (
        ("check", "evolink", "--target", "http://127.0.0.1:9", "--record", "{copy}"),
        "holds a recording already",
    ),
    "a file": (
        ("check", "evolink", "--target", "http://127.0.0.1:9", "--record", "{copy}/report.json"),
        "cannot record",
    ),
    "nothing to resume": (("check", "--resume", "{tmp}/none"), "is no folder"),
    "nothing to replay": (("replay", "{tmp}"), "holds no recording"),
    "providers with --resume": (("check", "evolink", "--resume", "{copy}"), "not with another PROVIDER"),
    "a target with --resume": (
        ("check", "--resume", "{copy}", "--target", "http://127.0.0.1:9"),
        "not with another --target",
    ),
    "options with --resume": (
        ("check", "--resume", "{copy}", "--seed", "7", "--model", "clip-1", "--timeout", "9"),
        "not with another --timeout or --seed or --model",
    ),
    "providers with serve --replay": (("serve", "evolink", "--replay", "{copy}"), "takes no providers"),
    "no key to resume with": (("check", "--resume", "{copy}"), "ACME_API_KEY is not set"),
    "the same options with --resume": (
        ("check", "--resume", "{copy}", "--target", "{url}", "--poll-interval", "{interval}"),
        "ACME_API_KEY is not set",
    ),
    "nothing in common": (("diff", "{copy}", "{tmp}/other.json"), "no provider in common"),
    "no report": (("diff", "{copy}/acme/run.json", "{copy}"), "is no report"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_a_way_out(name: str, copied: Path, tmp_path: Path) -> None:
    arguments, said = MISTAKES[name]
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "other.json").write_text('{"requirements": []}')
    begun = read_header(copied / "acme")
    facts = {"tmp": empty, "copy": copied, "url": begun.base_url, "interval": begun.run_options.poll_interval}
    result = invoke(*(each.format(**facts) for each in arguments))
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "hint: " in result.stderr


def test_an_account_that_is_missing_now_is_named(copied: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:  # somebody has to be there to knock at
        server.settimeout(0.1)
        header = json.loads((copied / "acme" / "run.json").read_text())
        header |= {"base_url": f"http://127.0.0.1:{server.getsockname()[1]}", "timeout": 0.2}
        (copied / "acme" / "run.json").write_text(json.dumps(header))
        result = invoke("check", "--resume", str(copied), ACME_API_KEY="sk-screentest")
    assert result.exit_code == 2
    assert "ACME_API_KEY_SECOND" in result.stderr


def test_a_recording_moves_as_a_folder(run: Recorded, tmp_path: Path) -> None:
    moved = shutil.copytree(run.directory, tmp_path / "elsewhere")
    assert invoke("replay", str(moved / "acme")).exit_code == 0
    assert read_header(moved / "acme").provider == "acme"


def _half(lines: list[bytes]) -> list[bytes]:
    return lines[: len(lines) // 2]


def _without_one(lines: list[bytes]) -> list[bytes]:
    return [line for number, line in enumerate(lines) if number != len(lines) // 2]


@pytest.mark.parametrize("cut", [_half, _without_one])
def test_a_tape_that_lost_something_is_truncated(cut: Callable[[list[bytes]], list[bytes]], copied: Path) -> None:
    path = copied / "acme" / "exchanges.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    left = cut(lines)
    path.write_bytes(b"".join(left))
    result = invoke("replay", str(copied), "--report", str(copied / "again.json"), "--report", str(copied / "page.md"))
    assert result.exit_code == 0, "what is there is as good as it was"
    assert f"truncated: {len(left)} of {len(lines)} recorded events are there" in result.stderr
    assert "truncated: this is not the whole of a run" in result.stdout
    assert "footer" not in json.loads((copied / "again.json").read_text())
    assert "truncated" in (copied / "page.md").read_text()


@pytest.mark.parametrize("events", ["counted", "not counted"])
def test_a_whole_tape_is_not_truncated(events: str, copied: Path) -> None:
    """Nor is one of a version that did not count."""
    header = json.loads((copied / "acme" / "run.json").read_text())
    assert header["events"] == (copied / "acme" / "exchanges.jsonl").read_bytes().count(b"\n")
    if events == "not counted":
        del header["events"]
        (copied / "acme" / "run.json").write_text(json.dumps(header))
    result = invoke("replay", str(copied), "--report", str(copied / "again.json"))
    assert result.exit_code == 0
    assert "truncated" not in result.output
    assert "footer" in json.loads((copied / "again.json").read_text())


@pytest.mark.parametrize("command", ["replay", "diff", "serve --replay"])
@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b""), Path.unlink])
def test_of_an_empty_tape_nothing_can_be_said(
    spoil: Callable[[Path], Any], command: str, run: Recorded, copied: Path
) -> None:
    spoil(copied / "acme" / "exchanges.jsonl")
    other = [str(run.directory)] if command == "diff" else []
    result = invoke(*command.split(), *other, str(copied))
    assert result.exit_code == 2
    assert f"no answer was recorded in {copied}\nhint: " in result.stderr
    assert result.stdout == ""


def test_a_comparison_with_a_cut_tape_says_so(run: Recorded, copied: Path) -> None:
    path = copied / "acme" / "exchanges.jsonl"
    path.write_bytes(b"".join(_half(path.read_bytes().splitlines(keepends=True))))
    result = invoke("diff", str(run.directory), str(copied))
    assert f"{copied}, Acme: truncated: " in result.stderr
    assert str(run.directory) not in result.stderr
