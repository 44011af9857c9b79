"""Requirements on how a task moves, and on what its queries show."""

from dataclasses import replace

from screentest_contracts.contract import Contract, Copy, Lifecycle, Operation, Presence, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.location import first_item
from screentest_contracts.reading import bodies_of, selected, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import add_shown_value, query_slots, schema_fact, slug_of
from screentest_contracts.requirements.model import CREATE, ENDED, QUERY, STATUS, Builder, there
from screentest_contracts.requirements.subjects import (
    AliasOfCreate,
    DuplicateMembers,
    Member,
    MemberValue,
    OperationName,
    StatusCopies,
    StatusNames,
)

_NEEDS = (CREATE, QUERY)


def add_polling(builder: Builder) -> None:
    """What queries of a task show, from the first to the last."""
    contract, add = builder.contract, builder.add
    operation = contract.roles[Role.QUERY][0]
    success = contract.success[Role.QUERY]
    lifecycle = contract.lifecycle
    documented = [status for status in lifecycle.statuses.values() if not status.tolerated]
    best = min((reading.fact or operation.fact for reading in success.readings), key=lambda fact: fact.mark.rank)
    statuses = " or ".join(map(str, success.statuses))
    in_time = f", {grace:g} s after its creation at the latest" if (grace := contract.polling.grace) else ""
    add(
        QUERY,
        kinds.QUERY_STATUS_CODE,
        "polling",
        best,
        f"A query of an own task is answered {statuses}{in_time}.",
        depends=(CREATE, there(Role.QUERY)),
    )
    fact = schema_fact(operation, success.made, "")
    text = "A query's answer is JSON that validates against the documented schema."
    add("query.schema", kinds.QUERY_SCHEMA, "polling", fact, text, depends=_NEEDS)
    best = min((status.fact for status in documented), key=lambda fact: fact.mark.rank)
    words = ", ".join(status.name for status in documented)
    text = f"Every status is one of {words}."
    add(STATUS, kinds.STATUS_KNOWN, "polling", best, text, depends=_NEEDS)
    if lifecycle.case_tolerated:
        text = f"Statuses are written as documented: {words}."
        add("query.status.case", kinds.STATUS_CASE, "polling", Fact(Mark.ASSUMED), text, depends=_NEEDS)
    text = "A status is only followed by one that the documented lifecycle allows."
    if _forbids(lifecycle):
        fact = lifecycle.transitions_fact
        add("query.status.transitions", kinds.STATUS_TRANSITIONS, "polling", fact, text, depends=_NEEDS)
    _add_terminal(builder, best)
    text = f"A task ends within the time-out ({contract.polling.timeout:g} s where nothing else is said)."
    add(ENDED, kinds.TASK_ENDS, "polling", best, text, depends=(*_NEEDS, STATUS))
    _add_identity(builder)
    _add_values(builder)
    _add_times(builder)
    _add_copies(builder)
    text = "No address of a video file stands where the document shows none."
    add("query.links.declared", kinds.LINKS_DECLARED, "polling", Fact(Mark.ASSUMED), text, depends=_NEEDS)
    _add_aliases(builder)


def _add_terminal(builder: Builder, best: Fact) -> None:
    """That what has ended stays so; apart for words whose classes are less sure than the words themselves."""
    weak: dict[Mark, set[str]] = {}
    statuses = builder.contract.lifecycle.statuses.values()
    for status in statuses:
        if status.status_class.terminal and status.class_fact.mark.rank > status.fact.mark.rank:
            weak.setdefault(status.class_fact.mark, set()).add(status.name)
    rest = {status.name for status in statuses if status.status_class.terminal}.difference(*weak.values())
    text = "A task that has ended stays as it ended: status, result and reason no longer change."
    name = "query.status.terminal"
    if rest:
        builder.add(name, kinds.STATUS_TERMINAL, "polling", best, text, StatusNames(frozenset(rest)), _NEEDS)
    for mark, names in weak.items():
        told = f"{text} Said of {', '.join(sorted(names))}, which may be no end."
        subject, fact = StatusNames(frozenset(names)), Fact(mark, best.source)
        builder.add(f"{name}.{mark}", kinds.STATUS_TERMINAL, "polling", fact, told, subject, _NEEDS)


