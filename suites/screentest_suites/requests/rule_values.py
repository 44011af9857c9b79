"""Values that keep or break a rule of a schema: a condition, a dependency, alternatives, what must not be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.contract import Constraint
from screentest_contracts.location import MISSING
from screentest_contracts.parameters import mentioned, rule_schema, tolerances
from screentest_contracts.schemas import validator
from screentest_suites.requests.values import own_values, sample

BROKEN, KEPT = 4, 2
"""How many values are tried that break a rule; and that keep it, beside one for each form."""
_VALUES = 12
"""How many values of one member are tried."""
_STRANGE: tuple[Any, ...] = ("no-such-value", "", 0, -1, 5.5, True, None, [], {})
_NAMES = ("x_unknown_member", "0", "!", "A member", "x" * 300)


@dataclass(frozen=True)
class Trial:
    """A value, and the members that were changed in it to break something."""

    value: Any
    changed: tuple[str, ...] = ()


def rule_values(constraint: Constraint, value: Any, tolerated: frozenset[str]) -> Iterator[tuple[Any, bool, str]]:
    """Values that break the rule alone, as far as its own schema tells, and values that keep it although they are
    near: of these only such as the document gives every text of. Each with whether it keeps the rule, and what to call
    it."""
    rule, local = validator(rule_schema(constraint)), validator(constraint.schema)
    names = mentioned([rule_schema(constraint)])
    kept_as_is = {name: each for name, each in value.items() if name not in names} if isinstance(value, dict) else value
    given = _texts([kept_as_is, *_given(constraint.schema)])
    broken: dict[tuple[str, ...], list[Any]] = {}
    kept: list[Any] = []
    mixed: list[Any] = []  # what breaks something else, too, and so shows nothing
    for trial in _trials(constraint, value):
        if rule.is_valid(trial.value):
            if _tells(constraint, trial.value) and local.is_valid(trial.value) and trial.value not in kept:
                kept += [trial.value] if _texts(trial.value) <= given else []
        elif not _is_tolerated(constraint, trial, tolerated):
            once = len(list(rule.iter_errors(trial.value))) == 1 and _only(rule, local, trial.value)
            group = broken.setdefault(trial.changed, []) if once else mixed
            group.append(trial.value)
    forms = len(constraint.value) if constraint.kind in ("anyOf", "oneOf") else 0
    for each in _spread(constraint, kept, KEPT + forms):
        yield each, True, _label(constraint, each)
    chosen = [group[0] for group in broken.values()] + [each for group in broken.values() for each in group[1:]]
    for each in (chosen or mixed)[:BROKEN]:
        yield each, False, _label(constraint, each)


def at_work(constraint: Constraint, value: Any) -> Iterator[Any]:
    """Values in which a condition is met and kept, or members are there with what they need: what breaks the rule
    differs from them in what the rule asks for. None for other rules."""
    local = validator(constraint.schema)
    if constraint.kind in ("if", "dependentRequired", "dependentSchemas"):
        for trial in _trials(constraint, value):
            if _applies(constraint, trial.value) and local.is_valid(trial.value):
                yield trial.value


def _applies(constraint: Constraint, value: Any) -> bool:
    """Whether a condition or dependency asks for something in this value."""
    if constraint.kind != "if":
        return isinstance(value, dict) and next(iter(constraint.value)) in value
    return ("then" in constraint.value) is bool(validator(constraint.value["if"]).is_valid(value))


def _texts(value: Any) -> set[str]:
    """The texts in a value."""
    if isinstance(value, dict | list):
        return {text for each in (value.values() if isinstance(value, dict) else value) for text in _texts(each)}
    return {value} if isinstance(value, str) else set()


def _given(schema: Any) -> Iterator[Any]:
    """Every value that the document gives inside of a schema."""
    if isinstance(schema, Mapping):
        yield from own_values(schema)
        yield from (value for each in schema.values() for value in _given(each))
    elif isinstance(schema, list):
        yield from (value for each in schema for value in _given(each))


def _only(rule: Any, local: Any, value: Any) -> bool:
    """Whether the rule is all that a value breaks of the schema that it stands in."""
    return len(list(local.iter_errors(value))) == len(list(rule.iter_errors(value)))


def _tells(constraint: Constraint, value: Any) -> bool:
    """Whether a value that keeps the rule says something of it: the premise holds, or only what would follow fails."""
    if constraint.kind == "if":
        parts = constraint.value
        holds = validator(parts["if"]).is_valid(value)
        other = parts.get("else" if holds else "then")
        return parts.get("then" if holds else "else") is not None or (
            other is not None and not validator(other).is_valid(value)
        )
    if constraint.kind in ("dependentRequired", "dependentSchemas"):
        return isinstance(value, dict) and next(iter(constraint.value)) in value
    return constraint.kind in ("anyOf", "oneOf") and not isinstance(value, dict | list)


def _spread(constraint: Constraint, kept: list[Any], most: int) -> list[Any]:
    """Values that keep the rule in different ways: under its premise and not, one for each form."""
    parts = constraint.value if isinstance(constraint.value, list) else [constraint.value.get("if", {})]
    checks = [validator(part) for part in parts]
    groups: dict[tuple[bool, ...], Any] = {}
    for value in kept:
        groups.setdefault(tuple(check.is_valid(value) for check in checks), value)
    return list(groups.values())[:most]


def _is_tolerated(constraint: Constraint, trial: Trial, tolerated: frozenset[str]) -> bool:
    """Whether the document forgives what a trial breaks, of the whole value or of the members that were changed."""
    words = set(tolerated)
    members = constraint.schema.get("properties", {})
    for name in trial.changed:
        gone = isinstance(trial.value, dict) and name not in trial.value
        words |= tolerances(members.get(name, {})) - (set() if gone else {"missing"})
    if words & {"any", "unknown-value", "out-of-range", "missing"}:
        return True
    empty = trial.value in ("", [], {}) and "empty" in words
    null = trial.value is None and "null" in words
    return empty or null or ("wrong-type" in words and not trial.changed)


def _trials(constraint: Constraint, value: Any) -> Iterator[Trial]:
    parts = list(_parts(constraint))
    if isinstance(value, dict):
        yield from _objects(constraint, parts, value)
    for part in parts:
        if not mentioned([part]):
            yield from (Trial(each) for each in (*_near(part), sample(part)) if each is not MISSING)
    if constraint.kind in ("anyOf", "oneOf", "not"):
        yield from (Trial(each) for each in _STRANGE)


def _parts(constraint: Constraint) -> Iterator[Mapping[str, Any]]:
    """The schemas that a rule speaks of, what is to hold together first."""
    value = constraint.value
    if constraint.kind == "if":
        premise = value["if"]
        yield from ({"allOf": [premise, value[word]]} for word in ("then", "else") if word in value)
        yield from value.values()
    elif constraint.kind == "dependentRequired":
        ((name, needed),) = value.items()
        yield from ({"required": [name, *needed]}, {"required": [name]})
    elif constraint.kind == "dependentSchemas":
        ((name, needed),) = value.items()
        yield from ({"allOf": [{"required": [name]}, needed]}, {"required": [name]})
    elif isinstance(value, list):
        yield from (part for part in value if isinstance(part, Mapping))
        yield {"allOf": value}
    elif isinstance(value, Mapping) and constraint.kind == "not":
        yield value


def _objects(constraint: Constraint, parts: list[Mapping[str, Any]], value: dict[str, Any]) -> Iterator[Trial]:
    """The value with the members of each part, then with one member of the rule missing or changed; or with a name
    that nobody knows."""
    if constraint.kind == "propertyNames":
        yield from (Trial({**value, name: next(iter(value.values()), "x")}, (name,)) for name in _NAMES)
        return
    names = mentioned([rule_schema(constraint)])
    yield Trial({name: each for name, each in value.items() if name not in names})
    bases = [base for part in parts if mentioned([part]) for base in _merged(constraint, part, value)]
    for base in (*bases, value):
        yield Trial(base)
        for name in names:
            if name in base:
                yield Trial({key: each for key, each in base.items() if key != name}, (name,))
            for other in _values(constraint, name):
                yield Trial({**base, name: other}, (name,))


def _merged(constraint: Constraint, part: Mapping[str, Any], value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The value with members that the part asks for: as they stand alone, else drawn together with it."""
    members: dict[str, Any] = {}
    for name in mentioned([part]):
        members[name] = sample(_all_of([*_schemas_of(part, name), *_schemas_of(constraint.schema, name)]))
    made = {**value, **{name: each for name, each in members.items() if each is not MISSING}}
    if validator(part).is_valid(made):
        yield made
        if constraint.kind != "not" or _only(validator(rule_schema(constraint)), validator(constraint.schema), made):
            return
    around = {word: each for word, each in constraint.schema.items() if word != constraint.kind}
    named = mentioned([part])
    kept = {name: {"const": each} for name, each in value.items() if name not in named}
    whole = sample({"allOf": [around, part, {"properties": kept}]})
    if isinstance(whole, dict):
        yield whole


