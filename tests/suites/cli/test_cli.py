"""The command line: what it says, where it says it, and its exit status."""

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from screentest_contracts import Contract, built_in, load_contract
from screentest_contracts.requirements import requirements
from screentest_suites.cli import main
from screentest_suites.reporting import report

SCREENTEST = [sys.executable, "-c", "from screentest_suites.cli import main; main()"]

COMMANDS = sorted(main.commands)

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs a command in this process, without any keys in the environment but those given."""

    def invoke(*arguments: str, **environment: str) -> Result:
        clean = {name: None for name in os.environ if name.endswith("_API_KEY")}
        result = CliRunner().invoke(main, arguments, env={**clean, **environment})
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def small_file(tmp_path: Path, small_text: str) -> str:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text)
    return str(path)


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")} | more


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, run: Run) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"main {command}" in result.output.splitlines()[0]
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


# -- check --------------------------------------------------------------------------------------------------------


def test_check_judges_and_reports(run: Run, small_file: str, small: Contract, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run("check", small_file, "--examples", "4", "--seed", "3", "--report", str(report), "--verbose")
    assert result.exit_code == 0, result.output
    found = json.loads(report.read_text())
    assert found["header"]["seed"] == 3
    assert len(found["requirements"]) == len(requirements(small))
    assert len(re.findall(r"^(passed|skipped) +(MUST|SHOULD|NOTE) +acme:", result.output, re.MULTILINE)) == len(
        found["requirements"]
    )
    assert "no MUST failed" in result.output


@pytest.fixture
def deviating(small_file: str) -> Iterator[str]:
    """The URL of a served mock whose ids have another form: that shows however busy this machine is."""
    with serving(small_file, "--deviation", "id-of-another-form", "--speed", "1000") as (_, url):
        yield url


def serving(*arguments: str) -> Any:
    """A server as a subprocess: gives it and its URL once it has said how to try it; it is interrupted at the end."""
    import contextlib

    @contextlib.contextmanager
    def run() -> Iterator[tuple[subprocess.Popen[str], str]]:
        command = [*SCREENTEST, "serve", *arguments, "--port", "0"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        ) as server:
            assert server.stdout is not None
            banner = ""
            while "try: " not in banner and (line := server.stdout.readline()):
                banner += line
            match = re.search(r"http://\S+:\d+", banner)
            try:
                assert match, banner
                yield server, match[0]
            finally:
                server.send_signal(signal.SIGINT)
                server.communicate(timeout=6000)

    return run()


def test_a_failed_must_is_status_1_and_shows_why(deviating: str, run: Run, small_file: str) -> None:
    result = run(
        *(
            "check",
            small_file,
            "--target",
            deviating,
            "--poll-interval",
            "0.02",
            "--task-timeout",
            "2",
            "--examples",
            "4",
        ),
        ACME_API_KEY="sk-screentest",
    )
    assert result.exit_code == 1
    assert re.search(r"^failed +MUST +acme:create.id.form  the id is ", result.output, re.MULTILINE)
    assert "source: A page" in result.output
    assert '-H "x-key: Key $ACME_API_KEY"' in result.output
    assert "sk-screentest" not in result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "observed of Acme: 1 model: 1 accepted a request"
    told = next(index for index, line in enumerate(lines) if line.startswith("not judged of Acme: "))
    assert (
        lines.index(f"next: screentest explain create.id.form {small_file}  (what it demands, and how to see it again)")
        > told
    )
    assert lines[-1].startswith("a MUST failed; ")


@pytest.mark.parametrize("deviation", ["task-wrapped-again", "answers-begin-with-a-mark"])
def test_a_run_that_saw_no_task_end_says_so_first_and_last(deviation: str, run: Run, small_file: str) -> None:
    quick = ("--poll-interval", "0.02", "--task-timeout", "1", "--examples", "1")
    with serving(small_file, "--deviation", deviation, "--speed", "1000") as (_, url):
        result = run("check", small_file, "--target", url, *quick, ACME_API_KEY="sk-screentest")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "observed of Acme: no task was seen to its end: this run says next to nothing of the server"
    assert lines[-1].startswith("a MUST failed, and no task was seen to its end (Acme); ")


def test_no_colours_where_nobody_sees_them(small_file: str) -> None:
    command = [*SCREENTEST, "check", small_file, "--examples", "1", "--verbose"]
    piped = subprocess.run(command, capture_output=True, check=True, env=environment(TERM="xterm-256color")).stdout
    assert b"\x1b" not in piped
    assert b"no MUST failed" in piped


def test_colours_on_a_terminal(small_file: str) -> None:
    import pty

    leader, follower = pty.openpty()
    command = [*SCREENTEST, "check", small_file, "--examples", "1"]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment(TERM="xterm-256color")):
        os.close(follower)
        shown = b""
        try:
            while more := os.read(leader, 65536):
                shown += more
        except OSError:  # the other end is closed
            pass
    os.close(leader)
    assert b"\x1b[32mno MUST failed" in shown


def test_an_interrupted_check_writes_what_it_has(small_file: str, tmp_path: Path, hostile: Any) -> None:
    """Ctrl-C while waiting for a server that does not answer."""
    report = tmp_path / "report.json"
    server = hostile(lambda request: [3600.0])
    command = [*SCREENTEST, "check", small_file, "--target", server.url, "--report", str(report), "--timeout", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(ACME_API_KEY="sk-1")
    ) as check:
        while len(server.requests) < 2:  # beyond the first knock
            assert check.poll() is None
            server.heard.wait(10)
            server.heard.clear()
        check.send_signal(signal.SIGINT)
        _, errors = check.communicate(timeout=6000)
    assert check.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert "footer" not in json.loads(report.read_text())


# -- serve --------------------------------------------------------------------------------------------------------


def test_serve_says_where_and_ends_without_a_fuss(small_file: str) -> None:
    with serving(small_file, "--clock", "manual") as (server, url):
        assert httpx.get(f"{url}/_screentest/health").json() == {"status": "ok", "providers": ["acme"]}
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=6000)
    assert server.returncode == 0
    assert "Traceback" not in errors
    assert errors.strip() == "stopped"


def test_a_port_in_use_is_a_mistake_with_a_way_out(small_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*SCREENTEST, "serve", small_file, "--port", str(port)],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=600,
        )
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert f"try --port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("stdout", "said", "arguments"),
    [
        (">&-", "standard output is closed", "check {} --examples 1"),
        (">&-", "standard output is closed", "lint {}"),
        (">/dev/full", "cannot print: No space left on device", "requirements {} --format json"),
        (">/dev/full", "cannot print: No space left on device", "check {} --examples 1 -v"),
        (">/dev/full", "cannot print: No space left on device", "compare {} evolink"),
        (">/dev/full", "cannot print: No space left on device", "--help"),
    ],
)
def test_an_output_that_takes_nothing_is_no_verdict(arguments: str, stdout: str, said: str, small_file: str) -> None:
    line = f"{' '.join(map(repr_for_shell, SCREENTEST))} {arguments.format(small_file)} {stdout}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(), timeout=600)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {said}\nhint: ")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [("requirements", 0), ("--help", 0), ("check {} -v --examples 1", 3), ("lint {} --format json", 3)],
)
def test_a_reader_who_leaves_is_no_verdict(arguments: str, status: int, small_file: str) -> None:
    """Nobody reads at all: the pipe is closed before anything is printed."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as pipe:
        command = [*SCREENTEST, *arguments.format(small_file).split()]
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, env=environment(), timeout=600)
    assert (done.returncode, done.stderr) == (status, "")


def test_a_closed_pipe_is_no_failure(small_file: str) -> None:
    """`screentest requirements | head -1`."""
    line = f"{' '.join(map(repr_for_shell, SCREENTEST))} requirements {small_file} --format json | head -c 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment())
    assert done.stdout == "["
    assert "Traceback" not in done.stderr


def repr_for_shell(text: str) -> str:
    import shlex

    return shlex.quote(text)
