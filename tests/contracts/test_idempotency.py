"""Idempotency keys in documents: what may be said, and the mistakes."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers import known

from screentest_contracts import Contract, DocumentError
from screentest_contracts.contract import Role
from screentest_contracts.facts import Level
from screentest_contracts.requirements import requirements

CONFLICT = {"condition": "idempotency-conflict", "on": ["create"], "readings": {"status": 409}}


@pytest.fixture
def load(small_tree: Any, load_tree: Any) -> Callable[..., Contract]:
    """Loads the small document with a rule, perhaps with a header declared or a member in the request."""

    def make(
        rule: dict[str, Any] | None,
        *,
        header: dict[str, Any] | None = None,
        member: dict[str, Any] | None = None,
        required: bool = False,
        errors: list[Any] | None = None,
    ) -> Contract:
        tree = small_tree()
        if rule is not None:
            tree["x-task"]["idempotency"] = rule
        if header is not None:
            declared = {"name": "x-once", "in": "header", "required": required, "schema": header}
            tree["paths"]["/jobs"]["post"].setdefault("parameters", []).append(declared)
        if member is not None:
            clip = tree["components"]["schemas"]["Clip"]
            clip["properties"]["token"] = member
            if required:
                clip["required"].append("token")
                tree["x-task"]["models"]["clip-1"]["base"]["token"] = "0123456789abcdef"
        tree["x-task"]["errors"] += errors or []
        contract: Contract = load_tree(tree)
        return contract

    return make


def problems(load: Callable[..., Contract], *rule: Any, **options: Any) -> str:
    with pytest.raises(DocumentError) as caught:
        load(*rule, **options)
    return str(caught.value)


def test_everything_that_can_be_said(load: Any) -> None:
    told = {"header": "X-Told", "value": "yes", "mark": "derived", "source": "A2"}
    rule = load(
        {
            "header": "X-Once",
            "make": "k-{{random:hex:8}}-{{random:digits:4}}",
            "replayed": told,
            "life": 60,
            "life_mark": "assumed",
            "mark": "recommended",
        }
    ).idempotency
    assert (rule.header, rule.at, rule.replayed, rule.life) == ("X-Once", None, ("X-Told", "yes"), 60)
    assert (rule.fact.mark, rule.replayed_fact.mark, rule.life_fact.mark) == ("recommended", "derived", "assumed")
    assert rule.replayed_fact.source == ("A2",)
    assert rule.place == "the header X-Once"


def test_the_least_that_must_be_said(load: Any) -> None:
    rule = load({"header": "X-Once"}).idempotency
    assert (rule.replayed, rule.life) == (None, None)
    assert rule.key("1").count("-") == 4, "a UUID"
    in_body = load({"at": "/token"}, member={"type": "string"}).idempotency
    assert (in_body.header, in_body.place) == (None, "/token")


def test_a_document_without_a_rule_has_none(small: Contract) -> None:
    assert small.idempotency is None
    assert not [each for each in requirements(small) if "idempoten" in each.kind]


@given(one=st.text(), two=st.text())
def test_a_key_is_a_function_of_its_seed(one: str, two: str) -> None:
    rule = known("evolink").idempotency
    assert rule is not None
    assert rule.key(one) == rule.key(one)
    assert (rule.key(one) == rule.key(two)) is (one == two)
    assert len(rule.key(one)) == 32


def test_each_hole_of_a_key_has_a_value_of_its_own(load: Any) -> None:
    left, right = (
        load({"header": "X-Once", "make": "{{random:hex:9}}.{{random:hex:9}}"}).idempotency.key("1").split(".")
    )
    assert left != right


# -- mistakes ---------------------------------------------------------------------------------------------------------

MAKE = "/x-task/idempotency/make"


@pytest.mark.parametrize(
    ("rule", "pointer", "what"),
    [
        ({"header": "X-Once", "make": "always"}, MAKE, "every create would have the same key"),
        ({"header": "X-Once", "make": "{{id}}"}, MAKE, "a key is made before there is a task"),
        ({"header": "X-Once", "make": "{{random:hex}}"}, MAKE, "unknown form of value: hex"),
        ({"header": "X Once"}, "/x-task/idempotency/header", "X Once"),
        ({"at": "token"}, "/x-task/idempotency/at", "token"),
        ({"header": "X-Once", "at": "/token"}, "/x-task/idempotency", "both `header` and `at`"),
        ({}, "/x-task/idempotency", "neither `header` nor `at` (say where"),
        ({"header": "X-Once", "life": 0}, "/x-task/idempotency/life", "0"),
        ({"header": "X-Once", "replayed": {"value": "yes"}}, "/x-task/idempotency/replayed", "header"),
        ({"header": "X-Once", "ttl": 5}, "/x-task/idempotency/ttl", "ttl"),
        ({"at": "/token"}, "/x-task/idempotency/at", "no request of clip-1 has a member /token (add it to"),
        ({"header": "X-Once", "source": "A9"}, "/x-task/idempotency/source", "source 'A9' is not in x-task.sources"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(load: Any, rule: dict[str, Any], pointer: str, what: str) -> None:
    said = problems(load, rule)
    assert "acme.json" in said
    line = next(line for line in said.splitlines() if f"{pointer}:" in line)
    assert what in line


def test_a_key_must_fit_what_is_declared(load: Any) -> None:
    short = {"type": "string", "maxLength": 20}
    said = problems(load, {"header": "X-Once"}, header=short)
    assert f"{MAKE}: it makes '" in said
    assert "which the header x-once of make does not take" in said
    said = problems(load, {"at": "/token"}, member=short)
    assert "which /token of Clip does not take (let it be a text of the form that /token of Clip has)" in said
    assert load({"header": "X-Once", "make": "{{random:hex:20}}"}, header=short)
    assert load({"at": "/token", "make": "{{random:hex:20}}"}, member=short)


def test_a_conflict_needs_keys(load: Any) -> None:
    said = problems(load, None, errors=[CONFLICT])
    assert "/x-task/errors/6/condition: nothing says where an idempotency key stands" in said
    assert load({"header": "X-Once"}, errors=[CONFLICT])


# -- what follows -----------------------------------------------------------------------------------------------------


def levels(contract: Contract) -> dict[str, Level]:
    return {each.id: each.level for each in requirements(contract) if "idempoten" in each.id}


def test_requirements_have_the_levels_of_their_facts(load: Any) -> None:
    rule = {
        "header": "X-Once",
        "replayed": {"header": "X-Told", "mark": "recommended"},
        "life": 60,
        "life_mark": "assumed",
    }
    assert levels(load(rule, errors=[CONFLICT])) == {
        "create.idempotent": Level.MUST,
        "create.idempotent.other-key": Level.MUST,
        "create.idempotent.account": Level.NOTE,
        "create.idempotent.replayed": Level.SHOULD,
        "create.idempotent.life": Level.NOTE,
        "error.create.idempotency-conflict": Level.MUST,
    }
    assert levels(load({"header": "X-Once", "mark": "derived"})) == {
        "create.idempotent": Level.NOTE,
        "create.idempotent.other-key": Level.NOTE,
        "create.idempotent.account": Level.NOTE,
    }


def test_a_conflict_without_a_row_is_answered_as_an_invalid_body(load: Any) -> None:
    row = load({"header": "X-Once"}).error(Role.CREATE, "idempotency-conflict")
    assert row.condition == "invalid-body"


def test_of_a_member_only_its_presence_is_judged(load: Any) -> None:
    """Two probes with one value would be a conflict."""
    member = {"type": "string", "minLength": 8, "pattern": "^[0-9a-f-]+$"}
    names = {each.id for each in requirements(load({"at": "/token"}, member=member, required=True))}
    assert [name for name in names if "token" in name] == ["create.token.required"]
