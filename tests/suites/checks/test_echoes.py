"""What was asked for as answers repeat it, and amounts: the server that is right in an unusual way passes, the one that
is wrong fails."""

from collections.abc import Callable
from typing import Any

import pytest

from screentest_contracts import Contract
from screentest_contracts.location import MISSING
from screentest_suites.checks.echoes import prices_of
from screentest_suites.checks.receipt import same
from screentest_suites.core.exchange import Trace
from tests.suites.checks.findings import said

Life = Callable[..., tuple[Contract, Trace]]


def showing(**members: Any) -> Any:
    """Receipts and queries with further members; the model can ask for a size and sends a prompt."""

    def change(tree: Any) -> None:
        clip = tree["components"]["schemas"]["Clip"]["properties"]
        clip["size"] = {"type": "string", "enum": ["1280x720", "720x1280"]}
        clip["options"] = {"type": "object"}
        task = tree["x-task"]
        task["request"] |= {"resolution": "/size", "ratio": "/size"}
        task["models"]["clip-1"]["base"] |= {"prompt": "A boat.", "options": {"loop": True}}
        for body in (task["profiles"]["default"]["receipt"], *task["profiles"]["default"]["bodies"].values()):
            body.update(members)

    return change


# -- copies of the request ------------------------------------------------------------------------------------------


def test_a_size_in_one_text_is_the_one_asked_for(life: Life, traces: Any) -> None:
    contract, trace = life(showing(size="{{width}}x{{height}}"), body={"size": "720x1280"})
    assert said(contract, "query.size.echo", trace) == len(trace.polls)
    assert said(contract, "create.size.echo", traces.created(trace, "/size", "720*1280")) == 1
    assert said(contract, "create.size.echo", traces.created(trace, "/size", "1280x720")) == "/size is '1280x720'"
    assert "/size" in str(said(contract, "query.size.echo", traces.polled(trace, 0, "/size", "720p")))


def test_width_and_height_are_those_of_the_size_asked_for(life: Life, traces: Any) -> None:
    contract, trace = life(showing(shape={"w": "{{width}}", "h": "{{height}}"}), body={"size": "720x1280"})
    assert said(contract, "query.shape.w.echo", trace) == len(trace.polls)
    swapped = traces.polled(trace, 1, "/shape/w", 1280)
    assert said(contract, "query.shape.w.echo", swapped) == "/shape/w is 1280"
    assert said(contract, "query.shape.h.echo", swapped) == len(trace.polls)


def test_nothing_is_held_to_what_was_not_asked_for(life: Life, traces: Any) -> None:
    contract, trace = life(showing(size="{{width}}x{{height}}"))
    assert said(contract, "query.size.echo", traces.polled(trace, 0, "/size", "96x96")) == 0


@pytest.mark.parametrize(
    ("member", "hole", "wrong"),
    [("usage", "{{request:/options}}", {"loop": False}), ("said", "{{prompt}}", "A ship.")],
)
def test_members_of_the_request_come_back_as_they_were(
    life: Life, traces: Any, member: str, hole: str, wrong: Any
) -> None:
    contract, trace = life(showing(**{member: hole}))
    name = f"query.{member}.echo"
    assert said(contract, name, trace) == len(trace.polls)
    assert f"/{member} is" in str(said(contract, name, traces.polled(trace, 2, f"/{member}", wrong)))
    for unsaid in (None, MISSING):
        assert said(contract, name, traces.polled(trace, 2, f"/{member}", unsaid)) == len(trace.polls) - 1


def test_a_tier_may_come_back_as_a_number(life: Life, traces: Any) -> None:
    def tiers(tree: Any) -> None:
        tree["components"]["schemas"]["Clip"]["properties"]["size"] = {
            "type": "string",
            "enum": ["720p", "1080p", "4k"],
        }

    contract, trace = life(showing(usage={"SR": "{{resolution|digits}}"}), tiers, body={"size": "4k"})
    assert said(contract, "query.usage.SR.echo", trace) == len(trace.polls)
    assert said(contract, "query.usage.SR.echo", traces.polled(trace, 0, "/usage/SR", 1080)) == "/usage/SR is 1080"


# -- amounts ------------------------------------------------------------------------------------------


def priced(per: str = "second", *, factor: str = "", reserved: Any = None) -> Any:
    def change(tree: Any) -> None:
        task, hole = tree["x-task"], "{{charge" + factor + "}}"
        task["prices"] = [{"models": ["clip-*"], "per": per, "amount": 0.25, "currency": "USD"}]
        receipt = {**task["profiles"]["default"]["receipt"], "cost": hole}
        task["profiles"]["default"]["receipt"] = [{"body": receipt}, {"body": {**receipt, "cost": reserved}}]
        if reserved is None:
            del task["profiles"]["default"]["receipt"][1]
        for body in task["profiles"]["default"]["bodies"].values():
            body["cost"] = hole

    return change


