"""Whole bodies of a model: its base with other values, or at its cheapest."""

from collections.abc import Iterable, Mapping
from typing import Any

from screentest_contracts.contract import Asset, Model
from screentest_contracts.location import MISSING, replaced, segments
from screentest_contracts.parameters import vendor_choices
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import digits


def variation(model: Model) -> Any:
    """The base with other values than the defaults for what the result must show."""
    body = model.base
    for aspect in ("duration", "ratio", "resolution"):
        location = getattr(model.request, aspect)
        if location is None:
            continue
        for member in member_schemas(model.schema, location):
            value = _other(member, model.defaults.get(aspect))
            changed = replaced(body, tuple(location.pointers[0].split("/")[1:]), value)
            if value is not MISSING and not member.get("x-ignored") and model.takes(changed):
                body = changed
                break
    seed = model.request.seed
    if seed is not None and member_schemas(model.schema, seed):
        changed = replaced(body, tuple(seed.pointers[0].split("/")[1:]), 42)
        body = changed if model.takes(changed) else body
    return body


def asking(assets: Iterable[Asset], model: Model, body: Any) -> Any:
    """The body, asking also for the further files that come where they are asked for."""
    for asset in assets:
        asked = body
        for pointer, values in asset.when.items():
            asked = replaced(asked, segments(pointer), values[0])
        if model.takes(asked):
            body = asked
    return body


def thrifty(model: Model) -> Any:
    """The base at its cheapest: the shortest duration and the lowest tier that the model allows."""
    body = model.base
    for aspect in ("duration", "resolution"):
        location = getattr(model.request, aspect)
        for member in member_schemas(model.schema, location):
            values = [member["minimum"]] if "minimum" in member else member.get("enum", [])
            sizes = [(size, value) for value in values if (size := digits(value)) is not None and size > 0]
            for _, value in sorted(sizes, key=lambda each: each[0]):
                changed = replaced(body, segments(location.pointers[0]), value)
                if model.takes(changed):
                    body = changed
                    break
    return body


def _other(member: Mapping[str, Any], default: Any) -> Any:
    if "enum" in member:
        return next(
            (value for value in member["enum"] if value not in (default, *vendor_choices(member), None)), MISSING
        )
    if "minimum" in member:
        low = member["minimum"]
        return low + 1 if low < 1 or low == default else low
    return MISSING
