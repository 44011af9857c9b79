"""Whether a body breaks one constraint and no other: only then does its refusal tell of that constraint."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum, auto
from typing import Any

import jsonschema_rs

from screentest_contracts.contract import Constraint
from screentest_contracts.parameters import NUMERIC_TEXT, RULES, UNUSUAL_URL, rule_schema
from screentest_contracts.schemas import validator as validator_of

Error = jsonschema_rs.ValidationError


def breaks_alone(validator: jsonschema_rs.Draft202012Validator, constraint: Constraint, body: Any) -> bool:
    """Whether `constraint` is what `body` breaks, and all that it breaks.

    An `anyOf` or `oneOf` that only wraps the constraint is not a second one: one branch must break it alone. Nor is
    what no value that breaks the constraint could keep: who breaks the type of a member breaks its `enum`, too.
    """
    try:
        errors = list(validator.iter_errors(body))
        if constraint.kind in RULES:
            return _breaks_rule_alone(constraint, body, errors)
        return _all_of_it(constraint, errors) is _Part.OWN
    except ValueError:
        return False  # a number that the validator cannot hold


def _breaks_rule_alone(constraint: Constraint, body: Any, errors: list[Error]) -> bool:
    """Whether what the rule says of its own is all that the whole schema says: as often, so that no second rule says
    the same. In one branch of alternatives that wrap it, likewise."""
    own = Counter(_rule_errors(constraint, body))
    if not own:
        return False
    if Counter((tuple(error.instance_path), keyword_of(error)) for error in errors) == own:
        return True
    branches = [branch for error in errors for branch in getattr(error.kind, "context", ())] if len(errors) == 1 else []
    return any(_breaks_rule_alone(constraint, body, branch) for branch in branches)


def _rule_errors(constraint: Constraint, body: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Place and keyword of everything that a rule alone finds wrong."""
    rule = validator_of(rule_schema(constraint))
    for at, value in places(body, constraint.path):
        for error in rule.iter_errors(value):
            yield (*at, *error.instance_path), keyword_of(error)


def places(
    body: Any, path: tuple[str, ...], at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every place of a body at `path` (`*`: any item), with the value there."""
    if not path:
        yield at, body
    elif path[0] == "*":
        for index, item in enumerate(body if isinstance(body, list) else ()):
            yield from places(item, path[1:], (*at, index))
    elif isinstance(body, dict) and path[0] in body:
        yield from places(body[path[0]], path[1:], (*at, path[0]))


def foreign(validator: jsonschema_rs.Draft202012Validator, constraint: Constraint, body: Any) -> list[Error]:
    """What `body` breaks beside `constraint`."""
    try:
        errors = list(validator.iter_errors(body))
        if constraint.kind in RULES:
            own = set(_rule_errors(constraint, body))
            return [error for error in errors if (tuple(error.instance_path), keyword_of(error)) not in own]
        return [error for error in errors if _part(constraint, error) is _Part.OTHER]
    except ValueError:
        return []


class _Part(IntEnum):
    """What an error is to a constraint; the least says most."""

    OWN = auto()
    IMPLIED = auto()
    OTHER = auto()


def _all_of_it(constraint: Constraint, errors: Iterable[Error]) -> _Part:
    """What all the errors of a body, or of one branch, are together."""
    parts = {_part(constraint, error) for error in errors} or {_Part.OTHER}
    return _Part.OTHER if _Part.OTHER in parts else min(parts)


def _part(constraint: Constraint, error: Error) -> _Part:
    if _OWN.get(constraint.kind, _same_keyword)(constraint, error):
        return _Part.OWN
    if _stands_at(constraint.path, error) and keyword_of(error) in _implied(constraint):
        return _Part.IMPLIED
    branches = [_all_of_it(constraint, branch) for branch in getattr(error.kind, "context", ())]
    return min(branches, default=_Part.OTHER)


def keyword_of(error: Error) -> str:
    """The keyword that a body breaks: `minContains`, not the `contains` beside it."""
    return str(error.schema_path[-1])


def _stands_at(path: tuple[str, ...], error: Error) -> bool:
    """Whether an error is about the member at `path`, where `*` is any item."""
    place = error.instance_path
    return len(place) == len(path) and all(
        isinstance(step, int) if part == "*" else str(step) == part for part, step in zip(path, place, strict=True)
    )


def _implied(constraint: Constraint) -> tuple[str, ...]:
    """Keywords that whatever breaks the constraint breaks, too: a choice lists all that is right, `not` and `oneOf`
    speak of values of the right type, what is no address at all is no public one, and one value only is shorter than
    1."""
    match constraint.kind, constraint.value:
        case (("enum" | "const" | "required" | "one-of-required"), _):
            return ()
        case (("type" | "numeric-text"), _):
            return ("enum", "const", "not", "oneOf")
        case "format", _:
            return ("enum", "const", "x-public-url")
        case (("minLength" | "minItems"), 1):
            return ("enum", "const", "pattern", "format", "contains", "minContains")
    return ("enum", "const")


def _same_keyword(constraint: Constraint, error: Error) -> bool:
    return keyword_of(error) == constraint.kind and _stands_at(constraint.path, error)


def _required(constraint: Constraint, error: Error) -> bool:
    missing = getattr(error.kind, "property", None)
    return (
        keyword_of(error) == "required" and missing == constraint.path[-1] and _stands_at(constraint.path[:-1], error)
    )


def _one_of_required(constraint: Constraint, error: Error) -> bool:
    return keyword_of(error) in {"anyOf", "oneOf"} and _stands_at(constraint.path, error)


def _choice(constraint: Constraint, error: Error) -> bool:
    """Branches that a member tells apart name one of its values each."""
    return keyword_of(error) in {"enum", "const"} and _stands_at(constraint.path, error)


def _contains(constraint: Constraint, error: Error) -> bool:
    return keyword_of(error) in {"contains", "minContains", "maxContains"} and _stands_at(constraint.path, error)


def _public_url(constraint: Constraint, error: Error) -> bool:
    return keyword_of(error) == "x-public-url" and _stands_at(constraint.path, error)


def _type(constraint: Constraint, error: Error) -> bool:
    return keyword_of(error) == "type" and _stands_at(constraint.path, error)


_OWN: Mapping[str, Callable[[Constraint, Error], bool]] = {
    "required": _required,
    "one-of-required": _one_of_required,
    "contains": _contains,
    UNUSUAL_URL: _public_url,
    NUMERIC_TEXT: _type,
    "enum": _choice,
    "const": _choice,
}
"""How an error of the validator is known as a constraint's own, for kinds that are not keywords of their member."""
