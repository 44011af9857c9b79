"""Schemas that hold themselves, closed so that a validator finds what they name."""

from typing import Any

import pytest

from screentest_contracts.raw.inlined import inlined
from screentest_contracts.raw.recursion import EndlessError, closed
from screentest_contracts.schemas import validator
from screentest_suites.core.options import Options
from screentest_suites.core.verdicts import Result
from screentest_suites.judging.judge import Judge
from screentest_suites.targets.embedded import EmbeddedTarget


def compiled(schemas: dict[str, Any], name: str) -> Any:
    root = inlined({"components": {"schemas": schemas}})
    return validator(closed(root["components"]["schemas"][name], root))


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_every_level_is_judged() -> None:
    tree = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    tree["properties"] |= {"parts": {"type": "array", "items": ref("Tree")}}  # type: ignore[operator]
    judged = compiled({"Tree": tree, "Answer": {"properties": {"data": ref("Tree")}}}, "Answer")
    deep: Any = {"id": "leaf"}
    for level in range(20):
        deep = {"id": f"level-{level}", "parts": [deep]}
    assert judged.is_valid({"data": deep})
    wrong = {"data": {"id": "a", "parts": [{"id": "b", "parts": [{"id": 3}]}]}}
    assert [error.instance_path for error in judged.iter_errors(wrong)] == [["data", "parts", 0, "parts", 0, "id"]]


def test_two_that_hold_each_other() -> None:
    schemas = {
        "Error": {"properties": {"text": {"type": "string"}, "cause": ref("Cause")}},
        "Cause": {"properties": {"error": ref("Error")}},
    }
    judged = compiled(schemas, "Cause")
    assert judged.is_valid({"error": {"text": "a", "cause": {"error": {}}}})
    assert not judged.is_valid({"error": {"cause": {"error": {"text": 5}}}})


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"allOf": [ref("A")]}},
        {"A": {"anyOf": [{"type": "string"}, ref("B")]}, "B": {"if": ref("A")}},
        {"A": {"dependentSchemas": {"x": {"not": ref("A")}}}},
    ],
)
def test_what_never_says_anything_is_told(schemas: dict[str, Any]) -> None:
    with pytest.raises(EndlessError, match="holds itself with no member between"):
        compiled(schemas, "A")


def test_a_schema_without_references_stays_as_it_is() -> None:
    schema = {"type": "object"}
    assert closed(schema, {}) is schema
    assert closed(True, {}) is True


def test_a_document_whose_answers_hold_themselves_is_judged(small_tree: Any, load_tree: Any) -> None:
    """What a server sends deep inside is judged as what it sends at the top; a request may not hold itself."""
    tree = small_tree()
    tree["components"]["schemas"]["Note"] = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "notes": {"type": "array", "items": ref("Note")}},
    }
    answer = {"type": "object", "properties": {"notes": {"type": "array", "items": ref("Note")}}}
    ok = {"description": "a task", "content": {"application/json": {"schema": answer}}}
    tree["paths"]["/jobs/{task_id}"]["get"]["responses"] = {"200": ok, "default": ok}
    contract = load_tree(tree)
    schema = contract.operations["look"].responses["200"].validators["application/json"]
    assert schema.is_valid({"notes": [{"text": "a", "notes": [{"notes": []}]}]})
    assert not schema.is_valid({"notes": [{"notes": [{"notes": [{"text": 1}]}]}]})
    judge = Judge(contract, EmbeddedTarget(contract), Options(examples=2))
    assert [each.id for each in judge.verdicts() if each.fails_run or each.result is Result.ERROR] == []
