"""What is judged of results: each check passes on a good download, and fails on one broken in just that way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.mp4 import VideoHeader, read_header
from screentest_contracts.requirements import requirements
from screentest_mockserver.tasks.video import make_video
from screentest_suites.checks.links import telling
from screentest_suites.checks.registry import REGISTRY
from screentest_suites.checks.result import echo_problem
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.verdicts import Result
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.download import Delivered
from screentest_suites.tasks.session import Session

Alter = Callable[[Exchange], Exchange]


class Altered(EmbeddedTarget):
    """The mock behind something that alters the answers to downloads."""

    alter: Alter = staticmethod(lambda exchange: exchange)

    def send(self, sent: SentRequest, **options: Any) -> Exchange:
        exchange = super().send(sent, **options)
        return self.alter(exchange) if exchange.media_type.startswith("video") else exchange


def judge(
    contract: Contract, kind: str, alter: Alter, change: Callable[[Delivered], Delivered] = lambda item: item
) -> Result:
    """The verdict on the requirement of this kind, downloads altered on their way, or what was delivered changed."""
    target = Altered(contract)
    target.alter = alter  # type: ignore[method-assign]
    session = Session(contract, target)
    session.traces()
    session.records.delivered = {key: change(item) for key, item in session.records.delivered.items()}
    requirement = next(each for each in requirements(contract) if each.kind == kind)
    return REGISTRY[kind](session, requirement).result


def header(exchange: Exchange, name: str, value: str) -> Exchange:
    kept = tuple(each for each in exchange.headers if each[0].lower() != name)
    return replace(exchange, headers=(*kept, (name, value)))


def ranged(exchange: Exchange) -> bool:
    return any(name.lower() == "range" for name, _ in exchange.sent.headers)


def body(exchange: Exchange, content: bytes) -> Exchange:
    return header(replace(exchange, body=content, size=len(content)), "content-length", str(len(content)))


def short(exchange: Exchange) -> Exchange:
    """The first half, announced as the whole."""
    half = exchange.body[: len(exchange.body) // 2]
    return replace(exchange, body=half, size=len(half))


BROKEN: dict[str, tuple[str, Alter]] = {
    "not found": ("result-fetch", lambda exchange: replace(exchange, status=404)),
    "an empty file": ("result-fetch", lambda exchange: body(exchange, b"")),
    "half a file": ("result-fetch", short),
    "a broken download": ("result-fetch", lambda exchange: replace(exchange, error="the connection broke")),
    "a page": ("result-playable", lambda exchange: body(exchange, b"<html>gone</html>")),
    "a file without a header": ("result-playable", lambda exchange: body(exchange, b"\0\0\0\x18ftypmp42" + b"\0" * 64)),
    "a page's type": ("result-media-type", lambda exchange: header(exchange, "content-type", "text/html")),
    "no range": ("result-range", lambda exchange: replace(exchange, status=200)),
    "another range": (
        "result-range",
        lambda exchange: body(exchange, exchange.body[::-1]) if ranged(exchange) else exchange,
    ),
    "no content range": ("result-range", lambda exchange: header(exchange, "content-range", "bytes 0-1/2")),
    "another suffix": (
        "result-range-suffix",
        lambda exchange: body(exchange, b"xxxxxxxx") if ranged(exchange) else exchange,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_download_is_noticed(name: str, small: Contract) -> None:
    kind, alter = BROKEN[name]
    assert judge(small, kind, lambda exchange: exchange) is Result.PASSED
    assert judge(small, kind, alter) is Result.FAILED


def test_a_range_is_asked_for_where_bytes_differ() -> None:
    """Not among zeros, where the bytes beside it would look the same."""
    for data in (bytes(99) + b"moov" + bytes(99), b"ftyp" + bytes(999), bytes(999) + b"tail", bytes(200) + b"x" * 9):
        at = telling(data)
        assert data[at : at + 8] not in (data[at + 1 : at + 9], data[max(at - 1, 0) : at + 7])
    assert [telling(data) for data in (bytes(100), b"abc", b"")] == [50, 0, 0]


def test_a_range_beyond_the_end(small: Contract) -> None:
    class Generous(EmbeddedTarget):
        def send(self, sent: SentRequest, **options: Any) -> Exchange:
            exchange = super().send(sent, **options)
            return replace(exchange, status=206) if exchange.status == 416 else exchange

    requirement = next(each for each in requirements(small) if each.kind == "result-range-bad")
    for target, expected in ((EmbeddedTarget(small), Result.PASSED), (Generous(small), Result.FAILED)):
        session = Session(small, target)
        session.traces()
        assert REGISTRY["result-range-bad"](session, requirement).result is expected


def test_bytes_that_need_the_key(small: Contract) -> None:
    class Open(EmbeddedTarget):
        def send(self, sent: SentRequest, **options: Any) -> Exchange:
            exchange = super().send(sent, **options)
            return replace(exchange, status=200) if exchange.status == 401 else exchange

    requirement = next(each for each in requirements(small) if each.kind == "result-auth")
    for target, expected in ((EmbeddedTarget(small), Result.PASSED), (Open(small), Result.FAILED)):
        session = Session(small, target)
        session.traces()
        assert REGISTRY["result-auth"](session, requirement).result is expected


def same(exchange: Exchange) -> Exchange:
    return exchange


def test_a_success_without_an_address(small: Contract) -> None:
    assert judge(small, "result-link", same) is Result.PASSED
    assert judge(small, "result-link", same, lambda item: replace(item, link=None, file=None)) is Result.FAILED


def moved(item: Delivered, seconds: int) -> Delivered:
    """The item with an address that ends so much later."""
    link = item.link or ""
    stated = next(pair for pair in urlsplit(link).query.split("&") if pair.startswith("Expires="))
    return replace(item, link=link.replace(stated, f"Expires={int(stated[8:]) + seconds}"))


@pytest.mark.parametrize(("seconds", "expected"), [(0, Result.PASSED), (3600, Result.FAILED), (-3600, Result.FAILED)])
def test_an_address_that_states_another_end(seconds: int, expected: Result) -> None:
    contract = next(
        each for each in map(load_contract, ("evolink", "tokenhot", "nexusflow")) if each.link.expiry_query == "Expires"
    )
    assert judge(contract, "link-expiry", same, lambda item: moved(item, seconds)) is expected


def stating(item: Delivered, value: str) -> Delivered:
    """The item with an address that states its end so; `{}` is the true one, "-" none at all."""
    link = item.link or ""
    stated = next(pair for pair in urlsplit(link).query.split("&") if pair.startswith("Expires="))
    said = "Ends=1" if value == "-" else f"Expires={value.format(stated[8:])}"
    return replace(item, link=link.replace(stated, said))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{}000", Result.FAILED),
        ("{}.5", Result.FAILED),
        ("soon", Result.FAILED),
        ("", Result.FAILED),
        ("2026-11-30T12:00:00Z", Result.FAILED),
        ("-", Result.SKIPPED),
        ("{}", Result.PASSED),
    ],
)
def test_an_address_that_states_its_end_in_another_form(value: str, expected: Result) -> None:
    """What is there and cannot be read is wrong; what is not there says nothing."""
    contract = load_contract("tokenhot")
    assert contract.link.expiry_form == "epoch-s"
    assert judge(contract, "link-expiry", same, lambda item: stating(item, value)) is expected


def test_an_address_of_something_else() -> None:
    contract = load_contract("tokenbay")
    kind = "promise-link-is-content"
    assert contract.operation(Role.CONTENT) is not None
    assert judge(contract, kind, same) is Result.PASSED
    for wrong in ("/v1/elsewhere", "/v1/videos/another-task/content", "https://cdn.example/clip.mp4"):
        assert judge(contract, kind, same, lambda item, wrong=wrong: replace(item, link=wrong)) is Result.FAILED  # type: ignore[misc]


def video(seconds: float = 5.0, width: int = 1280, height: int = 720) -> VideoHeader:
    return VideoHeader(width, height, seconds, "avc1", "isom")


@pytest.mark.parametrize(
    ("aspect", "wanted", "seen", "right"),
    [
        ("duration", 5, video(5.04), True),
        ("duration", "5", video(5.49), True),
        ("duration", "5s", video(4.4), False),
        ("duration", 5, video(10), False),
        ("ratio", "16:9", video(), True),
        ("ratio", "1280x720", video(), True),
        ("ratio", "9:16", video(), False),
        ("ratio", "9:16", video(5, 720, 1280), True),
        ("ratio", "21:9", video(5, 1680, 720), True),
        ("ratio", "1:1", video(5, 960, 960), True),
        ("ratio", "adaptive", video(), True),
        ("ratio", "0:0", video(), True),
        ("resolution", "720p", video(), True),
        ("resolution", "720P", video(5, 960, 960), True),
        ("resolution", "1080p", video(), False),
        ("resolution", "720p", video(5, 1920, 1080), False),
        ("resolution", "4k", video(5, 3840, 2160), True),
        ("resolution", "best", video(), True),
    ],
)
def test_what_the_video_must_show(aspect: str, wanted: object, seen: VideoHeader, right: bool) -> None:
    assert (echo_problem(aspect, wanted, seen) is None) is right


def remade(item: Delivered, aspect: str) -> Delivered:
    """The item with a video that differs in one aspect from what was delivered."""
    assert item.file is not None
    old = read_header(item.file.body)
    width, height, seconds = {
        "duration": (old.width, old.height, old.seconds + 2),
        "ratio": (old.width, old.height * 2, old.seconds),
        "resolution": (old.width * 2, old.height * 2, old.seconds),
    }[aspect]
    file = make_video(width=width, height=height, seconds=seconds)
    return replace(item, file=body(item.file, file.data))


@pytest.mark.parametrize("aspect", ["duration", "ratio", "resolution"])
def test_a_video_that_is_not_as_asked_for(aspect: str, any_provider: str) -> None:
    contract = load_contract(any_provider)
    session = Session(contract, EmbeddedTarget(contract))
    session.traces()
    good = session.records.delivered
    for requirement in requirements(contract):
        if requirement.kind == "result-echo" and requirement.subject == aspect:
            session.records.delivered = good
            right = REGISTRY["result-echo"](session, requirement).result
            assert right in (Result.PASSED, Result.SKIPPED)
            session.records.delivered = {key: remade(item, aspect) for key, item in good.items()}
            wrong = REGISTRY["result-echo"](session, requirement).result
            assert wrong is (Result.FAILED if right is Result.PASSED else Result.SKIPPED)
