"""Whatever a server writes into an answer, a judge says something of the server, and never breaks itself."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract, load_contract
from screentest_contracts.location import replaced
from screentest_contracts.mp4 import read_header
from screentest_contracts.outline import Outline
from screentest_contracts.redact import Redactor
from screentest_contracts.template.forms import digits, read_progress
from screentest_contracts.times import read_date, read_time
from screentest_mockserver.tasks.video import make_video
from screentest_suites.checks.links import telling
from screentest_suites.core.addresses import is_address, join_address, split_address
from screentest_suites.core.exchange import Exchange, SentRequest
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.recording.target import fingerprint
from screentest_suites.reporting.observed import tasks_json
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.targets.target import BaseTarget
from screentest_suites.tasks import pool
from screentest_suites.tasks.client import retry_after
from screentest_suites.tasks.download import fetch, origin, stated_end
from tests.suites.straight import Straight

DOCUMENTS = Path(__file__).parents[1] / "documents"
NAMES = [
    *("ark", "evolink", "tokenhot"),
    *(str(DOCUMENTS / f"{name}.yaml") for name in ("jobs", "presigned", "signed")),
]

HOSTILE_TEXTS = [
    *(
        "http://[::1",
        "http://[",
        "//[",
        "http://a:b@c:d",
        "https://x:99999999/",
        "http://\u2103.example",
        "data:,",
        "%",
    ),
    *("file:///etc/passwd", "/../../\0", "http://h/\r\nx: y", "?", "#", "\x00", "\u202e", "a" * 9000, "{{id}}", "%s"),
    *("9" * 5000, "-1", "1e999", "0x10", "\u0663", "\u00b2", "NaN", "100.5%", "999%", "0", "00", "1_000", " 1 "),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z"),
    *("0001-01-01 00:00:00", "9999-12-31 23:59:59", "20260230000000", "00010101000000", "99991231235959"),
    *("Fri, 99 Foo 99999 77:00:00 -9999", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359"),
    *("[]", "{}", "null", '"', "{", "[1,", '{"a":' * 600, "0:0", "1:0", "0x0", "16:", ":9", "x" * 9, "p", "k"),
]
HOSTILE_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 2**63, -(2**63), 1e308, -0.0, 1.5, 10**18, [], {}, [[]], [{}], {"": ""}, "", " "),
    *({"code": {}}, {"code": 0}, [None], ["x"] * 3000, {str(n): n for n in range(3000)}),
]

texts = st.sampled_from(HOSTILE_TEXTS) | st.text(max_size=40) | st.from_regex(r"https?://[\[\]:@a0.%/?#]{0,12}")
scalars = st.sampled_from(HOSTILE_VALUES) | texts | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)


# -- what reads one value ---------------------------------------------------------------------------------------------


@given(texts, texts)
def test_no_address_breaks_what_takes_it_apart(url: str, other: str) -> None:
    assert isinstance(split_address(url).path, str)
    joined = join_address(url, other)
    assert joined is None or isinstance(joined, str)
    assert isinstance(is_address(url), bool)
    assert len(origin(url)) == 2
    assert stated_end(url, "Expires", "epoch-s") is None or "Expires" in url
    assert isinstance(fingerprint(SentRequest("GET", url), "http://h", Redactor(["sk-secret-key"])), str)


FORMS = [
    "epoch-s",
    "epoch-ms",
    "epoch-ns",
    "epoch-s-string",
    "epoch-ms-string",
    "iso",
    "iso-ms",
    "iso-us",
    "iso-offset",
]
FORMS += ["compact", "naive", "naive-ms", "naive+08:00", "naive-12:00"]
DATES = st.from_regex(
    r"(0001|9999|2026)-(01|12)-(01|31)[T ](00|23):(00|59):(00|59)(\.[0-9]{1,9})?(Z|[+-](00|14|23):(00|59))?",
    fullmatch=True,
)


@given(values | DATES, st.sampled_from(FORMS))
def test_a_time_is_read_or_refused(value: Any, form: str) -> None:
    with suppress(ValueError):
        assert isinstance(read_time(value, form), float)


@given(values, st.sampled_from(["percent", "string", "fraction", "integer"]))
def test_a_progress_is_read_or_refused(value: Any, form: str) -> None:
    with suppress(ValueError):
        assert 0 <= read_progress(value, form) <= 100


@given(values)
def test_digits_are_read_or_there_are_none(value: Any) -> None:
    found = digits(value)
    assert found is None or isinstance(found, int)


@given(
    texts | DATES | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{5,12} [+-]?[A-Z0-9]{1,6}")
)
def test_a_header_with_a_date_is_read_or_passed_over(text: str) -> None:
    assert read_date(text) is None or isinstance(read_date(text), float)
    answer = Exchange(SentRequest("GET", "http://h/"), 429, (("Retry-After", text),), b"", 0.0, 0.0)
    wait = retry_after(answer)
    assert wait is None or wait >= 0


CLIP = make_video(width=64, height=36, seconds=1).data


@given(
    st.binary(max_size=400)
    | st.builds(
        lambda at, new: CLIP[:at] + new + CLIP[at + len(new) :], st.integers(0, len(CLIP)), st.binary(max_size=16)
    ),
    st.integers(1, 64),
)
def test_an_mp4_and_its_outline_are_read_alike(data: bytes, piece: int) -> None:
    made = Outline()
    for at in range(0, len(data), piece * 16):
        made.feed(data[at : at + piece * 16])
    assert _read(made.data) == _read(data)
    assert 0 <= telling(data) <= len(data)


def _read(data: bytes) -> Any:
    try:
        return read_header(data)
    except ValueError:
        return None


# -- whole runs -------------------------------------------------------------------------------------------------------


contract_of = cache(load_contract)


@dataclass(frozen=True)
class Change:
    """What is done to an answer: to a `member` (the one at `at` of all), a `header`, some `bytes`, or the whole `body`.
    `value` stands there instead, or `text` where only a text can."""

    where: str
    at: int
    value: Any
    text: str
    header: str
    status: int

    def made(self, exchange: Exchange) -> Exchange:
        """The answer, changed."""
        places = list(_places(exchange.json))
        if self.where == "member" and places:
            body = replaced(exchange.json, places[self.at % len(places)], self.value)
            return replace(exchange, body=orjson.dumps(body))
        if self.where == "header":
            kept = tuple(each for each in exchange.headers if each[0] != self.header)
            return replace(exchange, headers=((self.header, self.text), *kept), status=self.status or exchange.status)
        if self.where == "bytes":
            at, new = self.at % (len(exchange.body) + 1), self.text.encode("utf-8", "replace")[:16]
            return replace(exchange, body=exchange.body[:at] + new + exchange.body[at + len(new) :])
        return replace(exchange, body=orjson.dumps(self.value))


HEADERS = ["date", "location", "content-type", "content-length", "retry-after", "content-range", "x-request-id"]
CHANGES = st.builds(
    Change,
    where=st.sampled_from(["member"] * 5 + ["header", "bytes", "body"]),
    at=st.integers(0, 60),
    value=values,
    text=texts,
    header=st.sampled_from(HEADERS),
    status=st.sampled_from([0, 0, 302, 429]),
)


def _places(body: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places of all members of a body."""
    members = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in members:
        yield (*at, str(name))
        yield from _places(value, (*at, str(name)))


