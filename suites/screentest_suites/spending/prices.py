"""The worst-case price of a create request: what it would cost if the server took it, whether it should or not.

A request can be read in several ways: aliases, defaults, values that no model allows. The dearest reading counts.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import jsonschema_rs
import orjson

from screentest_contracts.contract import Contract, Model, Operation, Price, Role
from screentest_contracts.frames import FRAME_RATE, frame_size
from screentest_contracts.location import MISSING
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import digits
from screentest_suites.core.credential import may_create
from screentest_suites.core.exchange import SentRequest

FREE = Decimal(0)
LONGEST = 60
"""Seconds that are assumed where neither the request nor the document says how long a video can be."""
LARGEST = "4k"
"""The tier that is assumed where neither says how large it can be."""


def currency(contract: Contract) -> str:
    """What budgets are in; "" when the document has no prices."""
    return contract.prices[0].money if contract.prices else ""


def worst_price(contract: Contract, sent: SentRequest, assumed: Decimal | None = None) -> Decimal | None:
    """The most that this create could cost if it were accepted; `assumed` is the price of any task where the document
    has none; None: nobody knows.

    Nothing is due for what cannot create a task: another method, no key or a made-up one, a body that is no
    JSON object.
    """
    if not may_create(sent.credential):
        return FREE
    prices: list[Decimal | None] = []
    for operation in _operations(contract, sent):
        body = _members(operation, sent)
        if sent.method == operation.method and body is not None:
            prices += [_model_price(contract, model, body) for model in _models(contract, operation, body)]
    known = [price for price in prices if price is not None]
    if len(known) < len(prices):
        return None if assumed is None else max([assumed, *known])
    return max(known, default=FREE)


def model_named(contract: Contract, sent: SentRequest) -> str:
    """The model that a create speaks of; "" when it names none."""
    for operation in _operations(contract, sent):
        body = _members(operation, sent)
        model = contract.model_of(operation, body) if isinstance(body, dict) else None
        if model is not None:
            return model.name
    return ""


def _operations(contract: Contract, sent: SentRequest) -> tuple[Operation, ...]:
    """The create operations that a request can have been made for."""
    creates = tuple(contract.roles[Role.CREATE])
    return tuple(each for each in creates if each.id == sent.operation) or creates


def _models(contract: Contract, operation: Operation, body: Any) -> list[Model]:
    named = contract.models_meant(operation, body) if isinstance(body, dict) else ()
    return list(named) or [each for each in contract.models.values() if operation in each.operations]


def _members(operation: Operation, sent: SentRequest) -> Any:
    """The body as an object; bytes where it is one that is not read here, as a form; None when it can create nothing.

    Other people's parsers take more than the strictest one: half surrogates, NaN, other encodings.
    """
    media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    if operation.takes_form and "json" not in media.lower():
        return sent.body or None
    try:
        body = orjson.loads(sent.body or b"")
    except orjson.JSONDecodeError:
        try:
            body = json.loads(sent.body or b"")
        except ValueError:
            return None
        except RecursionError:
            return sent.body
    return body if isinstance(body, dict) else None


def _model_price(contract: Contract, model: Model, body: Any) -> Decimal | None:
    """The price of one model's task in the dearest reading; None when a reading has no price, or one in a currency
    that the document does not convert."""
    rows = _holding(contract.prices_of(model), model, body)
    asked = _readings(model, "resolution", body)
    named = [row.resolution for row in rows if row.resolution is not None]
    tiers = asked if asked is not None else [*_allowed(model, "resolution"), *named]
    seconds = _seconds(contract, model, body)
    prices = []
    for tier in tiers or [None]:
        mine = [row for row in rows if row.is_of_tier(model, tier)]
        if not mine or any(row.money != currency(contract) for row in mine):
            return None
        prices += [
            _amount(row, model, body, model.meaning("resolution", row.resolution or tier), seconds) for row in mine
        ]
    return max(prices)


def _holding(rows: Sequence[Price], model: Model, body: Any) -> Sequence[Price]:
    """The prices for such a request; all of them where no server should take it, since nobody knows what one reads."""
    if not isinstance(body, dict) or not any(row.when for row in rows):
        return rows
    try:
        valid = model.validator.is_valid(body)
    except ValueError:  # nested too deeply
        return rows
    return [row for row in rows if row.holds(model.schema, body)] or rows if valid else rows


def _readings(model: Model, aspect: str, body: Any) -> list[Any] | None:
    """What a request can be taken to ask for as its duration, ratio or resolution; None: anything.

    Where it says nothing, or says it only where a server may not look, the documented default is among the readings.
    """
    at, default = getattr(model.request, aspect), model.defaults.get(aspect, MISSING)
    if not isinstance(body, dict):
        return None
    found = [] if at is None else [(pointer, value) for pointer, value in at.all(body) if value is not None]
    schemas = member_schemas(model.schema, at)
    if not all(any(_allows(schema, value) for schema in schemas) for _, value in found):
        return None
    values = [value for _, value in found]
    if at is None or at.pointers[0] not in dict(found):
        values.append(default)
    return None if MISSING in values else values


def _allows(schema: Mapping[str, Any], value: Any) -> bool:
    plain = {key: schema[key] for key in ("type", "enum", "const", "minimum", "maximum", "pattern") if key in schema}
    return jsonschema_rs.is_valid(plain, value)


def _allowed(model: Model, aspect: str) -> Iterator[Any]:
    """The values that a model's schema lists."""
    for schema in member_schemas(model.schema, getattr(model.request, aspect)):
        yield from [schema["maximum"]] if "maximum" in schema else schema.get("enum", [])


