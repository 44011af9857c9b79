"""Requirements on what answers say beside the state of a task: what was asked for in every copy, amounts of money,
moments that are still to come, and why a task failed."""

import re
from collections.abc import Iterator

from screentest_contracts.contract import Bodies, Contract, Model, Operation, Role, StatusClass
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.frames import whole_size
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.reading import bodies_of, selected
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact, slug_of
from screentest_contracts.requirements.model import CREATE, QUERY, Builder
from screentest_contracts.requirements.subjects import AskedFailure, Members, MemberValue
from screentest_contracts.schemas import member_schemas
from screentest_contracts.template import Slot, Template

COPIES = ("prompt", "request", "width", "height", "earlier")
"""Values of the request that answers may repeat, beside those that every gateway knows."""

BEFORE = {
    "started": frozenset({StatusClass.QUEUED}),
    "finished": frozenset({StatusClass.QUEUED, StatusClass.RUNNING}),
}
"""The classes of status in which a moment is still to come."""


def statuses_before(contract: Contract, name: str) -> frozenset[str]:
    """The statuses in which a moment is certainly still to come: of a class before it, and none to which a task may go
    back from a status after it."""
    statuses, transitions = contract.lifecycle.statuses, contract.lifecycle.transitions
    before = {status for status, each in statuses.items() if each.status_class in BEFORE[name]}
    left, after = [*(statuses.keys() - before)], set[str]()
    while left:
        status = left.pop()
        after.add(status)
        left.extend(set(transitions.get(status, ())) - after)
    return frozenset(before - after)


def add_shown(builder: Builder) -> None:
    """Copies, amounts and moments in receipts and queries, and reasons in queries."""
    contract = builder.contract
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    create, query = contract.roles[Role.CREATE][0], contract.roles[Role.QUERY][0]
    _add_copies(builder, "create", create, [receipts])
    _add_copies(builder, "query", query, [bodies_of(profile, query) for profile in contract.profiles.values()])
    _add_moments(builder)
    _add_reason(builder)
    _add_asked_failures(builder)


def _add_copies(builder: Builder, role: str, operation: Operation, every: list[Bodies]) -> None:
    contract, suite = builder.contract, "receipt" if role == "create" else "polling"
    status = contract.success[operation.role].made
    depends = (CREATE,) if role == "create" else (CREATE, QUERY)
    where = "a receipt" if role == "create" else "every answer"
    prices = [price.fact for price in contract.prices]
    for pointer, slot in _slots(every):
        fact, slug, name = schema_fact(operation, status, pointer), slug_of(pointer), slot.hole.name
        if name == "charge" and slot.whole and prices:
            text = f"`{slug}` of {where} is the amount for the clip that was asked for, by the documented price."
            fact = fact.weakest(max(prices, key=lambda each: each.mark.rank))
            kind = kinds.CREATE_AMOUNT if role == "create" else kinds.QUERY_AMOUNT
            _add_once(builder, f"{role}.{slug}.amount", kind, suite, fact, text, MemberValue(pointer, name), depends)
        elif name in COPIES and can_be_asked(contract, slot):
            text = f"`{slug}` of {where} shows what was asked for."
            kind = kinds.CREATE_ECHO if role == "create" else kinds.QUERY_ECHO
            _add_once(builder, f"{role}.{slug}.echo", kind, suite, fact, text, MemberValue(pointer, name), depends)


def can_be_asked(contract: Contract, slot: Slot) -> bool:
    """Whether the minimal request of some model says what stands in a hole, or can name a size outright."""
    models, hole = contract.models.values(), slot.hole
    if hole.name == "earlier":
        return slot.whole and contract.goes_on
    if hole.name in {"width", "height"}:
        return any(_names_size(model) for model in models)
    if hole.name == "request":
        return slot.whole and any(_says(model, hole.argument) for model in models)
    at = [(model.base, model.request.prompt) for model in models]
    return slot.whole and any(location is not None and any(location.all(base)) for base, location in at)


def _says(model: Model, pointer: str) -> bool:
    """Whether the minimal request has a member, or one that asks for another clip than the usual one would."""
    varied = (model.request.duration, model.request.ratio, model.request.resolution, model.request.seed)
    return resolve(model.base, segments(pointer)) is not MISSING or any(
        at is not None and pointer in at.pointers for at in varied
    )


def _names_size(model: Model) -> bool:
    at = [model.request.resolution, model.request.ratio]
    values = [
        value for place in at for schema in member_schemas(model.schema, place) for value in schema.get("enum", ())
    ]
    return any(whole_size(value) for value in values)


def _add_once(
    builder: Builder,
    name: str,
    kind: kinds.Kind[MemberValue],
    suite: str,
    fact: Fact,
    text: str,
    subject: MemberValue,
    depends: tuple[str, ...],
) -> None:
    if name not in builder.requirements:
        builder.add(name, kind, suite, fact, text, subject, depends)


