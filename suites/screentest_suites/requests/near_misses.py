"""Values that real gateways take by mistake: valid for another model, or elsewhere for the same meaning."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.contract import Constraint, Contract, Model
from screentest_contracts.location import segments
from screentest_contracts.parameters import tolerances, vendor_choices
from screentest_suites.requests.constraint_values import Tried

LADDERS: Mapping[str, tuple[Any, ...]] = {
    "duration": (1, 2, 60, 3600, -1, 0, 5, 5.5, 3, 4, 6, 8, 10, 12, 15),
    "ratio": ("2:1", "3:2", "9:21", "16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "21:9", "adaptive"),
    "resolution": ("480p", "540p", "720p", "768p", "1080p", "1440p", "2k", "4k"),
}
"""What is asked for somewhere, by meaning. A test compares it with the built-in documents."""

_RANGES = {"minimum": -1, "exclusiveMinimum": -1, "maximum": 1, "exclusiveMaximum": 1}
_TOLERATED = {"enum": "unknown-value", "const": "unknown-value", **dict.fromkeys(_RANGES, "out-of-range")}


def near_misses(contract: Contract, model: Model, constraint: Constraint) -> Iterator[Tried]:
    """Values to refuse: what other models of the document take for the member, then the usual ladder of its meaning.
    Some keep the constraint or break another one, too."""
    word = _TOLERATED.get(constraint.kind)
    schema = constraint.schema
    if word is None or schema.get("x-ignored") or {word, "any"} & tolerances(schema):
        return
    values = [*_of_other_models(contract, model, constraint), *_ladder(model, constraint)]
    allowed = {str(each).lower() for each in (*schema.get("enum", ()), *vendor_choices(schema))}
    for value in dict.fromkeys(_as(schema, value) for value in values):
        if value is not None and str(value).lower() not in allowed:
            yield value, False, f"{constraint.name} = {value!r}"


def _of_other_models(contract: Contract, model: Model, constraint: Constraint) -> Iterator[Any]:
    for other in contract.models.values():
        for each in other.constraints if other.name != model.name else ():
            if each.path == constraint.path and each.kind in _TOLERATED:
                yield from each.value if each.kind == "enum" else [each.value]


def _ladder(model: Model, constraint: Constraint) -> Iterator[Any]:
    for meaning, values in LADDERS.items():
        location = getattr(model.request, meaning)
        if location is not None and constraint.path in [segments(pointer) for pointer in location.pointers]:
            yield from values


def _as(schema: Mapping[str, Any], value: Any) -> Any:
    """The value as the member's type has it; None where it has none."""
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    kinds = kinds or {"string" if isinstance(each, str) else "number" for each in schema.get("enum", ())}
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        return value if "string" in kinds else None
    if "number" in kinds or ("integer" in kinds and isinstance(value, int)):
        return value
    return str(value) if "string" in kinds else None