def _add_identity(builder: Builder) -> None:
    """Values that stay what they were: the id, the model, the time of creation."""
    contract, add = builder.contract, builder.add
    operation, success = contract.roles[Role.QUERY][0], contract.success[Role.QUERY]
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    moments = slots_by_pointer(receipts, "created", "submitted")
    for name in ("id", "model", "created", "submitted"):
        for slug, pointer in query_slots(contract, operation, name):
            fact = schema_fact(operation, success.made, pointer)
            text = f"`{slug}` is the same in every answer about a task, from the receipt on."
            if name in ("created", "submitted"):
                text = f"`{slug}` is the same in every answer; the receipt, and other operations, say it within 2 s."
            add(
                f"query.{slug}.stable",
                kinds.IDENTITY_UNCHANGED,
                "polling",
                fact,
                text,
                MemberValue(pointer, name),
                _NEEDS,
            )
            if name in ("created", "submitted") and moments:
                text = f"`{slug}` is the very time of the receipt."
                add(
                    f"query.{slug}.receipt",
                    kinds.CREATED_MATCHES_RECEIPT,
                    "polling",
                    Fact(Mark.ASSUMED),
                    text,
                    MemberValue(pointer, name),
                    _NEEDS,
                )
            if name == "model":
                add_shown_value(builder, "query", operation, success.made, pointer, name)


def _add_values(builder: Builder) -> None:
    """The place in the queue, progress and values of the request."""
    contract, add = builder.contract, builder.add
    operation, success = contract.roles[Role.QUERY][0], contract.success[Role.QUERY]
    for slug, pointer in query_slots(contract, operation, "queue_position"):
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug}` is a whole number from 0 and never rises."
        add(f"query.{slug}.falls", kinds.QUEUE_POSITION, "polling", fact, text, Member(pointer), _NEEDS)
    for name in ("progress", "duration", "ratio", "resolution", "seed"):
        for _slug, pointer in query_slots(contract, operation, name):
            add_shown_value(builder, "query", operation, success.made, pointer, name)


def _add_times(builder: Builder) -> None:
    """The form of times, and their order."""
    contract, add = builder.contract, builder.add
    operation, success = contract.roles[Role.QUERY][0], contract.success[Role.QUERY]
    times = [
        (slug, pointer)
        for name in ("created", "submitted", "started", "finished", "updated", "link_expires", "task_expires")
        for slug, pointer in query_slots(contract, operation, name)
    ]
    for slug, pointer in dict(times).items():
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug}` is a time in the documented form."
        add(f"query.{slug}.form", kinds.QUERY_TIME, "polling", fact, text, Member(pointer), _NEEDS)
    if times:
        fact = min((schema_fact(operation, success.made, at) for _, at in times), key=lambda fact: fact.mark.rank)
        text = "Times of one task are in order: asked for, created, started, finished; nothing ends in the future."
        add("query.times.order", kinds.TIMES_ORDER, "polling", fact, text, depends=_NEEDS)


def _add_copies(builder: Builder) -> None:
    """Values that stand at several places of one answer, and nested copies of the status."""
    contract, add = builder.contract, builder.add
    operation, success = contract.roles[Role.QUERY][0], contract.success[Role.QUERY]
    for name, slugs in _copied(contract, operation).items():
        fact = max((schema_fact(operation, success.made, at) for at in slugs), key=lambda fact: fact.mark.rank)
        text = f"The copies of {name} in one answer agree: {', '.join(slugs)}."
        add(
            f"query.copies.{name}",
            kinds.DUPLICATE_MEMBERS_AGREE,
            "polling",
            fact,
            text,
            DuplicateMembers(name, tuple(slugs)),
            _NEEDS,
        )
    nested: dict[str, list[tuple[str, Copy]]] = {}
    for profile in contract.profiles.values():
        for copy in profile.copies:
            nested.setdefault(slug_of(copy.at.pointers[0]), []).append((profile.name, copy))
    for slug, copies in nested.items():
        fact = min((copy.fact for _, copy in copies), key=lambda fact: fact.mark.rank)
        text = f"`{slug}` tells the same class of status as the status itself."
        add(f"query.{slug}.agrees", kinds.STATUS_COPY, "polling", fact, text, StatusCopies(dict(copies)), _NEEDS)


