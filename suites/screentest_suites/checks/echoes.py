"""What was asked for, as receipts and queries repeat it: the request's own values and the amount of money for them."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from screentest_contracts.contract import Body, Contract, Model, StatusClass
from screentest_contracts.facts import Level
from screentest_contracts.frames import whole_size
from screentest_contracts.location import MISSING, Location, resolve, segments
from screentest_contracts.parameters import vendor_choices
from screentest_contracts.reading import bodies_of, selected
from screentest_contracts.requirements import MemberValue, Requirement, kinds
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import Template, digits
from screentest_suites.checks.polls import profile_of, shown
from screentest_suites.checks.receipt import asked, same
from screentest_suites.checks.registry import Held, Judgement, Violation, trace_check
from screentest_suites.core.exchange import Trace
from screentest_suites.requests.earlier import earlier_id


@trace_check(kinds.CREATE_ECHO)
def judge_receipt(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """A value of the request comes back unchanged in the receipt."""
    template = selected(profile_of(contract, trace).receipt)
    problem = _problem(contract, requirement, trace, template, trace.created.json)
    return Violation(*problem, (trace.created,)) if isinstance(problem, tuple) else problem


@trace_check(kinds.QUERY_ECHO)
def judge_query(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """A value of the request comes back unchanged in every query."""
    judged: list[int] = []
    for poll, status in shown(contract, trace):
        readings = bodies_of(profile_of(contract, trace), contract.operations[poll.operation]).get(status.name)
        if readings:
            problem = _problem(contract, requirement, trace, selected(readings), poll.exchange.json)
            if isinstance(problem, tuple):
                return Violation(*problem, (trace.created, poll.exchange))
            judged.append(problem)
    return _sum(judged)


def _sum(judged: Iterable[int]) -> int:
    """What the answers to one request show together."""
    judged = list(judged)
    values = [each.value for each in judged if isinstance(each, Held)]
    return Held(sum(judged), values[0]) if values else sum(judged)


def _problem(
    contract: Contract, requirement: Requirement[MemberValue], trace: Trace, template: Template, body: Any
) -> tuple[str, str] | int:
    """What a member shows and what was asked for, where they differ; else how much was compared."""
    pointer, name = requirement.subject.pointer, requirement.subject.value
    value = resolve(body, segments(pointer))
    model = contract.models[trace.model]
    if name == "earlier":
        slot = template.slot_at(pointer)
        wanted = earlier_id(model, trace.created.sent) if slot is not None and slot.hole.name == name else None
    else:
        wanted = _wanted(model, trace.body, template, pointer, name)
    if value is MISSING or value is None or wanted is None:
        return 0
    if isinstance(wanted, tuple):  # a size in one text, whatever stands between its numbers
        right = isinstance(value, str) and tuple(map(int, re.findall(r"\d{1,9}", value))) == wanted
        wanted = "x".join(map(str, wanted))
    else:
        meant = model.meaning(name, wanted)
        right = value == wanted if isinstance(wanted, dict | list) else same(value, wanted) or same(value, meant)
    if not right:
        return f"{pointer} is {value!r}", f"{wanted!r}, as asked for"
    return Held(1, wanted) if _is_choice(model, template, pointer, name) else 1


def _is_choice(model: Model, template: Template, pointer: str, name: str) -> bool:
    """Whether a request's value is one of several that a server may know without it: of a list, a number, a flag."""
    if name in {"width", "height"}:
        return any(is_choice(model, aspect) for aspect in ("resolution", "ratio"))
    if name == "request":
        holes = [slot.hole for slot in template.slots if slot.pointer == pointer]
        return any(map(_has_choice, member_schemas(model.schema, Location(holes[0].argument))))
    return is_choice(model, name)


def is_choice(model: Model, aspect: str) -> bool:
    """Whether requests for a model choose a duration, a resolution or another aspect among several."""
    return any(map(_has_choice, member_schemas(model.schema, getattr(model.request, aspect, None))))


def _has_choice(schema: Mapping[str, Any]) -> bool:
    if "const" in schema or "enum" in schema:
        return len(schema.get("enum", ())) > 1
    kinds = schema.get("type", ())
    return not {"integer", "number", "boolean"}.isdisjoint([kinds] if isinstance(kinds, str) else kinds)


