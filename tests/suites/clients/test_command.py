"""Commands under test: bounded in time, output and files, ended with their children, run once, and judged."""

import json
import os
import shlex
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.providers import known

from screentest_contracts import UsageError, load_contract
from screentest_suites.cli import main
from screentest_suites.clients.command import LARGEST_FILE, RunningCommand
from screentest_suites.clients.seen import ClientRun
from screentest_suites.clients.situations import Wish, model_for
from screentest_suites.clients.staging import run_situation, stage, trust
from screentest_suites.reporting.render import render

CONTRACT = known("nexusflow")
WISH = Wish(model_for(CONTRACT, None), "a paper boat", 2000.0)
GOOD = """
import json, os, time, urllib.request
def call(method, url, body=None, key=True):
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = "Bearer " + os.environ["SCREENTEST_KEY"]
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)
    return urllib.request.urlopen(request, timeout=20).read()
base = os.environ["SCREENTEST_BASE_URL"]
wish = {"model": os.environ["SCREENTEST_MODEL"], "prompt": os.environ["SCREENTEST_PROMPT"]}
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def run(code: str, limit: float = 20.0, name: str = "success") -> ClientRun:
    return run_situation(CONTRACT, name, WISH, python(code), limit)


def started(code: str, tmp_path: Path) -> RunningCommand:
    environment = {
        **os.environ,
        "PIDS": str(tmp_path / "pids"),
        "SCREENTEST_RUN": f"mark-{tmp_path.name}-{time.monotonic_ns()}",
    }
    return RunningCommand(python(code), environment, "SCREENTEST_RUN")


def test_endless_output_is_bounded(tmp_path: Path) -> None:
    running = started("while True: print('x' * 1000, flush=True)", tmp_path)
    assert running.wait(0.5) is None
    text = running.end()
    assert 0 < len(text) < 50_000
    assert running.process.returncode is not None


def test_children_are_ended_even_those_that_left_the_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "note = \"import os,time; p=os.environ['PIDS']; print(os.getpid(), file=open(p, 'a'), flush=True); \"\n"
        "note += 'time.sleep(60)'\n"
        "child = [sys.executable, '-S', '-c', note]\n"
        "subprocess.Popen(child)\n"
        "subprocess.Popen(child, start_new_session=True)\n"
        "time.sleep(60)\n"
    )
    running = started(code, tmp_path)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (not pids.exists() or pids.read_text().count("\n") < 2):
        running.wait(0.05)
    running.end()
    for pid in map(int, pids.read_text().split()):
        while time.monotonic() < deadline and alive(pid):
            time.sleep(0.02)
        assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_files_are_bounded(tmp_path: Path) -> None:
    target = tmp_path / "big"
    running = started(f"f = open({str(target)!r}, 'wb')\nf.truncate({LARGEST_FILE} + 10)", tmp_path)
    assert running.wait(20) != 0
    running.end()
    assert target.stat().st_size <= LARGEST_FILE


def test_what_cannot_be_run_is_told() -> None:
    with pytest.raises(UsageError, match="cannot run 'no-such-program'"):
        run_situation(CONTRACT, "success", WISH, ["no-such-program"], 5)


def test_a_client_that_holds_on_is_stopped() -> None:
    seen = run(GOOD + "call('POST', base + '/v1/tasks', wish)\ntime.sleep(60)", limit=1.5)
    assert seen.ended is not None
    assert seen.ended.status is None
    assert seen.ended.told.startswith("still running after")


def test_a_client_is_run_once_and_its_requests_are_seen() -> None:
    code = (
        GOOD
        + "print(call('POST', base + '/v1/tasks', wish).decode())\nprint('the key is', os.environ['SCREENTEST_KEY'])"
    )
    seen = run(code)
    assert [entry.said for entry in seen.entries] == ["receipt"]
    assert seen.ended is not None
    assert (seen.ended.status, seen.ended.file) == (0, None)
    assert "sk-screentest" not in seen.ended.output


def test_a_huge_body_hurts_nobody() -> None:
    code = GOOD + "call('POST', base + '/v1/tasks', {**wish, 'x': 'y' * 30_000_000})"
    seen = run(code, limit=20)
    assert seen.entries[0].said == "too-large"
    assert len(seen.entries[0].body) == 4096


def judged(arguments: list[str], code: str, *more: str) -> tuple[int, str, Any]:
    report = Path(more[0])
    found = CliRunner().invoke(
        main, ["client", "nexusflow", "--speed", "600", *arguments, "--report", str(report), "--", *python(code)]
    )
    document = json.loads(report.read_text()) if report.exists() else None
    return found.exit_code, found.output, document


WHOLE = (
    GOOD
    + """
import sys
task = json.loads(call("POST", base + "/v1/tasks", wish))["id"]
while True:
    time.sleep(0.05)
    body = json.loads(call("GET", base + "/v1/tasks/" + task))
    if body["status"] == "succeeded": break
    if body["status"] == "failed": sys.exit(str(body))
