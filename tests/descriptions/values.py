"""Values that schemas let through, made from the description alone: what a server that is faithful to it may answer."""

import random
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

from screentest_contracts.raw.nodes import references

Json = Any
_STILL = settings(database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


class RefusedError(Exception):
    """A schema that does not let a fixed value through, or has no value that this module finds."""


def followed(root: Json, node: Json) -> Json:
    """A node, or what its references lead to."""
    while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
        found = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[unquote(part).replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def judge(root: Json, schema: Json) -> Any:
    """A validator for a schema of the description, with what it refers to."""
    needed: dict[str, Json] = {}
    stack = [schema]
    while stack:
        for _, reference in references(stack.pop()):
            if isinstance(reference, str) and reference not in needed:
                needed[reference] = followed(root, {"$ref": reference})
                stack.append(needed[reference])
    names = {reference: f"#/$defs/{index}" for index, reference in enumerate(needed)}
    definitions = {str(index): _modern(node, names) for index, node in enumerate(needed.values())}
    whole = {"allOf": [_modern(schema, names)], "$defs": definitions}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True)


def _modern(node: Json, names: Mapping[str, str]) -> Json:
    """`nullable` of OpenAPI 3.0 as JSON Schema says it, references by their names here."""
    if isinstance(node, list):
        return [_modern(each, names) for each in node]
    if not isinstance(node, Mapping):
        return node
    made = {
        key: _modern(value, names) for key, value in node.items() if key not in ("example", "examples", "discriminator")
    }
    if isinstance(made.get("$ref"), str):
        made["$ref"] = names[made["$ref"]]
    if made.pop("nullable", None) is True:
        return {"anyOf": [made, {"type": "null"}]}
    for side, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(side), bool) and made.pop(side) and bound in made:
            made[side] = made.pop(bound)
    return made


class Maker:
    """Makes values of the schemas of `root`. `seed` and the place give each value, so one task always says the same.

    `fixed`: values at places (pointers). `whole`: optional members are there, and null is not used.
    """

    def __init__(self, root: Json, seed: str, fixed: Mapping[str, Json], *, whole: bool) -> None:
        self.root, self.seed, self.fixed, self.whole = root, seed, dict(fixed), whole

    def of(self, schema: Json) -> Json:
        """A value that the schema takes. Raises RefusedError where none is found."""
        validator = judge(self.root, schema)
        for attempt in range(40):
            self.attempt = attempt
            try:
                made = self.value(schema, "")
            except RefusedError:
                continue
            if validator.is_valid(made):
                return made
        raise RefusedError(f"no value of {str(schema)[:200]}")

    def value(self, schema: Json, at: str, depth: int = 0) -> Json:
        node = self.merged(schema, at)
        chance = random.Random(f"{self.seed} {at} {self.attempt}")
        if at in self.fixed:
            return self._given(node, self.fixed[at])
        if "const" in node:
            return node["const"]
        if node.get("enum"):
            words = [word for word in node["enum"] if word is not None] or node["enum"]
            return chance.choice(words)
        types = node.get("type")
        types = types if isinstance(types, list) else [types] if types else []
        optional = node.get("nullable") or "null" in types
        below = any(place.startswith(f"{at}/") for place in self.fixed)
        if optional and not below and (not self.whole or types == ["null"]) and chance.random() < 0.5:
            return None
        kinds = [kind for kind in types if kind != "null"]
        kind = kinds[0] if kinds else "object" if "properties" in node else "array" if "items" in node else "string"
        if kind == "object":
            return self._object(node, at, depth, chance)
        if kind == "array":
            fixed = (
                place.removeprefix(f"{at}/").partition("/")[0] for place in self.fixed if place.startswith(f"{at}/")
            )
            count = max([int(node.get("minItems", 0)), int(self.whole or below), *(int(each) + 1 for each in fixed)])
            return [self.value(node.get("items", {}), f"{at}/{index}", depth + 1) for index in range(count)]
        return _scalar(node, kind, at, chance)

    def merged(self, schema: Json, at: str) -> dict[str, Json]:
        """References followed, `allOf` joined, one form of `oneOf` and `anyOf` chosen."""
        node = dict(followed(self.root, schema))
        made = {key: value for key, value in node.items() if key not in ("allOf", "oneOf", "anyOf")}
        for part in node.get("allOf", ()):
            made = _joined(made, self.merged(part, at))
        for word in ("oneOf", "anyOf"):
            forms = list(node.get(word, ()))
            if forms:
                made = _joined(made, self._form(forms, at))
        return made

    def _form(self, forms: list[Json], at: str) -> dict[str, Json]:
        order = list(range(len(forms)))
        random.Random(f"{self.seed} {at} form {self.attempt}").shuffle(order)
        tried = [self.merged(forms[index], at) for index in order]
        tried.sort(
            key=lambda form: (
                form.get("type") == "null" and (self.whole or self._is_fixed(at)),
                not self._leads(form, at),
            )
        )
        return tried[0]

    def _is_fixed(self, at: str) -> bool:
        return any(place == at or place.startswith(f"{at}/") for place in self.fixed)

    def _leads(self, form: Mapping[str, Json], at: str) -> bool:
        """Whether what is fixed inside of a form has its place there."""
        for place, value in self.fixed.items():
            if place == at:
                return value in form.get("enum", [form.get("const", value)])
            if place.startswith(f"{at}/"):
                name = place.removeprefix(f"{at}/").split("/")[0]
                if name not in form.get("properties", {}):
                    return False
                inner = self.merged(form["properties"][name], f"{at}/{name}")
                if place == f"{at}/{name}" and value not in inner.get("enum", [inner.get("const", value)]):
                    return False
        return True

    def _given(self, node: Mapping[str, Json], value: Json) -> Json:
        if value not in node.get("enum", [value]) or value != node.get("const", value):
            raise RefusedError(f"{value!r} is not allowed")
        return value

    def _object(self, node: Mapping[str, Json], at: str, depth: int, chance: random.Random) -> Json:
        made: dict[str, Json] = {}
        for name, member in node.get("properties", {}).items():
            place = f"{at}/{name}"
            needed = name in node.get("required", ()) or self._is_fixed(place)
            if needed or (depth < 5 and (self.whole or chance.random() < 0.5)):
                made[name] = self.value(member, place, depth + 1)
        return made


