"""The command, and Locust's own: one process, a master with two workers, and one budget for all."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from screentest_suites.reporting.report import SCHEMA
from tests.load.conftest import DOCUMENT, ENVIRONMENT, ROOT, needs_locust
from tests.load.faulty import COUNTED, KEY, SOUND

pytestmark = needs_locust

COMMAND = [sys.executable, "-c", "from screentest_suites.cli import main; main()", "load", str(DOCUMENT)]
LOCUST = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py"))]


def report_of(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(document)
    return document


def parcels_at(url: str) -> int:
    answer = httpx.get(f"{url}/parcels?limit=1000", headers={"authorization": f"Bearer {KEY}"}, trust_env=False)
    return len(answer.json()["parcels"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def test_the_command_tells_which_promise_broke_only_under_load(faulty: str, tmp_path: Path) -> None:
    reports = [tmp_path / f"load.{suffix}" for suffix in ("json", "md", "html")]
    options = ("--target", f"{faulty}/shared-receipt", "--users", "6", "--poll-interval", "0.03")
    told = [word for path in reports for word in ("--report", str(path))]
    done = subprocess.run(
        [*COMMAND, *options, *told], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "failed MUST   parcels:create.prompt.echo  only under load (" in done.stdout
    assert '-H "authorization: Bearer $PARCELS_KEY"' in done.stdout
    assert KEY not in done.stdout + "".join(path.read_text() for path in reports)
    load = report_of(reports[0])["load"]
    assert (load["users"], load["tasks"], load["processes"]) == (6, 6, 1)
    assert {each["name"] for each in load["operations"]} == {
        "POST create /parcels",
        "GET query /parcels/{id}",
        "GET list /parcels",
        "GET file at 127.0.0.1",
    }
    for path in reports[1:]:
        assert "GET query" in path.read_text()


@pytest.mark.slow
def test_the_mock_calls_back_to_every_process(tmp_path: Path) -> None:
    report, evolink = tmp_path / "load.json", [*COMMAND[:-1], "evolink"]
    options = ("--users", "4", "--tasks", "4", "--workers", "2", "--speed", "600", "--report", str(report))
    done = subprocess.run([*evolink, *options], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("callbacks are received at https://127.0.0.1:") == 3  # the master's, for the task at rest
    document = report_of(report)
    judged = {row["id"]: row["verdict"] for row in document["requirements"]}
    called = ("callback.delivered.succeeded", "callback.body", "callback.method", "callback.once")
    assert {judged[each] for each in called} == {"passed"}
    assert document["load"]["processes"] == 2


@pytest.mark.slow
def test_two_workers_share_the_tasks(faulty: str, tmp_path: Path) -> None:
    options = (
        "--target",
        f"{faulty}/{SOUND}",
        "--users",
        "4",
        "--tasks",
        "7",
        "--workers",
        "2",
        "--poll-interval",
        "0.03",
    )
    report = tmp_path / "load.json"
    done = subprocess.run(
        [*COMMAND, *options, "--report", str(report)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document = report_of(report)
    assert (document["load"]["tasks"], document["load"]["processes"]) == (7, 2)
    assert document["observed"][0]["tasks"]["succeeded"] == 9


def test_a_locustfile_with_a_master_and_two_workers_has_one_budget(faulty: str, tmp_path: Path) -> None:
    """The run ends when nothing more can be paid for: a fifth of what its users would make."""
    url, report = f"{faulty}/{COUNTED}", tmp_path / "load.json"
    before = parcels_at(url)
    environment = {
        **ENVIRONMENT,
        "PARCELS_DOCUMENT": str(DOCUMENT),
        "PARCELS_SPEND": "12",
        "PARCELS_REPORT": str(report),
    }
    port = str(free_port())
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": tmp_path}
    master = subprocess.Popen(
        [
            *LOCUST,
            *("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", "2"),
            *("--headless", "-u", "6", "-r", "6", "--run-time", "600", "--host", url, "--only-summary"),
        ],
        env=environment,
        **quiet,
    )
    workers = [
        subprocess.Popen(
            [*LOCUST, "--worker", "--master-host", "127.0.0.1", "--master-port", port], env=environment, **quiet
        )
        for _ in range(2)
    ]
    processes = [master, *workers]
    try:
        said = [process.communicate(timeout=600)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert master.returncode == 0, "\n".join(said)
    document = report_of(report)
    spend = document["header"]["spend"][0]
    assert parcels_at(url) - before == 12 == float(spend["spent"])
    assert (float(spend["unknown"]), spend["cap"]) == (0, "12")
    assert document["load"]["processes"] == 2
    by = {entry["purpose"] for entry in spend["entries"] if entry["purpose"].startswith("load, by ")}
    assert len(by) == 2, by
    assert document["load"]["tasks"] == document["observed"][0]["tasks"]["succeeded"] - 1 == 11


def test_an_answer_that_we_were_too_late_for_is_not_the_servers_fault() -> None:
    command = [sys.executable, "-m", "tests.load.late"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=True).stdout
    assert said.splitlines() == [
        "no answer in 0.3 s",
        "asked too late: this process was late for 0.2 s: use more of them",
    ]
