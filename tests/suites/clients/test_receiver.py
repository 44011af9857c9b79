"""Receivers of callbacks: a careful one passes, and each careless one is noticed by name."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from tests.providers import known
from tests.suites.clients.key_set_receivers import CARELESS as WITH_KEYS
from tests.suites.clients.key_set_receivers import CarefulWithKeys
from tests.suites.clients.receivers import (
    CARELESS,
    Accepted,
    AnswersLate,
    Careful,
    CrashesOnRepetition,
    Got,
    Listener,
    NoContent,
    Reply,
    Strict,
    listening,
    listening_async,
)

from screentest_contracts import Contract, UsageError
from screentest_contracts.contract import Handshake
from screentest_contracts.location import Location
from screentest_contracts.requirements import receiver_requirements
from screentest_contracts.signatures import key_set, public_keys
from screentest_mockserver.wire.accounts import CALLBACK_SECRET
from screentest_suites.cli import main
from screentest_suites.clients import receiver
from screentest_suites.clients.mock import serve
from screentest_suites.clients.receiver import Receiver, check_address

DOCUMENT = Path(__file__).parents[2] / "documents" / "rest.yaml"
PLAIN = known(DOCUMENT)
assert PLAIN.callback is not None
AT = Location(("/challenge",))
SHAKE = Handshake("POST", None, AT, {"type": "verification"}, AT, 5.0, PLAIN.callback.fact)
CONTRACT = replace(PLAIN, callback=replace(PLAIN.callback, handshake=SHAKE))
"""A document that signs its callbacks, and challenges before the first."""
Listening = Callable[[Listener], AbstractContextManager[str]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "SLOW_SECONDS", 0.1)


def results(
    contract: Contract, kind: type[Careful], listen: Listening = listening, only: str = "*"
) -> dict[str, tuple[str, str]]:
    """What is said of a receiver, by the name of the requirement; `only` those of a name are tried."""
    made = kind(contract)
    wanted = [each for each in receiver_requirements(contract) if fnmatchcase(each.subject.word, only)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receiver, "receiver_requirements", lambda contract: wanted)
        return _results(contract, made, listen)


def _results(contract: Contract, made: Careful, listen: Listening) -> dict[str, tuple[str, str]]:
    with listen(made) as url:
        found = list(Receiver(contract, made.rule, url, made.secret).verdicts())
    return {
        each.requirement.id.removeprefix("client.receiver."): (each.result.value, each.finding.reason) for each in found
    }


@pytest.mark.parametrize("kind", [Careful, Accepted, NoContent, Strict])
@pytest.mark.parametrize("listen", [listening, listening_async])
def test_legal_receivers_pass(kind: type[Careful], listen: Listening) -> None:
    found = results(CONTRACT, kind, listen)
    assert {*CARELESS.values()} <= set(found)
    assert {name: said for name, said in found.items() if said[0] != "passed"} == {}


@pytest.mark.parametrize("kind", CARELESS)
def test_a_careless_receiver_is_noticed_by_name(kind: type[Careful]) -> None:
    contract = CONTRACT
    if kind is AnswersLate:
        contract = replace(CONTRACT, callback=replace(CONTRACT.callback, timeout=0.2))  # type: ignore[type-var]
    name = CARELESS[kind]
    assert results(contract, kind, only=name)[name][0] == "failed"


def keyed(kind: type[CarefulWithKeys], tmp_path: Path, listen: Listening = listening) -> tuple[str, dict[str, str]]:
    """What the command says of a receiver that reads the key set as a user's does, and its verdicts by name."""
    keys, report = tmp_path / "keys.json", tmp_path / "report.json"
    keys.write_text(key_set(CALLBACK_SECRET))
    with listen(kind(keys.read_text())) as url:
        said = CliRunner().invoke(
            main, ["callback", "fal", "--to", url, "--key-set", str(keys), "--report", str(report)]
        )
    rows = json.loads(report.read_text())["requirements"]
    return said.output, {row["id"].removeprefix("client.receiver."): row["verdict"] for row in rows}


