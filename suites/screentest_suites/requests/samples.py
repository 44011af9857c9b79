"""Whole bodies of a model: its base with other values, or at its cheapest."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from screentest_contracts.contract import Asset, Model
from screentest_contracts.location import replaced, segments
from screentest_contracts.parameters import vendor_choices
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import digits

ASPECTS = ("duration", "ratio", "resolution")
"""What the result must show of a request."""

Asked = dict[str, set[Any]]
"""The values that were asked for already, by aspect."""


def variations(models: Iterable[Model]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A variation of each model, by name, and a second one of few: together they ask for two values of an aspect where
    some model has a choice. A server that always shows the same is right about one of them at the most."""
    asked: Asked = {aspect: set() for aspect in (*ASPECTS, "seed")}
    models = list(models)
    first = {model.name: variation(model, asked) for model in models}
    second = {}
    for model in models:
        if any(len(values) == 1 for values in asked.values()):
            before = sum(map(len, asked.values()))
            body = variation(model, asked)
            if sum(map(len, asked.values())) > before:
                second[model.name] = body
    return first, second


def variation(model: Model, asked: Asked | None = None) -> Any:
    """The base with other values than the defaults for what the result must show; with those, where there is a choice,
    that are not in `asked`, to which they are added."""
    body = model.base
    asked = asked or {aspect: set() for aspect in (*ASPECTS, "seed")}
    for aspect in ASPECTS:
        location = getattr(model.request, aspect)
        if location is None:
            continue
        for member in member_schemas(model.schema, location):
            values = [] if member.get("x-ignored") else _values(member)
            usual = model.defaults.get(aspect)  # is asked for outright where something else has been
            values = [value for value in values if value != usual or asked[aspect] - {str(usual)}]
            values.sort(key=lambda value: (str(value) in asked[aspect], value == usual))
            places = segments(location.pointers[0])
            taken = ((value, replaced(body, places, value)) for value in values)
            found = next(((value, changed) for value, changed in taken if model.takes(changed)), None)
            if found is not None:
                asked[aspect].add(str(found[0]))
                body = found[1]
                break
    seed = model.request.seed
    if seed is not None and member_schemas(model.schema, seed):
        value = 42 + len(asked["seed"])
        changed = replaced(body, segments(seed.pointers[0]), value)
        if model.takes(changed):
            asked["seed"].add(str(value))
            body = changed
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


def thrifty(model: Model, price: Callable[[Any], Decimal | None] = lambda body: None) -> Any:
    """The base at its cheapest by `price`, which is None for what has none: with the shortest duration and the lowest
    tier that the model allows, or another tier where only that has a price."""
    shortest = next(_smallest(model, model.base, "duration"), model.base)
    forms = list(_smallest(model, shortest, "resolution")) or [shortest]
    prices = [price(body) for body in forms]
    known = [(amount, at) for at, amount in enumerate(prices) if amount is not None]
    return forms[min(known)[1] if known else 0]


def _smallest(model: Model, body: Any, aspect: str) -> Iterator[Any]:
    """The body with each value of a duration or a tier that the model allows with it, the smallest first."""
    location = getattr(model.request, aspect)
    for member in member_schemas(model.schema, location):
        values = [member["minimum"]] if "minimum" in member else member.get("enum", [])
        sizes = [(size, value) for value in values if (size := digits(value)) is not None and size > 0]
        for _, value in sorted(sizes, key=lambda each: each[0]):
            changed = replaced(body, segments(location.pointers[0]), value)
            if model.takes(changed):
                yield changed


def _values(member: Mapping[str, Any]) -> list[Any]:
    """Some values of a member."""
    if "enum" in member:
        return [value for value in member["enum"] if value is not None and value not in vendor_choices(member)]
    if "minimum" in member:
        low = max(member["minimum"], 1)
        return [low, low + 1, low + 2]
    return []
