"""Requirements on lists, cancelling, callbacks, keys of creates and headers, and on generated requests."""

from collections.abc import Iterator

from screentest_contracts.contract import Contract, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.members import schema_fact
from screentest_contracts.requirements.model import CREATE, DELETES, ENDED, IDEMPOTENT, QUERY, Builder, there
from screentest_contracts.requirements.subjects import OneRole, RoleHeader
from screentest_contracts.template import tells_value


def add_list(builder: Builder) -> None:
    contract, add = builder.contract, builder.add
    operation = contract.operation(Role.LIST)
    if operation is None or contract.listing is None:
        return
    success = contract.success[Role.LIST]
    fact = contract.listing.fact
    text = f"A list is answered {success.made}."
    add("list.status-code", kinds.LIST_STATUS_CODE, "list", fact, text, depends=(there(Role.LIST),))
    text = "A list is JSON that validates against the documented schema."
    add(
        "list.schema",
        kinds.LIST_SCHEMA,
        "list",
        schema_fact(operation, success.made, ""),
        text,
        depends=("list.status-code",),
    )
    text = "A list holds the caller's newest task, with the status that its query shows."
    add("list.contains", kinds.LIST_CONTAINS, "list", fact, text, depends=(CREATE, "list.status-code"))
    text = "A task that has ended is listed, and shown there as its last query showed it."
    add("list.items", kinds.LIST_ITEMS, "list", fact, text, depends=(CREATE, QUERY, ENDED, "list.status-code"))
    if contract.listing.paging:
        text = "Pages of a list follow each other: none repeats a task of another."
        add("list.pages", kinds.LIST_PAGES, "list", fact, text, depends=(CREATE, "list.status-code", "list.contains"))


def add_cancel(builder: Builder) -> None:
    rule, add, subject = builder.contract.cancel, builder.add, OneRole(Role.CANCEL)
    if rule is None or Role.CANCEL not in builder.contract.roles:
        return
    needs = (CREATE, QUERY, there(Role.CANCEL))
    if rule.classes:
        text = "A task that is not yet beyond it can be cancelled, and then says so."
        add("cancel.works", kinds.CANCEL_WORKS, "polling", rule.fact, text, subject, needs)
    if rule.deletes:
        text = f"A task can be deleted once it is {' or '.join(rule.deletes)}, and is then unknown."
        add("cancel.deletes", kinds.CANCEL_DELETES, "polling", rule.fact, text, subject, needs)


def add_delete(builder: Builder) -> None:
    """A delete that is an operation of its own: what it does to a task, and what is left of it."""
    contract, add, subject = builder.contract, builder.add, OneRole(Role.DELETE)
    rule = contract.delete
    if rule is None:
        return
    needs = (CREATE, QUERY, there(Role.DELETE))
    if rule.sure_cancels:
        text = f"A delete of a task that is {' or '.join(rule.sure_cancels)} cancels it, and the task then says so."
        add("delete.cancels", kinds.CANCEL_WORKS, "polling", rule.fact, text, subject, needs)
    if not rule.sure_deletes:
        return
    text = f"A task can be deleted when it is {' or '.join(rule.sure_deletes)}, and a query does not show it any more."
    add(DELETES, kinds.CANCEL_DELETES, "polling", rule.fact, text, subject, needs)
    after, unknown = (*needs, DELETES), contract.error(Role.QUERY, "unknown-task")
    if unknown is not None:
        fact = rule.fact.weakest(min((each.fact for each in unknown.readings), key=lambda each: each.mark.rank))
        text = "A query of a deleted task is answered as one of a task that does not exist."
        known = (*after, "error.query.unknown-task")  # what is wrong with that answer is told of it
        add("delete.unknown", kinds.DELETED_UNKNOWN, "polling", fact, text, depends=known)
    if contract.listing is not None and Role.LIST in contract.roles:
        text = "A list that held a task does not hold it any more when the task has been deleted."
        fact, needs_list = rule.fact.weakest(contract.listing.fact), (*after, "list.status-code", "list.contains")
        add("delete.unlisted", kinds.DELETED_UNLISTED, "polling", fact, text, depends=needs_list)


def _does(contract: Contract, role: Role) -> Iterator[str]:
    """The requirements that a call of this role cancels, and that it deletes, where the document says so."""
    rule = contract.ending(role)
    works, deletes = ("delete.cancels", DELETES) if role is Role.DELETE else ("cancel.works", "cancel.deletes")
    if rule is not None and rule.sure_cancels:
        yield works
    if rule is not None and rule.sure_deletes:
        yield deletes


