"""Requests that are signed: each with a fresh token, made as it is sent; neither secret nor token is ever kept."""

import contextlib
import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.redact import HIDDEN, Redactor
from screentest_contracts.requirements import requirements
from screentest_contracts.tokens import FLAWS
from screentest_mockserver.behaviours.deviations import Deviation, Hooks, deviation
from screentest_mockserver.server.app import MockServer
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.accounts import GOOD_KEY, account_keys
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.cli.serve import print_banner
from screentest_suites.core.credential import AccountKey, FlawedToken, credential_text, read_credential
from screentest_suites.core.curl import curl_line
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.judging.rehearsal import RehearsalTarget, rehearse
from screentest_suites.spending import worst_price
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.signing import signed
from screentest_suites.tasks.session import Session
from tests.suites.recorded import FAST, invoke, rows
from tests.turns import by_turns

DOCUMENT = str(Path(__file__).parents[2] / "documents" / "signed.yaml")
VARIABLE = "ACME_SIGNED_API_KEY"
ACCESS, SECRET = "access-of-mine", "of-mine-" * 5
KEY = f"{ACCESS}:{SECRET}"  # no literal: Hypothesis draws those of tests, and they would be hidden as keys are
PEM = "access:-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(DOCUMENT)


def keys(contract: Contract) -> dict[str, str]:
    mine = account_keys(contract, KEY)
    return {VARIABLE: KEY, f"{VARIABLE}_SECOND": mine["second"], f"{VARIABLE}_POOR": mine["poor"]}


@contextlib.contextmanager
def serving(contract: Contract, broken: str = "", speed: float = 600) -> Iterator[tuple[MockServer, str]]:
    with running([contract], clock=RealClock(speed), api_key=KEY) as (app, url):
        if broken:
            app.providers[contract.name].deviation = deviation(broken, contract)
        yield app, url


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@pytest.mark.parametrize("broken", by_turns(["forged-token-accepted", ""], 2))
def test_a_run_and_its_replay(contract: Contract, broken: str, tmp_path: Path) -> None:
    folder, again = tmp_path / "run", tmp_path / "again.json"
    with serving(contract, broken) as (_, url):
        result = invoke("check", DOCUMENT, "--target", url, "--record", folder, *FAST, "-v", **keys(contract))
    assert result.exit_code == bool(broken), result.output
    judged = {row["id"]: row["verdict"] for row in rows(folder / "report.json")}
    for role in ("create", "query", "list"):
        for flaw in ("expired", "forged", "unsigned"):
            wanted = "failed" if broken.startswith(flaw) else "passed"
            assert judged[f"auth.{role}.{flaw}-token"] == wanted
        assert judged[f"auth.{role}.expired-key"] == judged[f"auth.{role}.wrong-key"] == "passed"
    replayed = invoke("replay", folder, "-v", "--report", again)
    assert replayed.exit_code == bool(broken), replayed.output
    assert rows(again) == rows(folder / "report.json")

    artefacts = {str(path): path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()}
    assert {Path(name).name for name in artefacts} >= {"run.har", "report.json", "exchanges.jsonl"}
    coded = b64encode(json.dumps({"iss": ACCESS}).encode()).decode()[8:20]
    for name, text in {"said": result.output, "said again": replayed.output, **artefacts}.items():
        for hidden in (SECRET, KEY, "eyJ", coded, b64encode(SECRET.encode()).decode()[:20]):
            assert hidden not in text, (name, hidden)
    if broken:
        assert f"Bearer $(screentest token {DOCUMENT} --flaw forged)" in result.output


def test_a_server_that_says_what_it_was_told(contract: Contract, tmp_path: Path) -> None:
    """Tokens are hidden wherever they are met: in bodies, headers, addresses, and in what is no text."""
    with serving(contract) as (app, url):
        mock = app.providers[contract.name]
        told: list[str] = []

        def parrot(call: Any, answer: Any) -> Any:
            token = (call.request.header(b"authorization") or "").removeprefix("Bearer ")
            told.append(token)
            answer.headers.append((b"x-seen", token.encode("latin-1", "replace")))
            if answer.body.startswith(b"{"):
                body = json.loads(answer.body)
                body["message"] = f'you said {token}, https://a.example/?{token}#{token} and "{token}"'
                body["echo"] = {"authorization": f"Bearer {token}", "of": token}
                answer.body = json.dumps(body).encode()
            elif answer.body:
                answer.body += b"\0" + token.encode()
            return answer

        mock.deviation = Deviation("parrot", "", (), hooks=Hooks(answer=parrot))
        folder = tmp_path / "run"
        result = invoke("check", DOCUMENT, "--target", url, "--record", folder, *FAST, "-v", **keys(contract))
    tokens = {each for each in told if each.startswith("eyJ")}
    assert len(tokens) >= 4
    artefacts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for content in [result.output.encode(), *artefacts]:
        assert b"eyJ" not in content
        assert not any(token.rpartition(".")[2].encode() in content for token in tokens if token.rpartition(".")[2])


