"""The rehearsal and the plan: what a run would send, found without sending anything."""

import json
import re
import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from screentest_contracts import Contract, built_in, load_contract
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.checks.provoke import WRONG_KEY
from screentest_suites.cli import main
from screentest_suites.cli.plan import make_plan, worst
from screentest_suites.core.credential import GOOD, NO_KEY, SECOND, AccountKey
from screentest_suites.core.exchange import SentRequest
from screentest_suites.core.options import Options
from screentest_suites.judging.rehearsal import RehearsalTarget, make_judge, rehearse
from screentest_suites.spending import Budget, ReservationState
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.http import HttpTarget
from screentest_suites.targets.signing import shown_key
from tests.providers import FEW
from tests.turns import by_turns

QUICK = ("--examples", "2")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection, no name look-up."""

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("something was about to be sent")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def invoke(*arguments: str, **environment: str) -> Result:
        for name in list(environment):
            monkeypatch.setenv(name, environment[name])
        result = CliRunner().invoke(main, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def priced_file(tmp_path: Path, small_text: str) -> str:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text + '  prices: [{models: ["*"], per: second, amount: 0.5, currency: USD}]\n')
    return str(path)


def shape(sent: SentRequest, base: str) -> tuple[str, str, bytes | None]:
    return sent.method, sent.url.removeprefix(base), sent.body


def test_a_real_run_sends_the_creates_that_were_rehearsed(priced: Callable[..., Contract]) -> None:
    """To a served mock over HTTP: the same creates in the same order, and one task."""
    contract = priced()
    options = Options(examples=4, poll_interval=0.01, workers=1)
    with running([contract], clock=RealClock(10_000)) as (app, url):
        target = HttpTarget(url, {"good": "sk-screentest"})
        planned = rehearse(contract, options, target)
        planned = rehearse(
            contract, options, target, ledger=Budget.read("9", live=False).ledger(contract), ahead=planned.refusals
        )
        assert not list(app.journal), "the rehearsal asked nobody"
        judge = make_judge(contract, target, options, Budget.read("9", live=False))
        for _ in judge.verdicts():
            pass
        target.close()
        journal, tasks = list(app.journal), app.providers["acme"].tasks()
    made = judge.session.client.ledger.entries
    assert [shape(each.sent, url) for each in made] == [shape(each.sent, url) for each in planned.ledger.entries]
    assert [each.state for each in made] == [each.state for each in planned.ledger.entries]
    assert [each.price for each in made] == [each.price for each in planned.ledger.entries]
    assert {each.state for each in made} == {
        ReservationState.RELEASED,
        ReservationState.SETTLED,
        ReservationState.DECLINED,
    }
    sent = sum(
        each.state is not ReservationState.DECLINED and each.sent.url == f"{url}/jobs" and each.sent.method == "POST"
        for each in made
    )
    assert sum(each.method == "POST" and each.path == "/jobs" for each in journal) == sent
    assert len(tasks) == 1


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", by_turns(built_in(), 4))
def test_a_rehearsal_keeps_the_keys_and_the_address_of_the_real_server(name: str) -> None:
    contract = load_contract(name)
    target = EmbeddedTarget(contract)
    target.base_url, target.keys = "https://other.example:8443/api", {"good": "real-key-1", "poor": "real-key-2"}
    planned = rehearse(contract, Options(examples=2), target)
    assert {each.state for each in planned.ledger.entries} == {ReservationState.RELEASED, ReservationState.SETTLED}, (
        "and is understood"
    )
    creates = [each.sent for each in planned.ledger.entries]
    assert all(sent.url.startswith("https://other.example:8443/api/") for sent in creates)
    for role in target.keys:
        key = shown_key(contract, target.keys, AccountKey(role))
        told = [str(sent.headers) + sent.url for sent in creates if sent.credential == AccountKey(role)]
        assert all(key in each for each in told)
        assert told or role == "poor"
    assert target.sent == 0


def test_a_rehearsal_target_is_no_network(priced: Callable[..., Contract], offline: None) -> None:
    contract = priced()
    other = EmbeddedTarget(contract)
    other.base_url, other.keys, other.callbacks = "http://127.0.0.1:9", {"good": "sk-real"}, None
    target = RehearsalTarget(contract, other)
    assert target.send(SentRequest("GET", "http://127.0.0.1:9/jobs/x", (("x-key", "Key sk-real"),))).status == 404


# -- the plan -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", by_turns(FEW, 3))
def test_a_plan_sends_nothing(name: str, run: Callable[..., Result]) -> None:
    result = run("plan", name, "--max-spend", "5", *QUICK)
    assert result.exit_code == 0, result.output
    assert "with a limit of 5.00" in result.output


def test_collecting_a_live_run_sends_nothing(
    priced_file: str, offline: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    arguments = (
        "--live",
        "--provider",
        priced_file,
        "--max-spend",
        "5",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    )
    status = pytest.main([*arguments, "-p", "no:xdist", "-c", "/dev/null", "--rootdir", str(Path(priced_file).parent)])
    assert status == 0
    assert "acme:create.accepted" in capsys.readouterr().out


@pytest.mark.usefixtures("offline")
def test_a_plan_as_json(run: Callable[..., Result], priced_file: str) -> None:
    result = run("plan", priced_file, "--max-spend", "3", "--format", "json", *QUICK)
    (plan,) = json.loads(result.stdout)
    assert (plan["provider"], plan["currency"], plan["cap"], plan["expected"]) == ("acme", "USD", "3", "1.0")
    assert plan["other_requests"] > 10
    creates = plan["creates"]
    assert {each["method"] for each in creates} >= {"POST"}
    assert [each for each in creates if each["what"] == "paid"] == [
        {
            "method": "POST",
            "path": "/jobs",
            "purpose": "the task that all checks of a model share",
            "model": "clip-1",
            "price": "1.0",
            "what": "paid",
        }
    ]
    declined = [Decimal(each["price"]) for each in creates if each["what"] == "not sent"]
    assert declined
    assert min(declined) > 3
    assert all(Decimal(each["price"]) <= 3 for each in creates if each["what"] == "to be refused")
    assert Decimal(plan["worst"]) == 3, "as much as there is"
    unlimited = json.loads(run("plan", priced_file, "--format", "json", *QUICK).stdout)[0]
    assert unlimited["cap"] is None
    assert Decimal(unlimited["worst"]) == sum(Decimal(each["price"]) for each in unlimited["creates"]) > 500
    assert not any(each["what"] == "not sent" for each in unlimited["creates"])


@pytest.mark.usefixtures("offline")
def test_a_plan_as_a_table(run: Callable[..., Result], priced_file: str) -> None:
    result = run("plan", priced_file, "--max-spend", "0", *QUICK)
    shown = result.stdout
    assert "Acme: https://api.acme.example" in shown
    assert "POST /jobs" in shown
    assert re.search(r"POST /jobs +clip-1 +free +to be refused +auth.create.missing-key", shown)
    assert "paid" not in shown.replace("paid for", "")
    assert "Acme: no task is made" in shown
    assert "charges 0.00 USD; one that accepts everything up to 0.00 USD, with a limit of 0.00 USD" in shown


@pytest.mark.usefixtures("offline")
def test_a_plan_without_prices_asks_for_one(run: Callable[..., Result], tmp_path: Path, small_text: str) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text)
    planned = run("plan", str(path), "--max-spend", "2", *QUICK)
    assert "not sent: no price is known for Acme: add --assume-price AMOUNT" in planned.stdout
    assert "MUST would not be judged, since no price is known of the tasks that they ask for: create." in planned.stdout
    assert "for want of budget" not in planned.stdout
    assert "Acme: the run is rehearsed on the mock; nothing is sent" in planned.stderr
    told = run("plan", str(path), "--max-spend", "2", "--assume-price", "3", *QUICK).stdout
    assert "creates are not sent for want of budget" in told
    assert "--assume-price" not in told


@pytest.mark.usefixtures("offline")
def test_without_a_price_nobody_knows(run: Callable[..., Result], tmp_path: Path, small_text: str) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(small_text)
    shown = run("plan", str(path), *QUICK).stdout
    assert "Acme: a task is made of clip-1 (price unknown)\n" in shown
    assert "accepts everything nobody knows what, without a limit" in shown
    limited = json.loads(run("plan", str(path), "--max-spend", "9", "--format", "json", *QUICK).stdout)[0]
    assert not any(each["what"] == "paid" for each in limited["creates"]), "an unknown price fits no budget"
    assumed = run("plan", str(path), "--max-spend", "9", "--assume-price", "2 EUR", "--format", "json", *QUICK).stdout
    assert [each["price"] for each in json.loads(assumed)[0]["creates"] if each["what"] == "paid"] == ["2"]


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--max-spend", "much"), "--max-spend 'much' is no amount"),
        (("--max-spend", "5CNY"), "Acme is paid in USD, not in CNY"),
        (("--assume-price", "x"), "--assume-price 'x' is no amount"),
        (("--assume-price", "1CNY"), "Acme is paid in USD, not in CNY"),
        (("--model", "sora"), "no model 'sora'"),
    ],
)
def test_a_plans_mistakes_are_told(
    arguments: tuple[str, ...], said: str, run: Callable[..., Result], priced_file: str
) -> None:
    result = run("plan", priced_file, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "hint: " in result.stderr
    assert result.stdout == ""


def test_a_plan_has_the_accounts_whose_keys_are_there(
    priced: Callable[..., Contract], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = priced()
    budget = Budget.read(None, live=False)
    monkeypatch.delenv("ACME_API_KEY_SECOND", raising=False)
    alone = make_plan(contract, Options(examples=2), budget)
    assert {sent.credential for sent in alone.requests} <= {GOOD, NO_KEY, WRONG_KEY}
    monkeypatch.setenv("ACME_API_KEY_SECOND", "sk-second")
    both = make_plan(contract, Options(examples=2), budget)
    assert SECOND in {sent.credential for sent in both.requests} or len(both.requests) == len(alone.requests)
    assert worst(both.ledger) == sum(each.price or 0 for each in both.ledger.entries)


def test_a_plan_for_one_model(run: Callable[..., Result]) -> None:
    name = "happyhorse-1.1-text-to-video"
    plan = json.loads(run("plan", "evolink", "--model", name, "--format", "json", *QUICK).stdout)[0]
    paid = [each["model"] for each in plan["creates"] if each["what"] == "paid"]
    assert paid == [name]
