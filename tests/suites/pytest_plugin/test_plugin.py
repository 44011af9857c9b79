"""The pytest plugin in other people's pytest runs: unnoticed until a provider is named."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock

pytest_plugins = ["pytester"]

QUICK = ("--examples", "2")
LEAN = ("-p", "no:schemathesis", "-p", "no:respx", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cov")
"""Without the plugins of others, which take most of the time in which pytest starts."""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Runs pytest in an empty folder, in this process: what it imports is here already."""
    monkeypatch.setenv("ACME_API_KEY", "sk-screentest")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_inprocess(*LEAN, *arguments)

    return invoke


@pytest.fixture
def start(pytester: pytest.Pytester, run: object) -> Callable[..., pytest.RunResult]:
    """Likewise, in a process of its own."""

    def invoke(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*LEAN, *arguments, timeout=600)

    return invoke


@pytest.fixture
def acme(pytester: pytest.Pytester, small_text: str) -> str:
    """The small document as a file in the run's folder."""
    path = pytester.path / "acme.yaml"
    path.write_text(small_text)
    return str(path)


@pytest.fixture
def deviating(acme: str) -> Iterator[str]:
    """The URL of a served mock whose ids have another form: that shows however busy this machine is."""
    contract = load_contract(acme)
    with running([contract], clock=RealClock(1000)) as (app, url):
        app.providers["acme"].deviation = deviation("id-of-another-form", contract)
        yield url


def outcomes(result: pytest.RunResult) -> dict[str, int]:
    return result.parseoutcomes()


# -- unnoticed ----------------------------------------------------------------------------------------------------

PLAIN = """
import sys
import pytest

@pytest.fixture
def provider():
    return "mine"

@pytest.mark.parametrize("model", ["a", "b"])
def test_mine(model, provider):
    assert provider == "mine"

def test_fails():
    assert False

def test_heavy_modules_are_not_there():
    assert not {name for name in sys.modules if name.partition(".")[0] in HEAVY}
"""
HEAVY = {
    "screentest_contracts",
    "screentest_mockserver",
    "respx",
    "httpx",
    "starlette",
    "uvicorn",
    "jsonschema_rs",
    "trustme",
    "yaml",
}


def test_plain_pytest_is_unchanged(pytester: pytest.Pytester, start: Callable[..., pytest.RunResult]) -> None:
    pytester.makepyfile(f"HEAVY = {HEAVY!r}\n{PLAIN}")
    with_us = start("-v", "-W", "error", "-p", "no:xdist")
    without = start("-v", "-W", "error", "-p", "no:xdist", "-p", "no:screentest")
    assert outcomes(with_us) == {"passed": 3, "failed": 1}

    def told(result: pytest.RunResult) -> list[str]:
        lines = [line for line in result.outlines if not line.startswith("plugins: ")]
        return [re.sub(r"\d+\.\d+s", "", line) for line in lines]

    assert told(with_us) == told(without)
    assert with_us.ret == without.ret == 1


def test_the_plugin_loads_nothing_heavy() -> None:
    """Not even what other plugins may have loaded before it."""
    import subprocess

    module = "screentest_suites.pytest_plugin.plugin"
    code = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    tops = {name.partition(".")[0] for name in loaded}
    assert not tops & (HEAVY | {"schemathesis", "hypothesis", "click", "rich", "orjson"})


def test_all_plugins_together(pytester: pytest.Pytester, acme: str) -> None:
    """With everything that is installed beside it, and warnings as errors."""
    result = pytester.runpytest_subprocess("-W", "error", "--provider", acme, "-k", "status.known", *QUICK, timeout=600)
    assert outcomes(result)["passed"] == 1


def test_an_empty_folder_stays_empty(run: Callable[..., pytest.RunResult]) -> None:
    assert run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("where", ["conftest", "theirs"])
