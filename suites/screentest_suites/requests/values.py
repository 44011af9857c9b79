"""Valid values of a schema: the document's own, else ordinary ones, else those that Schemathesis draws."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from screentest_contracts.location import MISSING
from screentest_contracts.schemas import validator

PUBLIC_URL = "https://media.example.com/clip.png"
_SENTENCE = "A paper boat. "
_NESTING = ("allOf", "anyOf", "oneOf", "prefixItems")


def sample(schema: Mapping[str, Any]) -> Any:
    """A plain value that a schema allows; `MISSING` where none is found.

    Quick for what the document gives values for and for plain types; else as slow as `drawing.drawn_from`.
    """
    found = _sample(json.dumps(schema, default=str))
    return MISSING if found is None else json.loads(found)


@lru_cache(4096)
def _sample(text: str) -> str | None:
    """The value as JSON, because nobody may change what is remembered."""
    schema = json.loads(text)
    allowed = validator(schema)
    for value in _candidates(schema):
        if value is not MISSING and allowed.is_valid(value):
            return json.dumps(value)
    return None


def _candidates(schema: Any) -> Iterator[Any]:
    if isinstance(schema, Mapping):
        parts = _parts(schema)
        if len({json.dumps(part["const"]) for part in parts if "const" in part}) > 1:
            return  # there is none, and drawing would take long to find none
        for part in parts:
            yield from own_values(part)
        yield from _ordinary(_joined(parts))
    from screentest_suites.requests.drawing import drawn_from

    yield from drawn_from(_settled(schema))
    yield from drawn_from(schema)


def _parts(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schema without `allOf`, and what stands there."""
    inner = [part for each in schema.get("allOf", ()) if isinstance(each, Mapping) for part in _parts(each)]
    return [{keyword: value for keyword, value in schema.items() if keyword != "allOf"}, *inner]


def _joined(parts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One schema for the ordinary values of several that must all hold: where they contradict each other, the last."""
    if len(parts) == 1:
        return parts[0]
    members: dict[str, list[Any]] = {}
    for part in parts:
        for name, member in part.get("properties", {}).items():
            members.setdefault(name, []).append(member)
    properties = {name: each[0] if len(each) == 1 else {"allOf": each} for name, each in members.items()}
    required = list(dict.fromkeys(name for part in parts for name in part.get("required", ())))
    joined = {keyword: value for part in parts for keyword, value in part.items()}
    return joined | ({"properties": properties} if properties else {}) | ({"required": required} if required else {})


def own_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The values that the document itself gives for a schema, the best first; they need not be valid."""
    for keyword in ("const", "example", "default"):
        if keyword in schema:
            yield schema[keyword]
    for keyword in ("examples", "enum"):
        yield from schema.get(keyword) or ()


def _ordinary(schema: Mapping[str, Any]) -> Iterator[Any]:
    """What somebody would write by hand; it need not be valid."""
    match _type_of(schema):
        case "integer" | "number":
            yield from (schema[keyword] for keyword in ("minimum", "maximum") if keyword in schema)
            yield 1
        case "boolean":
            yield True
        case "array":
            items = schema.get("items", {})
            yield [sample(items)] * max(schema.get("minItems", 1), 1) if sample(items) is not MISSING else MISSING
        case "object":
            members = schema.get("properties", {})
            made = {name: sample(members.get(name, {})) for name in schema.get("required", ())}
            yield made if MISSING not in made.values() else MISSING
        case "null":
            yield None
        case _:
            yield from _texts(schema)


def _type_of(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((each for each in kind if each != "null"), "null")
    return kind or ("object" if "properties" in schema else "array" if "items" in schema else "string")


def _texts(schema: Mapping[str, Any]) -> Iterator[str]:
    length = max(schema.get("minLength", 1), len(_SENTENCE))
    text = (_SENTENCE * (length // len(_SENTENCE) + 1))[: min(length, schema.get("maxLength", length))]
    plain = (PUBLIC_URL, text) if schema.get("format") == "uri" or "x-public-url" in schema else (text, PUBLIC_URL)
    yield from plain


def _settled(schema: Any) -> Any:
    """The schema in which every part that has an ordinary value allows this one only: what is left to draw is how the
    parts go together."""
    if not isinstance(schema, Mapping):
        return schema
    settled = dict(schema)
    for keyword in _NESTING:
        if isinstance(schema.get(keyword), list):
            settled[keyword] = [_settled(part) for part in schema[keyword]]
    if isinstance(schema.get("properties"), Mapping):
        settled["properties"] = {name: _leaf(part) for name, part in schema["properties"].items()}
    if isinstance(schema.get("items"), Mapping):
        settled["items"] = _leaf(schema["items"])
    return settled


def _leaf(schema: Any) -> Any:
    if not isinstance(schema, Mapping) or any(keyword in schema for keyword in ("properties", "items", *_NESTING)):
        return _settled(schema)
    allowed = validator(schema)
    value = next((each for each in (*own_values(schema), *_ordinary(schema)) if allowed.is_valid(each)), MISSING)
    return schema if value is MISSING else {"const": value}
