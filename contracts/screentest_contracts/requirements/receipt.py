"""Requirements on receipts, and on other ways of making a call."""

import re
from collections.abc import Iterable

from screentest_contracts.contract import FORM, Bodies, Role
from screentest_contracts.location import resolve, segments
from screentest_contracts.reading import bodies_of, selected, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import add_shown_value, schema_fact, slug_of
from screentest_contracts.requirements.model import CREATE, QUERY, Builder, there
from screentest_contracts.requirements.subjects import AnswerId, Member, ModelNames, OperationAddress, OperationName
from screentest_contracts.times import described


def add_receipt(builder: Builder) -> None:
    """What an accepted create answers."""
    contract = builder.contract
    operation = contract.roles[Role.CREATE][0]
    success = contract.success[Role.CREATE]
    best = min((reading.fact or operation.fact for reading in success.readings), key=lambda fact: fact.mark.rank)
    _add_accepted(builder)
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
    _add_shown(builder)


def _add_accepted(builder: Builder) -> None:
    """That a base is accepted at all, on which all else rests, and where there are several models that each one is."""
    contract = builder.contract
    models = sorted(contract.models.values(), key=lambda model: model.fact.mark.rank)
    surest, names = models[0].fact, tuple(model.name for model in models)
    text = "A minimal valid request is accepted."
    needs = (there(Role.CREATE),)
    builder.add(CREATE, kinds.CREATE_ACCEPTED, "receipt", surest, text, ModelNames(names), needs, models=names)
    for model in models if len(models) > 1 else ():
        name = f"{CREATE}.{re.sub(r'[^A-Za-z0-9._-]+', '-', model.name)}"
        of = (model.name,)
        builder.add(name, kinds.MODEL_ACCEPTED, "receipt", model.fact, text, ModelNames(of), (CREATE,), models=of)


def _add_shown(builder: Builder) -> None:
    """Values and times that a receipt shows."""
    contract, add = builder.contract, builder.add
    operation, success = contract.roles[Role.CREATE][0], contract.success[Role.CREATE]
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    for pointer, slot in slots_by_pointer(
        receipts, "model", "progress", "duration", "ratio", "resolution", "seed"
    ).items():
        add_shown_value(builder, "create", operation, success.made, pointer, slot.hole.name)
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
        role = contract.operations[name].role
        what = f"The header {header}" if header else f"`{slug}`"
        text = f"{what} of a receipt is the address of {name} for this task."
        add(
            f"create.{slug}.answers",
            kinds.RECEIPT_ADDRESS,
            "receipt",
            contract.id.fact,
            text,
            OperationAddress(pointer, name),
            needs if role in (Role.CANCEL, Role.DELETE) else (*needs, there(role)),
        )
    _add_query_addresses(builder)
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    query = contract.roles[Role.QUERY][0]
    _answer_ids(builder, Role.CREATE, [receipts])
    _answer_ids(builder, Role.QUERY, [bodies_of(profile, query) for profile in contract.profiles.values()])


def _add_query_addresses(builder: Builder) -> None:
    """The addresses of a receipt, where queries show them, too."""
    contract, query = builder.contract, builder.contract.roles[Role.QUERY][0]
    shown = {
        slot.pointer
        for profile in contract.profiles.values()
        for readings in bodies_of(profile, query).values()
        for slot in selected(readings).slots
    }
    for pointer, name in contract.id.addresses.items():
        if pointer in shown:
            text = f"`{slug_of(pointer)}` of a query's answer is the address of {name} for this task."
            subject, needs = OperationAddress(pointer, name), (CREATE, QUERY)
            known = f"query.{slug_of(pointer)}.answers"
            builder.add(known, kinds.QUERY_ADDRESS, "polling", contract.id.fact, text, subject, needs)


def _answer_ids(builder: Builder, role: Role, tables: Iterable[Bodies]) -> None:
    """That the id of an answer is one in its header and its body, where both write it alike."""
    suite = "receipt" if role is Role.CREATE else "polling"
    templates = [selected(readings) for bodies in tables for readings in bodies.values()]
    slots = [(template, slot) for template in templates for slot in template.slots_named("answer_id")]
    for header in builder.contract.headers:
        if role not in header.roles or not any(header.make.slots_named("answer_id")):
            continue
        alike = (
            slot.pointer
            for template, slot in slots
            if slot.whole or resolve(template.tree, segments(slot.pointer)) == header.make.tree
        )
        for pointer in dict.fromkeys(alike):
            text = f"`{slug_of(pointer)}` of an answer is the same as its header {header.name}."
            name, subject = f"{role}.{slug_of(pointer)}.header", AnswerId(role, pointer, header.name)
            builder.add(name, kinds.ANSWER_ID, suite, header.fact, text, subject, (CREATE,))
