"""The scenarios that clients are judged by."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from screentest_contracts import UsageError, load_contract
from screentest_contracts.reading import link_of
from screentest_mockserver.tasks.scenarios import odd_word, scenario

Serve = Callable[..., Any]


def made(serve: Serve, name: str, scenario_name: str, after: float = 2000, **options: Any) -> tuple[Any, Any, str]:
    contract = load_contract(name)
    site = serve(contract, **options)
    site.providers[name].schedule(scenario_name)
    identity = site.create(contract)
    site.advance(after)
    return site, contract, identity


def link(site: Any, contract: Any, identity: str) -> str:
    found = link_of(contract, site.query(contract, identity).json())
    assert found is not None
    return found


def test_who_asks_too_early_is_refused_again(serve: Serve) -> None:
    for name in ("retry-after", "retry-after-date"):
        site, contract, identity = made(serve, "evolink", name)
        first = site.query(contract, identity)
        assert first.status_code == 429
        assert site.query(contract, identity).status_code == 429
        assert list(site.journal)[-1].said == "asked-too-early"
        waits = list(site.journal)[-2].waits
        assert first.headers["retry-after"].isdigit() is (name == "retry-after")
        site.advance(waits)
        assert site.query(contract, identity).status_code == 429, "the second of the two"
        site.advance(waits)
        assert site.query(contract, identity).status_code == 200


def test_a_create_that_comes_too_early_is_refused_again(serve: Serve) -> None:
    contract = load_contract("evolink")
    site = serve(contract)
    site.providers["evolink"].schedule("retry-after-create")
    model = next(iter(contract.models.values()))

    def create() -> int:
        headers = site.headers(contract)
        return int(site.ask("POST", model.operations[0].path, json=model.base, headers=headers).status_code)

    assert [create(), create()] == [429, 429]
    site.advance(30)
    assert create() == 200


def test_an_unknown_word_and_no_result(serve: Serve) -> None:
    site, contract, identity = made(serve, "evolink", "unknown-status", after=60)
    words = [site.query(contract, identity).json()["status"] for _ in range(3)]
    assert words == [odd_word(contract), odd_word(contract), "processing"]
    site, contract, identity = made(serve, "evolink", "no-result")
    assert link_of(contract, site.query(contract, identity).json()) is None


def test_a_result_on_the_second_origin(serve: Serve) -> None:
    site, contract, identity = made(serve, "evolink", "elsewhere-result", second_origin="http://other.test:81")
    address = link(site, contract, identity)
    assert urlsplit(address).netloc == "other.test:81"
    answer = site.ask("GET", address)
    assert (answer.status_code, answer.content[4:8]) == (200, b"ftyp")
    assert list(site.journal)[-1].host == "other.test:81"


@pytest.mark.parametrize("name", ["evolink", "tokenbay"])
def test_a_redirected_result(serve: Serve, name: str) -> None:
    site, contract, identity = made(serve, name, "redirected-result", second_origin="http://other.test:81")
    answer = site.ask("GET", link(site, contract, identity), headers=site.headers(contract))
    assert answer.status_code == 302
    assert urlsplit(answer.headers["location"]).netloc == "other.test:81"
    assert site.ask("GET", answer.headers["location"]).content[4:8] == b"ftyp", "without a key"


@pytest.mark.parametrize("name", ["evolink", "nexusflow"])
def test_a_signed_link_needs_its_query(serve: Serve, name: str) -> None:
    site, contract, identity = made(serve, name, "signed-link")
    address = link(site, contract, identity)
    assert site.ask("GET", address).status_code == 200
    assert site.ask("GET", address.partition("?")[0]).status_code == 403
    assert site.ask("GET", address + "0").status_code == 403


def test_a_stale_link_is_renewed_by_a_query(serve: Serve) -> None:
    site, contract, identity = made(serve, "nexusflow", "stale-link")
    first = link(site, contract, identity)
    assert [site.ask("GET", first).status_code for _ in range(2)] == [403, 403]
    assert site.ask("GET", link(site, contract, identity)).status_code == 200


def test_only_an_answer_with_an_address_shows_one(serve: Serve) -> None:
    """The status that says nothing of the result counts as no look at it."""
    site, contract, identity = made(serve, "fal", "stale-link")
    path = f"/fal-ai/kling-video/requests/{identity}"
    shown = []
    for _ in range(2):
        site.query(contract, identity)
        address = link_of(contract, site.ask("GET", path, headers=site.headers(contract)).json())
        shown.append(site.ask("GET", address).status_code)
    assert shown == [403, 200]


def test_what_downloads_give_instead(serve: Serve) -> None:
    for name, status, size in (
        ("empty-bytes", 200, 0),
        ("text-for-bytes", 200, 56),
        ("server-errors-content", 502, None),
    ):
        site, contract, identity = made(serve, "evolink", name)
        answer = site.ask("GET", link(site, contract, identity))
        assert answer.status_code == status
        assert size is None or len(answer.content) == size
    site, contract, identity = made(serve, "evolink", "lost-task", after=0)
    assert site.query(contract, identity).status_code == 404


def test_what_a_document_cannot_have_is_refused() -> None:
    for name, scenario_name in (("tokenbay", "signed-link"), ("nexusflow", "forged-callbacks")):
        with pytest.raises(UsageError, match="has no scenario"):
            scenario(scenario_name, load_contract(name))


@pytest.mark.parametrize("name", ["evolink", "nexusflow", "tokenbay", "tokenhot", "newapi"])
def test_a_forced_refusal_says_something(serve: Serve, name: str) -> None:
    contract = load_contract(name)
    site = serve(contract)
    model = next(iter(contract.models.values()))
    for role, condition in contract.errors:
        if role != "create" or condition in ("unknown-path", "wrong-method", "link-expired", "bad-range"):
            continue
        site.providers[name].schedule(f"refuse-create:{condition}")
        answer = site.ask("POST", model.operations[0].path, json=model.base, headers=site.headers(contract))
        message = contract.error_at["message"].find(orjson.loads(answer.content))
        assert isinstance(message, str), (condition, answer.text)
        assert message, condition
        site.ask("POST", model.operations[0].path, json=model.base, headers=site.headers(contract))


def test_late_bytes_do_not_call_the_task_done(serve: Serve) -> None:
    site, contract, identity = made(serve, "tokenbay", "late-bytes")
    answer = site.ask("GET", link(site, contract, identity), headers=site.headers(contract))
    assert answer.status_code == 400
    assert "SUCCESS" not in answer.text
    assert "cache-control" not in answer.headers
    for _ in range(2):
        site.ask("GET", link(site, contract, identity), headers=site.headers(contract))
    whole = site.ask("GET", link(site, contract, identity), headers=site.headers(contract))
    assert (whole.status_code, whole.headers["cache-control"]) == (200, "public, max-age=86400")


def test_retry_after_follows_the_pace(serve: Serve) -> None:
    from screentest_mockserver.wire.clock import RealClock

    site, contract, identity = made_in_real_time(serve, RealClock(1000.0))
    assert site.query(contract, identity).headers["retry-after"] == "1"


def made_in_real_time(serve: Serve, clock: Any) -> tuple[Any, Any, str]:
    contract = load_contract("evolink")
    site = serve(contract, clock=clock)
    site.providers["evolink"].schedule("rate-limited")
    return site, contract, site.create(contract)