def _all_of(schemas: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return schemas[0] if len(schemas) == 1 else {"allOf": schemas} if schemas else {}


def _schemas_of(schema: Any, name: str) -> list[Mapping[str, Any]]:
    """What a schema, or its parts that hold together, says of a member."""
    if not isinstance(schema, Mapping):
        return []
    own = [schema["properties"][name]] if name in schema.get("properties", {}) else []
    return own + [each for part in schema.get("allOf", ()) for each in _schemas_of(part, name)]


def _values(constraint: Constraint, name: str) -> list[Any]:
    """Values that are near for one member, by what the rule and the schema around it say of it."""
    found: list[Any] = []
    around = _schemas_of(constraint.schema, name)
    for part in _parts(constraint):
        for schema in _schemas_of(part, name):
            found += [*_near(schema), sample(schema), sample(_all_of([*around, {"not": schema}]))]
    for schema in around:
        found += [*_near(schema), sample(schema)]
    found.append("no-such-value")
    unique = {repr(each): each for each in found if each is not MISSING}
    return list(unique.values())[:_VALUES]


def _near(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Values at and beyond what a schema allows."""
    yield from own_values(schema)
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(schema.get(keyword), int | float):
            yield from (schema[keyword] + step for step in (-1, 0, 1))


def _label(constraint: Constraint, value: Any) -> str:
    """What a value is, by the members that the rule speaks of."""
    names: Iterable[str] = mentioned([rule_schema(constraint)])
    if not isinstance(value, dict):
        return f"{constraint.name} = {_cut(value)}"
    if constraint.kind == "propertyNames":
        names = list(value)[-1:]
    shown = ", ".join(f"{name} = {_cut(value[name])}" if name in value else f"no {name}" for name in names)
    return f"{constraint.name} with {shown}"


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
