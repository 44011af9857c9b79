"""Members that the document shows and that no schema and no row demands: some answer has to hold them."""

from collections.abc import Iterator, Mapping

from screentest_contracts.contract import Body, Contract, Operation, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.location import Location, is_empty, segments
from screentest_contracts.reading import bodies_of
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import is_required, schema_fact
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, Builder
from screentest_contracts.requirements.shown import reasons_of
from screentest_contracts.requirements.subjects import ShownMembers
from screentest_contracts.template import OMIT

_SUITES: Mapping[Role, tuple[str, str, tuple[str, ...]]] = {
    Role.CREATE: ("create.members", "receipt", (CREATE,)),
    Role.QUERY: ("query.members", "polling", (CREATE, QUERY)),
    Role.RESULT: ("result.answer.members", "result", (CREATE, QUERY, ENDED, "result.answer.status-code")),
}
_WHERE = {Role.CREATE: "receipt", Role.QUERY: "answer of a query", Role.RESULT: "answer that shows a result"}


def add_shown_members(builder: Builder) -> None:
    """One requirement per role and level. None is a MUST: the members are optional."""
    contract = builder.contract
    for role, (name, suite, needs) in _SUITES.items():
        operation = contract.operation(role)
        if operation is None:
            continue
        by_mark: dict[Mark, list[str]] = {}
        for pointer in shown_members(contract, operation):
            mark = schema_fact(operation, contract.success[role].made, pointer).mark
            weak = Mark.RECOMMENDED if mark is Mark.DOCUMENTED else Mark.ASSUMED if mark is Mark.DERIVED else mark
            by_mark.setdefault(weak, []).append(pointer)
        source = schema_fact(operation, contract.success[role].made, "").source
        for mark, pointers in sorted(by_mark.items(), key=lambda each: each[0].rank):
            text = (
                f"Each optional member that the document shows is held by some {_WHERE[role]}: {', '.join(pointers)}."
            )
            known = f"{name}.shown" + ("" if mark is Mark.RECOMMENDED else f".{mark}")
            subject = ShownMembers(role, tuple(pointers))
            builder.add(known, kinds.SHOWN_MEMBERS, suite, Fact(mark, source), text, subject, needs)


def shown_members(contract: Contract, operation: Operation) -> list[str]:
    """The optional members of an operation's bodies, beside those that other requirements judge."""
    status, judged = contract.success[operation.role].made, set(_judged(contract, operation.role))
    found: dict[str, None] = {}
    for profile in contract.profiles.values():
        bodies = {"": profile.receipt} if operation.role is Role.CREATE else bodies_of(profile, operation)
        for readings in bodies.values():
            for pointer in due_members(readings):
                about = {pointer[:end] for end in _ends(pointer)}
                if not about & judged and not is_required(operation, status, pointer):
                    found.setdefault(pointer)
    return list(found)


def due_members(readings: tuple[Body, ...]) -> list[str]:
    """The members that every reading of a body shows: holes that are not left out, and words. Not those in lists,
    which may be empty, nor why a task failed, which a requirement of its own looks at."""
    every = [
        {
            slot.pointer
            for slot in body.template.slots
            if slot.hole.unset is not OMIT and slot.pointer not in reasons_of(body.template)
        }
        | {pointer for pointer, value in body.template.literals if not is_empty(value)}
        for body in readings
    ]
    common = set.intersection(*every) if every else set()
    return sorted(pointer for pointer in common if not any(part.isdecimal() for part in segments(pointer)))


def _ends(pointer: str) -> Iterator[int]:
    """Where the pointers of a member and of all that is around it end."""
    yield len(pointer)
    yield from (index for index, letter in enumerate(pointer) if letter == "/" and index)


def _judged(contract: Contract, role: Role) -> Iterator[str]:
    places: list[Location | None] = [contract.id.at, contract.link.at, contract.lifecycle.status_at]
    places += [asset.at for asset in contract.assets.values() if not asset.optional]
    places += [contract.lifecycle.receipt_at, *contract.error_at.values()]
    for reading in contract.success[role].readings:
        places += [*reading.present, *reading.absent, *(location for location, _ in reading.equals)]
    for place in places:
        yield from place.pointers if place is not None else ()
    yield from contract.id.addresses
    yield from (row.pointer for row in contract.presence)
