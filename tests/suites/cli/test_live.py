"""Live runs against vendors of our own making: documents whose server is a mock behind TLS on loopback."""

import contextlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import trustme
import uvicorn
from click.testing import CliRunner, Result

from screentest_contracts import load_contract
from screentest_mockserver.server.app import MockServer, create_app
from screentest_mockserver.server.run import bind, configure
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.cli import main
from screentest_suites.core.errors import TargetUnreachableError
from screentest_suites.reporting.report import SCHEMA
from screentest_suites.tasks import pace

pytest_plugins = ["pytester"]

AUTHORITY = trustme.CA()
KEY = "sk-screentest"
QUICK = ("--examples", "2")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if "_API_KEY" in name]:
        monkeypatch.delenv(name)


@pytest.fixture
def run() -> Callable[..., Result]:
    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(main, ("check", *arguments))
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@contextlib.contextmanager
def vendor(document: Path, speed: float = 2000) -> Iterator[MockServer]:
    """The mock of a document behind TLS, at the address that is then written into the document."""
    listener = bind("127.0.0.1", 0)
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    text = re.sub(r"\b(life|task): \d+", r"\1: 100000000", document.read_text())  # at this pace they would be seconds
    document.write_text(text.replace(load_contract(str(document)).base_url, url))
    contract = load_contract(str(document))
    assert contract.base_url.startswith(url)
    app = create_app([contract], clock=RealClock(speed))
    config = configure(app)
    config.load()
    config.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(config.ssl)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield app
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five seconds are too long for a test; that they are kept has its own tests."""
    monkeypatch.setattr(pace, "LIVE_FLOOR", 0.02)


def document_of(name: str, folder: Path) -> Path:
    """A copy of a built-in provider's document."""
    import screentest_openapi

    copy = folder / f"{name}.yaml"
    copy.write_text((Path(screentest_openapi.__path__[0]) / f"{name}.yaml").read_text())
    return copy


PRICE = '  prices: [{models: ["*"], per: second, amount: 0.5, currency: USD}]\n'
POLLING = "  polling: {interval: [5, 5], floor: 0.01, typical: [60, 120]}\n"


@pytest.fixture
def acme(tmp_path: Path, small_text: str) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text + PRICE)
    return path


@pytest.fixture
def nobody(acme: Path) -> Path:
    """The small document of a vendor whose server does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    acme.write_text(acme.read_text().replace("https://api.acme.example", f"https://127.0.0.1:{port}"))
    return acme


# -- without keys, without network ----------------------------------------------------------------------------------


def test_without_any_key_the_variables_are_named(run: Callable[..., Result]) -> None:
    result = run("--live")
    assert result.exit_code == 2
    for name in ("EVOLINK_API_KEY", "NEXUSFLOW_API_KEY", "TOKENBAY_API_KEY", "TOKENHOT_API_KEY"):
        assert name in result.stderr


def test_a_missing_key_of_a_named_provider_is_told(run: Callable[..., Result], nobody: Path) -> None:
    result = run(str(nobody), "--live")
    assert result.exit_code == 2
    assert "no key for Acme: ACME_API_KEY is not set" in result.stderr
    assert "hint: export ACME_API_KEY=" in result.stderr


def test_who_has_a_key_is_judged_and_the_others_are_listed(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at the door: no test reaches a vendor."""
    from screentest_suites.targets import selection

    knocked: list[str] = []

    def knock(target: Any) -> None:
        knocked.append(target.base_url)
        raise TargetUnreachableError(f"{target.base_url} cannot be reached", "no test does")

    monkeypatch.setattr(selection, "check_reachable", knock)
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-key")
    result = run("--live")
    assert result.exit_code == 3
    assert knocked == [load_contract("evolink").base_url]
    for name in ("NEXUSFLOW_API_KEY", "TOKENBAY_API_KEY", "TOKENHOT_API_KEY"):
        assert f"is left out: {name} is not set" in result.stderr
    assert "EVOLINK_API_KEY" not in result.stderr


