"""OpenAPI 3.0 in the words of 3.1, and JSON that is called YAML."""

from pathlib import Path
from typing import Any

import pytest

from screentest_contracts.document import load_description
from screentest_contracts.errors import UsageError
from screentest_contracts.raw.upgrade import upgraded


def schema(node: dict[str, Any]) -> Any:
    return upgraded({"openapi": "3.0.1", "components": {"schemas": {"default": node}}})["components"]["schemas"][
        "default"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"enum": ["a"], "nullable": True}, {"enum": ["a", None]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"properties": {"nullable": {"type": "integer"}}}, {"properties": {"nullable": {"type": "integer"}}}),
        ({"default": {"nullable": True}}, {"default": {"nullable": True}}),
    ],
)
def test_words_of_schemas(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert schema(old) == new


def test_a_response_called_default_is_no_value() -> None:
    answer = {"content": {"application/json": {"schema": {"type": "string", "nullable": True}}}}
    raw = {"openapi": "3.0.1", "paths": {"/": {"get": {"responses": {"default": answer}}}}}
    made = upgraded(raw)["paths"]["/"]["get"]["responses"]["default"]
    assert made["content"]["application/json"]["schema"] == {"type": ["string", "null"]}


def test_json_that_is_called_yaml(tmp_path: Path) -> None:
    """Half a surrogate pair after the other is JSON, and no YAML."""
    file = tmp_path / "api.yaml"
    file.write_text(r'{"openapi": "3.1.0", "info": {"title": "\ud83d\ude00"}}')
    assert load_description(file).value["info"]["title"] == "\U0001f600"
    file.write_text('{"openapi": "3.1.0", "info": {"title": "}')
    with pytest.raises(UsageError, match="the YAML breaks here"):
        load_description(file)
