"""The command line: its help, mistakes, broken documents and lists."""

import errno
import json
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.requirements import requirements
from screentest_suites.cli import main
from screentest_suites.reporting import report
from tests.suites.cli.programs import SCREENTEST, Run, environment

COMMANDS = sorted(main.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, run: Run) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: screentest {command}")
    assert main.commands[command].short_help or main.commands[command].help
    assert run(command, "-h").output == result.output


def test_the_front_page_names_every_command(run: Run) -> None:
    shown = run("--help").output
    assert all(re.search(rf"^  {command} ", shown, re.MULTILINE) for command in COMMANDS)
    assert re.fullmatch(r"(main|screentest), version \d+\.\d+\.\d+\S*\n", run("--version").output)


MISTAKES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "a misspelt provider": (("check", "evolnk"), ("unknown provider 'evolnk'", "did you mean evolink?")),
    "an unknown provider": (("serve", "nobody"), ("unknown provider 'nobody'", "known: ark, dashscope, evolink")),
    "a missing file": (("lint", "no/such/file.yaml"), ("cannot read no/such/file.yaml",)),
    "no key": (
        ("check", "evolink", "--target", "http://127.0.0.1:9"),
        ("EVOLINK_API_KEY is not set", "export EVOLINK_API_KEY="),
    ),
    "no address": (("check", "evolink", "--target", "localhost:80"), ("'localhost:80' is no address", "http://")),
    "no such port": (("check", "evolink", "--target", "http://127.0.0.1:99999"), ("is no address", "http://")),
    "half an address": (("check", "evolink", "--target", "http://[::1"), ("is no address",)),
    "a password": (("check", "evolink", "--target", "http://me:pw@h.example"), ("user name or a password", "http://")),
    "a password and no port": (("check", "evolink", "--target", "http://me:pw@h:99999"), ("or a password", "http://")),
    "a query": (("check", "evolink", "--target", "http://h.example/?a=b"), ("has a query or a fragment", "http://")),
    "a fragment": (("check", "evolink", "--target", "http://h.example#a"), ("has a query or a fragment", "http://")),
    "an interval that is no number": (("check", "--poll-interval", "nan"), ("--poll-interval",)),
    "an endless interval": (("check", "--poll-interval", "inf"), ("--poll-interval",)),
    "a patience that is no number": (("check", "--task-timeout", "nan"), ("--task-timeout",)),
    "an endless patience": (("check", "--task-timeout", "1e400"), ("--task-timeout",)),
    "a rate that is no number": (("check", "--rate", "nan"), ("--rate",)),
    "a rate of nothing": (("check", "--rate", "1e-300"), ("--rate",)),
    "a time-out that is no number": (("check", "--timeout", "nan"), ("--timeout",)),
    "a pace that is no number": (("serve", "--speed", "nan"), ("--speed",)),
    "a pace of the embedded mock": (("check", "evolink", "--speed", "60"), ("--speed is for --target", "has its own")),
    "no host": (("serve", "evolink", "--host", ""), ("the host to listen on is empty", "127.0.0.1")),
    "a host that is none": (
        ("serve", "evolink", "--host", "300.1.1.1"),
        ("cannot listen on 300.1.1.1", "check --host"),
    ),
    "the host of another": (
        ("serve", "evolink", "--host", "192.0.2.1"),
        ("listen on 192.0.2.1", "check --host"),
    ),
    "a key of two words": (("serve", "evolink", "--api-key", "sk a"), ("--api-key must be printable",)),
    "another account's key": (("serve", "evolink", "--api-key", "sk-screentest-poor"), ("key of another account",)),
    "no examples": (("check", "--examples", "0"), ("--examples",)),
    "no number": (("check", "--poll-interval", "often"), ("--poll-interval",)),
    "a negative time": (("check", "--task-timeout", "-1"), ("--task-timeout",)),
    "no port": (("serve", "--port", "70000"), ("--port",)),
    "no pace": (("serve", "--speed", "0"), ("--speed",)),
    "an unknown clock": (("serve", "--clock", "cuckoo"), ("--clock", "real", "manual")),
    "an unknown option": (("check", "--providr", "x"), ("--providr",)),
    "an unknown command": (("chek",), ("chek",)),
    "an unknown model": (("check", "evolink", "--model", "sora"), ("no model 'sora'", "happyhorse-1.1-text-to-video")),
    "an unknown scenario": (
        ("serve", "evolink", "--scenario", "failrue"),
        ("unknown scenario 'failrue'", "did you mean failure?"),
    ),
    "an unknown failure": (("serve", "evolink", "--scenario", "failure:bored"), ("no failure 'bored'", "codes: ")),
    "an unknown deviation": (
        ("serve", "evolink", "--deviation", "never-end"),
        ("unknown deviation", "did you mean never-ends?"),
    ),
    "an unknown setting": (("serve", "evolink", "--setting", "colour=red"), ("no such setting: colour", "id-form")),
    "an unknown reading": (("serve", "evolink", "--setting", "id-form=round"), ("round", "long", "short")),
    "a setting without a reading": (("serve", "evolink", "--setting", "id-form"), ("has no reading", "NAME=READING")),
    "an empty key": (("serve", "evolink", "--api-key", " "), ("--api-key must be printable",)),
    "no certificate": (("serve", "evolink", "--callback-ca", __file__), ("is no certificate", "PEM")),
    "a folder that is not there": (
        ("check", "evolink", "--report", "/no/such/report.json"),
        ("cannot write", "folder must exist"),
    ),
    "an unknown report format": (
        ("check", "evolink", "--report", "report.docx"),
        ("no report format '.docx'", "write to a"),
    ),
    "half of a callback receiver": (
        ("check", "evolink", "--callback-url", "https://x.example"),
        ("need --callback-listen",),
    ),
    "no listening address": (("check", "evolink", "--callback-listen", "8443"), ("is no address", "HOST:PORT")),
    "nothing to check": (("selfcheck", "evolink", "--only", "no-such"), ("nothing is called no-such",)),
    "no document": (("lint",), ("DOCUMENT",)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_a_way_out(name: str, run: Run) -> None:
    arguments, said = MISTAKES[name]
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    for words in said:
        assert words in result.stderr


@pytest.mark.parametrize("account", ["", "_SECOND", "_POOR", "_RESTRICTED"])
@pytest.mark.parametrize("value", ["kéy-7731", "a\nb-7731", " key-7731", "key-7731\n", "a\x7f7731"])
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(value: str, account: str, run: Run) -> None:
    variables = {"EVOLINK_API_KEY": "sk-good", f"EVOLINK_API_KEY{account}": value}
    result = run("check", "evolink", "--target", "http://127.0.0.1:9", **variables)
    assert result.exit_code == 2
    assert f"EVOLINK_API_KEY{account} holds no key: " in result.stderr
    assert "7731" not in result.output


@pytest.mark.parametrize("command", ["check", "compare", "serve", "plan"])
def test_two_documents_of_one_name_are_told(command: str, small_file: str, small_text: str, run: Run) -> None:
    other = Path(small_file).with_name("other.yaml")
    other.write_text(small_text)
    result = run(command, small_file, str(other))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "two documents have the same provider name" in result.stderr


def test_a_report_whose_folder_has_gone_leaves_the_verdicts_and_the_others(
    run: Run, small_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "check_path", lambda path: None)
    gone, other, known = tmp_path / "gone" / "run.json", tmp_path / "run.html", tmp_path / "run.json"
    paths = ("--report", str(gone), "--report", str(other), "--report", str(known))
    result = run("check", small_file, "--examples", "1", *paths)
    assert result.exit_code == 3
    assert "no MUST failed" in result.stdout
    assert f"error: cannot write {gone}: No such file or directory\nhint: " in result.stderr
    assert other.exists()
    page = tmp_path / "page.md"
    result = run("report", str(known), "--output", str(gone.with_suffix(".html")), "--output", str(page))
    assert result.exit_code == 2
    assert f"written: {page}\n" in result.stdout
    assert "error: cannot write" in result.stderr


def test_a_baseline_that_cannot_be_written_is_told(run: Run, small_file: str, tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    baseline = ("--baseline", str(tmp_path / "known.yaml"), "--update-baseline")
    result = run("check", small_file, "--examples", "1", *baseline)
    assert result.exit_code == 3
    assert "no MUST failed" in result.stdout
    assert "known.yaml: No space left on device" in result.stderr


def test_a_report_path_is_looked_at_before_anything_is_sent(run: Run, hostile: Any) -> None:
    server = hostile(lambda request: [])
    result = run("check", "evolink", "--target", server.url, "--report", "/no/such/x.json", EVOLINK_API_KEY="sk-1")
    assert result.exit_code == 2
    assert server.requests == []


def test_an_unreachable_target_is_status_3(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = run("check", "evolink", "--target", url, EVOLINK_API_KEY="sk-1")
    assert result.exit_code == 3
    assert f"{url} cannot be reached: no connection" in result.stderr
    assert "hint: " in result.stderr


BROKEN_DOCUMENTS: dict[str, tuple[Callable[[str], str], str]] = {
    "no YAML": (lambda text: "openapi: [", "/: line 2, column 1: "),
    "no object": (lambda text: "- 1", "/: not an object"),
    "without x-task": (lambda text: text.partition("x-task:")[0], "x-task"),
    "an unknown role": (lambda text: text.replace("cancel: [stop]", "pause: [stop]"), "/x-task/roles"),
    "an invalid base": (lambda text: text.replace("base: {model: clip-1}", "base: {}"), "/x-task/models/clip-1/base"),
    "an unknown hole": (lambda text: text.replace("{{progress|percent}}", "{{mood}}"), "unknown hole 'mood'"),
}


@pytest.mark.parametrize("command", ["check", "serve", "requirements", "deviations", "selfcheck"])
@pytest.mark.parametrize("name", BROKEN_DOCUMENTS)
def test_a_broken_document_is_named_with_the_place(
    name: str, command: str, tmp_path: Path, small_text: str, run: Run
) -> None:
    spoil, said = BROKEN_DOCUMENTS[name]
    file = tmp_path / "broken.yaml"
    file.write_text(spoil(small_text))
    result = run(command, str(file))
    assert result.exit_code == 2
    assert str(file) in result.stderr
    assert said in result.stderr
    assert "hint: " in result.stderr


def test_requirements_as_json(small_file: str, small: Contract) -> None:
    output = subprocess.run(
        [*SCREENTEST, "requirements", small_file, "--format", "json"],
        capture_output=True,
        check=True,
        env=environment(),
    ).stdout
    rows = json.loads(output)
    assert [row["id"] for row in rows] == [each.id for each in requirements(small)]
    assert {row["level"] for row in rows} <= {"MUST", "SHOULD", "NOTE"}
    assert all(row["statement"] and row["provider"] == "acme" for row in rows)
    must = [row for row in rows if row["level"] == "MUST" and row["untestable"] is None]
    assert all(row["sources"] for row in must)


def test_requirements_as_a_table(run: Run, small_file: str, small: Contract) -> None:
    result = run("requirements", small_file)
    assert result.exit_code == 0
    assert all(each.id in result.output for each in requirements(small))


def test_providers_are_listed(run: Run) -> None:
    result = run("providers")
    for name in built_in():
        assert re.search(rf"^{name} .*{load_contract(name).key_variable}", result.output, re.MULTILINE), name
    kinds = [re.search(r"gateway|original|software", line) for line in result.output.splitlines()[1:]]
    assert [kind and kind[0] for kind in kinds] == ["gateway"] * 4 + ["original"] * 9 + ["software"]


def test_scenarios_and_deviations_are_listed(run: Run, small_file: str) -> None:
    assert re.search(r"^lost-answer +the create is accepted", run("scenarios").output, re.MULTILINE)
    every, some = run("deviations").output.splitlines(), run("deviations", small_file).output.splitlines()
    assert any(line.startswith("never-ends ") for line in some)
    assert 10 < len(some) < len(every)
