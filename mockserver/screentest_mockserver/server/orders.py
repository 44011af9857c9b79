"""What the control plane is told: typed bodies and queries, each with the JSON Schema that it is checked and described
by, and with words for what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

import jsonschema_rs

from screentest_contracts.errors import UsageError
from screentest_contracts.suggestions import did_you_mean
from screentest_mockserver.tasks.scenarios import SCENARIOS

Wrong = Callable[[Any], UsageError]
"""Makes the error for a value, None where it is missing."""

T = TypeVar("T")


def member(
    schema: Mapping[str, Any], wrong: Wrong, default: Any = MISSING, described: Mapping[str, Any] | None = None
) -> Any:
    """A member of a body or a parameter of a query; required when it has no default. `described` is what the server
    checks in words of its own."""
    metadata = {
        "schema": dict(schema),
        "described": dict(described or {}),
        "validator": jsonschema_rs.validator_for(dict(schema)),
        "wrong": wrong,
    }
    return field(metadata=metadata) if default is MISSING else field(metadata=metadata, default=default)


def _no_number(value: Any) -> UsageError:
    return UsageError("`seconds` must be a number", 'send {"seconds": 60}')


def _no_name(value: Any) -> UsageError:
    return UsageError("`name` is missing", f"scenarios: {', '.join(SCENARIOS)}")


def _no_count(value: Any) -> UsageError:
    return UsageError("`count` must be a positive integer, or null for all tasks", "")


def _no_deviation(value: Any) -> UsageError:
    return UsageError(f"unknown deviation {str(value)!r}", "see `screentest deviations`")


def _no_provider(value: Any) -> UsageError:
    return UsageError(f"unknown provider {str(value)!r}", "its name, or null for all")


def _no_limit(value: Any) -> UsageError:
    return UsageError("`limit` must be a whole number", "")


def _no_after(value: Any) -> UsageError:
    return UsageError("`after` must be a whole number", "the `number` of the last entry that you have")


_PROVIDER = {"type": ["string", "null"], "description": "One provider; null or left out: all of them."}


@dataclass(frozen=True, slots=True)
class Nothing:
    """An order that is told nothing."""


@dataclass(frozen=True, slots=True)
class Advance:
    """By how many seconds to move a manual clock."""

    seconds: float = member(
        {"type": "number", "description": "0 to less than 1e9 seconds."},
        _no_number,
        described={"minimum": 0, "exclusiveMaximum": 1e9},
    )


@dataclass(frozen=True, slots=True)
class SetScenario:
    """A scenario for the next `count` tasks; null: for all tasks for which none is scheduled."""

    name: str = member({"type": "string", "description": "A scenario, or `scenario:argument`."}, _no_name)
    count: int | None = member(
        {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000, "description": "How many tasks."},
        _no_count,
        1,
    )
    provider: str | None = member(_PROVIDER, _no_provider, None)


@dataclass(frozen=True, slots=True)
class SetDeviation:
    """A deviation or legal variation to commit from now on; null: none."""

    name: str | None = member(
        {"type": ["string", "null"], "description": "A deviation or variation."}, _no_deviation, None
    )
    provider: str | None = member(_PROVIDER, _no_provider, None)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many of the newest."""

    limit: int = member({"type": "integer", "minimum": 0, "description": "At most so many."}, _no_limit, 1000)


@dataclass(frozen=True, slots=True)
class Page:
    """At most so many: of those after a number, the oldest first; without `after`, the newest."""

    limit: int = member({"type": "integer", "minimum": 0, "description": "At most so many."}, _no_limit, 1000)
    after: int | None = member(
        {"type": ["integer", "null"], "minimum": 0, "description": "The number of the last one that is known."},
        _no_after,
        None,
    )


def read_order(kind: type[T], values: Mapping[str, Any]) -> T:
    """The order that a body or query holds. Raises UsageError for the first member that is wrong or unknown."""
    known = [part.name for part in _parts(kind)]
    for name in values:
        if name not in known:
            otherwise = f"members: {', '.join(known)}" if known else "this order is told nothing"
            raise UsageError(f"unknown member `{name[:100]}`", did_you_mean(name[:100], known, otherwise))
    read = {}
    for part in _parts(kind):
        if part.name not in values:
            if part.default is MISSING:
                raise part.metadata["wrong"](None)
            continue
        value = values[part.name]
        whole = part.metadata["schema"]["type"] in ("integer", ["integer", "null"])
        # JSON Schema takes 1.0 for an integer; an order does not
        if (whole and isinstance(value, float)) or not part.metadata["validator"].is_valid(value):
            raise part.metadata["wrong"](value)
        read[part.name] = value
    return kind(**read)


def schema_of(kind: type[Any]) -> dict[str, Any]:
    """The JSON Schema of an order."""
    return {
        "type": "object",
        "description": kind.__doc__,
        "properties": {part.name: _described(part) for part in _parts(kind)},
        "required": [part.name for part in _parts(kind) if part.default is MISSING],
        "additionalProperties": False,
    }


def parameters_of(kind: type[Any]) -> list[dict[str, Any]]:
    """The parameters by which a query holds an order, as an OpenAPI description has them."""
    return [{"name": part.name, "in": "query", "required": False, "schema": _described(part)} for part in _parts(kind)]


def nearest(name: str, known: list[str], what: str) -> UsageError:
    """A clear error for an unknown name."""
    return UsageError(f"unknown {what} {name!r}", did_you_mean(name, known, f"known: {', '.join(known)}"))


def _parts(kind: Any) -> tuple[Field[Any], ...]:
    return fields(kind)


def _described(part: Field[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {**part.metadata["schema"], **part.metadata["described"]}
    return schema if part.default in (MISSING, None) else {**schema, "default": part.default}
