"""Requirements on receipts and on how a task moves."""

from collections.abc import Iterable
from typing import Any

from screentest_contracts.contract import FORM, Contract, Copy, Lifecycle, Operation, Presence, Role
from screentest_contracts.facts import Fact, Level, Mark
from screentest_contracts.location import segments
from screentest_contracts.reading import bodies_of, selected, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, QUERY, Builder
from screentest_contracts.requirements.subjects import (
    AliasOfCreate,
    AnswerId,
    DuplicateMembers,
    Member,
    MemberValue,
    ModelNames,
    OperationAddress,
    OperationName,
    StatusCopies,
)
from screentest_contracts.times import described


def schema_fact(operation: Operation, status: int, pointer: str) -> Fact:
    """The fact of the member at `pointer` in a response's JSON schema: its nearest mark."""
    response = operation.response(status)
    if response is None:
        return operation.fact
    fact = response.fact
    nodes = list(response.schemas.values())[:1]
    for node in nodes:
        fact = fact.over(node, "x-")
    for part in segments(pointer):
        if part == "~json":
            continue
        nodes = [child for node in nodes for child in _schema_children(node, part)]
        if not nodes:
            return fact
        best = [fact.over(node, "x-") for node in nodes]
        fact = min(best, key=lambda each: each.mark.rank)
    return fact


def _schema_children(node: Any, part: str) -> list[Any]:
    if not isinstance(node, dict):
        return []
    found = [node["properties"][part]] if part in node.get("properties", {}) else []
    if part.isdecimal() and isinstance(node.get("items"), dict):
        found.append(node["items"])
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in node.get(keyword, ()):
            found += _schema_children(branch, part)
    return found


def slug_of(pointer: str) -> str:
    """A dotted slug for a pointer: `/data/data/output/task_status` -> `data.data.output.task_status`."""
    return ".".join(part for part in segments(pointer) if part != "~json" and not part.isdecimal()) or "body"


