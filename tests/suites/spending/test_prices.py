"""What a request could cost: never less than any server could make of it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screentest_contracts import Contract, Role, load_contract
from screentest_contracts.location import replaced, segments
from screentest_contracts.mp4 import read_header
from screentest_contracts.raw.files import find_document
from screentest_contracts.raw.loaded import load
from screentest_suites.core.credential import NO_KEY, AccountKey, LiteralKey
from screentest_suites.core.exchange import SentRequest, Trace
from screentest_suites.requests.bodies import form_of
from screentest_suites.requests.probes import probes
from screentest_suites.requests.samples import thrifty, variation
from screentest_suites.spending import currency, model_named, worst_price
from screentest_suites.targets.embedded import EmbeddedTarget
from screentest_suites.tasks.session import Session
from tests.providers import FEW

Priced = Callable[..., Contract]

TIERS = tuple(
    {"models": ["clip-1"], "resolution": tier, "per": "second", "amount": amount, "currency": "USD"}
    for tier, amount in (("480p", 1), ("720p", 2), ("1080p", 3))
)


def with_tiers(tree: Any) -> None:
    """Duration with an alias, a resolution that sets the price."""
    members = tree["components"]["schemas"]["Clip"]["properties"]
    members["seconds"] = {"type": "integer", "minimum": 2, "maximum": 9}
    members["resolution"] = {"type": "string", "enum": ["480p", "720p", "1080p"], "default": "720p"}
    members["ratio"] = {"type": "string", "enum": ["1:1", "16:9", "21:9", "adaptive"], "default": "adaptive"}
    tree["x-task"]["request"] |= {
        "duration": ["/duration", "/seconds"],
        "resolution": "/resolution",
        "ratio": "/ratio",
    }


def request(contract: Contract, body: Any = None, **options: Any) -> SentRequest:
    session = Session(contract, EmbeddedTarget(contract))
    content = options if "raw" in options else {"body": {"model": "clip-1", **(body or {})}, **options}
    return session.request(contract.roles[Role.CREATE][0], **content)


READINGS: tuple[tuple[dict[str, Any], int], ...] = (
    ({}, 4 * 2),
    ({"duration": 9}, 9 * 2),
    ({"duration": 2}, 2 * 2),
    ({"duration": None}, 4 * 2),
    ({"duration": "7"}, 9 * 2),  # a number, or nothing at all that the server knows
    ({"duration": "30"}, 30 * 2),
    ({"duration": 12}, 12 * 2),
    ({"duration": 1009}, 1009 * 2),
    ({"duration": 2**70}, 2**70 * 2),
    ({"duration": 9.5}, 10 * 2),
    ({"duration": -1}, 9 * 2),
    ({"duration": 0}, 9 * 2),
    ({"duration": True}, 9 * 2),
    ({"duration": []}, 9 * 2),
    ({"duration": "long"}, 9 * 2),
    ({"seconds": 9}, 9 * 2),
    ({"seconds": 2}, 4 * 2),  # who does not know the alias makes the default
    ({"duration": 2, "seconds": 9}, 9 * 2),
    ({"duration": 2, "seconds": 2}, 2 * 2),
    ({"resolution": "480p"}, 4 * 1),
    ({"resolution": "1080p"}, 4 * 3),
    ({"resolution": "480P"}, 4 * 3),
    ({"resolution": None}, 4 * 2),
    ({"resolution": "8k"}, 4 * 3),
    ({"resolution": 480}, 4 * 3),
    ({"resolution": "no-such-value", "duration": "x"}, 9 * 3),
)


@pytest.mark.parametrize(("body", "price"), READINGS, ids=[str(body) for body, _ in READINGS])
def test_the_dearest_reading_counts(body: dict[str, Any], price: int, priced: Priced) -> None:
    contract = priced(*TIERS, change=with_tiers)
    assert worst_price(contract, request(contract, body)) == price


UNREADABLE = {
    "half a surrogate": b'{"model":"clip-1","duration":9,"prompt":"\\ud800"}',
    "NaN": b'{"model":"clip-1","duration":9,"seed":NaN}',
    "another encoding": '{"model":"clip-1","duration":9}'.encode("utf-16"),
    "a huge number": b'{"model":"clip-1","duration":9,"seed":1e999}',
    "duplicates": b'{"model":"clip-1","duration":2,"duration":9}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_only_some_can_read_is_not_free(name: str, priced: Priced) -> None:
    contract = priced(*TIERS, change=with_tiers)
    assert worst_price(contract, request(contract, raw=UNREADABLE[name])) == 18


def test_what_is_too_deep_to_read_costs_the_most(priced: Priced) -> None:
    contract = priced(*TIERS, change=with_tiers)
    deep = b'{"model":"clip-1","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert worst_price(contract, request(contract, raw=deep)) == 27


def test_an_infinite_length_is_the_longest(priced: Priced) -> None:
    contract = priced(*TIERS, change=with_tiers)
    sent = request(contract, raw=b'{"model":"clip-1","duration":1e999,"x":NaN}')
    assert worst_price(contract, sent) == 18


@pytest.mark.parametrize("raw", [b"", b'{"model": ', b"[]", b'"clip-1"', b"null", b"<task/>", b"\xff\xfe\x00"])
def test_what_is_no_object_is_free(raw: bytes, priced: Priced) -> None:
    contract = priced()
    assert worst_price(contract, request(contract, raw=raw)) == 0


def test_what_no_account_pays_for_is_free(priced: Priced) -> None:
    contract = priced()
    assert worst_price(contract, request(contract, credential=NO_KEY)) == 0
    assert worst_price(contract, request(contract, credential=LiteralKey("sk-made-up"))) == 0
    assert worst_price(contract, replace(request(contract), method="DELETE")) == 0
    for role in ("good", "second", "poor", "restricted"):
        assert worst_price(contract, request(contract, credential=AccountKey(role))) == 2


def test_a_form_could_say_anything(priced: Priced) -> None:
    def with_form(tree: Any) -> None:
        with_tiers(tree)
        content = tree["paths"]["/jobs"]["post"]["requestBody"]["content"]
        content["multipart/form-data"] = content["application/json"]

    contract = priced(*TIERS, change=with_form)
    media, content = form_of({"model": "clip-1", "duration": 2, "resolution": "480p"})
    sent = request(contract, raw=content, headers=[("content-type", media)])
    assert worst_price(contract, sent) == 9 * 3


def two_models(tree: Any) -> None:
    clip = tree["components"]["schemas"]["Clip"]
    tree["components"]["schemas"]["Film"] = {
        **clip,
        "properties": {**clip["properties"], "model": {"const": "film-1"}},
    }
    tree["x-task"]["models"]["film-1"] = {"schema": "Film", "base": {"model": "film-1"}}


def test_an_unknown_model_could_be_the_dearest(priced: Priced) -> None:
    prices = [
        {"models": [model], "per": "video", "amount": amount, "currency": "USD"}
        for model, amount in (("clip-*", 0.25), ("film-1", 7))
    ]
    contract = priced(*prices, change=two_models)
    for model, price in (("clip-1", "0.25"), ("film-1", "7"), ("no-such", "7"), (None, "7"), (3, "7")):
        sent = request(contract, {"model": model})
        assert worst_price(contract, sent) == Decimal(price)
        assert model_named(contract, sent) == (model if model in contract.models else "")
    assert worst_price(contract, request(contract, raw=b"{}")) == 7


def test_a_price_that_nobody_knows_is_unknown_and_can_be_assumed(priced: Priced) -> None:
    contract = priced(*TIERS[:2], change=with_tiers)  # nothing about 1080p
    dear, cheap = request(contract, {"resolution": "1080p"}), request(contract, {"resolution": "480p"})
    odd = request(contract, {"resolution": "10p"})
    assert worst_price(contract, cheap) == worst_price(contract, cheap, Decimal(99)) == 4
    assert worst_price(contract, dear) is None
    assert worst_price(contract, odd) is None
    assert worst_price(contract, dear, Decimal(5)) == 5
    assert worst_price(contract, request(contract, raw=b"[]"), Decimal(5)) == 0


def test_a_known_price_is_never_assumed_away(priced: Priced) -> None:
    price = {"models": ["film-1"], "per": "video", "amount": 7, "currency": "USD"}
    contract = priced(price, change=two_models)
    assert worst_price(contract, request(contract, {"model": "no-such"}), Decimal(1)) == 7
    assert worst_price(contract, request(contract, {"model": "no-such"}), Decimal(9)) == 9
    assert worst_price(contract, request(contract, {"model": "no-such"})) is None


def test_currencies_are_not_mixed_up(priced: Priced) -> None:
    def units(tree: Any) -> None:
        two_models(tree)
        tree["x-task"]["units"] = {"beans": {"per": 10, "currency": "USD"}}

    prices = [
        {"models": [model], "per": "video", "amount": 5, "currency": money}
        for model, money in (("clip-1", "beans"), ("film-1", "CNY"))
    ]
    contract = priced(*prices, change=units)
    assert currency(contract) == "USD"
    assert worst_price(contract, request(contract)) == Decimal("0.5")
    assert worst_price(contract, request(contract, {"model": "film-1"})) is None
    assert worst_price(contract, request(contract, {"model": "no-such"})) is None


def test_tokens_are_those_of_the_largest_picture(priced: Priced) -> None:
    price = {"models": ["*"], "per": "million-tokens", "amount": 1_000_000, "currency": "USD"}  # one for a token
    contract = priced(price, change=with_tiers)

    def tokens(width: int, height: int, seconds: int) -> int:
        return width * height * (24 * seconds + 1) // 1024

    def cost(**body: Any) -> Decimal | None:
        return worst_price(contract, request(contract, body))

    assert cost(ratio="16:9") == tokens(1280, 720, 4) == 87300
    assert cost(ratio="1:1") == tokens(720, 720, 4)
    assert cost() == cost(ratio="adaptive") == cost(ratio="odd") == tokens(1680, 720, 4)
    assert cost(resolution="1080p", ratio="16:9", duration=9) == tokens(1920, 1080, 9)
    assert cost(resolution="4k") == tokens(2520, 1080, 4)


# -- the providers' documents -------------------------------------------------------------------------------------


def rows(name: str) -> Iterable[dict[str, Any]]:
    """The price rows as they are written, in the document's real money."""
    task = load(find_document(name)).value["x-task"]
    for row in task.get("prices", ()):
        unit = task.get("units", {}).get(row["currency"], {"per": 1, "currency": row["currency"]})
        yield {**row, "cost": Decimal(str(row["amount"])) / unit["per"], "money": unit["currency"]}


