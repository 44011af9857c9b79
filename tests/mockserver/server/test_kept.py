"""Answers that are given again: nobody notices but by their speed."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from screentest_contracts import load_contract
from screentest_mockserver.behaviours import find_behaviour
from screentest_mockserver.wire.accounts import OTHER_KEY, RESTRICTED_KEY

Serve = Callable[..., Any]
BODY = {"model": "happyhorse-1.1-text-to-video", "prompt": "A paper boat.", "duration": 8}


@pytest.fixture
def site(serve: Serve) -> Any:
    return serve(load_contract("evolink"))


@pytest.fixture
def task(site: Any) -> str:
    return str(site.create(site.providers["evolink"].contract))


def ask(site: Any, task: str, **options: Any) -> httpx.Response:
    """A poll that has been made before."""
    contract = site.providers["evolink"].contract
    for _ in range(3):
        answer: httpx.Response = site.query(contract, task, **options)
    return answer


def kept(site: Any) -> int:
    """How many answers are kept."""
    return len(site.app._kept._answers)


def test_an_answer_is_given_again_with_a_number_of_its_own(site: Any, task: str) -> None:
    first = site.query(site.providers["evolink"].contract, task)
    answers = [ask(site, task) for _ in range(2)]
    assert kept(site) == 1
    assert {each.content for each in answers} == {first.content}
    assert [list(each.headers) for each in answers] == [list(first.headers)] * 2
    ids = {each.headers["x-request-id"] for each in (first, *answers)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each) for each in ids)
    entries = list(site.journal)[1:]
    assert [entry.number for entry in entries] == list(range(2, 2 + len(entries)))
    assert {entry[1:7] + entry[8:] for entry in entries} == {entries[0][1:7] + entries[0][8:]}


def test_time_is_seen(site: Any, task: str) -> None:
    seen = []
    for _ in range(400):
        body = ask(site, task).json()
        fresh = site.query(
            site.providers["evolink"].contract,
            task,
            headers={
                **site.headers(site.providers["evolink"].contract),
                "x-other": str(len(seen)),
            },
        ).json()
        assert body == fresh, "an answer that was kept and one that was not"
        seen.append((body["status"], body["progress"]))
        site.advance(1.0)
    assert {status for status, _ in seen} == {"pending", "processing", "completed"}
    assert ask(site, task).headers["date"] != ""


def test_what_is_chosen_meanwhile_is_seen(site: Any, task: str) -> None:
    mock = site.providers["evolink"]
    before = ask(site, task)
    mock.deviation = find_behaviour("query-not-there", mock.contract)
    assert ask(site, task).status_code != before.status_code
    mock.deviation = None
    assert ask(site, task).content == before.content


def test_a_task_that_is_gone_is_unknown(site: Any, task: str) -> None:
    assert ask(site, task).status_code == 200
    site.app.reset()
    assert kept(site) == 0
    assert ask(site, task).status_code == 404


def test_keys_and_methods_make_a_difference(site: Any, task: str) -> None:
    contract = site.providers["evolink"].contract
    assert ask(site, task).status_code == 200
    assert ask(site, task, headers=site.headers(contract, OTHER_KEY)).status_code == 403
    assert ask(site, task, headers={}).status_code == 401
    head = site.ask("HEAD", f"/v1/tasks/{task}", headers=site.headers(contract))
    assert (head.status_code, head.content) == (200, b"")


def test_a_create_that_was_checked_before_is_checked_for_its_caller(site: Any) -> None:
    contract = site.providers["evolink"].contract
    path, good = "/v1/videos/generations", site.headers(contract)
    answers = [site.ask("POST", path, json=BODY, headers=good).json() for _ in range(3)]
    assert len({each["id"] for each in answers}) == 3
    mock = site.providers["evolink"]
    assert len(mock.facts.known_requests) == 1
    other = next(model.wire for model in contract.models.values() if model.wire != BODY["model"])
    base = next(model.base for model in contract.models.values() if model.wire == other)
    wanted = {"good": good, "restricted": site.headers(contract, RESTRICTED_KEY)}
    said = {who: site.ask("POST", path, json=base, headers=headers).status_code for who, headers in wanted.items()}
    assert said["good"] == 200
    assert said["restricted"] != 200


def test_tokens_that_end_are_looked_at_each_time(serve: Serve) -> None:
    site = serve(load_contract("kling"))
    contract, mock = site.providers["kling"].contract, site.providers["kling"]
    model = next(iter(contract.models.values()))
    headers = {contract.key_header: contract.key_prefix + mock.credential()}
    made = site.ask("POST", model.operations[0].path, json=model.base, headers=headers)
    assert made.status_code == 200, made.text
    identity = mock.tasks()[0].id
    asked = f"{model.operations[0].path}/{identity}"
    assert [site.ask("GET", asked, headers=headers).status_code for _ in range(3)] == [200] * 3
    assert kept(site) == 0
    site.clock.advance(1e6)
    assert site.ask("GET", asked, headers=headers).status_code == 401
