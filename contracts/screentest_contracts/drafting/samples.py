"""The smallest values that a schema lets through, as far as that can be told without trying them all."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from screentest_contracts.drafting.shapes import Choice, Shape, Shapes, plain
from screentest_contracts.hypothesis_cache import hypothesis_cache
from screentest_contracts.raw.nodes import child, mapping, sequence

_TEXTS = ("prompt", "text", "prompttext", "textprompt", "input", "script", "inputtext", "description", "scripttext")
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "uuid": "6f1c1a52-8d0e-4d7a-9b51-1f4b8f0a7c11",
    "email": "someone@example.com",
    "ipv4": "192.0.2.1",
    "hostname": "media.example.com",
}
_DEPTH = 12
Chosen = Callable[[str], Choice]
"""Which form is meant at a pointer."""


def sample(
    shapes: Shapes, schema: Any, name: str = "", chosen: Chosen | None = None, at: str = "", depth: int = 0
) -> Any:
    """The smallest value of a schema; an example or a default of its own where it has one that it takes itself.

    `chosen`: which form is meant, by the pointer of the value; the first where it is not given.
    """
    shape = shapes.chosen(schema, chosen(at) if chosen else lambda forms: 0)
    for word in ("const", "default", "example"):
        if word in shape and not shapes.document.complaints(schema, shape[word]):
            return shape[word]
    for word in ("enum", "examples"):
        if isinstance(shape.get(word), list) and shape[word]:
            return shape[word][0]
    kinds = [kind for kind in sequence(shape.get("type")) if kind != "null"]
    kind = kinds[0] if kinds else "object" if "properties" in shape else "null" if shape.get("nullable") else "object"
    if kind == "null" or depth > _DEPTH:
        return None
    if kind == "array":
        count = int(shape.get("minItems", 0))
        return [sample(shapes, shape.get("items", {}), name, chosen, f"{at}/0", depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return number(shape)
    if kind == "boolean":
        return False
    if kind == "string":
        return text(shape, name)
    found = {}
    for member in sequence(shape.get("required")):
        node = mapping(shape.get("properties")).get(member, {})
        found[str(member)] = sample(shapes, node, str(member), chosen, child(at, member), depth + 1)
    return found


def number(shape: Shape) -> Any:
    """1 where a schema takes it, else the smallest number that it takes."""
    low = shape.get("minimum", shape.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in shape else None)
    high = shape.get("maximum", shape.get("exclusiveMaximum", 2) - 1 if "exclusiveMaximum" in shape else None)
    made = 1 if low is None or low <= 1 else low
    made = high if high is not None and high < made else made
    step = shape.get("multipleOf")
    return (made // step) * step + (step if made % step and made > 0 else 0) if step and made % step else made


def text(shape: Shape, name: str) -> str:
    """A text of a schema, by its format and the member's name."""
    if shape.get("format") in _FORMATS:
        return _FORMATS[shape["format"]]
    named = plain(name)
    if shape.get("format") in ("uri", "url") or named.endswith(("url", "urls", "uri", "image", "video")):
        made = f"https://media.example.com/sample.{'mp4' if 'video' in named else 'jpg'}"
    else:
        made = "A paper boat crosses a puddle." if named in _TEXTS else "text"
    if "pattern" in shape and not _fits(shape["pattern"], made):
        made = from_pattern(str(shape["pattern"])) or made
    least = int(shape.get("minLength", 0))
    return (made + "." * max(0, least - len(made)))[: shape.get("maxLength", max(least, 100))]


def _fits(pattern: Any, text: str) -> bool:
    try:
        return re.search(str(pattern), text) is not None
    except re.error:
        return True


@hypothesis_cache()
def from_pattern(pattern: str) -> str | None:
    """A text that a pattern matches, or None: Hypothesis finds one, always the same."""
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import HypothesisException
    from hypothesis.strategies import from_regex

    still = settings(database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    try:
        return str(find(from_regex(pattern), lambda text: text.isprintable(), settings=still))
    except (HypothesisException, re.error, ValueError):
        return None


def shapes_of(value: Any) -> Mapping[str, Any]:
    """A schema that describes an example."""
    if isinstance(value, Mapping):
        return {"type": "object", "properties": {str(key): shapes_of(each) for key, each in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": shapes_of(value[0]) if value else {}}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": kinds[type(value)]} if type(value) in kinds else {}
