"""Requests that tell whether a server keeps a constraint: each differs from a valid one in one member."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from screentest_contracts.contract import Constraint, Model
from screentest_contracts.forms import through_form
from screentest_contracts.location import MISSING, replaced, resolve
from screentest_contracts.parameters import leaves_open, tolerates
from screentest_suites.requests.constraint_values import WholeBody, constraint_values
from screentest_suites.requests.samples import sample


@dataclass(frozen=True)
class Probe:
    """A request body and whether it is to be accepted; `label` says what was done to the base."""

    body: Any
    accept: bool
    label: str


def _place(model: Model, path: tuple[str, ...], value: Any) -> Any:
    """The base with `value` at `path` (`*`: the first item); what is missing on the way is made valid."""
    body: Any = model.base
    schema: Any = model.schema
    concrete: tuple[str, ...] = ()
    for index, part in enumerate(path):
        last = index == len(path) - 1
        step = "0" if part == "*" else part
        concrete = (*concrete, step)
        schema = schema.get("items", {}) if part == "*" else _member(schema, part)
        if not last and resolve(body, concrete) is MISSING:
            body = replaced(body, concrete, sample(schema) if schema.get("type") else {})
    return replaced(body, concrete, value)


def _member(schema: Any, name: str) -> Any:
    if name in schema.get("properties", {}):
        return schema["properties"][name]
    for part in schema.get("allOf", ()):
        if name in part.get("properties", {}):
            return part["properties"][name]
    return {}


def probes(model: Model, constraint: Constraint) -> Iterator[Probe]:
    """Requests that tell whether a server keeps `constraint`: boundaries first, each differing from the base in one
    member. Probes that would break another constraint, or none, are left out."""
    seen: set[str] = set()
    for value, accept, label in constraint_values(model, constraint):
        body = value.body if isinstance(value, WholeBody) else _place(model, constraint.path, value)
        key = repr((body, accept))
        if _is_open(constraint, value, accept):
            continue
        if model.operations[0].form_only and model.validator.is_valid(through_form(body, model.schema)) is not accept:
            continue
        if key in seen or not _fits(model, constraint, body, accept):
            continue
        seen.add(key)
        yield Probe(body, accept, label)


def _is_open(constraint: Constraint, value: Any, accept: bool) -> bool:
    """Whether the document leaves open how a value is answered."""
    if accept:
        return leaves_open(constraint.schema, value)
    return constraint.kind not in _WHOLE and tolerates(constraint.schema, constraint.kind, value)


_WHOLE = ("x-text-limit", "x-public-url", "x-ignored", "one-of-required", "additionalProperties")
"""Kinds that are no matter of a tolerated value."""


def _fits(model: Model, constraint: Constraint, body: Any, accept: bool) -> bool:
    try:
        errors = list(model.validator.iter_errors(body))
    except ValueError:
        return False
    if accept:
        return not errors
    if constraint.kind == "required" or constraint.kind == "one-of-required":
        return bool(errors)
    return bool(errors) and any(
        str(error.schema_path[-1]) in (constraint.kind, "const", "enum", "minContains", "maxContains", "anyOf", "oneOf")
        for error in errors
    )