def charged(row: dict[str, Any], width: int, height: int, seconds: float) -> Decimal:
    """What a row makes of a video that was delivered."""
    if row["per"] == "video":
        return row["cost"]
    if row["per"] == "second":
        return row["cost"] * round(seconds)
    return row["cost"] * (width * height * (24 * round(seconds) + 1) // 1024) / 1_000_000


def test_no_video_that_a_mock_makes_costs_more_than_was_said(any_provider: str) -> None:
    """For every model's base, its variation and its cheapest form: what is delivered, at the document's own prices."""
    from fnmatch import fnmatchcase

    contract = load_contract(any_provider)
    session = Session(contract, EmbeddedTarget(contract))
    for model in contract.models.values():
        mine = [row for row in rows(any_provider) if any(fnmatchcase(model.name, glob) for glob in row["models"])]
        for body in (model.base, variation(model), thrifty(model)):
            assert model.validator.is_valid(body)
            price = worst_price(contract, session.request(model.operations[0], body=body))
            if price is None:
                continue
            assert mine, f"{model.name} has a price that no row gives"
            made = session.start(model, body)
            assert isinstance(made, Trace)
            file = session.deliver(made, session.follow(made, linger=0).polls[-1]).file
            assert file is not None
            header = read_header(file.body)
            tier = f"{min(header.width, header.height)}p"
            exact = [row for row in mine if row.get("resolution", "").lower() == tier]
            row = (exact or [row for row in mine if "resolution" not in row] or mine)[0]
            cost = charged(row, header.width, header.height, header.seconds)
            assert price >= cost - Decimal("1e-9"), f"{model.name} {body}"


def test_the_cheapest_form_is_not_dearer(any_provider: str) -> None:
    contract = load_contract(any_provider)
    session = Session(contract, EmbeddedTarget(contract))
    for model in contract.models.values():
        base, least = (
            worst_price(contract, session.request(model.operations[0], body=body), Decimal(10**6))
            for body in (model.base, thrifty(model))
        )
        assert base is not None
        assert least is not None
        assert 0 < least <= base


@pytest.mark.parametrize(("tier", "chosen"), [("480p", "480p"), ("720p", "720p"), ("1080p", "1080p"), ("4k", "480p")])
def test_a_form_without_a_price_is_not_the_cheapest(priced: Priced, tier: str, chosen: str) -> None:
    rows = [{**row, "resolution": tier} for row in TIERS[:1]]
    contract = priced(*rows, change=with_tiers)
    model = contract.models["clip-1"]
    operation = model.operations[0]
    session = Session(contract, EmbeddedTarget(contract))
    body = thrifty(model, lambda body: worst_price(contract, session.request(operation, body=body)))
    assert body["resolution"] == chosen


def test_every_request_that_could_make_a_task_has_a_price(any_provider: str) -> None:
    """Whatever the parameter suite sends, right or wrong: free is only what can create nothing."""
    contract = load_contract(any_provider)
    session = Session(contract, EmbeddedTarget(contract))
    for model in contract.models.values():
        for constraint in model.constraints:
            for probe in probes(model, constraint):
                sent = session.request(model.operations[0], body=probe.body)
                price = worst_price(contract, sent, Decimal(1))
                assert price is not None
                assert price > 0 or not isinstance(probe.body, dict), f"{model.name}: {probe.label}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
    max_leaves=4,
)


@cache
def a_session(name: str) -> Session:
    contract = load_contract(name)
    return Session(contract, EmbeddedTarget(contract))


@pytest.mark.parametrize("name", FEW)
@settings(max_examples=60)
@given(data=st.data())
def test_any_object_has_a_price(name: str, data: st.DataObject) -> None:
    """Whatever stands in the members that set the price."""
    session = a_session(name)
    contract = session.contract
    model = data.draw(st.sampled_from(list(contract.models.values())))
    body = dict(model.base)
    for place in (model.request.duration, model.request.resolution, model.request.ratio, contract.model_at):
        for pointer in place.pointers if place is not None else ():
            if data.draw(st.booleans()):
                body = replaced(body, segments(pointer), data.draw(JSON))
    sent = session.request(model.operations[0], body=body)
    least = worst_price(contract, sent, Decimal("0.01"))
    assert least is not None
    assert least > 0
    assert least >= (worst_price(contract, sent) or 0)
