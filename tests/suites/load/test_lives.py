"""Tasks judged as they end: on the mock, in virtual time and without Locust."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screentest_contracts import load_contract
from screentest_contracts.contract import Contract
from screentest_contracts.requirements import BASICS
from screentest_mockserver.behaviours import find_behaviour
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import NotObservedError, Skip
from screentest_suites.load.findings import KEPT, Comparison, Findings
from screentest_suites.load.lives import Lives
from screentest_suites.load.promises import RESULT_OWN, RETRY_AFTER
from screentest_suites.load.settings import LoadSettings
from screentest_suites.spending import Ledger
from screentest_suites.targets.embedded import EmbeddedTarget

DOCUMENT = Path(__file__).parents[2] / "load" / "parcels.yaml"


@pytest.fixture(scope="module")
def parcels() -> Contract:
    return load_contract(DOCUMENT)


class Altered(EmbeddedTarget):
    """The mock, some of whose answers are altered on their way; `sent_urls` are the addresses that were asked."""

    def __init__(self, contract: Contract, alter: Callable[[Exchange], Exchange] = lambda exchange: exchange) -> None:
        super().__init__(contract)
        self.alter = alter

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        return self.alter(super().send(sent, limit=limit))


def lives_of(contract: Contract, target: EmbeddedTarget, ledger: Ledger | None = None, **options: Any) -> Lives:
    chosen = Options(models=(next(iter(contract.models)),), **options)
    return Lives(contract, target, chosen, ledger or Ledger())


def found_by(lives: Lives, target: EmbeddedTarget, tasks: int = 4) -> Findings:
    findings = Findings()
    for _ in range(tasks):
        lives.one(target, findings)
    Comparison().compare(findings)
    return findings


def with_body(exchange: Exchange, **members: Any) -> Exchange:
    return replace(exchange, body=json.dumps({**exchange.json, **members}).encode())


@pytest.mark.parametrize("provider", ["evolink", "fal", "kling", "newapi", "runway", str(DOCUMENT)])
def test_the_mock_breaks_nothing(provider: str) -> None:
    contract = load_contract(provider)
    target = EmbeddedTarget(contract)
    findings = found_by(lives_of(contract, target), target)
    assert not findings.broken
    assert not findings.errors
    assert (findings.made, findings.ends["succeeded"]) == (4, 4)
    assert findings.judged[BASICS[1]] == findings.judged["create.id.unique"] == 4
    assert findings.judged["result.fetch"] == 4
    assert not findings.claims


def test_requests_are_told_apart_and_differ_in_what_results_show(parcels: Contract) -> None:
    seen = []

    def note(exchange: Exchange) -> Exchange:
        if exchange.sent.method == "POST":
            seen.append(json.loads(exchange.sent.body or b""))
        return exchange

    target = Altered(parcels, note)
    lives = lives_of(parcels, target)
    found_by(lives, target)
    assert len({each["prompt"] for each in seen}) == 4
    assert [each.get("seconds") for each in seen] == [None, 8, None, 8]
    assert lives.different == 2


def test_what_breaks_is_kept_in_part(parcels: Contract) -> None:
    target = EmbeddedTarget(parcels)
    target.mock.deviation = find_behaviour("progress-falls", parcels)
    findings = found_by(lives_of(parcels, target), target, tasks=KEPT + 2)
    assert findings.broken["query.progress.monotonic"] == KEPT + 2
    assert len(findings.evidence["query.progress.monotonic"]) == KEPT
    evidence = findings.evidence["query.progress.monotonic"][0]
    assert evidence["seen"].startswith("progress fell from")
    assert len(evidence["exchanges"]) == 2
    assert "sk-screentest" not in json.dumps(findings.plain())


def test_an_id_of_another_task(parcels: Contract) -> None:
    """The second create hands out the first one's id; what comes after is another requirement's business."""
    first: list[str] = []

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.method != "POST":
            return exchange
        first.append(exchange.json["id"])
        return with_body(exchange, id=first[0])

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=2)
    assert findings.broken["create.id.unique"] == 1
    (evidence,) = findings.evidence["create.id.unique"]
    assert evidence["seen"].startswith(f"the id is {first[0]!r}, as another task had at 2026-")
    assert evidence["exchanges"][0]["response"]["status"] == 201


def test_a_result_of_another_task(parcels: Contract) -> None:
    address: list[str] = []

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "track" or exchange.json["file"] is None:
            return exchange
        address.append(exchange.json["file"])
        return with_body(exchange, file=address[0] + "?signed=anew")

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=3)
    assert findings.broken[RESULT_OWN] == 2


@pytest.mark.parametrize(("named", "broken"), [(True, 0), (False, 1)])
def test_429_has_to_say_when(parcels: Contract, named: bool, broken: int) -> None:
    limited = []

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "track" or len(limited) > 1:
            return exchange
        limited.append(exchange)
        headers = (("retry-after", "2"),) if named else ()
        return replace(exchange, status=429, headers=headers, body=b'{"error": {"text": "no"}}')

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=1)
    assert (findings.broken.total(), findings.broken[RETRY_AFTER], findings.judged[RETRY_AFTER]) == (broken, broken, 1)


def test_who_only_says_429_hides_the_task_and_breaks_nothing(parcels: Contract) -> None:
    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.operation != "track":
            return exchange
        return replace(exchange, status=429, headers=(("retry-after", "2"),), body=b'{"error": {"text": "no"}}')

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=1)
    assert not findings.broken
    assert findings.ends == {"not followed": 1}


@pytest.mark.parametrize(("status", "broken"), [(500, 1), (404, 1), (429, 0)])
def test_a_create_that_is_not_accepted(parcels: Contract, status: int, broken: int) -> None:
    def alter(exchange: Exchange) -> Exchange:
        refusal = (("retry-after", "1"),), b'{"error": {"text": "no"}}'
        return replace(exchange, status=status, headers=refusal[0], body=refusal[1])

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=1)
    assert (findings.refused, findings.made, findings.broken[BASICS[1]]) == (1, 0, broken)


def test_a_list_that_loses_a_task(parcels: Contract) -> None:
    def alter(exchange: Exchange) -> Exchange:
        return (
            with_body(exchange, parcels=exchange.json["parcels"][1:]) if exchange.sent.operation == "all" else exchange
        )

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=2)
    assert findings.broken == {"list.contains": 2}


@pytest.mark.parametrize(("shift", "lost"), [(0, 0), (1, 1)])
def test_a_full_list_may_have_lost_what_is_old(parcels: Contract, shift: int, lost: int) -> None:
    """Others' tasks fill the list: only one that shows an older task of ours and not the newer has lost it."""
    ids: list[str] = []

    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.method == "POST":
            ids.append(exchange.json["id"])
        if exchange.sent.operation != "all" or len(ids) < 2:
            return exchange
        mine = exchange.json["parcels"][0]
        others = [{**mine, "id": f"p{number}"} for number in range(50)]
        return with_body(exchange, parcels=[*others[shift:], *[{**mine, "id": ids[0]}] * shift])

    target = Altered(parcels, alter)
    lives, findings = lives_of(parcels, target), Findings()
    lives.one(target, findings)
    target.sleep(10)
    lives.one(target, findings)
    assert findings.broken["list.contains"] == lost