def _wanted(model: Model, body: Any, template: Template, pointer: str, name: str) -> Any:
    """The value of the request that stands at a pointer of an answer; None where none is due, or it is left to the
    vendor. A size in one text is a pair."""
    holes = [slot.hole for slot in template.slots if slot.pointer == pointer]
    if not holes or holes[0].name != name:
        return None
    if name in {"width", "height"}:
        size = _size(model, body)
        if size is None or template.slot_at(pointer) is not None:
            return size and size[name == "height"]
        return size if [hole.name for hole in holes] == ["width", "height"] else None
    if template.slot_at(pointer) is None:
        return None
    if name == "request":
        value = resolve(body, segments(holes[0].argument))
        members = member_schemas(model.schema, Location(holes[0].argument))
        return None if value is MISSING or any(value in vendor_choices(each) for each in members) else value
    return asked(model, body, name)


def _size(model: Model, body: Any) -> tuple[int, int] | None:
    """The width and height that a request names outright."""
    for name in ("resolution", "ratio"):
        found = whole_size(model.meaning(name, asked(model, body, name)))
        if found is not None:
            return found
    return None


@trace_check(kinds.CREATE_AMOUNT)
def judge_reserved(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """A receipt shows the price of the clip that was asked for."""
    readings = profile_of(contract, trace).receipt
    problem = _amount_problem(contract, requirement, trace, readings, trace.created.json)
    return Violation(*problem, (trace.created,)) if isinstance(problem, tuple) else problem


@trace_check(kinds.QUERY_AMOUNT)
def judge_charged(contract: Contract, requirement: Requirement[MemberValue], trace: Trace) -> Judgement:
    """Queries show the price of the clip that was asked for; before success, and after a failure, nothing or it."""
    judged: list[int] = []
    for poll, status in shown(contract, trace):
        readings = bodies_of(profile_of(contract, trace), contract.operations[poll.operation]).get(status.name, ())
        problem = _amount_problem(contract, requirement, trace, readings, poll.exchange.json)
        if isinstance(problem, int):
            judged.append(problem)
        elif status.status_class is StatusClass.SUCCEEDED or _number(poll.exchange.json, requirement) != 0:
            return Violation(*problem, (trace.created, poll.exchange))
    return _sum(judged)


def _amount_problem(
    contract: Contract, requirement: Requirement[MemberValue], trace: Trace, readings: Iterable[Body], body: Any
) -> tuple[str, str] | int:
    """What an amount is and what it should be, in the unit of any documented reading; else how much was compared."""
    pointer = requirement.subject.pointer
    slots = [slot for each in readings if (slot := each.template.slot_at(pointer)) and slot.hole.name == "charge"]
    value, prices = _number(body, requirement), prices_of(contract, contract.models[trace.model], trace.body)
    if not slots or value is None or not prices:
        return 0
    units = [float(slot.hole.argument or 1) for slot in slots]
    due = sorted({round(price * unit, 6) for unit in units for price in prices})
    if any(abs(value - each) <= max(each / 1000, 0.01) or _rounded(value, each) for each in due):
        one_price = len(contract.prices) == 1 and contract.prices[0].per == "video"
        return 1 if one_price else Held(1, " or ".join(f"{each:g}" for each in due))
    return f"{pointer} is {value:g}", " or ".join(f"{each:g}" for each in due)


def _rounded(value: float, due: float) -> bool:
    """Whether an amount is given in whole units, rounded either way, and not to nothing."""
    return isinstance(value, int) and value > 0 and value in (math.floor(due), math.ceil(due))


def _number(body: Any, requirement: Requirement[MemberValue]) -> float | None:
    value = resolve(body, segments(requirement.subject.pointer))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return value if isinstance(value, int) else number


def prices_of(contract: Contract, model: Model, body: Any) -> list[float]:
    """What a clip costs by the document, in the document's unit; nothing where it does not say, or the request leaves
    it to the vendor how long or how large the clip gets. Where the price is not documented, any model's may be it."""
    tier, length = (_settled(model, body, name) for name in ("resolution", "duration"))
    fitting = [row for row in contract.prices if row.is_of_tier(model, tier)]
    fitting = [row for row in fitting if row.holds(model.schema, body)]
    mine = contract.prices_of(model)
    own = [row for row in fitting if row in mine][:1]
    seconds = digits(model.meaning("duration", length)) if length is not None else None
    if own and own[0].fact.mark.level is Level.NOTE:
        own = [row for row in fitting if row.per == own[0].per]
    factors = {"second": seconds, "video": 1}
    return [row.amount * factor for row in own if (factor := factors.get(row.per)) is not None]


def _settled(model: Model, body: Any, name: str) -> Any:
    """What a request asks for, or gets without asking; None where the vendor chooses."""
    location = getattr(model.request, name)
    given = MISSING if location is None else location.find(body)
    return model.defaults.get(name) if given is MISSING or given is None else asked(model, body, name)
