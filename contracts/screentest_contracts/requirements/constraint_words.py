"""What a constraint of a schema says, in a sentence."""

import json
from collections.abc import Sequence
from typing import Any

from screentest_contracts.contract import Constraint
from screentest_contracts.wording import listing

_LINE = 160
"""Characters of a schema that a sentence shows."""

_VALUES = 8
"""Values of an enumeration that a sentence shows."""

_EXCESS = {"cut": "cut off, not refused", "refuse": "refused", "unspecified": "not specified", "": "not specified"}

_LIMITS = {
    "minimum": "is at least {}; less is refused",
    "maximum": "is at most {}; more is refused",
    "minLength": "has a length of at least {}; a shorter text is refused",
    "maxLength": "has a length of at most {}; a longer text is refused",
    "minItems": "has at least {} items; fewer are refused",
    "maxItems": "has at most {} items; more are refused",
}
_UNEQUAL = "what the model's schema says"


def constraint_statement(constraints: Sequence[Constraint]) -> str:
    """What one constraint demands, which several models have; their values may differ."""
    first = constraints[0]
    value, alike = first.value, len({repr(each.value) for each in constraints}) == 1
    return f"{_sentence(first, value, alike)}."


def _sentence(first: Constraint, value: Any, alike: bool) -> str:
    name, kind = first.name, first.kind
    shown = _value(value) if alike else _UNEQUAL
    if first.side == "accept":
        told = _schema(value) if alike and isinstance(value, dict | list) else shown
        return f"What the {kind} {told} of `{name}` allows is accepted, the limit itself included"
    if kind in _LIMITS:
        if alike:
            return f"`{name}` {_LIMITS[kind].format(value).replace(' 1 items', ' 1 item')}"
        return f"`{name}` keeps the {kind} of the model's schema; what is beyond is refused"
    match kind:
        case "type":
            types = listing(value if isinstance(value, list) else [value], "or")
            of = f"of type {types}" if alike else "of the type that the model's schema names"
            return f"`{name}` is {of}; other types are refused"
        case "enum":
            values = listing(map(_value, value), most=_VALUES) if alike else "the values that the model's schema lists"
            return f"`{name}` is one of {values}; others are refused"
        case "const":
            return f"`{name}` is {shown}; other values are refused"
        case "numeric-text":
            return f"`{name}` is a number and not a text of digits, which is refused"
        case "x-public-url.other":
            return f"`{name}` is not the address of a private network in an unusual spelling. One model is tried"
        case "required":
            return f"A request without `{name}` is refused"
        case "optional":
            return f"A request without `{name}` is accepted"
        case "one-of-required":
            return f"A request needs at least one of {', '.join(' + '.join(each) for each in value)}"
        case "x-text-limit":
            return f"`{name}` holds up to {value['units']} units of text; excess is {_EXCESS[value.get('excess', '')]}"
        case "x-public-url":
            return f"`{name}` is the {' or '.join(value.get('schemes', ['https']))} address of a public host"
        case "x-ignored":
            return f"`{name}` is accepted and has no effect"
        case "additionalProperties" | "unevaluatedProperties":
            return f"Unknown members of `{name}` are refused"
        case "if":
            return f"`{name}` keeps its condition: {_schema(value)}; else the request is refused"
        case "dependentRequired" | "dependentSchemas":
            ((member, needed),) = value.items()
            return f"A request with `{member}` is refused where it does not keep {_schema(needed)}"
        case "anyOf" | "oneOf":
            count = "at least one" if kind == "anyOf" else "exactly one"
            return f"`{name}` has {count} of its {len(value)} forms; any other value is refused"
        case "not":
            return f"`{name}` is refused where it is {_schema(value)}"
        case "propertyNames":
            return f"`{name}` has no other names of members than {_schema(value)}"
        case _:
            return f"`{name}` is held to {kind} {shown}"


def _value(value: Any) -> str:
    """A value as a sentence has it: a text without quotes, as long as it can be told from other values."""
    if isinstance(value, str) and value.isprintable() and value.strip() and value not in ("null", "true", "false"):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _schema(schema: Any) -> str:
    """A schema as a line of JSON, cut where it is long."""
    text = json.dumps(schema, ensure_ascii=False, default=str)
    return text if len(text) <= _LINE else f"{text[: _LINE - 3]}..."
