"""The worst-case price of a create request: what it would cost if the server took it, whether it should or not."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import jsonschema_rs
import orjson

from screentest_contracts.contract import Contract, Model, Operation, Price, Role
from screentest_contracts.location import MISSING, Location
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import digits
from screentest_mockserver.video import frame_size
from screentest_suites.exchange import Sent

FREE = Decimal(0)
FRAMES_PER_SECOND = 24
LONGEST = 60
"""Seconds that are assumed where neither the request nor the document says how long a video can be."""


def currency(contract: Contract) -> str:
    """What budgets are in; "" when the document has no prices."""
    return contract.prices[0].money if contract.prices else ""


def worst_price(contract: Contract, sent: Sent, assumed: Decimal | None = None) -> Decimal | None:
    """The most that this create could cost if it were accepted; `assumed` is the price of any task where the document
    has none; None: nobody knows.

    Nothing is due for what cannot create a task: another method, no key or a made-up one, a body that is no
    JSON object.
    """
    if not sent.key or sent.key.startswith("="):
        return FREE
    prices: list[Decimal | None] = []
    for operation in _operations(contract, sent):
        body = _members(operation, sent)
        if sent.method == operation.method and body is not None:
            prices += [_model_price(contract, model, body) for model in _models(contract, operation, body)]
    known = [price for price in prices if price is not None]
    return max(known, default=FREE) if len(known) == len(prices) else assumed


def model_named(contract: Contract, sent: Sent) -> str:
    """The model that a create speaks of; "" when it names none."""
    for operation in _operations(contract, sent):
        body = _members(operation, sent)
        model = contract.model_of(operation, body) if isinstance(body, dict) else None
        if model is not None:
            return model.name
    return ""


def _operations(contract: Contract, sent: Sent) -> tuple[Operation, ...]:
    """The create operations that a request can have been made for."""
    creates = tuple(contract.roles[Role.CREATE])
    return tuple(each for each in creates if each.id == sent.operation) or creates


def _models(contract: Contract, operation: Operation, body: Any) -> list[Model]:
    named = contract.model_of(operation, body) if contract.model_at is not None and isinstance(body, dict) else None
    return [named] if named else [each for each in contract.models.values() if operation in each.operations]


def _members(operation: Operation, sent: Sent) -> Any:
    """The body as an object; the bytes of a form, which are not read here; None when it can create nothing."""
    media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    if operation.takes_form and "json" not in media.lower():
        return sent.body or None
    try:
        body = orjson.loads(sent.body or b"")
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _model_price(contract: Contract, model: Model, body: Any) -> Decimal | None:
    """The price of one model's task. What the request leaves out is taken by the documented default; what it says in a
    way that the model does not allow could be read in any way, and the dearest counts."""
    rows = [price for price in contract.prices if any(fnmatchcase(model.name, glob) for glob in price.models)]
    tier = _said(model, "resolution", body)
    mine = [row for row in rows if row.resolution is None or row.resolution.lower() == str(tier).lower()]
    seconds = _seconds(model, body)
    return max((_amount(row, model, body, seconds) for row in mine or rows), default=None)


def _said(model: Model, aspect: str, body: Any) -> Any:
    """What a request says about duration, ratio or resolution, the default where it says nothing; `MISSING` where it
    says what the model does not allow, or where no default is documented."""
    at: Location | None = getattr(model.request, aspect)
    default = model.defaults.get(aspect, MISSING)
    found = MISSING if at is None or not isinstance(body, dict) else at.find(body)
    if found is MISSING or found is None:
        return default
    return found if any(_allows(schema, found) for schema in member_schemas(model.schema, at)) else MISSING


def _allows(schema: Mapping[str, Any], value: Any) -> bool:
    plain = {key: schema[key] for key in ("type", "enum", "const", "minimum", "maximum", "pattern") if key in schema}
    return jsonschema_rs.is_valid(plain, value)


def _seconds(model: Model, body: Any) -> int:
    """How long the video could get."""
    asked = digits(_said(model, "duration", body))
    if asked is not None and asked > 0:
        return asked
    at = model.request.duration
    found = at.find(body) if at is not None and isinstance(body, dict) else MISSING
    number = digits(found) if not isinstance(found, bool | list | dict) else None
    return max(number or 0, max(_limits(model), default=LONGEST))


def _limits(model: Model) -> Iterable[int]:
    if model.request.duration is not None:
        for schema in member_schemas(model.schema, model.request.duration):
            values = [schema["maximum"]] if "maximum" in schema else schema.get("enum", [])
            yield from (number for value in values if (number := digits(value)) is not None)


def _amount(row: Price, model: Model, body: Any, seconds: int) -> Decimal:
    amount = Decimal(repr(row.cost))
    match row.per:
        case "second":
            return amount * seconds
        case "video":
            return amount
    ratio = str(_said(model, "ratio", body))
    try:
        width, height = frame_size(ratio, row.resolution or "1080p")
    except ValueError:
        width, height = frame_size("1:1", row.resolution or "1080p")
    tokens = width * height * (seconds * FRAMES_PER_SECOND + 1) // 1024
    return amount * tokens / 1_000_000