def add_receipt(builder: Builder) -> None:
    contract = builder.contract
    operation = contract.roles[Role.CREATE][0]
    success = contract.success[Role.CREATE]
    best = min((reading.fact or operation.fact for reading in success.readings), key=lambda fact: fact.mark.rank)
    models = sorted(contract.models.values(), key=lambda model: model.fact.mark.rank)
    by_level: dict[Level, list[str]] = {}
    for model in models:
        by_level.setdefault(model.fact.mark.level, []).append(model.name)
    for index, (level, names) in enumerate(by_level.items()):
        builder.add(
            CREATE if index == 0 else f"{CREATE}.assumed",
            kinds.CREATE_ACCEPTED,
            "receipt",
            contract.models[names[0]].fact,
            f"A minimal valid request is accepted. Models: {', '.join(names)}.",
            ModelNames(tuple(names)),
            level=level,
        )
    add = builder.add
    statuses = " or ".join(map(str, success.statuses))
    add("create.status-code", kinds.RECEIPT_STATUS_CODE, "receipt", best, f"An accepted create is answered {statuses}.")
    add(
        "create.schema",
        kinds.RECEIPT_SCHEMA,
        "receipt",
        schema_fact(operation, success.made, ""),
        "A receipt is JSON that validates against the documented schema.",
        depends=(CREATE,),
    )
    rule = contract.id
    fact = min((form.fact for form in rule.forms), key=lambda fact: fact.mark.rank)
    patterns = " or ".join(dict.fromkeys(form.pattern.pattern for form in rule.forms))
    add("create.id.form", kinds.ID_FORM, "receipt", fact, f"A task's id matches {patterns}.", depends=(CREATE,))
    add("create.id.unique", kinds.ID_UNIQUE, "receipt", rule.fact, "No two tasks have the same id.", depends=(CREATE,))
    if len(rule.at.pointers) > 1:
        text = f"The copies of the id in a receipt agree: {', '.join(rule.at.pointers)}."
        add("create.id.copies", kinds.ID_COPIES, "receipt", rule.fact, text, depends=(CREATE,))
    lifecycle = contract.lifecycle
    if lifecycle.receipt_at is not None and lifecycle.initial:
        words = [word for word in lifecycle.initial if word not in lifecycle.initial_tolerated]
        text = f"A receipt's status is one of {', '.join(words)}."
        add("create.status.initial", kinds.RECEIPT_STATUS, "receipt", lifecycle.initial_fact, text, depends=(CREATE,))
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    for pointer, slot in slots_by_pointer(
        receipts, "model", "progress", "duration", "ratio", "resolution", "seed"
    ).items():
        _hole_requirement(builder, "create", operation, success.made, pointer, slot.hole.name)
    times = slots_by_pointer(receipts, "created", "submitted", "started", "finished", "updated", "now")
    for pointer, slot in times.items():
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug_of(pointer)}` of a receipt is a time written {described(slot.hole.form)}."
        add(f"create.{slug_of(pointer)}.form", kinds.RECEIPT_TIME, "receipt", fact, text, Member(pointer), (CREATE,))


def add_calls(builder: Builder) -> None:
    """Other ways of making a call: forms, addresses that a receipt hands out, ids of single answers."""
    contract, add = builder.contract, builder.add
    forms = [op for op in contract.roles[Role.CREATE] if op.takes_form and not op.form_only]
    for operation in forms[:1]:
        text = "A create is accepted as multipart/form-data, too; numbers then come as text."
        add(
            "create.form",
            kinds.CREATE_FORM,
            "receipt",
            operation.body_media[FORM],
            text,
            OperationName(operation.id),
            (CREATE,),
        )
    for pointer, name in contract.id.addresses.items():
        header = pointer.removeprefix("header:") if pointer.startswith("header:") else None
        slug, needs = header.lower() if header else slug_of(pointer), (CREATE, QUERY)
        what = f"The header {header}" if header else f"`{slug}`"
        text = f"{what} of a receipt is the address of {name} for this task."
        add(
            f"create.{slug}.answers",
            kinds.RECEIPT_ADDRESS,
            "receipt",
            contract.id.fact,
            text,
            OperationAddress(pointer, name),
            needs,
        )
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    _answer_ids(builder, Role.CREATE, slots_by_pointer(receipts, "answer_id"))
    queries = query_slots(contract, contract.roles[Role.QUERY][0], "answer_id")
    _answer_ids(builder, Role.QUERY, [pointer for _, pointer in queries])


def _answer_ids(builder: Builder, role: Role, pointers: Iterable[str]) -> None:
    suite = "receipt" if role is Role.CREATE else "polling"
    for header in builder.contract.headers:
        if role in header.roles and any(header.make.slots_named("answer_id")):
            for pointer in pointers:
                text = f"`{slug_of(pointer)}` of an answer is the same as its header {header.name}."
                name, subject = f"{role}.{slug_of(pointer)}.header", AnswerId(role, pointer, header.name)
                builder.add(name, kinds.ANSWER_ID, suite, header.fact, text, subject, (CREATE,))


def _hole_requirement(builder: Builder, role: str, operation: Operation, status: int, pointer: str, name: str) -> None:
    suite = "receipt" if role == "create" else "polling"
    fact, slug = schema_fact(operation, status, pointer), slug_of(pointer)
    depends = (CREATE,) if role == "create" else (CREATE, QUERY)
    where = "a receipt" if role == "create" else "every answer"
    if name == "progress":
        text = f"`{slug}` of {where} is progress in the documented form, within 0 to 100 percent."
        kind = kinds.CREATE_PROGRESS if role == "create" else kinds.QUERY_PROGRESS
        builder.add(f"{role}.{slug}.form", kind, suite, fact, text, Member(pointer), depends)
        return
    text = f"`{slug}` of {where} {'names' if name == 'model' else 'shows'} the {name} that was asked for."
    echo = kinds.CREATE_ECHO if role == "create" else kinds.QUERY_ECHO
    builder.add(f"{role}.{slug}.echo", echo, suite, fact, text, MemberValue(pointer, name), depends)


def add_polling(builder: Builder) -> None:
    contract, add = builder.contract, builder.add
    operation = contract.roles[Role.QUERY][0]
    success = contract.success[Role.QUERY]
    lifecycle = contract.lifecycle
    needs = (CREATE, QUERY)
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
        depends=(CREATE,),
    )
    fact = schema_fact(operation, success.made, "")
    text = "A query's answer is JSON that validates against the documented schema."
    add("query.schema", kinds.QUERY_SCHEMA, "polling", fact, text, depends=needs)
    best = min((status.fact for status in documented), key=lambda fact: fact.mark.rank)
    words = ", ".join(status.name for status in documented)
    text = f"Every status is one of {words}."
    add("query.status.known", kinds.STATUS_KNOWN, "polling", best, text, depends=needs)
    if lifecycle.case_tolerated:
        text = f"Statuses are written as documented: {words}."
        add("query.status.case", kinds.STATUS_CASE, "polling", Fact(Mark.ASSUMED), text, depends=needs)
    text = "A status is only followed by one that the documented lifecycle allows."
    if _forbids(lifecycle):
        fact = lifecycle.transitions_fact
        add("query.status.transitions", kinds.STATUS_TRANSITIONS, "polling", fact, text, depends=needs)
    text = "A task that has ended stays as it ended: status, result and reason no longer change."
    add("query.status.terminal", kinds.STATUS_TERMINAL, "polling", best, text, depends=needs)
    text = f"A task ends within the time-out ({contract.polling.timeout:g} s where nothing else is said)."
    add("query.ends", kinds.TASK_ENDS, "polling", best, text, depends=needs)
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
                needs,
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
                    needs,
                )
            if name == "model":
                _hole_requirement(builder, "query", operation, success.made, pointer, name)
    for slug, pointer in query_slots(contract, operation, "queue_position"):
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug}` is a whole number from 0 and never rises."
        add(f"query.{slug}.falls", kinds.QUEUE_POSITION, "polling", fact, text, Member(pointer), needs)
    for name in ("progress", "duration", "ratio", "resolution", "seed"):
        for _slug, pointer in query_slots(contract, operation, name):
            _hole_requirement(builder, "query", operation, success.made, pointer, name)
    times = [
        (slug, pointer)
        for name in ("created", "submitted", "started", "finished", "updated", "link_expires", "task_expires")
        for slug, pointer in query_slots(contract, operation, name)
    ]
    for slug, pointer in dict(times).items():
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug}` is a time in the documented form."
        add(f"query.{slug}.form", kinds.QUERY_TIME, "polling", fact, text, Member(pointer), needs)
    if times:
        fact = min((schema_fact(operation, success.made, at) for _, at in times), key=lambda fact: fact.mark.rank)
        text = "Times of one task are in order: asked for, created, started, finished; nothing ends in the future."
        add("query.times.order", kinds.TIMES_ORDER, "polling", fact, text, depends=needs)
    for name, slugs in _copied(contract, operation).items():
        fact = _weakest(schema_fact(operation, success.made, pointer) for pointer in slugs)
        text = f"The copies of {name} in one answer agree: {', '.join(slugs)}."
        add(
            f"query.copies.{name}",
            kinds.DUPLICATE_MEMBERS_AGREE,
            "polling",
            fact,
            text,
            DuplicateMembers(name, tuple(slugs)),
            needs,
        )
    nested: dict[str, list[tuple[str, Copy]]] = {}
    for profile in contract.profiles.values():
        for copy in profile.copies:
            nested.setdefault(slug_of(copy.at.pointers[0]), []).append((profile.name, copy))
    for slug, copies in nested.items():
        fact = min((copy.fact for _, copy in copies), key=lambda fact: fact.mark.rank)
        text = f"`{slug}` tells the same class of status as the status itself."
        add(f"query.{slug}.agrees", kinds.STATUS_COPY, "polling", fact, text, StatusCopies(dict(copies)), needs)
    text = "No address of a video file stands where the document shows none."
    add("query.links.declared", kinds.LINKS_DECLARED, "polling", Fact(Mark.ASSUMED), text, depends=needs)
    for alias in contract.roles[Role.QUERY][1:]:
        text = f"{alias.method} {alias.path} tells the same of a task as {operation.path}."
        add(f"query.alias.{alias.id}", kinds.ALIAS_QUERY, "polling", alias.fact, text, OperationName(alias.id), needs)
    for alias in contract.roles[Role.CREATE][1:]:
        if all(len(model.operations) > 1 for model in contract.models.values()):
            text = f"{alias.method} {alias.path} creates and refuses as {contract.roles[Role.CREATE][0].path} does"
            name, subject = f"create.alias.{alias.id}", AliasOfCreate(alias.id, True)
            add(name, kinds.ALIAS_CREATE, "receipt", alias.fact, f"{text}.", subject, (CREATE,))
            subject = AliasOfCreate(alias.id, False)
            fact = Fact(Mark.ASSUMED, alias.fact.source)
            text = f"{text}, in what is not documented, too."
            add(f"{name}.assumed", kinds.ALIAS_CREATE, "receipt", fact, text, subject, (CREATE, name))


def _forbids(lifecycle: Lifecycle) -> bool:
    """Whether there is a pair of statuses of which the second may not follow the first."""
    shown = [status for status in lifecycle.statuses.values() if not status.tolerated and not status.by_result]
    return any(
        not lifecycle.allows(before.name, after.name)
        for before in shown
        if not before.status_class.terminal
        for after in shown
    )


def query_slots(contract: Contract, operation: Operation, name: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for profile in contract.profiles.values():
        for pointer in slots_by_pointer(bodies_of(profile, operation), name):
            found.setdefault(slug_of(pointer), pointer)
    return list(found.items())


def _copied(contract: Contract, operation: Operation) -> dict[str, list[str]]:
    """Names whose value stands at several places of one body."""
    found: dict[str, set[str]] = {}
    for profile in contract.profiles.values():
        for readings in bodies_of(profile, operation).values():
            for name in ("id", "link", "duration", "ratio", "resolution", "model"):
                at = [slot.pointer for slot in selected(readings).slots_named(name) if slot.whole]
                if len(at) > 1:
                    found.setdefault(name, set()).update(at)
    return {name: sorted(pointers) for name, pointers in found.items()}


def _weakest(facts: Iterable[Fact]) -> Fact:
    return max(facts, key=lambda fact: fact.mark.rank)


def add_presence(builder: Builder) -> None:
    for row in builder.contract.presence:
        receipt = row.on == ("receipt",)
        role, suite = ("create", "receipt") if receipt else ("query", "polling")
        what = "present" if row.present else "absent"
        text = row.statement or _presence_statement(row)
        name = f"{role}.{row.name}.{what}"
        depends = (CREATE,) if receipt else (CREATE, QUERY)
        builder.add(name, kinds.PRESENCE, suite, row.fact, text, row, depends)


def _presence_statement(row: Presence) -> str:
    where = "in a receipt" if row.on == ("receipt",) else f"at {', '.join(row.on)}"
    kind = f" and of type {row.type}" if row.type else ""
    scope = f" ({row.profile})" if row.profile else ""
    return f"`{row.pointer}` is {'present' + kind if row.present else 'absent'} {where}{scope}."
