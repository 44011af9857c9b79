"""Bodies as multipart/form-data: JSON values as named texts, and texts as the JSON values that a schema asks for."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def flattened(body: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The fields of an object: `metadata[ratio]` for members of members, `images[]` once for every item of a list,
    `media[][url]` for members of items: an item begins with the first name that the one before has already.

    A null is left out; numbers and booleans are written as JSON writes them.
    """
    if isinstance(body, Mapping):
        for key, value in body.items():
            yield from flattened(value, f"{name}[{key}]" if name else str(key))
    elif isinstance(body, list):
        for value in body:
            yield from flattened(value, f"{name}[]")
    elif body is not None:
        yield name, body if isinstance(body, str) else json.dumps(body)


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The object behind flattened fields, every leaf still a text. Raises ValueError for names that contradict."""
    found: dict[str, Any] = {}
    for name, text in fields:
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} is no name of a field")
        _put(found, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], text)
    return found


def _put(node: Any, parts: list[str], text: str) -> None:
    head, rest = parts[0], parts[1:]
    if isinstance(node, list) is not (head == ""):
        raise ValueError(f"{'.'.join(parts)} is a list and an object at once")
    if not rest:
        if head == "":
            node.append(text)
        else:
            node[head] = text
        return
    made: Any = [] if rest[0] == "" else {}
    if head == "":
        if not node or _holds(node[-1], rest):
            node.append(made)
        child = node[-1]
    else:
        child = node.setdefault(head, made)
    if not isinstance(child, dict | list):
        raise ValueError(f"{head} is a text and an object at once")
    _put(child, rest, text)


def _holds(node: Any, parts: list[str]) -> bool:
    """Whether a field can only belong to the next item of a list: it is there already, or is an item itself."""
    for part in parts:
        if part == "" or not isinstance(node, dict):
            return True
        if part not in node:
            return False
        node = node[part]
    return True


def coerced(value: Any, schema: Any) -> Any:
    """`value` with every text that a schema wants as a number or boolean turned into one, where it reads as one."""
    kinds = _kinds(schema)
    if isinstance(value, dict):
        return {name: coerced(member, _child(schema, name)) for name, member in value.items()}
    if isinstance(value, list):
        return [coerced(item, _items(schema)) for item in value]
    if not isinstance(value, str) or not kinds or "string" in kinds:
        return value
    if "boolean" in kinds and value in ("true", "false"):
        return value == "true"
    if kinds & {"integer", "number"} and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    if "number" in kinds and re.fullmatch(r"-?\d{1,18}\.\d{1,18}", value):
        return float(value)
    return value


def field_schema(schema: Any, name: str) -> Any:
    """The schema of a field by its name; empty where there is none."""
    match = _NAME.fullmatch(name)
    if match is None:
        return {}
    for part in [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]:
        schema = _child(schema, part) if part else _items(schema)
    return schema


def is_file(schema: Any) -> bool:
    """Whether a field can only be a file: OpenAPI 3.0 says `format: binary`, 3.1 `contentMediaType` without an
    encoding. Where an alternative takes text, a text may come."""
    if not isinstance(schema, Mapping):
        return False
    media = str(schema.get("contentMediaType", "text/plain"))
    bytes_of_it = not media.startswith("text/") and "json" not in media and "contentEncoding" not in schema
    if schema.get("format") == "binary" or bytes_of_it:
        return True
    if any(is_file(branch) for branch in schema.get("allOf", ())):
        return True
    for keyword in ("anyOf", "oneOf"):
        texts = [
            branch for branch in schema.get(keyword, ()) if not (_kinds(branch) and "string" not in _kinds(branch))
        ]
        if texts and all(is_file(branch) for branch in texts):
            return True
    return False


def through_form(body: Any, schema: Any) -> Any:
    """What becomes of an object that is sent as a form: the wrong type of a number, say, is lost on the way."""
    return coerced(nested(flattened(body)), schema)


def _kinds(schema: Any) -> set[str]:
    if not isinstance(schema, Mapping):
        return set()
    kind = schema.get("type")
    found = {kind} if isinstance(kind, str) else set(kind or ())
    for keyword in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(keyword, ()):
            found |= _kinds(branch)
    return found


def _child(schema: Any, name: str) -> Any:
    if not isinstance(schema, Mapping):
        return {}
    if name in schema.get("properties", {}):
        return schema["properties"][name]
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            child = _child(branch, name)
            if child != {}:
                return child
    return {}


def _items(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return {}
    if "items" in schema:
        return schema["items"]
    branches = (branch for keyword in ("allOf", "anyOf", "oneOf") for branch in schema.get(keyword, ()))
    return next((items for branch in branches if (items := _items(branch)) != {}), {})
