"""Headers that creates need for some values: what is sent, what is said of servers that do otherwise, and the mock."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from screentest_contracts import Contract, DocumentError
from screentest_contracts.comparison import compare
from screentest_contracts.facts import Mark
from screentest_contracts.requirements import requirements
from screentest_suites.core.verdicts import NotObservedError, Skip
from tests.suites.checks.findings import failure, passed

NAME = "create.parameter.x-resolve"
SIDES = ("accepted", "needed")
RULE = {"at": "/parts/*/url", "pattern": "^box://", "example": "box://a/b.png"}


def boxed(tree: Any) -> None:
    """The small document, whose addresses of a kind need a header. The last part of its base is one that need not."""
    header = {"name": "X-Resolve", "in": "header", "schema": {"type": "string", "enum": ["enable"]}}
    tree["paths"]["/jobs"]["post"]["parameters"].append({**header, "x-required-when": dict(RULE)})
    part = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
    tree["components"]["schemas"]["Clip"]["properties"]["parts"] = {"type": "array", "items": part}
    tree["x-task"]["models"]["clip-1"]["base"]["parts"] = [{"url": "https://media.example.com/a.png"}]


def answered_apart(tree: Any) -> None:
    row = {"status": 425, "body": {"error": {"code": "unresolved", "message": "{{detail}}"}}}
    tree["x-task"]["errors"].append({"condition": "needed-header", "on": ["create"], "readings": row})


def header_of(exchange: Any) -> str | None:
    return dict(exchange.sent.headers).get("X-Resolve")


def test_such_a_value_is_sent_with_the_header_and_without_it(bench: Any) -> None:
    made = bench(boxed)
    assert [passed(made.judge(f"{NAME}.{side}")) for side in SIDES] == [1, 1]
    sent = [each for each in made.wire.log if each.sent.operation == "make"]
    assert [header_of(each) for each in sent] == ["enable", None]
    assert {orjson.loads(each.sent.body)["parts"][0]["url"] for each in sent} == {"box://a/b.png"}


def test_every_request_has_what_its_values_need(bench: Any) -> None:
    made = bench(boxed)
    model = made.contract.models["clip-1"]
    for url, expected in (("box://c", "enable"), ("https://media.example.com/c", None)):
        exchange = made.session.create(model, {**model.base, "parts": [*model.base["parts"], {"url": url}]})
        assert (header_of(exchange), made.session.accepted(exchange)) == (expected, True)


def test_servers_that_do_otherwise(bench: Any, tools: Any) -> None:
    refusing = bench(boxed, alter=tools.on("make", status=422, body={"error": {"code": "bad"}}))
    assert failure(refusing.judge(f"{NAME}.accepted"))[0] == "a create with X-Resolve was refused with 422"
    made = bench(boxed, alter=tools.on("make", status=200, body={"job": {"id": "job-1", "state": "WAIT"}}))
    assert failure(made.judge(f"{NAME}.needed"))[0] == "a create without X-Resolve was accepted with 200"


def test_a_header_with_another_value_is_as_good_as_none(bench: Any) -> None:
    made = bench(boxed)
    model = made.contract.models["clip-1"]
    body = {**model.base, "parts": [{"url": "box://c"}]}
    answer = made.session.create(model, body, valid=False, headers=[("x-resolve", "perhaps")])
    assert (answer.status, answer.json["error"]["param"]) == (422, "parts.url")


def test_a_refusal_of_its_own(bench: Any) -> None:
    made = bench(boxed, answered_apart)
    assert passed(made.judge("error.create.needed-header")) == 1
    (answer,) = made.provoke("needed-header")
    assert (answer.status, answer.json["error"]["code"], header_of(answer)) == (425, "unresolved", None)
    assert all(each.id != "error.create.needed-header" for each in requirements(bench(boxed).contract))


def test_references_to_uploaded_files_are_such_values(bench: Any) -> None:
    """DashScope's: the file is uploaded, and left out where that would cost money."""
    name = "create.parameter.x-dashscope-ossresourceresolve"
    made = bench("dashscope")
    assert [passed(made.judge(f"{name}.{side}")) for side in SIDES] == [1, 1]
    urls = [
        orjson.loads(each.sent.body)["input"]["media"][0]["url"]
        for each in made.wire.log
        if each.sent.operation == "createVideo"
    ]
    assert urls[0] == urls[1]
    assert urls[0].startswith("oss://dashscope-instant/")
    dear = bench("dashscope", remote=True, metered=True)
    for side in SIDES:
        with pytest.raises(NotObservedError) as caught:
            dear.judge(f"{name}.{side}")
        assert caught.value.skip is Skip.NEEDS_SPEND
    assert not dear.wire.log


def test_each_side_has_its_own_mark(bench: Any) -> None:
    name = "create.parameter.x-dashscope-ossresourceresolve"
    found = [each for each in requirements(bench("dashscope").contract) if name in each.id]
    marks = {each.id.rpartition(".")[2]: each.fact.mark for each in found}
    assert marks == {"accepted": Mark.DOCUMENTED, "needed": Mark.DERIVED}


def test_no_value_is_known(bench: Any) -> None:
    def unknown(tree: Any) -> None:
        del tree["paths"]["/jobs"]["post"]["parameters"][1]["x-required-when"]["example"]

    for side in SIDES:
        with pytest.raises(NotObservedError, match="no value is known that needs X-Resolve"):
            bench(boxed, unknown).judge(f"{NAME}.{side}")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"at": "/parts/*/uri"}, "no request has a member at /parts/*/uri"),
        ({"pattern": "(box"}, "no regular expression"),
        ({"example": "https://a"}, "the example does not fit the pattern"),
    ],
)
def test_conditions_that_nothing_meets(variant: Callable[..., Contract], change: Any, problem: str) -> None:
    def changed(tree: Any) -> None:
        tree["paths"]["/jobs"]["post"]["parameters"][1]["x-required-when"] |= change

    with pytest.raises(DocumentError) as caught:
        variant(boxed, changed)
    assert problem in str(caught.value)


@pytest.mark.parametrize("change", [{"required": True}, {"in": "query"}])
def test_it_is_a_word_of_optional_headers(variant: Callable[..., Contract], change: Any) -> None:
    def changed(tree: Any) -> None:
        tree["paths"]["/jobs"]["post"]["parameters"][1] |= change

    with pytest.raises(DocumentError, match="X-Resolve is no optional header of a create"):
        variant(boxed, changed)


def test_compared(variant: Callable[..., Contract]) -> None:
    def otherwise(tree: Any) -> None:
        tree["paths"]["/jobs"]["post"]["parameters"][1]["x-required-when"] |= {
            "pattern": "^crate:",
            "example": "crate:a",
        }

    def without(tree: Any) -> None:
        del tree["paths"]["/jobs"]["post"]["parameters"][1]["x-required-when"]

    one, two, none = variant(boxed), variant(boxed, otherwise), variant(boxed, without)
    boxes, crates = "for ^box:// at parts.*.url", "for ^crate: at parts.*.url"
    for home, other, effect, said in (
        (one, two, "changes", (boxes, crates)),
        (none, one, "changes", ("never", boxes)),
        (one, none, "informs", (boxes, "never")),
    ):
        (found,) = compare(home, other).differences
        assert (found.effect.value, found.subject) == (effect, "request header X-Resolve")
        assert (found.before, found.after) == said
    assert not compare(one, one).differences