def _add_aliases(builder: Builder) -> None:
    """Other paths of queries and creates, by the canonical ones."""
    contract, add = builder.contract, builder.add
    operation = contract.roles[Role.QUERY][0]
    for alias in contract.roles[Role.QUERY][1:]:
        text = f"{alias.method} {alias.path} tells the same of a task as {operation.path}."
        subject = OperationName(alias.id)
        add(f"query.alias.{alias.id}", kinds.ALIAS_QUERY, "polling", alias.fact, text, subject, _NEEDS)
        words = contract.lifecycle.words.get(alias.id)
        if words is not None:
            fact, own = (
                alias.fact.weakest(contract.lifecycle.words_fact),
                [f"{each} for {name}" for name, each in words.items()],
            )
            text = f"{alias.method} {alias.path} has words of its own for statuses: {', '.join(own)}."
            add(f"query.alias.{alias.id}.words", kinds.ALIAS_WORDS, "polling", fact, text, subject, _NEEDS)
    for alias in contract.roles[Role.CREATE][1:]:
        if all(len(model.operations) > 1 for model in contract.models.values()):
            text = f"{alias.method} {alias.path} creates and refuses as {contract.roles[Role.CREATE][0].path} does"
            name, same = f"create.alias.{alias.id}", AliasOfCreate(alias.id, True)
            add(name, kinds.ALIAS_CREATE, "receipt", alias.fact, f"{text}.", same, _NEEDS)
            same = AliasOfCreate(alias.id, False)
            fact = Fact(Mark.ASSUMED, alias.fact.source)
            text = f"{text}, in what is not documented, too."
            add(f"{name}.assumed", kinds.ALIAS_CREATE, "receipt", fact, text, same, (*_NEEDS, name))


def _forbids(lifecycle: Lifecycle) -> bool:
    """Whether there is a pair of statuses of which the second may not follow the first."""
    shown = [status for status in lifecycle.statuses.values() if not status.tolerated and not status.by_result]
    return any(
        not lifecycle.allows(before.name, after.name)
        for before in shown
        if not before.status_class.terminal
        for after in shown
    )


def _copied(contract: Contract, operation: Operation) -> dict[str, list[str]]:
    """Names whose value stands at several places of one body."""
    found: dict[str, set[str]] = {}
    for profile in contract.profiles.values():
        for readings in bodies_of(profile, operation).values():
            for name in ("id", "link", "duration", "ratio", "resolution", "model"):
                at = [slot.pointer for slot in selected(readings).slots_named(name) if slot.whole]
                at = list({first_item(pointer): pointer for pointer in reversed(at)}.values())  # items are no copies
                if len(at) > 1:
                    found.setdefault(name, set()).update(at)
    return {name: sorted(pointers) for name, pointers in found.items()}


def add_presence(builder: Builder) -> None:
    """Members that must (not) be there: in receipts, in queries, in the answers of the result role."""
    results = {operation.id for operation in builder.contract.roles.get(Role.RESULT, ())}
    for row in (part for whole in builder.contract.presence for part in _parts(whole)):
        receipt, result = row.on == ("receipt",), row.operation in results
        role, suite = ("create", "receipt") if receipt else ("query", "polling")
        if result:
            role, suite = "result.answer", "result"
        what = "present" if row.present else "absent"
        text = row.statement or _presence_statement(row)
        name = f"{role}.{row.name}.{what}"
        depends = (CREATE,) if receipt else (CREATE, QUERY, ENDED, there(Role.RESULT)) if result else (CREATE, QUERY)
        kind = kinds.RESULT_PRESENCE if result else kinds.PRESENCE
        builder.add(name, kind, suite, row.fact, text, row, depends)


def _parts(row: Presence) -> tuple[Presence, ...]:
    """A row that speaks of receipts and of more, as one for each."""
    others = tuple(word for word in row.on if word != "receipt")
    if not others or others == row.on:
        return (row,)
    return replace(row, on=("receipt",)), replace(row, on=others)


def _presence_statement(row: Presence) -> str:
    where = "in a receipt" if row.on == ("receipt",) else f"at {', '.join(row.on)}"
    kind = f" and of type {row.type}" if row.type else ""
    scope = f" ({row.profile})" if row.profile else ""
    return f"`{row.pointer}` is {'present' + kind if row.present else 'absent'} {where}{scope}."