def _seconds(contract: Contract, model: Model, body: Any) -> int:
    """How long the video could get. Who has no say gets as much as the source has: the most that any model makes."""
    asked = None if model.request.duration is None else _readings(model, "duration", body)
    lengths = [_length(model.meaning("duration", value)) for value in asked or ()]
    if lengths and all(lengths):
        return max(lengths)
    at = model.request.duration
    said = (
        [_length(model.meaning("duration", value)) for _, value in at.all(body)]
        if at is not None and isinstance(body, dict)
        else []
    )
    return max([*lengths, *said, _longest([model] if at is not None else contract.models.values())])


def _longest(models: Iterable[Model]) -> int:
    return (
        max(
            (_length(model.meaning("duration", value)) for model in models for value in _allowed(model, "duration")),
            default=0,
        )
        or LONGEST
    )


def _length(value: Any) -> int:
    """Whole seconds, rounded up; 0 for what is no length."""
    if isinstance(value, bool | list | dict) or value is None:
        return 0
    if isinstance(value, float):
        return math.ceil(value) if math.isfinite(value) and value > 0 else 0
    return max(digits(value) or 0, 0)


def _amount(row: Price, model: Model, body: Any, tier: Any, seconds: int) -> Decimal:
    amount = Decimal(repr(row.cost))
    match row.per:
        case "second":
            return amount * seconds
        case "video":
            return amount
    tokens = _pixels(model, body, tier) * (seconds * FRAME_RATE + 1) // 1024
    return amount * tokens / 1_000_000


def _pixels(model: Model, body: Any, tier: Any) -> int:
    """The pixels of one picture: where the shape is left open, of the largest."""
    ratios = _readings(model, "ratio", body)
    sizes = [_area(model.meaning("ratio", ratio), tier) for ratio in ratios or ()]
    if sizes and all(sizes):
        return max(sizes)
    return max(
        [*sizes, *(_area(model.meaning("ratio", each), tier) for each in _allowed(model, "ratio")), _area("16:9", tier)]
    )


def _area(ratio: Any, tier: Any) -> int:
    for size in (tier, LARGEST):
        try:
            width, height = frame_size(str(ratio), size)
        except ValueError:
            continue
        return width * height
    return 0
