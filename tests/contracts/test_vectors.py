"""The vendors' documented examples against the documents: outside witnesses that a document is right.

A vector's `side` is `request` (a body that must be valid for its model) or `response` (a body that must validate
against the schema of its status, and be read rightly).
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from screentest_contracts import Role, built_in, load_contract
from screentest_contracts.reading import CallOutcome, judge_call, link_of, status_of, task_id

FILES = sorted((Path(__file__).parent.parent / "vectors").rglob("*.yaml"))
VECTORS = {f"{file.parent.name}/{file.stem}": yaml.safe_load(file.read_text("utf-8")) for file in FILES}


def vectors(side: str) -> list[str]:
    return [name for name, vector in VECTORS.items() if vector["side"] == side]


def test_every_provider_has_vectors_of_both_sides() -> None:
    assert {name.split("/")[0] for name in vectors("request")} == set(built_in())
    assert {name.split("/")[0] for name in vectors("response")} == set(built_in())


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_says_where_it_comes_from(name: str) -> None:
    vector, contract = VECTORS[name], load_contract(name.split("/")[0])
    assert vector["about"]
    assert vector["source"]
    assert set(vector["source"]) <= set(contract.sources)


@pytest.mark.parametrize("name", vectors("request"))
def test_documented_requests_are_valid(name: str) -> None:
    vector, contract = VECTORS[name], load_contract(name.split("/")[0])
    model = contract.models[vector["model"]]
    assert [error.message for error in model.validator.iter_errors(vector["body"])] == []
    if contract.model_at is not None:
        assert contract.model_at.find(vector["body"]) == model.name


@pytest.mark.parametrize("name", vectors("response"))
def test_documented_answers_validate(name: str) -> None:
    vector, contract = VECTORS[name], load_contract(name.split("/")[0])
    operation = contract.roles[Role(vector["role"])][0]
    response = operation.response(vector["http_status"])
    assert response is not None, f"{operation.id} declares no {vector['http_status']}"
    assert [error.message for error in response.validators["application/json"].iter_errors(vector["body"])] == []


@pytest.mark.parametrize("name", vectors("response"))
def test_documented_answers_are_read_rightly(name: str) -> None:
    vector: dict[str, Any] = VECTORS[name]
    contract, role, body = load_contract(name.split("/")[0]), Role(vector["role"]), vector["body"]
    verdict = judge_call(contract, role, vector["http_status"], body)
    word = vector.get("status")
    if word is None and role is not Role.LIST:
        assert verdict is not CallOutcome.ACCEPTED
        return
    assert verdict is CallOutcome.ACCEPTED
    if role is Role.CREATE:
        identity = task_id(contract, body)
        assert identity is not None
        assert any(form.pattern.search(identity) for form in contract.id.forms)
        at = contract.lifecycle.receipt_at
        assert at is None or word is None or at.find(body) == word
        assert not contract.lifecycle.initial or word is None or word in contract.lifecycle.initial
    elif role is Role.QUERY:
        status = status_of(contract, body)
        assert status is not None
        assert status.name == word
        if status.status_class == "succeeded" and "image" not in body.get("object", ""):
            assert link_of(contract, body), "a task that has succeeded shows its result"