def _joined(one: Mapping[str, Json], other: Mapping[str, Json]) -> dict[str, Json]:
    made = {**other, **one}
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    for name in set(one.get("properties", {})) & set(other.get("properties", {})):
        properties[name] = {"allOf": [one["properties"][name], other["properties"][name]]}
    if properties:
        made["properties"] = properties
        made["required"] = [*one.get("required", ()), *other.get("required", ())]
    if "enum" in one and "enum" in other:
        made["enum"] = [word for word in one["enum"] if word in other["enum"]]
    return made


_FORMATS = {"date-time": "2026-05-01T10:00:00Z", "date": "2026-05-01", "uuid": "0f8fad5b-d9cb-469f-a165-70867728950e"}


def _scalar(node: Mapping[str, Json], kind: str, at: str, chance: random.Random) -> Json:
    if kind == "boolean":
        return chance.random() < 0.5
    if kind in ("integer", "number"):
        name = at.rpartition("/")[2].lower()
        low, high = node.get("minimum", 0), node.get("maximum", 10**12)
        moment = 1_796_000_000 if name.endswith(("_at", "time", "created")) else chance.randint(0, 100)
        made = min(max(moment, low), high)
        return int(made) if kind == "integer" else made
    if node.get("format") in _FORMATS:
        return _FORMATS[node["format"]]
    if "pattern" in node:
        return _matching(str(node["pattern"]))
    if node.get("format") in ("uri", "url"):
        return "https://example.com/any"
    made = chance.choice(["", "text", "日本語", "a longer text with spaces"])
    return (made + "x" * max(0, node.get("minLength", 0) - len(made)))[: node.get("maxLength", 100)]


_FOUND: dict[str, str] = {}


def _matching(pattern: str) -> str:
    if pattern not in _FOUND:
        _FOUND[pattern] = str(
            find(st.from_regex(re.compile(pattern)), lambda text: text.isprintable(), settings=_STILL)
        )
    return _FOUND[pattern]


def matching(pattern: str, given: set[str]) -> str:
    """A text that a pattern matches and that is not among those given before; it is added to them."""
    strategy = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    found = str(find(strategy, lambda text: text.isprintable() and text not in given, settings=_STILL))
    given.add(found)
    return found