@pytest.mark.parametrize("listen", [listening, listening_async])
def test_a_receiver_that_verifies_with_a_key_set_passes(listen: Listening, tmp_path: Path) -> None:
    said, found = keyed(CarefulWithKeys, tmp_path, listen)
    assert {name: verdict for name, verdict in found.items() if verdict != "passed"} == {}, said
    assert {name for names in WITH_KEYS.values() for name in names.split()} <= set(found)


@pytest.mark.parametrize("kind", WITH_KEYS)
def test_a_careless_receiver_with_a_key_set_is_noticed_by_name(kind: type[CarefulWithKeys], tmp_path: Path) -> None:
    said, found = keyed(kind, tmp_path)
    assert {name for name, verdict in found.items() if verdict == "failed"} == {*WITH_KEYS[kind].split()}, said


def test_a_receiver_fetches_the_key_set_from_the_mock(tmp_path: Path) -> None:
    with serve("fal") as mock:
        assert httpx.get(mock.url + "/.well-known/jwks.json").text == key_set(CALLBACK_SECRET)
    found = CliRunner().invoke(
        main, ["callback", "fal", "--to", "http://127.0.0.1:1/", "--key-set", str(tmp_path / "keys.json")]
    )
    assert "signed with a key of the set in" in found.stderr
    assert public_keys((tmp_path / "keys.json").read_text())
    for name in ("replicate", "evolink"):
        found = CliRunner().invoke(main, ["callback", name, "--to", "http://127.0.0.1:1/", "--key-set", "keys.json"])
        assert (found.exit_code, "has no key set" in found.output) == (2, True)


def test_an_endless_answer_is_cut_off() -> None:
    class Endless(Careful):
        def taken(self, task: Any) -> Reply:
            return Reply(200, b"x" * 5_000_000)

    assert results(CONTRACT, Endless, only="valid.*")["valid.succeeded"][0] == "passed"


def test_a_broken_receiver_is_noticed() -> None:
    class Broken(Careful):
        def answer(self, got: Got) -> Reply:
            return Reply(500)

    assert {said[0] for said in results(CONTRACT, Broken).values()} == {"failed"}


def test_the_command_can_fail_for_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [each for each in receiver_requirements(PLAIN) if each.subject.word == "repeated"]
    assert [each.level for each in wanted] == ["SHOULD"]
    monkeypatch.setattr(receiver, "receiver_requirements", lambda contract: wanted)
    made = CrashesOnRepetition(PLAIN)
    monkeypatch.setenv(made.signature.variable, made.secret)
    for level, status in (("MUST", 0), ("SHOULD", 1)):
        with listening(CrashesOnRepetition(PLAIN)) as url:
            found = CliRunner().invoke(main, ["callback", str(DOCUMENT), "--to", url, "--level", level])
        assert found.exit_code == status, found.output


def test_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Careful(PLAIN)
    monkeypatch.setenv(made.signature.variable, made.secret)
    with listening(made) as url:
        found = CliRunner().invoke(main, ["callback", str(DOCUMENT), "--to", url, "-v"])
    assert found.exit_code == 0, found.output
    assert made.secret not in found.output


def test_only_this_machine_or_a_host_that_is_named_twice() -> None:
    for url in ("http://127.0.0.1:1/x", "http://[::1]:1/x", "http://localhost/x"):
        check_address(url, None)
    check_address("https://hooks.example.com/x", "hooks.example.com")
    for url, allowed in (
        ("https://hooks.example.com/x", None),
        ("https://a.example.com/", "b.example.com"),
        ("http://127.0.0.1.example.com/", None),
        ("x", None),
    ):
        with pytest.raises(UsageError):
            check_address(url, allowed)
    found = CliRunner().invoke(main, ["callback", "nexusflow", "--to", "http://127.0.0.1:1/"])
    assert (found.exit_code, "does not call back" in found.output) == (2, True)
