"""The members of a request schema, flat, each with its range and with what it means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.contract import Contract, Model, RequestMap
from screentest_contracts.location import MISSING, segments
from screentest_contracts.raw.nodes import mapping, sequence

ITEM = "[]"
VALUES = ("model", "prompt", "duration", "ratio", "resolution", "seed", "callback_url")


@dataclass(frozen=True, slots=True)
class Member:
    """One member. `meaning` is the same at every vendor, or "" where only the name tells; `alias`: not the first."""

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    required: bool
    meanings: tuple[str, ...]
    alias: bool

    @property
    def name(self) -> str:
        """`metadata.input.media[].url`"""
        return ".".join(self.path).replace(f".{ITEM}", ITEM)

    @property
    def leaf(self) -> str:
        return next(part for part in reversed(self.path) if part != ITEM)

    @property
    def ignored(self) -> bool:
        return bool(self.schema.get("x-ignored"))

    @property
    def types(self) -> frozenset[str]:
        kinds = set(map(str, sequence(self.schema.get("type")))) - {"null"}
        if not kinds:
            values = [self.schema["const"]] if "const" in self.schema else sequence(self.schema.get("enum"))
            kinds = {_KINDS[type(value)] for value in values if type(value) in _KINDS}
        return frozenset(kinds)

    @property
    def item_types(self) -> frozenset[str]:
        """The types of a list's items."""
        kinds = sequence(mapping(self.schema.get("items")).get("type"))
        return frozenset(map(str, kinds)) - {"null"}

    @property
    def values(self) -> list[Any] | None:
        """The values of an enum, None where any may be given."""
        if "const" in self.schema:
            return [self.schema["const"]]
        values = self.schema.get("enum")
        return None if values is None else [value for value in values if value is not None]

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Smallest and largest number; of an enum of numbers, too. A negative one there is a word such as `auto`."""
        values = self.values
        if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            positive = [value for value in values if value >= 0] or values
            return min(positive), max(positive)
        return self.schema.get("minimum"), self.schema.get("maximum")

    @property
    def default(self) -> Any:
        return self.schema.get("default", MISSING)

    def tolerates(self, word: str) -> bool:
        return bool({word, "any"} & {each for each in self.schema.get("x-tolerates", ()) if isinstance(each, str)})


_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def members(contract: Contract, model: Model) -> list[Member]:
    """The members of a model's request that hold values, in the order of its schema."""
    raw = mapping(mapping(mapping(contract.document.get("components")).get("schemas")).get(model.schema_name))
    order = {name: index for index, name in enumerate(mapping(raw.get("properties")))}
    places = _places(model.request)
    seen: set[str] = set()
    found: dict[tuple[str, ...], Member] = {}
    walked = sorted(_walk(model.schema, (), required=True), key=lambda each: order.get(each[0][0], len(order)))
    for path, schema, required in walked:
        if path in found:
            continue
        own = tuple(map(str, sequence(schema.get("x-means")))) or places.get(path, ())
        found[path] = Member(path, schema, required, own, bool(own) and set(own) <= seen)
        seen |= set(own)
    return list(found.values())


def _places(request: RequestMap) -> dict[tuple[str, ...], tuple[str, ...]]:
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name in VALUES:
        location = getattr(request, name)
        for pointer in location.pointers if location is not None else ():
            path = tuple(ITEM if part.isdecimal() else part for part in segments(pointer))
            found[path] = (*found.get(path, ()), name)
    return found


def _walk(
    schema: Mapping[str, Any], path: tuple[str, ...], *, required: bool
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], bool]]:
    """Leaves only: an object with members stands for them; a list stands for itself where it has a meaning."""
    needed = set(schema.get("required", ())) | _one_of(schema)
    properties = mapping(schema.get("properties"))
    for name, node in properties.items():
        member = mapping(node)
        inner = (*path, name)
        must = required and name in needed
        if mapping(member.get("properties")) and "x-means" not in member and not member.get("x-ignored"):
            yield from _walk(member, inner, required=must)
            continue
        yield inner, member, must
        items = mapping(member.get("items"))
        if "x-means" not in member and mapping(items.get("properties")):
            yield from _walk(items, (*inner, ITEM), required=False)
    for part in sequence(schema.get("allOf")):
        yield from _walk(mapping(part), path, required=required)


def _one_of(schema: Mapping[str, Any]) -> set[str]:
    """Members of which one must be there: a client that gives none is refused."""
    branches = sequence(schema.get("anyOf")) or sequence(schema.get("oneOf"))
    lists = [mapping(branch).get("required") for branch in branches]
    return {name for names in lists for name in names or ()} if lists and all(lists) else set()