def add_callbacks(builder: Builder) -> None:
    rule = builder.contract.callback
    if rule is None:
        return
    add, fact = builder.add, rule.fact
    delivered = "callback.delivered.succeeded"
    for status_class in rule.on:
        if status_class in ("succeeded", "failed"):
            text = f"A task that has {status_class} calls back."
            add(
                f"callback.delivered.{status_class}",
                kinds.CALLBACK_DELIVERED,
                "callbacks",
                fact,
                text,
                status_class,
                (CREATE,),
            )
        elif not status_class.terminal:
            text = f"A task calls back when it is {status_class}."
            name = f"callback.delivered.{status_class}"
            add(name, kinds.CALLBACK_STAGE, "callbacks", fact, text, status_class, (CREATE, delivered))
    add(
        "callback.body",
        kinds.CALLBACK_BODY,
        "callbacks",
        fact,
        "A callback's body is the documented one." if rule.bodies else "A callback's body equals the query's.",
        depends=(CREATE, there(Role.QUERY), delivered),
    )
    if rule.headers:
        text = f"A callback has the headers {', '.join(rule.headers)}, with values like the documented ones."
        add("callback.headers", kinds.CALLBACK_HEADERS, "callbacks", fact, text, depends=(CREATE, delivered))
    if rule.events is not None:
        text = f"A task calls back for what its create chooses ({rule.events.at}), and for nothing else."
        add("callback.events", kinds.CALLBACK_EVENTS, "callbacks", fact, text, depends=(CREATE, delivered))
    if not rule.timed:
        text = "A callback that is not acknowledged is repeated."
        add("callback.retries", kinds.CALLBACK_RETRIES, "callbacks", fact, text, depends=(CREATE, delivered))
    elif rule.retries:
        waits = "/".join(f"{wait:g}" for wait in rule.retries)
        text = f"A callback that is not acknowledged is repeated after {waits} s, then given up."
        add("callback.retries", kinds.CALLBACK_RETRIES, "callbacks", fact, text, depends=(CREATE, delivered))
    if rule.signature is not None:
        signed = rule.signature
        text = f"A callback is signed: {signed.scheme} of {signed.over} in the header {signed.header}."
        if signed.tolerance is not None:
            text = f"{text[:-1]}, and at most {signed.tolerance:g} s old."
        add("callback.signature", kinds.CALLBACK_SIGNATURE, "callbacks", signed.fact, text, depends=(CREATE, delivered))
    if rule.handshake is not None:
        known, where = rule.handshake, rule.handshake.parameter or rule.handshake.at
        text = f"An address is challenged before its first callback: {known.method}, with a text in {where} to repeat."
        add("callback.handshake", kinds.CALLBACK_HANDSHAKE, "callbacks", known.fact, text, depends=(CREATE, delivered))
        text = "An address that does not repeat the challenge is not called back."
        needs = (CREATE, "callback.handshake")
        add("callback.handshake.refused", kinds.CALLBACK_UNANSWERED, "callbacks", known.fact, text, depends=needs)
    if rule.signature is not None and rule.signature.keys_url:
        text = f"The key set at {rule.signature.keys_url} is public, and holds a key for {rule.signature.scheme}."
        add("callback.keys", kinds.CALLBACK_KEYS, "callbacks", rule.signature.fact, text)
    text = f"A callback is a {rule.method} request."
    add("callback.method", kinds.CALLBACK_METHOD, "callbacks", fact, text, depends=(CREATE, delivered))
    text = "A callback that was acknowledged is not repeated."
    add("callback.once", kinds.CALLBACK_ONCE, "callbacks", fact, text, depends=(CREATE, delivered))


def add_idempotency(builder: Builder) -> None:
    rule, add = builder.contract.idempotency, builder.add
    if rule is None:
        return
    place, needs = rule.place, (CREATE, IDEMPOTENT)
    text = f"A create that is sent twice with the same key in {place} and the same body makes one task."
    add(IDEMPOTENT, kinds.IDEMPOTENT, "receipt", rule.fact, text, depends=(CREATE,))
    text = f"The same body with another key in {place} makes a task of its own."
    add("create.idempotent.other-key", kinds.IDEMPOTENT_OTHER_KEY, "receipt", rule.fact, text, depends=needs)
    text = "Keys belong to their account: another one's create with the same key and body makes a task of its own."
    fact = rule.fact.weakest(Fact(Mark.DERIVED, rule.fact.source))
    add("create.idempotent.account", kinds.IDEMPOTENT_ACCOUNT, "receipt", fact, text, depends=needs)
    if rule.replayed is not None:
        name, value = rule.replayed
        text = f"The answer to a repetition, and to none else, has the header {name}{f': {value}' if value else ''}."
        add("create.idempotent.replayed", kinds.IDEMPOTENT_REPLAYED, "receipt", rule.replayed_fact, text, depends=needs)
    if rule.life is not None:
        text = f"A key is remembered for {rule.life / 3600:g} hours."
        add("create.idempotent.life", kinds.IDEMPOTENT_LIFE, "receipt", rule.life_fact, text, depends=needs)


def add_headers(builder: Builder) -> None:
    """Headers that answers promise."""
    for header in builder.contract.headers:
        for role in header.roles:
            if role in builder.contract.success:
                subject = RoleHeader(role, header.name)
                text = f"An accepted {role} has the header {header.name}."
                name = f"{role}.header.{header.name.lower()}"
                needs = (CREATE, there(role), *_does(builder.contract, role))
                builder.add(name, kinds.RESPONSE_HEADER, "receipt", header.fact, text, subject, needs)
                if tells_value(header.name, header.make):
                    text = f"The header {header.name} of an accepted {role} is like {header.make.tree!r}."
                    needs = (*needs, name)
                    builder.add(f"{name}.value", kinds.HEADER_VALUE, "receipt", header.fact, text, subject, needs)


def add_generated(builder: Builder) -> None:
    fact = builder.contract.roles[Role.CREATE][0].fact
    add = builder.add
    add(
        "create.generated.accepts",
        kinds.GENERATED_ACCEPTS,
        "generated",
        Fact(Mark.ASSUMED, fact.source),
        "Bodies generated from a model's schema are accepted.",
        depends=(CREATE,),
    )
    add(
        "create.generated.refuses",
        kinds.GENERATED_REFUSES,
        "generated",
        Fact(Mark.ASSUMED, fact.source),
        "Generated bodies that violate a model's schema are refused.",
        depends=(CREATE,),
    )
    add(
        "create.generated.conforms",
        kinds.GENERATED_CONFORMS,
        "generated",
        fact.weakest(Fact(Mark.RECOMMENDED, fact.source)),
        "Whatever the body, the answer is a documented one and no server error.",
        depends=(CREATE,),
    )
