"""Schemas as one plain object each: references followed, `allOf` joined, the forms of `oneOf` and `anyOf` laid over
each other. Each schema is merged once, one level at a time, so that time and memory are those of what is looked at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

Shape = Mapping[str, Any]
"""A merged schema. `type` is a list, `null` among it; `enum` also stands for `const`; `known` are the words that some
of its forms name while another takes any."""
Choice = Callable[[list[Shape]], int]
"""Which of several forms is meant."""

_FORMS = ("oneOf", "anyOf")
_JOINED = frozenset({"allOf", "oneOf", "anyOf", "$ref", "const", "type"})
_MEMBERS, _LEVELS = 3000, 20


@dataclass
class Shapes:
    """The shapes of one description."""

    document: RawDocument
    _known: dict[int, tuple[Any, Shape]] = field(default_factory=dict)

    def of(self, schema: Any) -> Shape:
        """The shape of a schema. One that is inside of itself without a member between is empty there."""
        known = self._known.get(id(schema))
        if known is None:
            self._known[id(schema)] = (schema, {})  # the schema is held, so that its id stays its own
            known = self._known[id(schema)] = (schema, self._merged(schema, None))
        return known[1]

    def chosen(self, schema: Any, choice: Choice) -> Shape:
        """The shape of a schema with one of its forms alone."""
        return self._merged(schema, choice)

    def forms(self, schema: Any) -> list[Any]:
        """The forms of a schema, null left out; one form where it has no others."""
        node = mapping(self.document.follow(schema))
        for word in _FORMS:
            parts = [part for part in sequence(node.get(word)) if self.of(part).get("type") != ["null"]]
            if parts:
                return parts
        return [schema]

    def _merged(self, schema: Any, choice: Choice | None, depth: int = 0) -> Shape:
        if depth > _LEVELS:
            return {}
        node = mapping(self.document.follow(schema))
        own: dict[str, Any] = {key: value for key, value in node.items() if key not in _JOINED}
        beside = mapping(schema)
        if "$ref" in beside:
            own |= {key: value for key, value in beside.items() if key not in _JOINED}
        if "type" in node:
            own["type"] = [str(each) for each in sequence(node["type"])]
        if "const" in node:
            own |= {"const": node["const"], "enum": [node["const"]]}
        for part in sequence(node.get("allOf")):
            own = _both(own, self._merged(part, choice, depth + 1) if choice else self.of(part))
        for word in _FORMS:
            parts = [self.of(part) for part in sequence(node.get(word))]
            forms = [index for index, part in enumerate(parts) if not _is_null(part)]
            if not parts:
                continue
            if choice is not None and forms:
                at = forms[choice([_both(own, parts[index]) for index in forms])]
                either = self._merged(sequence(node[word])[at], choice, depth + 1)
            else:
                either = _either([parts[index] for index in forms])
            if len(forms) < len(parts):
                either = {**either, "type": [*either.get("type", ()), "null"]} if "type" in either else either
                either = {**either, "nullable": True}
            own = _both(own, either)
        return own


def _is_null(shape: Shape) -> bool:
    return shape.get("type") == ["null"] or shape.get("enum") == [None]


def _both(one: Shape, other: Shape) -> dict[str, Any]:
    """What holds where both hold."""
    made = {**other, **one}
    if "properties" in one and "properties" in other:
        mine, theirs = mapping(one["properties"]), mapping(other["properties"])
        made["properties"] = {
            name: {"allOf": [mine[name], theirs[name]]} if name in mine and name in theirs else {**theirs, **mine}[name]
            for name in {**mine, **theirs}
        }
    if "required" in one and "required" in other:
        made["required"] = list(dict.fromkeys([*sequence(one["required"]), *sequence(other["required"])]))
    for word in ("type", "enum"):
        if word in one and word in other:
            made[word] = [each for each in one[word] if each in other[word]] or one[word]
    return made


def _either(parts: list[Shape]) -> dict[str, Any]:
    """What holds where one of several holds."""
    if len(parts) == 1:
        return dict(parts[0])
    made: dict[str, Any] = {}
    for word in ("description", "format", "example", "examples", "default", "items", "title"):
        made |= next(({word: part[word]} for part in parts if word in part), {})
    names = dict.fromkeys(name for part in parts for name in mapping(part.get("properties")))
    if names:
        made["properties"] = {
            name: _one_of([mapping(part.get("properties")).get(name) for part in parts]) for name in names
        }
        needed = [set(sequence(part.get("required"))) for part in parts]
        made["required"] = [name for name in names if all(name in each for each in needed)]
    if parts and all("type" in part for part in parts):
        made["type"] = list(dict.fromkeys(kind for part in parts for kind in part["type"]))
    if all("pattern" in part for part in parts) and parts:
        made["pattern"] = "|".join(dict.fromkeys(f"(?:{part['pattern']})" for part in parts))
    words = list(
        dict.fromkeys(word for part in parts for word in part.get("enum", part.get("known", ())) if _plain(word))
    )
    if words:
        made["enum" if all("enum" in part for part in parts) else "known"] = words
    return made


def _plain(word: Any) -> bool:
    return not isinstance(word, list | dict)


def _one_of(nodes: list[Any]) -> Any:
    found = list({id(node): node for node in nodes if node is not None}.values())
    return found[0] if len(found) == 1 else {"anyOf": found}


@dataclass(frozen=True, slots=True)
class Found:
    """A member: its JSON pointer inside of the body, name, shape, whether it must be there."""

    pointer: str
    name: str
    schema: Shape
    required: bool

    @property
    def types(self) -> set[str]:
        return set(self.schema.get("type", ())) - {"null"}

    @property
    def words(self) -> list[Any]:
        """The values that are named for it."""
        return [word for word in self.schema.get("enum", self.schema.get("known", ())) if word is not None]


def walk(shapes: Shapes, schema: Any, depth: int = 4) -> Iterator[Found]:
    """Every member of a body, outermost first; the first item of a list stands for it. At most a few thousand."""
    level, count = [("", shapes.of(schema), True)], 0
    for _ in range(depth):
        below = []
        for at, shape, sure in level:
            needed = set(sequence(shape.get("required")))
            for name, node in mapping(shape.get("properties")).items():
                found = Found(child(at, name), str(name), shapes.of(node), sure and name in needed)
                yield found
                count += 1
                below.append((found.pointer, found.schema, found.required))
                if "items" in found.schema:
                    item = Found(child(found.pointer, 0), found.name, shapes.of(found.schema["items"]), required=False)
                    yield item
                    below.append((item.pointer, item.schema, False))
        if count > _MEMBERS:
            return
        level = below


def plain(name: str) -> str:
    """A name in small letters without marks: `taskStatus` and `task_status` are one."""
    return name.replace("_", "").replace("-", "").lower()


def first(found: list[Found], names: tuple[str, ...] | list[str], *types: str) -> Found | None:
    """The outermost member with one of these names (the earlier name wins) and one of these types."""
    for name in names:
        for each in found:
            if plain(each.name) == plain(name) and (not types or not each.types or each.types & set(types)):
                return each
    return None
