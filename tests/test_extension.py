"""A package of somebody else's is installed, and what it adds is judged, proven and shown like ours."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PACKAGE = Path(__file__).with_name("extension_package")
SOURCE = PACKAGE / "src" / "acme_screentest"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the package is installed, without its dependencies: they are here."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--target", str(folder), str(PACKAGE)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Runs Python with the package: a module's `main`, or code."""

    def run(*arguments: str, code: str = "from screentest_suites.cli import main; main()") -> object:
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)

    return run  # type: ignore[return-value]


def test_its_requirement_is_judged_and_reported_like_ours(run: Run, tmp_path: Path) -> None:
    result = run("check", "acme-video", "--examples", "5", "--report", "run.json", "--report", "run.html")
    assert result.returncode == 0, result.stdout + result.stderr
    rows = json.loads((tmp_path / "run.json").read_text("utf-8"))["requirements"]
    (row,) = (row for row in rows if row["id"] == "acme.largest-answer")
    assert (row["level"], row["verdict"], row["suite"]) == ("MUST", "passed", "polling")
    assert row["judged"] > 10
    assert row["sources"] == [{"title": "Another page", "url": "", "read": "", "mark": "documented"}]
    assert "No answer about a task is longer than 65536 bytes" in (tmp_path / "run.html").read_text("utf-8")


def test_its_deviation_proves_its_check(run: Run) -> None:
    result = run("selfcheck", "acme-video", "--only", "acme-long-answers", "--jobs", "1", "--verbose")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "caught by acme.largest-answer" in result.stdout
    assert "deviations caught: 1 of 1, with an unrelated MUST flagged: 0" in result.stdout


SEVERAL = """
import json, sys
from click.testing import CliRunner
from screentest_suites.cli import main

print(json.dumps([CliRunner().invoke(main, line.split()).output for line in sys.argv[1:]]))
"""


def test_what_it_adds_is_listed(run: Run) -> None:
    lines = ("providers", "scenarios", "deviations acme-video", "deviations evolink")
    more = ("requirements acme-video --format json", "check acme-vide")
    providers, scenarios, own, others, rows, mistaken = json.loads(run(*lines, *more, code=SEVERAL).stdout)
    assert "acme-video" in providers
    assert "acme-break" in scenarios
    assert "acme-long-answers" in own
    assert "acme-long-answers" not in others
    (row,) = (row for row in json.loads(rows) if row["id"] == "acme.largest-answer")
    assert row["deviations"] == ["acme-long-answers"]
    assert "did you mean acme-video?" in mistaken


USE = """
import screentest
from acme_screentest.store import CountingStore
from screentest import testing

contract = screentest.load_contract("acme-video")
for check in testing.STORE_CHECKS:
    check(testing.StoreSubject(CountingStore, contract))

import httpx

store = CountingStore()
with screentest.serve("acme-video", screentest.MockSettings(store=store)) as mock:
    mock.schedule("acme-break:2")
    client = httpx.Client(base_url=mock.url, headers={"x-key": f"Key {mock.key}", "x-async": "enable"})
    job = client.post("/jobs", json={"model": "clip-1"}).json()["job"]["id"]
    states = []
    for _ in range(3):
        states.append(client.get(f"/jobs/{job}").json()["state"])
        mock.advance(75)
print(states, store.by_status)
"""


def test_its_scenario_and_its_store_work(run: Run) -> None:
    result = run(code=USE)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["['WAIT',", "'RUN',", "'RUN']", "{200:", "4}"]


def test_pytest_judges_it_too(run: Run) -> None:
    code = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    result = run("--provider", "acme-video", "-q", "-k", "largest", "-p", "no:cacheprovider", code=code)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout


@pytest.mark.parametrize("plugin", ["acme_screentest.checks", str(SOURCE / "checks.py")], ids=["by name", "by file"])
def test_a_module_that_is_not_installed_is_a_plugin(tmp_path: Path, plugin: str) -> None:
    document = str(SOURCE / "acme.yaml")
    code = "from screentest_suites.cli import main; main()"
    plain = [sys.executable, "-c", code, "requirements", document, "--format", "json"]
    result = subprocess.run(plain, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "acme.largest-answer" not in result.stdout
    (tmp_path / "acme_screentest").symlink_to(SOURCE)  # where a dotted name is looked for, too
    with_plugin = [*plain[:3], "--plugin", plugin, *plain[3:]]
    result = subprocess.run(with_plugin, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "acme.largest-answer" in result.stdout


@pytest.mark.parametrize(
    ("plugin", "content", "words"),
    [
        ("nowhere.at_all", None, "cannot load the plugin nowhere.at_all: ModuleNotFoundError"),
        ("broken.py", "1 / 0", "cannot load the plugin broken.py: ZeroDivisionError"),
        ("gone.py", None, "cannot load the plugin gone.py: FileNotFoundError"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_a_mistake(tmp_path: Path, plugin: str, content: str, words: str) -> None:
    if content is not None:
        (tmp_path / plugin).write_text(content, "utf-8")
    code = "from screentest_suites.cli import main; main()"
    command = [sys.executable, "-c", code, "--plugin", plugin, "scenarios"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
