"""Constraints of which no request tells anything, and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from screentest_contracts.contract import Constraint, Contract, Model
from screentest_contracts.lint.findings import Hit, Rule
from screentest_contracts.lint.rules.probes import NOT_ALONE, pointer_of_constraint
from screentest_contracts.location import MISSING, Location, pointer_of, resolve
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.schemas import member_schemas
from screentest_suites.requests.alone import foreign, keyword_of
from screentest_suites.requests.constraint_values import constraint_values
from screentest_suites.requests.hosts import hosts
from screentest_suites.requests.near_misses import near_misses
from screentest_suites.requests.probes import Attempt, attempt
from screentest_suites.requests.values import sample


@dataclass(frozen=True)
class Unshown:
    """A constraint whose refusal no request shows alone. `why` names the member that is in the way, `mend` what the
    document could say."""

    model: Model
    constraint: Constraint
    why: str
    mend: str


def unshown(contract: Contract) -> Iterator[Unshown]:
    """The constraints of a contract that are skipped for want of a request. Takes up to a few seconds."""
    for model in contract.models.values():
        for constraint in model.constraints:
            if model.tells_mode(constraint):
                continue
            made = attempt(model, constraint, near_misses(contract, model, constraint))
            if made.missed:
                yield Unshown(model, constraint, *_in_the_way(model, constraint))


def not_alone(contract: Contract, document: RawDocument) -> Iterator[tuple[Rule, Hit]]:
    """What lint says of them: once for each place of the document."""
    told: dict[str, Unshown] = {}
    for each in unshown(contract):
        told.setdefault(pointer_of_constraint(document, each.model, each.constraint), each)
    for pointer, each in told.items():
        what = f"no request can show `{each.constraint.kind}` of `{each.constraint.name}` alone: {each.why}"
        yield NOT_ALONE, Hit(pointer, what, each.mend)


def counted(contract: Contract) -> Counter[str]:
    """How many constraints have which kind of probes."""
    return Counter(
        _sort(attempt(model, constraint, near_misses(contract, model, constraint)), constraint)
        for model in contract.models.values()
        for constraint in model.constraints
        if not model.tells_mode(constraint)
    )


def _sort(made: Attempt, constraint: Constraint) -> str:
    if made.refuses:
        return "refusals, each with its twin"
    if made.missed:
        return "none: no request can show it alone"
    if made.probes:
        return "valid values only: what else is accepted is tolerated, cut off or not said"
    if constraint.schema.get("x-ignored"):
        return "none: the member is ignored"
    if "x-tolerates" in constraint.schema:
        return "none: everything that could be tried is tolerated"
    return "none: nothing is known to try"


def _in_the_way(model: Model, constraint: Constraint) -> tuple[str, str]:
    first = next(hosts(model, constraint.path), None)
    unfilled = isinstance(constraint.schema.get("items"), dict) and sample(constraint.schema["items"]) is MISSING
    if first is None or unfilled:
        name = _unfilled_part(constraint.schema, constraint.path) if unfilled else _unfilled(model, constraint)
        return f"`{name}` cannot be filled in: no valid value of it is found", f"give `{name}` an `example`"
    beside = Counter(
        (".".join(str(step) for step in error.instance_path if not isinstance(step, int)) or "body", keyword_of(error))
        for value, accept, _ in constraint_values(constraint, first)
        if not accept
        for error in foreign(model.validator, constraint, first.holding(value))
    )
    if not beside:
        return "no value is known that breaks it", "give the schema a keyword that says more, or `x-tolerates`"
    (name, keyword), _ = beside.most_common(1)[0]
    return f"whatever breaks it breaks the `{keyword}` of `{name}`, too", "leave out the one that the other implies"


def _unfilled(model: Model, constraint: Constraint) -> str:
    """The outermost member on the way for which there is no value; the member itself where each has one."""
    at = tuple("0" if part == "*" else part for part in constraint.path)
    for cut in range(1, len(at) + 1):
        if resolve(model.base, at[:cut]) is MISSING:
            schema = next(iter(member_schemas(model.schema, Location(pointer_of(at[:cut])))), {})
            if sample(schema) is MISSING:
                return _unfilled_part(schema, constraint.path[:cut])
    return constraint.name


def _unfilled_part(schema: object, path: tuple[str, ...]) -> str:
    """The innermost required part without a value."""
    if isinstance(schema, dict):
        for name in schema.get("required", ()):
            part = schema.get("properties", {}).get(name, {})
            if sample(part) is MISSING:
                return _unfilled_part(part, (*path, name))
        if isinstance(schema.get("items"), dict) and sample(schema["items"]) is MISSING:
            return _unfilled_part(schema["items"], (*path, "*"))
    return ".".join(part for part in path if part != "*") or "body"