def _slots(every: list[Bodies]) -> Iterator[tuple[str, Slot]]:
    """Every hole of the bodies that the mock shows, with its pointer; of one pointer the first."""
    seen = set()
    for bodies in every:
        for readings in bodies.values():
            for slot in selected(readings).slots:
                if slot.pointer not in seen:
                    seen.add(slot.pointer)
                    yield slot.pointer, slot


def _add_moments(builder: Builder) -> None:
    """One for each place of a start or an end that some answer before it leaves unset."""
    contract = builder.contract
    operation, success = contract.roles[Role.QUERY][0], contract.success[Role.QUERY]
    for name in BEFORE:
        for pointer in dict.fromkeys(_places(contract, operation, name)):
            earlier = list(_earlier(contract, operation, statuses_before(contract, name)))
            kept = [template for template in earlier if leaves_unset(template, pointer, name)]
            if not kept or _tells_status(contract, pointer):
                continue
            fact, slug = schema_fact(operation, success.made, pointer), slug_of(pointer)
            if not any(_says_unset(template, pointer) for template in kept):
                fact = fact.weakest(Fact(Mark.DERIVED, fact.source))
            text = f"`{slug}` is unset as long as the task has not {name}."
            subject = MemberValue(pointer, name)
            _add_once(builder, f"query.{slug}.unset", kinds.TIME_UNSET, "polling", fact, text, subject, (CREATE, QUERY))


def _tells_status(contract: Contract, pointer: str) -> bool:
    """Whether a member's being there is what tells one status from another."""
    every = contract.lifecycle.statuses.values()
    return any(pointer in at.pointers for status in every for at in (*status.present, *status.absent))


def _places(contract: Contract, operation: Operation, name: str) -> Iterator[str]:
    for profile in contract.profiles.values():
        for readings in bodies_of(profile, operation).values():
            yield from (slot.pointer for slot in selected(readings).slots_named(name) if slot.whole)


def _earlier(contract: Contract, operation: Operation, statuses: frozenset[str]) -> Iterator[Template]:
    for profile in contract.profiles.values():
        for status, readings in bodies_of(profile, operation).items():
            if status in statuses:
                yield selected(readings)


def leaves_unset(template: Template, pointer: str, name: str) -> bool:
    """Whether a body has nothing at the place of a moment that is still to come: the moment's own hole, which is unset
    then, an empty literal, or no member at all."""
    slot = template.slot_at(pointer)
    if slot is not None:
        return slot.hole.name == name
    if any(other.pointer == pointer for other in template.slots):
        return False
    return all(value in (None, 0, "", False) for at, value in template.literals if at == pointer)


def _says_unset(template: Template, pointer: str) -> bool:
    """Whether a body shows in which way a moment is unset."""
    slot = template.slot_at(pointer)
    return slot is not None or any(at == pointer for at, _ in template.literals)


def _add_reason(builder: Builder) -> None:
    """That a failed task says why, where every documented body of a failed task does."""
    contract = builder.contract
    operation, success = contract.roles[Role.QUERY][0], contract.success[Role.QUERY]
    pointers = list(
        dict.fromkeys(
            pointer
            for profile in contract.profiles.values()
            for status, readings in bodies_of(profile, operation).items()
            if contract.lifecycle.statuses[status].status_class is StatusClass.FAILED
            for body in readings
            for pointer in reasons_of(body.template)
        )
    )
    if pointers:
        fact = min((schema_fact(operation, success.made, at) for at in pointers), key=lambda fact: fact.mark.rank)
        text = f"A failed task says why, in {' or '.join(map(slug_of, pointers))}; an empty text is no reason."
        subject = Members(tuple(pointers))
        builder.add("query.failed.reason", kinds.FAILED_REASON, "polling", fact, text, subject, (CREATE, QUERY))


def _add_asked_failures(builder: Builder) -> None:
    """That a task fails whose request is documented to make it fail."""
    for failure in builder.contract.failures:
        if failure.request:
            what = " and ".join(f"{at} {value!r}" for at, value in failure.request.items())
            why = f" with {failure.code}" if failure.code else ""
            text = f"A create with {what} is accepted, and its task fails{why}."
            code = re.sub(r"[^a-z0-9]+", "-", failure.code.lower()).strip("-")
            name = f"query.failed.asked.{code}" if code else "query.failed.asked"
            builder.add(
                name, kinds.ASKED_FAILURE, "polling", failure.fact, text, AskedFailure(failure), (CREATE, QUERY)
            )


def reasons_of(template: Template) -> tuple[str, ...]:
    """Where a body of a failed task says why it failed."""
    return tuple(dict.fromkeys(slot.pointer for slot in template.slots_named("reason", "reason_code")))
