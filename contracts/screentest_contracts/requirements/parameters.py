"""Requirements on request parameters: one per constraint of the models' schemas."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import Constraint
from screentest_contracts.facts import Fact, Level
from screentest_contracts.location import MISSING, Location, pointer_of, replaced, segments
from screentest_contracts.parameters import NUMERIC_TEXT, UNUSUAL_URL, mentioned, own_fact
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.constraint_words import constraint_statement
from screentest_contracts.requirements.model import CREATE, Builder, pointers_of
from screentest_contracts.requirements.subjects import Case, Cases
from screentest_contracts.schemas import member_schemas

_SLUGS = {
    "minItems": "min-items",
    "maxItems": "max-items",
    "minLength": "min-length",
    "maxLength": "max-length",
    "uniqueItems": "unique-items",
    "exclusiveMinimum": "exclusive-minimum",
    "exclusiveMaximum": "exclusive-maximum",
    "multipleOf": "multiple-of",
    "additionalProperties": "unknown",
    "x-text-limit": "text-limit",
    "x-public-url": "public-url",
    UNUSUAL_URL: "public-url.other",
    "x-ignored": "ignored",
    "one-of-required": "one-of",
    "const": "enum",
    "unevaluatedProperties": "unknown",
    "dependentRequired": "dependent-required",
    "dependentSchemas": "dependent-schema",
    "anyOf": "any-of",
    "oneOf": "exactly-one",
    "propertyNames": "property-names",
}


def constraint_slug(constraint: Constraint) -> str:
    """`duration.maximum`: the member's dotted name and the constraint; `body.if-seconds-then-size` for a condition;
    `duration.maximum.accepted` where it speaks of what is to be accepted only."""
    return _slug(constraint) + (".accepted" if constraint.side == "accept" else "")


def _slug(constraint: Constraint) -> str:
    if constraint.kind == "if":
        premise = "-".join(mentioned(constraint.value["if"]))
        rest = [
            f"{word}-{'-'.join(mentioned(constraint.value[word]))}"
            for word in ("then", "else")
            if word in constraint.value
        ]
        return f"{constraint.name}." + "-".join(["if", premise, *rest]).replace("--", "-").rstrip("-")
    if constraint.kind in ("dependentRequired", "dependentSchemas"):
        (member,) = constraint.value
        inside = [part for part in constraint.path if part != "*"]
        return ".".join([*inside, member, _SLUGS[constraint.kind]])
    return f"{constraint.name}.{_SLUGS.get(constraint.kind, constraint.kind)}"


def add_parameters(builder: Builder) -> None:
    contract = builder.contract
    model_member = {pointer.strip("/").replace("/", ".") for pointer in pointers_of(contract.model_at)}
    key_at = contract.idempotency.at if contract.idempotency is not None else None
    key_member = {".".join(segments(pointer)) for pointer in pointers_of(key_at)}
    groups: dict[str, list[Case]] = {}
    for model in contract.models.values():
        for constraint in model.constraints:
            if constraint.kind == NUMERIC_TEXT and model.operations[0].form_only:
                continue  # a form has texts only
            if model.tells_mode(constraint):
                continue
            if constraint.name in model_member:
                continue  # the model's name has conditions of its own: missing-model, unknown-model
            if constraint.name in key_member and constraint.kind != "required":
                continue  # the key of one probe must not be that of another
            groups.setdefault(constraint_slug(constraint), []).append(Case(model.name, constraint))
    for slug, cases in groups.items():
        for name, part in _by_level(f"create.{slug}", cases):
            fact = min((case.constraint.fact for case in part), key=lambda fact: fact.mark.rank)
            _add_cases(builder, name, part, fact, _level(part[0].constraint.kind, fact))


def add_optional(builder: Builder) -> None:
    """What the minimal request of a model has and could do without: the mode's own rule, whatever others demand."""
    contract = builder.contract
    left = [*pointers_of(contract.model_at)]
    left += pointers_of(contract.idempotency.at) if contract.idempotency is not None else ()
    groups: dict[str, list[Case]] = {}
    for model in contract.models.values():
        for path in _members(model.base, ()):
            member = next(iter(member_schemas(model.schema, Location(pointer_of(path)))), None)
            if pointer_of(path) in left or member is None:
                continue
            without = replaced(model.base, path, MISSING)
            if model.validator.is_valid(without) and model.takes(without):
                fact = model.fact.over(member, "x-")
                rule = Constraint(path, "optional", True, member, own_fact(member, "required", fact, "accept"))
                groups.setdefault(constraint_slug(rule), []).append(Case(model.name, rule))
    for slug, cases in groups.items():
        for name, part in _by_level(f"create.{slug}", cases):
            fact = min((case.constraint.fact for case in part), key=lambda fact: fact.mark.rank)
            _add_cases(builder, name, part, fact, fact.mark.level)


def _add_cases(builder: Builder, name: str, cases: list[Case], fact: Fact, level: Level) -> None:
    text, models = constraint_statement([case.constraint for case in cases]), [case.model for case in cases]
    subject, needs = Cases(tuple(cases)), (CREATE,)
    builder.add(name, kinds.CONSTRAINT, "parameters", fact, text, subject, needs, level=level, models=models)


def _members(body: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The members of an object and of those in it; nothing within lists, whose items depend on each other."""
    for name, value in body.items() if isinstance(body, dict) else ():
        yield (*path, name)
        yield from _members(value, (*path, name))


def _level(kind: str, fact: Fact) -> Level:
    """Who takes a number as a text is lenient, which breaks no promise but the documented type."""
    if kind != NUMERIC_TEXT:
        return fact.mark.level
    return Level.SHOULD if fact.mark.level is Level.MUST else Level.NOTE


def _by_level(name: str, cases: list[Case]) -> Iterator[tuple[str, list[Case]]]:
    """The surest cases under the plain name; what is less sure about other models under `<name>.assumed`."""
    best = min((case.constraint.fact.mark.level for case in cases), key=list(Level).index)
    sure = [case for case in cases if case.constraint.fact.mark.level is best]
    rest = [case for case in cases if case.constraint.fact.mark.level is not best]
    yield name, sure
    if rest:
        yield f"{name}.assumed", rest
