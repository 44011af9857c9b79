"""Requests that tell whether a server keeps a constraint: each differs from a valid one in one member."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from screentest_contracts.contract import Constraint, Model
from screentest_contracts.forms import through_form
from screentest_contracts.parameters import CLOSING, RULES, UNUSUAL_URL, leaves_open, tolerates
from screentest_suites.requests.alone import breaks_alone, foreign
from screentest_suites.requests.constraint_values import Host, Tried, Values, constraint_values
from screentest_suites.requests.hosts import hosts
from screentest_suites.requests.rule_values import at_work


@dataclass(frozen=True)
class Probe:
    """A request body and whether it is to be accepted; `label` says what was done to the twin.

    `twin`: the same request with a valid value of the probed member, at `at`: a refusal of the probe tells something
    where the twin is accepted.
    """

    body: Any
    accept: bool
    label: str
    twin: Any
    at: tuple[str, ...]


@dataclass(frozen=True)
class Attempt:
    """The probes of a constraint. `missed`: refusals were to be shown, and no request shows one alone."""

    probes: tuple[Probe, ...]
    missed: bool

    @property
    def refuses(self) -> bool:
        return any(not probe.accept for probe in self.probes)


def probes(model: Model, constraint: Constraint) -> Iterator[Probe]:
    """Requests that tell whether a server keeps `constraint`: boundaries first, each differing from a valid body in
    one member. What is to be accepted is valid; what is to be refused breaks this constraint alone."""
    yield from attempt(model, constraint).probes


def attempt(model: Model, constraint: Constraint, more: Iterable[Tried] = ()) -> Attempt:
    """The probes at the first body around the member where a refusal can be shown; what can be accepted at the first
    body where none can. `more` are further values to try."""
    more = list(more)
    first: Attempt | None = None
    for host in _hosts(model, constraint):
        tried = [each for each in (*constraint_values(constraint, host), *more) if constraint.asks_for(each[1])]
        wanted = [host.holding(value) for value, accept, _ in tried if not accept]
        refusable = bool(wanted) or (constraint.kind in RULES and constraint.side != "accept")
        made = Attempt(tuple(_usable(model, constraint, host, tried)), refusable)
        if wanted and not made.refuses and not all(_elsewhere(model, constraint, host, body) for body in wanted):
            made = Attempt((*made.probes, *_usable(model, constraint, host, _drawn(constraint))), True)
        if made.refuses or not refusable:
            return Attempt(made.probes, False)
        first = first or made
    return first or Attempt((), True)


def _hosts(model: Model, constraint: Constraint) -> Iterator[Host]:
    """Bodies to start from; those first in which a rule asks for something."""
    for host in hosts(model, constraint.path):
        bodies = (host.holding(value) for value in at_work(constraint, host.value))
        body = next((each for each in bodies if _is_valid(model, each)), None)
        if body is not None:
            yield Host(body, host.at)
        yield host


def _usable(
    model: Model, constraint: Constraint, host: Host, tried: Iterable[tuple[Any, bool, str]]
) -> Iterator[Probe]:
    seen: set[str] = set()
    for value, accept, label in tried:
        body = host.holding(value)
        key = repr((body, accept))
        if key in seen or _is_open(constraint, value, accept):
            continue
        if model.operations[0].form_only and not _answered(model, through_form(body, model.schema), accept):
            continue
        if _is_valid(model, body) if accept else breaks_alone(model.validator, constraint, body):
            if not _answered(model, body, accept):
                continue  # valid in another mode of the model
            seen.add(key)
            yield Probe(body, accept, label, host.body, host.at)


def _answered(model: Model, body: Any, accept: bool) -> bool:
    """Whether a request is accepted, or refused, in each mode of the model that it may mean."""
    return model.takes(body) if accept else model.refuses(body)


def _is_valid(model: Model, body: Any) -> bool:
    try:
        return model.takes(body)
    except ValueError:  # a number that the validator cannot hold
        return False


def _elsewhere(model: Model, constraint: Constraint, host: Host, body: Any) -> bool:
    """Whether a body breaks something that does not stand at the member: another body around it may do."""
    beside = foreign(model.validator, constraint, body)
    return any(tuple(map(str, error.instance_path[: len(host.at)])) != host.at for error in beside)


def _drawn(constraint: Constraint) -> Values:
    """Values that keep everything but the constraint, where it is a keyword of the member's schema."""
    told = (
        constraint.kind in ("type", "format", *RULES, *CLOSING) and constraint.kind != "not"
    )  # better than can be drawn
    if told or constraint.kind not in constraint.schema:
        return
    from screentest_suites.requests.drawing import drawn_from

    kept = {keyword: value for keyword, value in constraint.schema.items() if keyword not in (constraint.kind, *_OWN)}
    for value in drawn_from({**kept, "not": {constraint.kind: constraint.value}}):
        yield value, False, f"{constraint.name} = {value!r}"


_OWN = ("example", "examples", "default")


def _is_open(constraint: Constraint, value: Any, accept: bool) -> bool:
    """Whether the document leaves open how a value is answered."""
    if accept:
        return leaves_open(constraint.schema, value)
    return constraint.kind not in _WHOLE and tolerates(constraint.schema, constraint.kind, value)


_WHOLE = ("x-text-limit", "x-public-url", "x-ignored", "one-of-required", UNUSUAL_URL, *CLOSING, *RULES)
"""Kinds that are no matter of a tolerated value."""