@pytest.mark.parametrize("suffix", ["", "_SECOND", "_POOR", "_RESTRICTED"])
@pytest.mark.parametrize("value", ["just-a-key", "access:", ":the-secret", PEM])
def test_a_value_that_is_no_pair_is_a_usage_error(contract: Contract, suffix: str, value: str) -> None:
    environment = {**keys(contract), f"{VARIABLE}{suffix}": value}
    for command in (("check", DOCUMENT, "--target", "http://127.0.0.1:9"), ("token", DOCUMENT)):
        result = invoke(*command, **environment)
        assert result.exit_code == 2
        assert f"{VARIABLE}{suffix} holds no key" in result.stderr
        hint = f"export {VARIABLE}{suffix}=" if "\n" in value else "the access key, a colon, the secret"
        assert f"hint: {hint}" in result.stderr
        assert value not in result.output + result.stderr
        assert value.strip(":") not in result.stderr.replace("the access key", "")


def test_no_key_at_all(contract: Contract) -> None:
    result = invoke("check", DOCUMENT, "--target", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert f"{VARIABLE} is not set" in result.stderr
    assert f"(for `screentest serve`: {account_keys(contract)['good']})" in result.stderr


def test_a_token_by_hand(contract: Contract) -> None:
    result = invoke("token", DOCUMENT, **keys(contract))
    found = jwt.decode(result.output.strip(), SECRET, algorithms=["HS256"])
    assert found["iss"] == ACCESS
    assert abs(found["exp"] - 1800 - time.time()) < 60
    second = invoke("token", DOCUMENT, "--account", "second", **keys(contract)).output.strip()
    assert claims(second)["iss"] == "sk-screentest-other"
    expired = invoke("token", DOCUMENT, "--flaw", "expired", **keys(contract)).output.strip()
    assert claims(expired)["exp"] < time.time() - 3000
    absent = invoke("token", DOCUMENT, "--account", "restricted", **keys(contract))
    assert (absent.exit_code, absent.stderr.count(f"{VARIABLE}_RESTRICTED is not set")) == (2, 1)
    plain = invoke("token", "evolink", EVOLINK_API_KEY="sk-1234567")
    assert (plain.exit_code, "signs no requests" in plain.stderr) == (2, True)


def test_the_curl_line_signs(contract: Contract, tmp_path: Path) -> None:
    """A shell runs it as it stands; here `screentest` and `curl` only say what they were asked."""
    for name, script in (("screentest", 'printf "%s+" "$@"'), ("curl", f"printf '%s\\n' \"$@\" > {tmp_path}/said")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    lines = {}
    for key in ("good", "second", "!forged", "=made-up"):
        headers = (("authorization", f"Bearer {HIDDEN}"), ("content-type", "application/json"))
        sent = SentRequest("GET", "https://api.example/v1", headers, None, read_credential(key))
        line = curl_line(contract, sent, Redactor())
        subprocess.run(["sh", "-c", line], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True)
        lines[key] = next(each for each in (tmp_path / "said").read_text().splitlines() if "Bearer" in each)
    assert lines == {
        "good": f"authorization: Bearer token+{DOCUMENT}+",
        "second": f"authorization: Bearer token+{DOCUMENT}+--account+second+",
        "!forged": f"authorization: Bearer token+{DOCUMENT}+--flaw+forged+",
        "=made-up": "authorization: Bearer REDACTED",
    }


class Spied(EmbeddedTarget):
    """Keeps what really went out."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self.shown: list[tuple[float, dict[str, Any]]] = []

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        out = dict(signed(self.contract, sent, self.keys, self.now())).get("authorization", "")
        if isinstance(sent.credential, AccountKey) and out:
            self.shown.append((self.now(), claims(out.removeprefix("Bearer "))))
        return super().send(sent, limit=limit)


def test_tokens_are_made_when_they_are_sent(contract: Contract) -> None:
    """The clock may have gone hours ahead since a request was thought of."""
    target = Spied(contract)
    session = Session(contract, target)
    operation = contract.roles[Role.LIST][0]
    early = session.request(operation)
    assert ("authorization", f"Bearer {HIDDEN}") in early.headers
    for _ in range(3):
        assert session.send(Role.LIST, early).status == 200
        target.sleep(3 * 3600)
    for key in ("second", "poor", "restricted"):
        assert session.send(Role.LIST, session.request(operation, credential=AccountKey(key))).status == 200
    assert all(found["nbf"] + 5 == int(at) == found["exp"] - 1800 for at, found in target.shown)
    assert len({found["iss"] for _, found in target.shown}) == 4
    assert len({found["exp"] for _, found in target.shown}) == 4


@pytest.mark.parametrize("flaw", FLAWS)
def test_who_is_refused_by_the_mock(contract: Contract, flaw: str) -> None:
    session = Session(contract, EmbeddedTarget(contract))
    for role, operations in contract.roles.items():
        for operation in operations:
            body = {"body": {"prompt": "A boat."}} if role is Role.CREATE else {}
            exchange = session.send(role, session.request(operation, task="1", credential=FlawedToken(flaw), **body))
            assert exchange.status == 401
            assert exchange.json["code"] == (4012 if flaw == "expired" else 4011)


def test_a_rehearsal_signs_with_the_mocks_own_keys(contract: Contract) -> None:
    other = EmbeddedTarget(contract)
    other.base_url, other.keys, other.callbacks = "https://api.signed.acme.example", {"good": KEY}, None
    target = RehearsalTarget(contract, other)
    session = Session(contract, target)
    assert session.send(Role.LIST, session.request(contract.roles[Role.LIST][0])).status == 200
    made = rehearse(contract, Options(metered=True, examples=4), target)
    refused = {credential_text(entry.sent.credential) for entry in made.refusals}
    assert {"!expired", "!forged", "!unsigned", "!stranger"} <= refused
    assert not [sent for sent in made.requests if "eyJ" in str(sent.headers)]


def test_what_a_flaw_may_cost(contract: Contract) -> None:
    """A token with a flaw names the account: a server that takes it may charge it. A stranger's cannot be charged."""
    session = Session(contract, EmbeddedTarget(contract))
    operation = contract.roles[Role.CREATE][0]
    body = {"prompt": "A boat."}
    prices = {
        key: worst_price(contract, session.request(operation, body=body, credential=read_credential(key)), None)
        for key in ("good", *(f"!{flaw}" for flaw in FLAWS))
    }
    assert prices.pop("!stranger") == 0
    assert set(prices.values()) == {prices["good"]}
    assert prices["good"] > 0


def test_a_run_with_a_budget_pays_for_no_flaw(contract: Contract, tmp_path: Path) -> None:
    """What is refused costs nothing; the tasks of a server that lets forged tokens in are noted."""
    for broken, spent in (("", 0), ("forged-token-accepted", 2)):
        with serving(contract, broken) as (_, url):
            report = tmp_path / f"{broken or 'good'}.json"
            options = ("--target", url, "--max-spend", "5", *FAST, "--report", report)
            result = invoke("check", DOCUMENT, *options, **keys(contract))
            assert result.exit_code == bool(broken), result.output
        found = {row["id"]: row["verdict"] for row in rows(report)}
        assert found["auth.create.forged-token"] == ("failed" if broken else "passed")
        assert found["auth.create.expired-token"] == "passed"
        ledger = json.loads(report.read_text())["header"]["spend"][0]["entries"]
        assert len([each for each in ledger if each["unwanted"]]) == spent


@pytest.mark.parametrize("status", [500, 200, 302])
def test_anything_but_a_refusal_fails(contract: Contract, status: int) -> None:
    """A server that breaks on a flawed token, or answers it with nothing, has not refused it."""

    class Odd(EmbeddedTarget):
        def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
            got = super().send(sent, limit=limit)
            if sent.credential == FlawedToken("unsigned"):
                return Exchange(sent, status, (), b"{}", got.sent_at, got.received_at)
            if sent.credential == FlawedToken("expired"):
                return Exchange(sent, 0, (), b"", got.sent_at, got.received_at, "the connection broke")
            return got

    session = Session(contract, Odd(contract))
    for each in requirements(contract):
        if each.kind == "token-refused":
            finding = REGISTRY[each.kind](session, each)
            assert finding.result == ("passed" if "forged" in each.id else "failed"), each.id
            if "expired" in each.id:
                assert finding.reason == "the connection broke"


def test_a_run_redacts_halves_of_keys(contract: Contract) -> None:
    hide = redactor([EmbeddedTarget(contract)])
    pair = account_keys(contract)["good"]
    assert pair.partition(":")[2] not in hide.text(f"the secret is {pair.partition(':')[2]}, the key {pair}")


def test_the_line_that_serve_prints_works(contract: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    clock = RealClock(60)
    with running([contract], clock=clock) as (app, url):
        print_banner(app, url, GOOD_KEY, clock)
        line = capsys.readouterr().out.partition("try: ")[2].strip()
        folders = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-c", line], env={"PATH": folders}, check=True, capture_output=True, text=True)
        assert json.loads(done.stdout)["data"]["task_status"] == "submitted"
    print_banner(app, url, KEY, clock)
    assert SECRET not in (said := capsys.readouterr().out)
    assert f'"authorization: Bearer $(screentest token {DOCUMENT})"' in said


def test_the_fixture_for_clients(screentest_mock: Any) -> None:
    mock = screentest_mock(DOCUMENT)
    for account, key in (("good", mock.key), ("second", mock.other_key), ("poor", mock.poor_key)):
        access, secret = key.split(":")
        at = int(mock.app.clock.now())
        token = jwt.encode({"iss": access, "exp": at + 1800, "nbf": at - 5}, secret, algorithm="HS256")
        assert claims(token) == claims(mock.credential(account))
        answer = httpx.get(f"{mock.url}/v1/videos/text2video", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    mock.advance(7200)
    assert claims(mock.credential())["exp"] == at + 7200 + 1800