def test_nothing_is_said_of_what_was_not_answered_through_our_own_fault(parcels: Contract) -> None:
    def alter(exchange: Exchange) -> Exchange:
        if exchange.sent.method == "POST":
            return exchange
        raise NotObservedError(Skip.TOO_LATE, "this process was late")

    target = Altered(parcels, alter)
    findings = found_by(lives_of(parcels, target), target, tasks=1)
    assert not findings.broken
    assert findings.ends == {"not followed": 1}
    target.alter = lambda exchange: alter(replace(exchange, sent=replace(exchange.sent, method="GET")))
    findings = found_by(lives_of(parcels, target), target, tasks=2)
    assert (findings.made, findings.unseen, findings.broken) == (0, {"asked too late": 2}, {})


def test_a_spent_budget_ends_it(parcels: Contract) -> None:
    from decimal import Decimal

    target = EmbeddedTarget(parcels)
    lives = lives_of(parcels, target, Ledger(Decimal(2), "USD"), metered=True, assumed_price=Decimal(1))
    assert lives.different == 1
    findings = found_by(lives, target, tasks=2)
    assert (findings.made, lives.exhausted) == (2, "")
    lives.one(target, findings)
    assert findings.made == 2
    assert lives.exhausted == "it could cost 1.00 USD if accepted, and 0.00 USD is left"


def test_findings_of_processes_add_up(parcels: Contract) -> None:
    """What two processes send is what one would have found, and an id of both is seen where they meet."""
    target = EmbeddedTarget(parcels)
    target.mock.deviation = find_behaviour("progress-falls", parcels)
    lives = lives_of(parcels, target)
    parts, whole = [Findings(), Findings()], Findings()
    for part in parts:
        for _ in range(KEPT):
            lives.one(target, part)
    plain = [json.loads(json.dumps(part.plain())) for part in parts]
    for each in reversed(plain):
        whole.add(Findings.read(each))
    assert whole.made == whole.broken["query.progress.monotonic"] == 2 * KEPT
    assert whole.evidence["query.progress.monotonic"] == parts[0].evidence["query.progress.monotonic"]
    twice = Findings.read(plain[0])
    twice.claims = [claim._replace(owner="another process") for claim in twice.claims]
    comparison = Comparison()
    comparison.compare(whole)
    assert not whole.broken["create.id.unique"]
    comparison.compare(twice)
    assert twice.broken["create.id.unique"] == KEPT


def test_settings_are_data(parcels: Contract) -> None:
    settings = LoadSettings(users=3, tasks=4, models=("parcel",), live=True, max_spend="5", assume_price="1")
    assert LoadSettings.read(json.loads(json.dumps(settings.plain()))) == settings
    options = settings.options(parcels)
    assert (options.metered, options.models) == (True, ("parcel",))
