"""The reference client breaks nothing, and every fault of a client is noticed by the requirement that names it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.providers import FEW, known
from tests.turns import by_turns

from screentest_contracts import Contract
from screentest_contracts.contract import Role, StatusClass
from screentest_suites.clients.calls import Made
from screentest_suites.clients.faults import FAULTS
from screentest_suites.clients.judging import judge_client
from screentest_suites.clients.listening import ListeningClient
from screentest_suites.clients.reference import ReferenceClient
from screentest_suites.clients.resuming import DOWNLOADS, ResumingClient
from screentest_suites.clients.selfcheck import fitting_faults, prove, telling
from screentest_suites.clients.situations import fitting
from screentest_suites.clients.trying import try_client
from screentest_suites.core.exchange import SentRequest

DOCUMENTS = Path(__file__).parents[2] / "documents"
CONTRACTS = {name: known(name) for name in FEW}
MADE_UP = {name: known(DOCUMENTS / f"{name}.yaml") for name in ("rest", "signed")}
LAST = known("runway")
"""Its cancel ends tasks that run."""
FIRST = {
    name: next(c for c in (*CONTRACTS.values(), *MADE_UP.values(), LAST) if each.applies(c))
    for name, each in FAULTS.items()
}
"""For each fault a document that it fits."""


@pytest.mark.parametrize("name", by_turns([*CONTRACTS, *MADE_UP], 3))
def test_the_reference_client_breaks_nothing(name: str) -> None:
    contract = {**CONTRACTS, **MADE_UP}[name]
    verdicts = judge_client(contract, try_client(contract, ReferenceClient))
    assert [(each.id, each.finding.reason) for each in verdicts if each.result in ("failed", "error")] == []
    passed = [each.requirement.id for each in verdicts if each.result == "passed"]
    assert "client.end.video" in passed
    assert len(passed) > 40


@pytest.mark.parametrize("name", ["evolink", "rest"])
def test_the_reference_client_is_called_back_and_breaks_nothing(name: str) -> None:
    contract = {**CONTRACTS, **MADE_UP}[name]
    names = ("success", "failure", "forged-callbacks", "repeated-callbacks", "no-callbacks")
    verdicts = judge_client(contract, try_client(contract, ListeningClient, names))
    assert [(each.id, each.finding.reason) for each in verdicts if each.result in ("failed", "error")] == []
    passed = {each.requirement.id for each in verdicts if each.result == "passed"}
    assert passed >= {f"client.callback.{word}" for word in ("answered", "forged", "repeated", "no")}


class Browses(ReferenceClient):
    """Asks what it may, as browsers do, and looks at the list once before each poll."""

    def create_request(self) -> SentRequest:
        sent = super().create_request()
        self.wire.http.request("OPTIONS", sent.url, headers={"access-control-request-method": "POST"})
        return sent

    def query(self, task: str) -> SentRequest:
        self.send(self.builder.request(self.contract.roles[Role.LIST][0]))
        return super().query(task)


@pytest.mark.parametrize("name", ["nexusflow", "signed", "luma"])
def test_who_lists_and_asks_what_it_may_breaks_nothing(name: str) -> None:
    contract = {**MADE_UP, "nexusflow": CONTRACTS["nexusflow"], "luma": known("luma")}[name]
    verdicts = judge_client(contract, try_client(contract, Browses, ("success", "failure", "slow")))
    assert [(each.id, each.finding.reason) for each in verdicts if each.result in ("failed", "error")] == []


class TidiesUp(ReferenceClient):
    """Removes its task once it has the video."""

    def fetch(self, task: str, body: Any) -> bytes:
        found = super().fetch(task, body)
        answer = self.send(self.builder.request(self.contract.roles[Role.CANCEL][0], task=task))
        assert answer.status_code in (200, 204)
        assert self.send(self.query(task)).status_code == 404
        return found


class ComparesTags(ResumingClient):
    """Asks for the rest whatever has become of the file, and looks at its ETag."""

    def part_headers(self) -> Mapping[str, str]:
        return {name: value for name, value in super().part_headers().items() if name != "if-range"}


class AsksForTheSize(ReferenceClient):
    """Asks by HEAD how large a file is before it downloads it."""

    def get(self, link: str, headers: Mapping[str, str]) -> httpx.Response:
        self.wire.http.head(link, headers=dict(headers))
        return super().get(link, headers)


@pytest.mark.parametrize("client", [ResumingClient, ComparesTags, AsksForTheSize])
@pytest.mark.parametrize("name", ["evolink", "tokenbay"])
def test_who_goes_on_with_a_download_breaks_nothing(name: str, client: type[ReferenceClient]) -> None:
    contract = CONTRACTS[name]
    names = tuple(each for each in DOWNLOADS if each in fitting(contract))
    verdicts = judge_client(contract, try_client(contract, client, names))
    assert [(each.id, each.finding.reason) for each in verdicts if each.result in ("failed", "error")] == []
    passed = {each.requirement.id for each in verdicts if each.result == "passed"}
    shown = {"ignored-range", "replaced-file", "lost-end"} & {*names}
    assert passed >= {f"client.{word}.{each}" for word in ("survives", "end.honest") for each in shown}


def test_who_gives_up_at_a_break_is_not_blamed_for_resuming() -> None:
    contract, client = CONTRACTS["evolink"], FAULTS["gives-up-at-broken-download"].client
    names = ("success", "truncated-bytes:1", "ignored-range", "replaced-file", "lost-end")
    verdicts = judge_client(contract, try_client(contract, client, names))
    assert [each.requirement.id for each in verdicts if each.result == "failed"] == [
        "client.survives.truncated-bytes-1"
    ]


@pytest.mark.parametrize("name", ["openai", "luma"])
def test_the_video_of_a_task_that_was_removed_is_a_video(name: str) -> None:
    contract = known(name)
    verdicts = judge_client(contract, try_client(contract, TidiesUp, ("success",)))
    assert [(each.id, each.finding.reason) for each in verdicts if each.result in ("failed", "error")] == []


def test_who_gives_up_deletes_where_that_ends_a_task_that_runs() -> None:
    """There is no cancel: a delete ends the task as well."""
    contract, name = known(DOCUMENTS / "sequel.yaml"), "client.end.cancels"
    for client, result in ((ReferenceClient, "passed"), (FAULTS["abandons-running"].client, "failed")):
        verdicts = judge_client(contract, try_client(contract, client, ("never-ending",)))
        assert next(each.result for each in verdicts if each.requirement.id == name) == result


class OnlyLists(ReferenceClient):
    """Follows its task by the list, and takes a failure there for a success."""

    def failed(self, said: str) -> Made:
        return Made(0, said)

    def query(self, task: str) -> SentRequest:
        return self.builder.request(self.contract.roles[Role.LIST][0])

    def shows_task(self, answer: httpx.Response, body: Any) -> bool:
        return answer.status_code == 200

    def progress(self, body: Any) -> StatusClass | None:
        [shown] = body["data"]
        found = self.contract.lifecycle.read(shown)
        return None if found is None else found.status_class


def test_the_end_that_a_list_shows_is_an_end() -> None:
    contract = CONTRACTS["nexusflow"]
    verdicts = judge_client(contract, try_client(contract, OnlyLists, ("failure",)))
    broken = [each.requirement.id for each in verdicts if each.result == "failed"]
    assert "client.end.failed" in broken


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) >= 70
    assert all(len(fitting_faults(contract)) >= 40 for contract in CONTRACTS.values())


@pytest.mark.parametrize("name", by_turns(FAULTS, 4))
def test_a_fault_is_noticed_by_name(name: str) -> None:
    contract: Contract = FIRST[name]
    proof = prove(contract, FAULTS[name], telling(contract, FAULTS[name]))
    assert proof.caught, proof.noticed
    assert proof.wrongly == ()


@pytest.mark.parametrize(
    "name", ["recreates-after-failure", "failure-ends-well", "says-nothing", "failure-is-progress", "keeps-old-address"]
)
def test_a_fault_is_noticed_where_an_operation_of_its_own_has_the_result(name: str) -> None:
    """A failed task is done by its status, and its result is refused."""
    contract = known("fal")
    proof = prove(contract, FAULTS[name], telling(contract, FAULTS[name]))
    assert (proof.caught, proof.wrongly) == (True, ()), proof.noticed


@pytest.mark.parametrize("name", ["polls-too-fast", "polls-often"])
def test_who_hurries_is_blamed_for_nothing_else(name: str) -> None:
    """Where hundreds of polls fit into a task's life."""
    contract = known("fal")
    proof = prove(contract, FAULTS[name], ("success",))
    assert (proof.caught, proof.wrongly) == (True, ()), proof.noticed


def test_a_client_that_never_works_is_not_praised_for_failing() -> None:
    contract = CONTRACTS["nexusflow"]
    verdicts = judge_client(
        contract, try_client(contract, FAULTS["asks-for-other-task"].client, ("success", "failure"))
    )
    by_id = {each.requirement.id: each for each in verdicts}
    assert by_id["client.end.video"].fails_run
    assert by_id["client.end.failed"].finding.reason in (
        "blocked by client.end.video",
        "not observed: failure: the client did not meet the situation",
    )


def test_what_no_situation_showed_is_skipped() -> None:
    contract = CONTRACTS["nexusflow"]
    verdicts = judge_client(contract, try_client(contract, ReferenceClient, ("success",)))
    by_id = {each.requirement.id: each.finding for each in verdicts}
    assert by_id["client.survives.lost-polls"].reason == (
        "not observed: it is seen in the situation lost-polls, which was not tried"
    )
    assert by_id["client.key.elsewhere"].reason == "not observed: success: nothing was asked of another origin"
