"""Forms: which part is a file, and which field has to be one."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from screentest_contracts import Contract
from screentest_contracts.forms import field_schema, is_file

BINARY = {"type": "string", "format": "binary"}
PICTURE = {"contentMediaType": "image/png"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (BINARY, True),
        (PICTURE, True),
        ({"type": "string"}, False),
        ({}, False),
        (None, False),
        ({"type": "string", "contentMediaType": "image/png", "contentEncoding": "base64"}, False),
        ({"type": "string", "contentMediaType": "application/json"}, False),
        ({"type": "string", "contentMediaType": "text/plain"}, False),
        ({"anyOf": [BINARY, {"type": "null"}]}, True),
        ({"oneOf": [BINARY, {"type": "object"}]}, True),
        ({"oneOf": [BINARY, {"type": "string", "format": "uri"}]}, False),
        ({"allOf": [{"description": "a frame"}, BINARY]}, True),
    ],
)
def test_a_field_is_a_file_where_nothing_else_may_come(schema: Any, expected: bool) -> None:
    assert is_file(schema) is expected


def test_the_schema_of_a_field_by_its_name() -> None:
    schema = {"properties": {"a": {"properties": {"b": {"items": BINARY}}}, "c": {"anyOf": [{"items": PICTURE}]}}}
    assert field_schema(schema, "a[b][]") is BINARY
    assert field_schema(schema, "c[]") is PICTURE
    assert field_schema(schema, "c[][d]") == {}
    assert field_schema(schema, "x") == {}
    assert field_schema(schema, "]") == {}


@pytest.fixture
def client(small_tree: Any, load_tree: Callable[..., Contract], caller: Callable[..., Any]) -> Any:
    """A client of a vendor who takes pictures in a form, one and several."""
    tree = small_tree()
    body = tree["paths"]["/jobs"]["post"]["requestBody"]["content"]
    body["multipart/form-data"] = body["application/json"]
    members = tree["components"]["schemas"]["Clip"]["properties"]
    members |= {"frame": BINARY, "more": {"type": "array", "items": BINARY}}
    return caller(load_tree(tree))


def create(client: Any, *parts: tuple[str, tuple[Any, ...]]) -> Any:
    """A create with these parts, each (name, (filename, bytes[, media type]))."""
    request = httpx.Request("POST", "http://mock.test/jobs", files=[("model", (None, b"clip-1")), *parts])
    media = [(b"content-type", request.headers["content-type"].encode())]
    return client.create(request.read(), headers=media)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [("frame", ("frame.png", b"\x89PNG", "image/png"))],
        [("frame", ("frame.png", b"\x89PNG", "text/plain"))],
        [("frame", (None, b"\x89PNG", "image/png"))],
        [("frame", (None, b"\x89PNG", "application/octet-stream"))],
        [("more[]", ("1.png", b"x")), ("more[]", ("2.png", b"y"))],
    ],
)
def test_a_file_is_taken(client: Any, parts: list[Any]) -> None:
    assert create(client, *parts).status == 200


@pytest.mark.parametrize(
    ("parts", "member"),
    [
        ([("frame", (None, b"https://media.example.com/frame.png"))], "frame"),
        ([("frame", (None, b"frame", "text/plain; charset=utf-8"))], "frame"),
        ([("more[]", ("1.png", b"x")), ("more[]", (None, b"2.png"))], "more"),
    ],
)
def test_a_text_is_no_file(client: Any, parts: list[Any], member: str) -> None:
    answer = create(client, *parts)
    assert answer.status == 422
    error = orjson.loads(answer.body)["error"]
    assert error["param"] == member
    assert error["message"].startswith("it is no file")
    assert client.mock.store.count_tasks() == 0


def test_json_has_no_files(client: Any) -> None:
    assert client.create({"model": "clip-1", "frame": "frame.png"}).status == 200