def test_options_of_others_come_first(
    where: str, pytester: pytest.Pytester, start: Callable[..., pytest.RunResult]
) -> None:
    """A project, or another plugin, that has a `--provider` and a `--report` of its own keeps them."""
    names = [
        f"parser.addoption({name!r}, default='theirs')" for name in ("--provider", "--report", "--model", "--target")
    ]
    pytester.makepyfile(
        **{where: "def pytest_addoption(parser):\n    " + "\n    ".join(names)},
        test_it="def test_it(request): assert request.config.getoption('--provider') == 'cloud'",
    )
    result = start(
        *(("-p", "theirs") if where == "theirs" else ()), "--provider", "cloud", "--target", "x", "--report", "y"
    )
    assert outcomes(result) == {"passed": 1}


def test_half_taken_options_are_told(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult], acme: str
) -> None:
    """Rather than judging the mock although a target was named."""
    pytester.makeconftest("def pytest_addoption(parser): parser.addoption('--target')")
    result = run("--provider", acme, "--target", "http://127.0.0.1:1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "options of its own called --target" in result.stderr.str()


def test_the_options_are_in_the_help(run: Callable[..., pytest.RunResult]) -> None:
    shown = run("--help").stdout.str()
    for name in (
        "--provider",
        "--target",
        "--speed",
        "--poll-interval",
        "--task-timeout",
        "--examples",
        "--model",
        "--report",
    ):
        assert f"  {name}=" in shown


# -- with a provider ----------------------------------------------------------------------------------------------


def test_every_requirement_is_an_item(run: Callable[..., pytest.RunResult], acme: str) -> None:
    result = run("--provider", acme, "--collect-only", "-q")
    found = re.findall(r"test_requirement\[(.+)\]", result.stdout.str())
    assert found
    assert sorted(found) == sorted(f"acme:{each.id}" for each in requirements(load_contract(acme)))


def test_collecting_sends_nothing(run: Callable[..., pytest.RunResult], acme: str, hostile: Any) -> None:
    server = hostile(lambda request: [])
    result = run("--provider", acme, "--target", server.url, "--collect-only", "-q")
    assert result.ret == 0
    assert server.requests == []


def test_a_built_in_provider_with_a_filter(run: Callable[..., pytest.RunResult]) -> None:
    result = run("--provider", "evolink", "-k", "duration and maximum", *QUICK)
    assert set(outcomes(result)) <= {"passed", "deselected"}
    assert outcomes(result)["passed"] >= 1
    assert "screentest: evolink on embedded mock" in result.stdout.str()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_whole_run_with_a_report(
    workers: tuple[str, ...], run: Callable[..., pytest.RunResult], acme: str, pytester: pytest.Pytester
) -> None:
    result = run("--provider", acme, "--report", "report.json", *QUICK, *workers)
    assert result.ret == 0, result.stdout.str()
    assert not {"failed", "errors", "warnings"} & set(outcomes(result))
    report = json.loads((pytester.path / "report.json").read_text())
    contract = load_contract(acme)
    assert {each["id"] for each in report["requirements"]} == {each.id for each in requirements(contract)}
    assert len(report["requirements"]) == len(requirements(contract)) == report["footer"]["requirements"]
    assert report["header"]["target"]["kind"] == "embedded mock"
    import jsonschema_rs

    from screentest_suites.reporting.report import SCHEMA

    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(report)


def test_verdicts_do_not_depend_on_workers(
    run: Callable[..., pytest.RunResult], acme: str, small_text: str, pytester: pytest.Pytester
) -> None:
    """Two providers of which one breaks a MUST: alone, and on two workers."""
    other = pytester.path / "bolt.yaml"
    other.write_text(small_text.replace("name: acme, title: Acme", "name: bolt, title: Bolt"))
    contracts = [load_contract(acme), load_contract(other)]
    found = []
    with running(contracts, clock=RealClock(1000)) as (app, url):
        app.providers["bolt"].deviation = deviation("id-of-another-form", contracts[1])
        # not what needs two polls on the way: a busy machine may see one
        chosen = ("-k", "create.id or query.status-code or query.status.known or list.contains")
        chosen = (*chosen, "--target", url, "--speed", "1000")
        for workers in ((), ("-n", "2")):
            result = run("--provider", acme, "--provider", str(other), *chosen, "--report", "r.json", *QUICK, *workers)
            assert result.ret == pytest.ExitCode.TESTS_FAILED, result.stdout.str()
            rows = json.loads((pytester.path / "r.json").read_text())["requirements"]
            found.append({(row["provider"], row["id"]): row["verdict"] for row in rows})
    assert found[0] == found[1]
    assert found[0]["bolt", "create.id.form"] == "failed"
    assert found[0]["acme", "create.id.form"] == "passed"


def test_two_providers_at_once(run: Callable[..., pytest.RunResult], acme: str) -> None:
    result = run("--provider", acme, "--provider", "nexusflow", "-k", "status.known", *QUICK)
    assert outcomes(result)["passed"] == 2


def test_the_last_failures_first(run: Callable[..., pytest.RunResult], acme: str, deviating: str) -> None:
    slow = ("--provider", acme, "--target", deviating, "--task-timeout", "0.5", "--poll-interval", "0.02", *QUICK)
    first = run("-k", "create.accepted or id.form", *slow)
    assert outcomes(first) == {"passed": 1, "failed": 1, "deselected": outcomes(first)["deselected"]}
    again = run("--lf", *slow)
    assert {name: count for name, count in outcomes(again).items() if name != "deselected"} == {"failed": 1}


def test_a_failed_must_fails_the_run_and_shows_why(
    run: Callable[..., pytest.RunResult], acme: str, deviating: str
) -> None:
    result = run(
        *(
            "--provider",
            acme,
            "--target",
            deviating,
            "-k",
            "id.form",
            "--task-timeout",
            "2",
            "--poll-interval",
            "0.02",
        ),
        *QUICK,
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    shown = result.stdout.str()
    for said in (
        "MUST acme:create.id.form",
        "A task's id matches ^job-.",
        "source: A page",
        "seen:     the id is ",
        "expected: ^job-",
        f" {deviating}/",
        '-H "x-key: Key $ACME_API_KEY"',
    ):
        assert said in shown
    assert "sk-screentest" not in shown
    assert "Traceback" not in shown


def test_a_run_that_saw_no_task_end_fails_even_where_every_failure_is_known(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, acme: str
) -> None:
    known = pytester.path / "known.yaml"
    known.write_text("[{id: 'acme:query.status-code', reason: a ticket, date: 2031-12-24}]")
    contract = load_contract(acme)
    with running([contract], clock=RealClock(1000)) as (app, url):
        app.providers["acme"].deviation = deviation("task-wrapped-again", contract)
        slow = ("--task-timeout", "0.3", "--poll-interval", "0.02", "--baseline", str(known))
        result = run("--provider", acme, "--target", url, *slow, *QUICK)
    assert "failed" not in outcomes(result)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    last = "screentest: no task was seen to its end (Acme)"
    known_line = "screentest: 1 known failure of *known.yaml"
    result.stdout.fnmatch_lines(["screentest: Acme: no task was seen to its end*", known_line, last])


def test_a_part_of_a_run_needs_no_task(run: Callable[..., pytest.RunResult], acme: str) -> None:
    result = run("--provider", acme, "-k", "auth.create.missing-key", "--report", "run.json", *QUICK)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["screentest: no MUST failed*"])


def test_what_is_no_must_is_an_expected_failure(
    run: Callable[..., pytest.RunResult], pytester: pytest.Pytester, small_text: str, deviating: str
) -> None:
    """The same violation of a fact that is merely recommended, or assumed."""
    for mark in ("recommended", "assumed"):
        path = pytester.path / f"{mark}.yaml"
        path.write_text(small_text.replace("  source: [A1]\n  provider", f"  source: [A1]\n  mark: {mark}\n  provider"))
        result = run(
            *("--provider", str(path), "--target", deviating, "-k", "id.form", "-rx"),
            *("--task-timeout", "0.5", "--poll-interval", "0.02", *QUICK),
        )
        assert result.ret == 0, result.stdout.str()
        assert outcomes(result)["xfailed"] == 1
        assert {"recommended": "SHOULD", "assumed": "NOTE"}[mark] + ": the id is " in result.stdout.str()


def test_own_tests_beside_a_provider(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult], acme: str
) -> None:
    """A path of one's own is all that is run; its tests have the fixtures."""
    pytester.makepyfile(
        """
        import httpx

        def test_my_client(screentest_mock):
            mock = screentest_mock("acme.yaml")
            headers = {"X-Key": f"Key {mock.key}", "X-Async": "enable"}
            answer = httpx.post(f"{mock.url}/jobs", json={"model": "clip-1"}, headers=headers)
            assert answer.json()["job"]["state"] == "WAIT"
        """
    )
    result = run("--provider", acme, str(next(pytester.path.glob("test_*.py"))))
    assert outcomes(result) == {"passed": 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--provider", "evolnk"), "unknown provider 'evolnk'"),
        (("--provider", "acme.yaml", "--report", "no/such/report.json"), "cannot write"),
        (("--provider", "acme.yaml", "--report", "report.docx"), "no report format"),
        (("--target", "http://127.0.0.1:1"), "need --provider NAME"),
        (("--report", "report.json"), "need --provider NAME"),
        (("--provider", "acme.yaml", "--poll-interval", "often"), "poll-interval"),
        (("--provider", "acme.yaml", "--poll-interval", "nan"), "poll-interval"),
        (("--provider", "acme.yaml", "--task-timeout", "-1"), "task-timeout"),
        (("--provider", "acme.yaml", "--task-timeout", "1e400"), "task-timeout"),
        (("--provider", "acme.yaml", "--rate", "nan"), "rate"),
        (("--provider", "acme.yaml", "--rate", "0"), "rate"),
        (("--provider", "acme.yaml", "--target", "nowhere"), "is no address"),
        (("--provider", "acme.yaml", "--provider", "./acme.yaml"), "two documents have the same provider name"),
        (("--provider", "acme.yaml", "--examples", "0"), "--examples"),
        (("--provider", "acme.yaml", "--model", "sora"), "no model 'sora'"),
    ],
)
def test_mistakes_are_usage_errors(
    arguments: tuple[str, ...], said: str, run: Callable[..., pytest.RunResult], acme: str
) -> None:
    result = run(*arguments)
    told = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, told
    assert said in told
    assert "Traceback" not in told
    assert "INTERNALERROR" not in told


