"""Values of parameters at and beyond their constraints, and requests with them."""

from typing import Any

import pytest

from screentest_contracts import Contract, Role
from screentest_contracts.contract import CallParameter
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.location import MISSING
from screentest_contracts.parameters import constraints_of
from screentest_contracts.schemas import validator
from screentest_suites.core.exchange import SentRequest
from screentest_suites.requests.call_parameters import parameter_probes, with_parameter

FACT = Fact(Mark.DOCUMENTED)


def parameter(schema: dict[str, Any], explode: bool = True, **changes: Any) -> CallParameter:
    made = {"name": "p", "place": "query", "required": False, "carries_id": False, **changes}
    return CallParameter(schema=schema, validator=validator(schema), explode=explode, fact=FACT, **made)


def tried(schema: dict[str, Any], kind: str) -> tuple[list[Any], list[Any]]:
    """The values that are to be accepted and refused for one keyword."""
    whole = {"type": "object", "properties": {"p": schema}, "required": ["p"]}
    constraint = next(each for each in constraints_of(whole, FACT) if each.kind == kind)
    probes = parameter_probes(parameter(schema), constraint)
    return [each.value for each in probes if each.accept], [each.value for each in probes if not each.accept]


LIMIT = {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}


@pytest.mark.parametrize(
    ("schema", "kind", "accepted", "refused"),
    [
        (LIMIT, "maximum", {20, 49, 50}, {51}),
        (LIMIT, "minimum", {20, 1, 2}, {0}),
        (LIMIT, "type", {20}, {"text", "5.5"}),
        (LIMIT, "required", {20}, {MISSING}),
        ({"type": "number", "exclusiveMaximum": 1}, "exclusiveMaximum", {0}, {1, 2}),
        ({"type": "integer", "multipleOf": 5}, "multipleOf", {10}, {11}),
        ({"type": "string", "enum": ["asc", "desc"]}, "enum", {"asc", "desc"}, {"ascx", "descx", "no-such-value"}),
        ({"type": "integer", "enum": [1, 3]}, "enum", {1, 3}, {2, 4}),
        ({"type": "string", "pattern": "^[a-z]{1,9}$", "example": "abc"}, "pattern", {"abc"}, {"!!!"}),
        ({"type": "boolean"}, "type", set(), {"text"}),
    ],
)
def test_values_at_and_beyond_a_constraint(schema: Any, kind: str, accepted: Any, refused: Any) -> None:
    good, bad = tried(schema, kind)
    assert set(good) == accepted
    assert set(bad) >= refused


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({**LIMIT, "x-tolerates": ["out-of-range"]}, "maximum"),
        ({"type": "string", "enum": ["a"], "x-tolerates": ["unknown-value"]}, "enum"),
        ({"type": "integer", "x-tolerates": ["wrong-type"]}, "type"),
    ],
)
def test_what_the_document_tolerates_is_not_refused(schema: Any, kind: str) -> None:
    assert tried(schema, kind) == ([], [])


def test_lengths_are_tried_with_texts_that_keep_the_form() -> None:
    good, bad = tried({"type": "string", "pattern": "^clip_[0-9a-f]+$", "maxLength": 20}, "maxLength")
    assert {len(each) for each in good} == {19, 20}
    assert {len(each) for each in bad} == {21}


@pytest.mark.parametrize(
    ("explode", "written", "texts"), [(True, "p=a&p=b%2Cc", ["a", "b,c"]), (False, "p=a,b", ["a,b"])]
)
def test_lists_are_written_and_read_as_their_style_says(explode: bool, written: str, texts: list[str]) -> None:
    made = parameter({"type": "array", "items": {"type": "string"}}, explode)
    value = ["a", "b,c"] if explode else ["a", "b"]
    assert made.write(value) == written
    assert made.read(texts) == value


def test_numbers_are_read_from_their_texts() -> None:
    assert parameter({"type": "integer"}).read(["5", "6"]) == 5
    assert parameter({"type": "integer"}).read(["5.0"]) == "5.0"
    assert parameter({"type": "boolean"}).read(["true"]) is True
    assert parameter({"type": "boolean"}).write(True) == "p=true"


def test_a_parameter_takes_the_place_of_what_the_request_held(small: Contract) -> None:
    operation = small.roles[Role.LIST][0]
    sent = SentRequest("GET", "https://a.example/jobs?limit=2&key=k&limit=3")
    limit = operation.call_parameter("limit")
    assert with_parameter(sent, operation, limit, 7).url == "https://a.example/jobs?key=k&limit=7"
    assert with_parameter(sent, operation, limit, MISSING).url == "https://a.example/jobs?key=k"
    query = small.roles[Role.QUERY][0]
    path = SentRequest("GET", "https://a.example/v1/jobs/one")
    assert with_parameter(path, query, query.call_parameter("task_id"), "a/b").url == "https://a.example/v1/jobs/a%2Fb"
    with pytest.raises(KeyError):
        operation.call_parameter("limits")