def test_a_vendor_that_cannot_be_reached_is_status_3(
    run: Callable[..., Result], nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-key-of-mine")
    result = run(str(nobody), "--live", "--max-spend", "1")
    assert result.exit_code == 3
    assert re.search(r"error: https://127.0.0.1:\d+ cannot be reached: no connection", result.stderr)
    assert "hint: " in result.stderr
    assert "sk-key-of-mine" not in result.output


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "live and target": (("--live", "--target", "http://127.0.0.1:1"), "--live and --target exclude each other"),
    "no amount": (("--live", "--max-spend", "a lot"), "--max-spend 'a lot' is no amount"),
    "a negative amount": (("--live", "--max-spend", "-1"), "is no amount"),
    "another currency": (("--live", "--max-spend", "5CNY"), "Acme is paid in USD, not in CNY"),
    "another currency for a target": (("--target", "http://127.0.0.1:1", "--max-spend", "5CNY"), "not in CNY"),
    "an assumed price that is none": (("--live", "--assume-price", "dear"), "--assume-price 'dear' is no amount"),
    "an assumed price in another currency": (("--live", "--assume-price", "1EUR"), "paid in USD, not in EUR"),
    "a budget for the mock": (("--max-spend", "5"), "has no meaning for the embedded mock"),
    "no rate": (("--live", "--rate", "0"), "--rate"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(
    name: str, run: Callable[..., Result], nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-key")
    arguments, said = MISTAKES[name]
    result = run(str(nobody), *arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr


@pytest.fixture
def collect(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Runs pytest in an empty folder, in this process."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    lean = ("-p", "no:schemathesis", "-p", "no:respx", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cov")
    return lambda *arguments: pytester.runpytest_inprocess(*lean, *arguments)


@pytest.mark.parametrize("name", ["live and target", "another currency", "no key"])
def test_mistakes_are_told_under_pytest(
    name: str, collect: Callable[..., pytest.RunResult], nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name != "no key":
        monkeypatch.setenv("ACME_API_KEY", "sk-key")
    arguments, said = {**MISTAKES, "no key": (("--live",), "ACME_API_KEY is not set")}[name]
    result = collect("--provider", str(nobody), *arguments)
    told = result.stdout.str() + result.stderr.str()
    assert result.ret == pytest.ExitCode.USAGE_ERROR, told
    assert said in told
    assert "Traceback" not in told
    assert "INTERNALERROR" not in told


# -- the whole way --------------------------------------------------------------------------------------------------


def creates(app: MockServer) -> dict[str, int]:
    """Tasks that were made, by model."""
    found: dict[str, int] = {}
    for provider in app.providers.values():
        for task in provider.tasks():
            found[task.model.name] = found.get(task.model.name, 0) + 1
    return found


@pytest.mark.usefixtures("trusted", "hasty")
def test_a_live_run_over_tls(
    run: Callable[..., Result], acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    report = tmp_path / "report.json"
    acme.write_text(acme.read_text() + POLLING)
    with vendor(acme) as app:
        result = run(
            str(acme),
            "--live",
            "--max-spend",
            "10usd",
            "--rate",
            "500",
            "--poll-interval",
            "0.02",
            "--report",
            str(report),
            *QUICK,
        )
        made, journal = creates(app), list(app.journal)
    assert result.exit_code == 0, result.output
    assert made == {"clip-1": 1}
    assert "Acme spent 1.00 USD of 10.00 USD on 1 task" in result.output
    told = re.findall(
        r"^Acme: clip-1 job-\w+ is (\w+) after \d+ s; spent 1\.00 USD so far$", result.output, re.MULTILINE
    )
    assert told[-1] == "DONE"
    assert KEY not in result.output
    found = json.loads(report.read_text())
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(found)
    assert found["header"]["target"]["kind"] == "live"
    assert found["header"]["target"]["host"].startswith("127.0.0.1:")
    (spend,) = found["header"]["spend"]
    assert (spend["cap"], spend["spent"], spend["unknown"]) == ("10", "1.0", "0")
    assert [each["state"] for each in spend["entries"]] == ["settled"]
    accepted = [index for index, each in enumerate(journal) if each.method == "POST" and each.status in (200, 201)]
    first_task = accepted[0]
    assert all(each.path == "/jobs" or each.method != "GET" or each.path == "/" for each in journal[:first_task])


@pytest.mark.usefixtures("trusted", "hasty")
def test_without_a_budget_nothing_is_made(
    run: Callable[..., Result], acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    with vendor(acme) as app:
        result = run(str(acme), "--live", "--rate", "500", "--verbose", *QUICK)
        made, posts = creates(app), [each for each in app.journal if each.method == "POST" and each.path == "/jobs"]
    assert result.exit_code == 0, result.output
    assert made == {}
    assert posts, "what can create nothing is sent"
    assert all(each.status >= 400 for each in posts)
    assert re.search(r"^passed +MUST +acme:auth.create.missing-key$", result.output, re.MULTILINE)
    assert re.search(r"^skipped +MUST +acme:create.accepted +needs spend", result.output, re.MULTILINE)
    assert "Acme spent 0.00 USD of 0.00 USD on 0 tasks" in result.output


@pytest.mark.usefixtures("trusted", "hasty")
def test_a_provider_without_prices_needs_an_assumption(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One model of a built-in document, the whole live way."""
    path = document_of("tokenbay", tmp_path)
    contract = load_contract(str(path))
    assert not contract.prices
    monkeypatch.setenv(contract.key_variable, KEY)
    name = next(iter(contract.models))
    common = (
        str(path),
        "--live",
        "--max-spend",
        "5",
        "--rate",
        "1000",
        "--model",
        name,
        "--poll-interval",
        "0.02",
        *QUICK,
    )
    text = re.sub(r"floor: [\d.]+", "floor: 0.01", path.read_text())
    path.write_text(text)
    with vendor(path, 20_000) as app:
        without = run(*common, "--verbose")
        assert without.exit_code == 1, "more than free checks was asked for, and no task was seen to its end"
        assert "no task was seen to its end" in without.output.splitlines()[-1]
        assert creates(app) == {}
        assert "say what a task costs with --assume-price" in without.output
        result = run(*common, "--assume-price", "1.5")
        made = creates(app)
    assert result.exit_code == 0, result.output
    assert made == {name: 1}
    assert "spent 1.50 of 5.00 on 1 task" in result.output


@pytest.mark.usefixtures("trusted")
def test_under_pytest_one_worker_has_all_of_a_providers_tasks(
    collect: Callable[..., pytest.RunResult], acme: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two providers, two workers: one task per model, whoever made it. A local server, since a live one takes time."""
    monkeypatch.setenv("ACME_API_KEY", KEY)
    other = tmp_path / "bolt.yaml"
    other.write_text(
        acme.read_text().replace("name: acme, title: Acme, key: ACME", "name: bolt, title: Bolt, key: ACME")
    )
    contracts = [load_contract(str(acme)), load_contract(str(other))]
    from screentest_mockserver.server.run import running

    with running(contracts, clock=RealClock(5000)) as (app, url):
        result = collect(
            "--provider",
            str(acme),
            "--provider",
            str(other),
            "--target",
            url,
            "--speed",
            "5000",
            "--max-spend",
            "3",
            "-n",
            "2",
            "--poll-interval",
            "0.02",
            "--task-timeout",
            "5",
            "--report",
            "report.json",
            "-k",
            "create.accepted or create.prompt or create.id or query.status",
            *QUICK,
        )
        made = {name: provider.store.count_tasks() for name, provider in app.providers.items()}
    shown = result.stdout.str()
    assert result.ret == 0, shown
    assert made == {"acme": 1, "bolt": 1}
    for name in made:
        assert f"screentest: {name} spent 1.00 USD, 0.00 more may be due" in shown
    assert "spending at most 3" in shown
