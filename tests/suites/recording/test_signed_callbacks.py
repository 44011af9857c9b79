"""Signed callbacks over real connections: the secret comes from the environment and goes nowhere; a recording keeps
what was found."""

import contextlib
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from screentest_contracts import load_contract
from screentest_contracts.requirements import requirements
from screentest_mockserver.behaviours.deviations import deviation
from screentest_mockserver.dispatch.callbacks import HttpDeliver
from screentest_mockserver.server.run import running
from screentest_mockserver.wire.accounts import CALLBACK_SECRET
from screentest_mockserver.wire.clock import RealClock
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.rehearsal import RehearsalTarget
from screentest_suites.recording.header import SCHEMA
from screentest_suites.targets.credentials import redactor
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session
from tests.suites.recorded import FAST, invoke, keys, rows

VARIABLE = "ACME_CALLBACK_SECRET"
SECRET = b64encode(CALLBACK_SECRET.encode()).decode()
ANOTHER = b64encode(b"the-secret-of-another-account").decode()
LISTEN = ("--callback-listen", "127.0.0.1:0")


@pytest.fixture(scope="module")
def document(small_text: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small document: any callback address, no repetitions, signatures."""
    tree = yaml.safe_load(small_text)
    tree["components"]["schemas"]["Clip"]["properties"]["callback_url"] = {
        "type": "string"
    }  # addresses of this machine
    tree["x-task"]["callback"] |= {
        "retries": [],
        "signature": {
            "scheme": "hmac-sha512",
            "header": "X-Acme-Signature",
            "value": "t={{timestamp}},v1={{signature}}",
            "separator": ",",
            "over": "{{timestamp}}.{{body}}",
            "timestamp": {"tolerance": 60},
            "secret": {"variable": VARIABLE, "form": "base64", "prefix": "whsec_"},
        },
    }
    path = tmp_path_factory.mktemp("document") / "acme.yaml"
    path.write_text(json.dumps(tree))
    return str(path)


@contextlib.contextmanager
def serving(document: str, broken: str = "") -> Iterator[str]:
    contract = load_contract(document)
    trusting = HttpDeliver(verify=False)
    with running([contract], clock=RealClock(300), allow_loopback_callbacks=True, deliver=trusting) as (app, url):
        if broken:
            app.providers[contract.name].deviation = deviation(broken, contract)
        yield url


def signature(report: Path) -> tuple[str, str]:
    return next((row["verdict"], row["reason"]) for row in rows(report) if row["id"] == "callback.signature")


@pytest.mark.parametrize(
    ("secret", "broken", "verdict", "reason"),
    [
        (f"whsec_{SECRET}", "", "passed", ""),
        (SECRET, "", "passed", ""),
        (f"whsec_{SECRET}", "callback-unsigned", "failed", "callback 1: no header X-Acme-Signature"),
        (f"whsec_{ANOTHER}", "", "failed", "callback 1: X-Acme-Signature is no hmac-sha512 of {{timestamp}}.{{body}}"),
        ("", "", "skipped", f"not observed: {VARIABLE} is not set"),
    ],
    ids=["as-shown", "without-prefix", "unsigned", "of-another", "no-secret"],
)
def test_a_run_and_its_replay(
    document: str, secret: str, broken: str, verdict: str, reason: str, tmp_path: Path
) -> None:
    folder, again = tmp_path / "run", tmp_path / "again.json"
    environment = {**keys(load_contract(document)), VARIABLE: secret}
    with serving(document, broken) as url:
        options = ("--target", url, "--record", str(folder), *LISTEN, *FAST)
        result = invoke("check", document, *options, **environment)
    assert result.exit_code == (verdict == "failed"), result.output
    judged = signature(folder / "report.json")
    assert judged[0] == verdict
    assert judged[1].startswith(reason)
    replayed = invoke("replay", str(folder), "-v", "--report", str(again), **{VARIABLE: ""})
    assert signature(again) == judged

    events = [json.loads(line) for line in (folder / "acme" / "exchanges.jsonl").read_text().splitlines()]
    callbacks = [event for event in events if event["event"] == "callback"]
    assert callbacks
    assert {"signature" in event for event in callbacks} == {bool(secret)}
    schema = json.loads(SCHEMA.read_text())
    valid = jsonschema_rs.validator_for({"$ref": "#/$defs/event", "$defs": schema["$defs"]})
    assert all(valid.is_valid(event) for event in callbacks)
    artefacts = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    for text in [result.output, replayed.output, *artefacts]:
        assert not secret or secret.removeprefix("whsec_") not in text
        assert "v1=" not in text.replace("v1={{", "")


def test_the_secret_is_needed_again_to_go_on(document: str, tmp_path: Path) -> None:
    folder, environment = tmp_path / "run", keys(load_contract(document))
    with serving(document) as url:
        options = ("--target", url, "--record", str(folder), *LISTEN, *FAST)
        assert invoke("check", document, *options, **environment, **{VARIABLE: SECRET}).exit_code == 0
        tape = folder / "acme" / "exchanges.jsonl"
        lines = tape.read_bytes().splitlines(keepends=True)
        tape.write_bytes(b"".join(lines[: len(lines) // 2]))
        refused = invoke("check", "--resume", str(folder), **environment, **{VARIABLE: ""})
    assert refused.exit_code == 2
    assert f"the run had keys that are not set now: {VARIABLE}" in refused.stderr


def test_what_is_no_secret_is_the_users_mistake(document: str) -> None:
    text = "whsec_not*base64"
    result = invoke(
        "check", document, "--target", "http://127.0.0.1:9", **keys(load_contract(document)), **{VARIABLE: text}
    )
    assert result.exit_code == 2
    assert f"{VARIABLE} holds no secret: it is not base64" in result.stderr
    assert f"whsec_{SECRET}" in result.stderr, "the mock's, which anybody may know"
    assert "not*base64" not in result.output


def test_a_rehearsal_signs_with_the_secret_of_the_target(document: str) -> None:
    """What a run would send is found by running it, and a signature that is wrong ends a check early."""
    contract = load_contract(document)
    other = EmbeddedTarget(contract)
    other.keys = {"good": "sk-key", "callback": f"whsec_{ANOTHER}"}
    stage = RehearsalTarget(contract, other)
    session = Session(contract, stage, Options(poll_interval=50, task_timeout=300))
    wanted = next(each for each in requirements(contract) if each.id == "callback.signature")
    assert REGISTRY[wanted.kind](session, wanted).result is Result.PASSED


def test_the_secret_is_hidden_wherever_a_server_repeats_it(document: str) -> None:
    target = EmbeddedTarget(load_contract(document))
    assert target.keys["callback"] == f"whsec_{SECRET}"
    assert SECRET not in redactor([target]).text(f"signed with {target.keys['callback']}")
