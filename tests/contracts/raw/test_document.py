"""The raw document: operations, references, schemas and samples of data that may be broken."""

from typing import Any

import pytest

from screentest_contracts.raw.document import RawDocument


def described(**paths: Any) -> RawDocument:
    clip = {"type": "object", "properties": {"n": {"type": "integer", "example": 5}}, "example": {"n": 1}}
    return RawDocument(
        {
            "openapi": "3.1.0",
            "paths": {f"/{name}": item for name, item in paths.items()},
            "components": {"schemas": {"Clip": clip, "Loop": {"$ref": "#/components/schemas/Loop"}}},
        }
    )


def answering(schema: Any, status: str = "200") -> Any:
    content = {"application/json": {"schema": schema, "example": {"n": "five"}}}
    return {"get": {"operationId": "look", "responses": {status: {"content": content}}}}


@pytest.mark.parametrize(
    "raw", [{}, {"paths": None}, {"paths": []}, {"paths": {"/a": 1}}, {"paths": {"/a": {"get": 1}}}]
)
def test_broken_data_has_no_operations(raw: Any) -> None:
    document = RawDocument(raw)
    assert document.calls == ()
    assert document.call("look") is None
    assert document.task is None


def test_operations() -> None:
    document = described(jobs=answering({}), boats={"post": {}})
    assert [(call.id, call.method, call.path, call.pointer) for call in document.calls] == [
        ("look", "get", "/jobs", "/paths/~1jobs/get"),
        ("post /boats", "post", "/boats", "/paths/~1boats/post"),
    ]
    assert document.call("look") is document.calls[0]


@pytest.mark.parametrize("reference", ["#/components/schemas/Loop", "#/nowhere", "elsewhere.yaml#/Clip"])
def test_a_reference_that_leads_nowhere_is_an_empty_object(reference: str) -> None:
    assert described().follow({"$ref": reference}) == {}


def test_a_reference_is_followed_and_placed() -> None:
    document = described()
    reference = {"$ref": "#/components/schemas/Clip"}
    assert document.follow(reference)["type"] == "object"
    assert document.place(reference, "/here") == "/components/schemas/Clip"
    assert document.place({}, "/here") == "/here"


@pytest.mark.parametrize("status", ["200", "2XX", "default"])
def test_the_schema_of_an_answer(status: str) -> None:
    document = described(jobs=answering({"type": "object"}, status))
    found = document.answer_schema(document.calls[0], 200)
    at = f"/paths/~1jobs/get/responses/{status}/content/application~1json/schema"
    assert found == ({"type": "object"}, at)


def test_samples_and_what_is_wrong_with_them() -> None:
    document = described(jobs=answering({"$ref": "#/components/schemas/Clip"}))
    samples = {sample.pointer: sample for sample in document.samples}
    answer = samples["/paths/~1jobs/get/responses/200/content/application~1json/example"]
    assert answer.answer
    assert answer.schema_pointer == "/components/schemas/Clip"
    assert document.complaints(answer.schema, answer.value) == [(("n",), '"five" must be an integer')]
    assert document.complaints({"type": 7}, 1) == [], "a schema that is unusable says nothing"
    assert {"/components/schemas/Clip/example", "/components/schemas/Clip/properties/n/example"} <= set(samples)
