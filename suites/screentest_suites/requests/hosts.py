"""Valid bodies that hold a given member: what probes of the member start from."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import Model
from screentest_contracts.location import MISSING, Location, pointer_of, replaced, resolve
from screentest_contracts.schemas import member_schemas
from screentest_suites.requests.constraint_values import Host
from screentest_suites.requests.values import sample


def hosts(model: Model, path: tuple[str, ...]) -> Iterator[Host]:
    """Bodies of a model that are valid and have a value at `path` (`*`: any item), the nearest to the base first. The
    later ones are drawn, which takes time: ask for them only where an earlier one does not do."""
    for at in _places(model.base, path):
        yield Host(model.base, at)
    at = tuple("0" if part == "*" else part for part in path)
    for body in _bodies(model, path, at):
        if body is not MISSING and resolve(body, at) is not MISSING and model.takes(body):
            yield Host(body, at)


def _places(body: Any, path: tuple[str, ...], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a body has a value at `path`."""
    if len(at) == len(path):
        yield at
        return
    here = resolve(body, at)
    items = range(len(here)) if path[len(at)] == "*" and isinstance(here, list) else ()
    for part in [str(index) for index in items] or [path[len(at)]]:
        if resolve(here, (part,)) is not MISSING:
            yield from _places(body, path, (*at, part))


def _bodies(model: Model, path: tuple[str, ...], at: tuple[str, ...]) -> Iterator[Any]:
    if resolve(model.base, at) is MISSING:
        outer = next(cut for cut in range(1, len(at) + 1) if resolve(model.base, at[:cut]) is MISSING)
        yield _filled(model, at, outer)
        yield replaced(model.base, at[:outer], sample(_all_of(_schema(model, at[:outer]), _needs(path[outer:]))))
    if path and isinstance(model.base, dict):
        kept = {"properties": {name: {"const": value} for name, value in model.base.items() if name != path[0]}}
        yield sample(_all_of(model.schema, _needs(path), kept))


def _filled(model: Model, at: tuple[str, ...], outer: int) -> Any:
    """The base with a sample of everything on the way that is missing."""
    body = model.base
    for cut in range(outer, len(at) + 1):
        if resolve(body, at[:cut]) is MISSING:
            value = sample(_schema(model, at[:cut]))
            if value is MISSING:
                return MISSING
            body = replaced(body, at[:cut], value)
    return body


def _schema(model: Model, at: tuple[str, ...]) -> Any:
    return next(iter(member_schemas(model.schema, Location(pointer_of(at)))), {})


def _all_of(*schemas: Any) -> Any:
    return {"allOf": list(schemas)}


def _needs(path: tuple[str, ...]) -> Any:
    """A schema of values that have a member at `path`."""
    if not path:
        return {}
    inner = _needs(path[1:])
    if path[0] == "*":
        return {"type": "array", "minItems": 1, "items": inner}
    return {"type": "object", "required": [path[0]], "properties": {path[0]: inner}}