@pytest.mark.parametrize(("duration", "amount"), [(None, 1.0), (3, 0.75), (9, 2.25)])
def test_an_amount_follows_the_duration(life: Life, traces: Any, duration: Any, amount: float) -> None:
    """A quarter of a dollar for each second; four where nobody asks."""
    contract, trace = life(priced(), body={"duration": duration} if duration else None)
    assert prices_of(contract, contract.models["clip-1"], trace.body) == [amount]
    assert said(contract, "create.cost.amount", trace) == 1
    for value in (amount, f"{amount}", amount + 0.004):
        assert said(contract, "create.cost.amount", traces.created(trace, "/cost", value)) == 1
    for value in (amount * 100, amount + 0.25, 0):
        assert "/cost is" in str(said(contract, "create.cost.amount", traces.created(trace, "/cost", value)))
    for silent in (None, MISSING, "free", True):
        assert said(contract, "create.cost.amount", traces.created(trace, "/cost", silent)) == 0


def test_an_amount_may_be_in_any_documented_unit(life: Life, traces: Any) -> None:
    contract, trace = life(priced(reserved="{{charge:100}}"), body={"duration": 3})
    assert said(contract, "create.cost.amount", traces.created(trace, "/cost", 75)) == 1
    wrong = said(contract, "create.cost.amount", traces.created(trace, "/cost", 7500))
    assert wrong == "/cost is 7500"


def test_whole_units_are_rounded_either_way(life: Life, traces: Any) -> None:
    contract, trace = life(priced(factor=":10"), body={"duration": 3})
    for value, right in ((7, True), (8, True), (7.5, True), (6, False), (9, False)):
        judged = said(contract, "create.cost.amount", traces.created(trace, "/cost", value))
        assert (judged == 1) is right


def test_a_task_that_has_not_succeeded_may_cost_nothing(life: Life, traces: Any) -> None:
    contract, trace = life(priced("video"))
    assert said(contract, "query.cost.amount", traces.polled(trace, 0, "/cost", 0)) == len(trace.polls) - 1
    last = len(trace.polls) - 1
    assert said(contract, "query.cost.amount", traces.polled(trace, last, "/cost", 0)) == "/cost is 0"
    contract, trace = life(priced("video"), scenario="failure")
    assert isinstance(said(contract, "query.cost.amount", traces.polled(trace, -1 % len(trace.polls), "/cost", 0)), int)


def test_an_evolink_receipt_may_reserve_in_either_unit(traces: Any) -> None:
    """60.75 credits on one page are 607500 on the others."""
    contract, good = traces.good("evolink")
    name, at = "create.usage.credits_reserved.amount", "/usage/credits_reserved"
    value = good[0].created.json["usage"]["credits_reserved"]
    assert said(contract, name, good[0]) == 1
    assert said(contract, name, traces.created(good[0], at, value * 10_000)) == 1
    assert at in str(said(contract, name, traces.created(good[0], at, value * 100)))


@pytest.mark.parametrize(("mark", "wrong"), [("documented", True), ("derived", False)])
def test_a_price_that_nobody_documents_may_be_that_of_another_model(
    life: Life, traces: Any, mark: str, wrong: bool
) -> None:
    """And still it follows the duration."""

    def dearer(tree: Any) -> None:
        row = tree["x-task"]["prices"][0]
        row["mark"] = mark
        tree["x-task"]["prices"].append({**row, "models": ["reel-*"], "amount": 0.5})

    contract, trace = life(priced(), dearer, body={"duration": 3})
    judged = said(contract, "create.cost.amount", traces.created(trace, "/cost", 1.5))
    assert isinstance(judged, str) is wrong
    assert isinstance(said(contract, "create.cost.amount", traces.created(trace, "/cost", 2.0)), str)


@pytest.mark.parametrize(
    ("shown", "wanted", "right"),
    [
        ("5s", 5, True),
        ("5.0", 5, True),
        (720, "720p", True),
        ("SR720", "720p", True),
        (2160, "4k", True),
        ("5x9", 5, False),
        ("15", 5, False),
        ("720p1", "720p", False),
        (1080, "720p", False),
    ],
)
def test_a_number_may_be_spelled_in_another_way(shown: Any, wanted: Any, right: bool) -> None:
    assert same(shown, wanted) is right