def test_a_report_whose_folder_has_gone_is_told(
    run: Callable[..., pytest.RunResult], acme: str, pytester: pytest.Pytester
) -> None:
    pytester.mkdir("gone")
    pytester.makeconftest("import shutil\ndef pytest_collection_finish(): shutil.rmtree('gone')")
    result = run("--provider", acme, *QUICK, "--report", "gone/run.json", "--report", "run.md", "-k", "receipt")
    told = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "screentest: cannot write gone/run.json: No such file or directory" in told
    assert "hint: " in told
    assert "INTERNALERROR" not in told
    assert outcomes(result)["passed"] > 1
    assert (pytester.path / "run.md").exists()


def test_a_target_that_cannot_be_used(run: Callable[..., pytest.RunResult], acme: str) -> None:
    result = run("--provider", acme, "--target", "http://127.0.0.1:1", "-k", "status", "-rN")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    told = result.stdout.str()
    assert "cannot be reached: no connection" in told
    assert told.count("hint: ") == 1
    assert "conformance" not in told.replace("conformance/test_", "")  # no traceback of ours
    outcomes = result.parseoutcomes()
    assert (outcomes["errors"], outcomes["skipped"] > 5) == (1, True)


def test_a_document_with_a_mistake(run: Callable[..., pytest.RunResult], pytester: pytest.Pytester) -> None:
    Path(pytester.path / "broken.yaml").write_text("openapi: 3.1.0")
    result = run("--provider", "broken.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "broken.yaml: not a usable provider document" in result.stdout.str() + result.stderr.str()