class Mutated(BaseTarget):
    """A sound mock in virtual time, judged as a server is; some of its answers, by number, hold something hostile."""

    kind = "url"

    def __init__(self, contract: Contract, changes: dict[int, Change]) -> None:
        self.mock = EmbeddedTarget(contract)
        self.base_url, self.keys, self.callbacks = self.mock.base_url, self.mock.keys, self.mock.callbacks
        self.sleep, self.now, self.changes, self.changed = self.mock.sleep, self.mock.now, changes, 0

    def send(self, sent: SentRequest, *, limit: int = 1 << 30) -> Exchange:
        number, self.sent = self.sent, self.sent + 1
        exchange = self.mock.send(sent, limit=limit)
        change = self.changes.get(number)
        if change is None:
            return exchange
        self.changed += 1
        return change.made(exchange)


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ThreadPoolExecutor", Straight)


PLANS = st.dictionaries(st.integers(0, 40), CHANGES, min_size=1, max_size=8)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: Path(name).stem)
@settings(max_examples=12, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(plan=PLANS)
def test_a_judge_says_something_of_any_answer(name: str, plan: dict[int, Change]) -> None:
    contract = contract_of(name)
    target = Mutated(contract, plan)
    options = Options(examples=1, models=tuple(contract.models)[:1], poll_interval=5, task_timeout=60, workers=1)
    judge = Judge(contract, target, options)
    broken = {each.id: each.finding.reason for each in judge.verdicts() if each.result is Result.ERROR}
    assert broken == {}
    report = tasks_json([judge.observation()], Redactor(target.keys.values()))
    assert isinstance(report, list)


LINKS = [text for text in HOSTILE_TEXTS if len(text) < 1000]


@pytest.mark.parametrize("link", LINKS)
def test_any_text_can_be_the_address_of_a_result(link: str, small: Contract) -> None:
    target = EmbeddedTarget(small)
    file = fetch(small, target, link)
    assert file.error or file.status
