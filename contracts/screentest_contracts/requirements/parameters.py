"""Requirements on request parameters: one per constraint of the models' schemas."""

from collections.abc import Iterator

from screentest_contracts.contract import Constraint
from screentest_contracts.facts import Fact, Level
from screentest_contracts.location import segments
from screentest_contracts.parameters import NUMERIC_TEXT, UNUSUAL_URL
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, Builder, pointers_of
from screentest_contracts.requirements.subjects import Case, Cases

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
}


def constraint_slug(constraint: Constraint) -> str:
    """`duration.maximum`: the member's dotted name and the constraint."""
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
            if constraint.name in model_member:
                continue  # the model's name has conditions of its own: missing-model, unknown-model
            if constraint.name in key_member and constraint.kind != "required":
                continue  # the key of one probe must not be that of another
            groups.setdefault(constraint_slug(constraint), []).append(Case(model.name, constraint))
    for slug, cases in groups.items():
        for name, part in _by_level(f"create.{slug}", cases):
            fact = min((case.constraint.fact for case in part), key=lambda fact: fact.mark.rank)
            statement, level = _constraint_statement(part), _level(part[0].constraint.kind, fact)
            builder.add(
                name, kinds.CONSTRAINT, "parameters", fact, statement, Cases(tuple(part)), (CREATE,), level=level
            )


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


def _constraint_statement(cases: list[Case]) -> str:
    first = cases[0].constraint
    name, value = first.name, first.value
    values = {repr(case.constraint.value) for case in cases}
    shown = value if len(values) == 1 else "what the model's schema says"
    match first.kind:
        case "type":
            text = f"`{name}` must be of type {shown}; other types are refused."
        case "enum" | "const":
            text = f"`{name}` is {'one of ' if first.kind == 'enum' else ''}{shown}: others are refused."
        case "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems":
            text = f"`{name}` is held to its {first.kind} {shown}: what is beyond is refused."
        case "numeric-text":
            text = f"`{name}` is a number and not a text of digits, which is refused."
        case "x-public-url.other":
            text = f"`{name}` is no address of an own network in a less usual form. One model is tried."
        case "required":
            text = f"A request without `{name}` is refused."
        case "one-of-required":
            names = [" + ".join(each) for each in value]
            text = f"A request needs at least one of {', '.join(names)}."
        case "x-text-limit":
            text = f"`{name}` holds up to {value['units']} units of text; excess is {_EXCESS[value.get('excess', '')]}."
        case "x-public-url":
            text = f"`{name}` must be a {' or '.join(value.get('schemes', ['https']))} address of a public host."
        case "x-ignored":
            text = f"`{name}` is accepted and has no effect."
        case "additionalProperties":
            text = f"Unknown members of `{name}` are refused."
        case _:
            text = f"`{name}` is held to {first.kind} {shown}."
    return f"{text} Models: {', '.join(case.model for case in cases)}."


_EXCESS = {"cut": "cut off, not refused", "refuse": "refused", "unspecified": "not specified", "": "not specified"}
