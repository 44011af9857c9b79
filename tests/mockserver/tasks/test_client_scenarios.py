"""The scenarios that clients are judged by."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from screentest_contracts import UsageError, load_contract
from screentest_contracts.reading import link_of
from screentest_mockserver.tasks.scenarios import odd_word, scenario
from screentest_mockserver.wire.answer import Answer, ConnectionDroppedError, Request, real_wait, send_answer

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


def test_an_end_that_nobody_knows(serve: Serve) -> None:
    site, contract, identity = made(serve, "evolink", "unknown-end", after=0)
    words = []
    for _ in range(3):
        words.append(site.query(contract, identity).json()["status"])
        site.advance(100_000)
    assert words == [odd_word(contract)] * 3


Fetch = Callable[..., Answer]


def fetching(serve: Serve, scenario_name: str) -> Fetch:
    """Asks for the file of a task in a scenario, with headers."""
    return fetching_from(*made(serve, "evolink", scenario_name))


def fetching_from(site: Any, contract: Any, identity: str) -> Fetch:
    """Asks for the file of this task."""
    parts = urlsplit(link(site, contract, identity))

    def fetch(method: str = "GET", **headers: str) -> Answer:
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        request = Request(method, parts.path, parts.query.encode(), sent, b"", f"{parts.scheme}://{parts.netloc}")
        answer: Answer = site.providers["evolink"].media(request, identity)
        return answer

    return fetch


def header(answer: Answer, name: bytes) -> str:
    return dict(answer.headers)[name].decode()


def test_who_asks_for_the_rest_gets_the_whole(serve: Serve) -> None:
    fetch = fetching(serve, "ignored-range")
    broken = fetch()
    assert broken.cut == len(broken.body) // 2
    rest = fetch(range=f"bytes={broken.cut}-", if_range=header(broken, b"etag"))
    assert (rest.status, rest.cut, rest.body) == (200, None, broken.body)
    assert {b"accept-ranges", b"content-range"}.isdisjoint(dict(rest.headers))


def test_another_file_takes_the_place_of_one_that_broke_off(serve: Serve) -> None:
    fetch = fetching(serve, "replaced-file")
    looked, broken = fetch("HEAD"), fetch()
    assert header(looked, b"etag") == header(broken, b"etag")
    part = fetch(range=f"bytes={broken.cut}-")
    assert (part.status, header(part, b"etag") != header(broken, b"etag")) == (206, True)
    whole = fetch(range=f"bytes={broken.cut}-", if_range=header(broken, b"etag"))
    assert (whole.status, header(whole, b"etag")) == (200, header(part, b"etag"))
    assert len(whole.body) == len(broken.body), "the size tells nothing"
    assert whole.body[: broken.cut] != broken.body[: broken.cut]
    assert whole.body[broken.cut :] == part.body


def test_a_square_file_is_replaced_too(serve: Serve) -> None:
    site, contract = serve(load_contract("evolink")), load_contract("evolink")
    model = next(iter(contract.models.values()))
    site.providers["evolink"].schedule("replaced-file")
    wish = {**model.base, "aspect_ratio": "1:1"}
    answer = site.ask("POST", model.operations[0].path, json=wish, headers=site.headers(contract))
    identity = answer.json()["id"]
    site.advance(2000)
    fetch = fetching_from(site, contract, identity)
    broken, whole = fetch(), fetch()
    assert header(broken, b"etag") != header(whole, b"etag")


def test_nothing_is_left_behind_the_last_byte(serve: Serve) -> None:
    fetch = fetching(serve, "lost-end")
    broken = fetch()
    assert broken.cut == len(broken.body)
    beyond = fetch(range=f"bytes={broken.cut}-")
    assert (beyond.status, header(beyond, b"content-range")) == (416, f"bytes */{broken.cut}")
    assert fetch().body == broken.body


async def told(answer: Answer, *, head: bool = False) -> list[dict[str, Any]]:
    """The messages of an answer, up to the point where it breaks off."""
    messages: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        messages.append(dict(message))

    with suppress(ConnectionDroppedError):
        await send_answer(answer, send, head=head, wait=real_wait, date=b"now")
    return messages


@pytest.mark.parametrize(
    ("cut", "head", "length", "body"),
    [(None, False, b"4", b"file"), (2, False, b"4", b"fi"), (4, False, None, b"file"), (4, True, b"4", b"")],
)
def test_who_gets_all_bytes_is_not_told_that_they_are_all(
    cut: int | None, head: bool, length: bytes | None, body: bytes
) -> None:
    answer = Answer(200, [], b"file")
    answer.cut = cut
    start, rest = asyncio.run(told(answer, head=head))
    assert dict(start["headers"]).get(b"content-length") == length
    assert (rest["body"], rest.get("more_body", False)) == (body, cut is not None and not head)


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