video = call("GET", body["output"]["video_url"], key=False)
open(os.environ["SCREENTEST_OUTPUT"], "wb").write(video)
"""
)


def test_the_whole_way(tmp_path: Path) -> None:
    situations = [
        word for name in ("success", "failure", "lost-answer", "elsewhere-result") for word in ("--scenario", name)
    ]
    status, output, document = judged(situations, WHOLE, str(tmp_path / "r.json"))
    assert status == 0, output
    assert document["header"]["target"] == {"kind": "client", "host": Path(sys.executable).name}
    rows = {row["id"]: row for row in document["requirements"]}
    for name in ("client.end.video", "client.end.failed", "client.key.elsewhere", "client.create.once.lost-answer"):
        assert rows[name]["verdict"] == "passed", rows[name]
    assert {task["plan"].partition(":")[0] for task in document["tasks"]} == set(situations[1::2])
    page = render([document], ".html")
    assert f'{document["tasks"][0]["model"]}<span class="why">, ' in page


def test_a_client_that_asks_nothing_fails_the_run(tmp_path: Path) -> None:
    status, _, document = judged(
        ["--scenario", "success"], "raise SystemExit('no such file')", str(tmp_path / "r.json")
    )
    assert status == 1
    rows = {row["id"]: row for row in document["requirements"]}
    assert rows["client.end.video"]["reason"].startswith("success: nothing was asked of the mock: exit status 1")
    assert rows["client.end.video"]["reason"].endswith("it printed: no such file")


def test_mistakes_are_told() -> None:
    for arguments, words in (
        (["client", "nexusflow"], "there is no command"),
        (["client", "nexusflow", "--attach", "--", "true"], "exclude each other"),
        (["client", "nexusflow", "--scenario", "sucess", "--", "true"], "no situation 'sucess'"),
        (["client", "nexusflow", "--scenario", "forged-callbacks", "--", "true"], "no situation 'forged-callbacks'"),
        (["client", "nexusflow", "--model", "x", "--", "true"], "no model 'x'"),
    ):
        found = CliRunner().invoke(main, arguments)
        assert found.exit_code == 2
        assert words in found.output


def test_variables_of_known_libraries(tmp_path: Path) -> None:
    contract = load_contract("openai")
    with stage(contract, "success", Wish(model_for(contract, None), "a boat", 100.0), tmp_path) as staged:
        given = staged.environment
    assert given["OPENAI_BASE_URL"] == f"{staged.origin}/v1"
    assert given["OPENAI_API_KEY"] == given["SCREENTEST_KEY"] == staged.mock.keys["good"]


def test_over_tls(tmp_path: Path) -> None:
    with trust() as tls:
        code = (
            "import os, ssl, urllib.request\n"
            "context = ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE'])\n"
            "try: urllib.request.urlopen(os.environ['SCREENTEST_BASE_URL'] + '/v1/tasks/x', context=context)\n"
            "except urllib.error.HTTPError as error: print(error.code)\n"
        )
        seen = run_situation(CONTRACT, "success", WISH, python(code), 20, tls)
    assert [(entry.scheme, entry.said) for entry in seen.entries] == [("https", "missing-key")]
    assert seen.ended is not None
    assert seen.ended.output.strip() == "401"


TWICE = GOOD + "for _ in range(2): call('POST', base + '/v1/tasks', wish)\n"


def test_a_failure_names_the_command_that_shows_it_again(tmp_path: Path) -> None:
    script, files = tmp_path / "my client.py", [tmp_path / f"r.{form}" for form in ("json", "html", "md", "xml")]
    script.write_text(TWICE)
    command = [sys.executable, "-S", str(script), "--token", "hunter22", "nexus-secret"]
    reports = [word for file in files for word in ("--report", str(file))]
    given = [
        "client",
        "nexusflow",
        "--speed",
        "600",
        "--time-limit",
        "20",
        "--scenario",
        "success",
        "--level",
        "should",
    ]
    found = CliRunner().invoke(main, [*given, *reports, "--", *command], env={"NEXUSFLOW_API_KEY": "nexus-secret"})
    again = f"{shlex.join(['screentest', *given[:-2], '--', *command[:-2]])} REDACTED REDACTED"
    assert f"run again: {again}" in found.output
    assert "curl" not in found.output
    told = [file.read_text() for file in files]
    for text in told:
        assert again in unescape(text)
        assert "nexus-secret" not in text
        assert "hunter22" not in text
        assert "curl -" not in text
    document = json.loads(told[0])
    assert document["header"]["level"] == "SHOULD"
    assert [row["verdict"] for row in document["requirements"] if row["id"] == "client.create.once"] == ["failed"]
    assert "MUST or SHOULD requirements broken" in told[1]
    assert "promise" not in told[1]


def test_a_client_can_be_failed_for_advice(tmp_path: Path) -> None:
    code = GOOD + "call('POST', base + '/v1/tasks', wish | {'prompt': 'another'})\nos._exit(1)"
    script = tmp_path / "client.py"
    script.write_text(code)
    given = ["client", "nexusflow", "--speed", "600", "--scenario", "failure", "--", sys.executable, "-S", str(script)]
    assert CliRunner().invoke(main, given).exit_code == 0
    found = CliRunner().invoke(main, [*given[:2], "--level", "SHOULD", *given[2:]])
    assert (found.exit_code, "a MUST or SHOULD failed" in found.output) == (1, True), found.output
