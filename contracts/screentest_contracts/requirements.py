"""What a provider can be held to: one requirement per fact that can be observed from outside.

Ids are slugs of ours, stable for ever. The level follows the mark of the fact (`facts.Mark.level`). Which check judges a
requirement is decided by its `kind`; what it is about stands in `subject`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from screentest_contracts.contract import (
    Constraint,
    Contract,
    ErrorReading,
    ErrorRow,
    Operation,
    Presence,
    Role,
)
from screentest_contracts.facts import Fact, Level, Mark
from screentest_contracts.location import pointer_of, segments
from screentest_contracts.parameters import own_fact
from screentest_contracts.reading import bodies_of, selected, slots_by_pointer

CREATE = "create.accepted"
QUERY = "query.status-code"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise that a server keeps or breaks.

    `depends` are ids of requirements without which this one says nothing; `subject` is what the check judges (a
    constraint's cases, a presence row, an error row, a pointer, ...); `untestable` is the reason when no outside check
    can see it.
    """

    id: str
    kind: str
    suite: str
    level: Level
    statement: str
    fact: Fact
    subject: Any = None
    depends: tuple[str, ...] = ()
    untestable: str | None = None

    @property
    def suite_order(self) -> int:
        return SUITES.index(self.suite)


SUITES = ("parameters", "receipt", "polling", "errors", "result", "list", "callbacks", "generated", "unobservable")
"""The suites in the order in which they are judged."""


@dataclass(frozen=True, slots=True)
class Case:
    """One constraint of one model."""

    model: str
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """A condition on one role."""

    role: Role
    row: ErrorRow


@dataclass(slots=True)
class _Builder:
    contract: Contract
    found: dict[str, Requirement] = field(default_factory=dict)

    def add(
        self,
        name: str,
        kind: str,
        suite: str,
        fact: Fact,
        statement: str,
        subject: Any = None,
        depends: tuple[str, ...] = (),
        level: Level | None = None,
    ) -> None:
        if name in self.found:  # two rows about one member: both are judged, the surer gives the name
            name = f"{name}.{sum(1 for each in self.found if each.startswith(name)) + 1}"
        self.found[name] = Requirement(
            name, kind, suite, level or fact.mark.level, statement, fact, subject, depends
        )


def requirements(contract: Contract) -> tuple[Requirement, ...]:
    """Every requirement of a contract, suite by suite."""
    builder = _Builder(contract)
    _parameters(builder)
    _receipt(builder)
    _polling(builder)
    _presence(builder)
    _errors(builder)
    _result(builder)
    _list(builder)
    _callbacks(builder)
    _promises(builder)
    _generated(builder)
    for index, each in enumerate(contract.unobservable, 1):
        name = f"unobservable.{index}"
        builder.found[name] = Requirement(
            name, "unobservable", "unobservable", Level.NOTE, each.statement, each.fact, untestable=each.reason
        )
    return tuple(sorted(builder.found.values(), key=lambda requirement: requirement.suite_order))


# -- parameters ---------------------------------------------------------------------------------------------------

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
    "x-ignored": "ignored",
    "one-of-required": "one-of",
    "const": "enum",
}


def constraint_slug(constraint: Constraint) -> str:
    """`duration.maximum`: the member's dotted name and the constraint."""
    return f"{constraint.name}.{_SLUGS.get(constraint.kind, constraint.kind)}"


def _parameters(builder: _Builder) -> None:
    contract = builder.contract
    model_member = {pointer.strip("/").replace("/", ".") for pointer in _pointers(contract.model_at)}
    groups: dict[str, list[Case]] = {}
    for model in contract.models.values():
        for constraint in model.constraints:
            if constraint.name in model_member:
                continue  # the model's name has conditions of its own: missing-model, unknown-model
            groups.setdefault(constraint_slug(constraint), []).append(Case(model.name, constraint))
    for slug, cases in groups.items():
        for name, part in _by_level(f"create.{slug}", cases):
            fact = min((case.constraint.fact for case in part), key=lambda fact: fact.mark.rank)
            builder.add(name, "constraint", "parameters", fact, _constraint_statement(part), tuple(part), (CREATE,))


def _by_level(name: str, cases: list[Case]) -> Iterator[tuple[str, list[Case]]]:
    """The surest cases under the plain name; what is less sure about other models under `<name>.assumed`."""
    best = min(case.constraint.fact.mark.level for case in cases) if False else min(
        (case.constraint.fact.mark.level for case in cases), key=list(Level).index
    )
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
            text = f"`{name}` takes each documented value and refuses others: {shown}."
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf":
            text = f"`{name}` is accepted at its {first.kind} {shown} and refused beyond."
        case "minLength" | "maxLength" | "minItems" | "maxItems":
            text = f"`{name}` is accepted at its {first.kind} {shown} and refused beyond."
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


# -- receipt and polling ------------------------------------------------------------------------------------------


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


def _pointers(location: Any) -> tuple[str, ...]:
    return () if location is None else location.pointers


def slug_of(pointer: str) -> str:
    """A dotted slug for a pointer: `/data/data/output/task_status` -> `data.data.output.task_status`."""
    return ".".join(part for part in segments(pointer) if part != "~json" and not part.isdecimal()) or "body"


def _receipt(builder: _Builder) -> None:
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
            "create-accepted",
            "receipt",
            contract.models[names[0]].fact,
            f"A minimal valid request is accepted. Models: {', '.join(names)}.",
            tuple(names),
            level=level,
        )
    add = builder.add
    statuses = " or ".join(map(str, success.statuses))
    add("create.status-code", "receipt-status-code", "receipt", best, f"An accepted create is answered {statuses}.")
    add(
        "create.schema",
        "receipt-schema",
        "receipt",
        schema_fact(operation, success.made, ""),
        "A receipt is JSON that validates against the documented schema.",
        depends=(CREATE,),
    )
    rule = contract.id
    fact = min((form.fact for form in rule.forms), key=lambda fact: fact.mark.rank)
    patterns = " or ".join(dict.fromkeys(form.pattern.pattern for form in rule.forms))
    add("create.id.form", "id-form", "receipt", fact, f"A task's id matches {patterns}.", depends=(CREATE,))
    add("create.id.unique", "id-unique", "receipt", rule.fact, "No two tasks have the same id.", depends=(CREATE,))
    if len(rule.at.pointers) > 1:
        text = f"The copies of the id in a receipt agree: {', '.join(rule.at.pointers)}."
        add("create.id.copies", "id-copies", "receipt", rule.fact, text, depends=(CREATE,))
    lifecycle = contract.lifecycle
    if lifecycle.receipt_at is not None and lifecycle.initial:
        text = f"A receipt's status is one of {', '.join(lifecycle.initial)}."
        add("create.status.initial", "receipt-status", "receipt", lifecycle.initial_fact, text, depends=(CREATE,))
    receipts = {name: profile.receipt for name, profile in contract.profiles.items()}
    for pointer, slot in slots_by_pointer(receipts, "model", "progress", "duration", "ratio", "resolution", "seed").items():
        _hole_requirement(builder, "create", operation, success.made, pointer, slot.hole.name)
    times = slots_by_pointer(receipts, "created", "submitted", "started", "finished", "updated", "now")
    for pointer, slot in times.items():
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug_of(pointer)}` of a receipt is a time written as {slot.hole.form}."
        add(f"create.{slug_of(pointer)}.form", "receipt-time", "receipt", fact, text, pointer, (CREATE,))


def _hole_requirement(
    builder: _Builder, role: str, operation: Operation, status: int, pointer: str, name: str
) -> None:
    suite = "receipt" if role == "create" else "polling"
    fact, slug = schema_fact(operation, status, pointer), slug_of(pointer)
    depends = (CREATE,) if role == "create" else (CREATE, QUERY)
    where = "a receipt" if role == "create" else "every answer"
    if name == "progress":
        text = f"`{slug}` of {where} is progress in the documented form, within 0 to 100 percent."
        builder.add(f"{role}.{slug}.form", f"{role}-progress", suite, fact, text, pointer, depends)
    elif name == "model":
        text = f"`{slug}` of {where} names the model that was asked for."
        builder.add(f"{role}.{slug}.echo", f"{role}-echo", suite, fact, text, (pointer, name), depends)
    else:
        text = f"`{slug}` of {where} shows the {name} that was asked for."
        builder.add(f"{role}.{slug}.echo", f"{role}-echo", suite, fact, text, (pointer, name), depends)


def _polling(builder: _Builder) -> None:
    contract, add = builder.contract, builder.add
    operation = contract.roles[Role.QUERY][0]
    success = contract.success[Role.QUERY]
    lifecycle = contract.lifecycle
    needs = (CREATE, QUERY)
    documented = [status for status in lifecycle.statuses.values() if not status.tolerated]
    best = min((reading.fact or operation.fact for reading in success.readings), key=lambda fact: fact.mark.rank)
    statuses = " or ".join(map(str, success.statuses))
    add(QUERY, "query-status-code", "polling", best, f"A query of an own task is answered {statuses}.", depends=(CREATE,))
    fact = schema_fact(operation, success.made, "")
    text = "A query's answer is JSON that validates against the documented schema."
    add("query.schema", "query-schema", "polling", fact, text, depends=needs)
    best = min((status.fact for status in documented), key=lambda fact: fact.mark.rank)
    words = ", ".join(status.name for status in documented)
    text = f"Every status is one of {words}."
    add("query.status.known", "status-known", "polling", best, text, depends=needs)
    text = "A status is only followed by one that the documented lifecycle allows."
    add("query.status.transitions", "status-transitions", "polling", lifecycle.transitions_fact, text, depends=needs)
    text = "A task that has ended stays as it ended: status, result and reason no longer change."
    add("query.status.terminal", "status-terminal", "polling", best, text, depends=needs)
    text = f"A task ends, and its first poll works, within the time-out ({contract.polling.timeout:g} s where nothing else is said)."
    add("query.ends", "task-ends", "polling", best, text, depends=needs)
    for name in ("id", "model", "created", "submitted"):
        for slug, pointer in _query_slots(contract, operation, name):
            fact = schema_fact(operation, success.made, pointer)
            text = f"`{slug}` is the same in every answer about a task, from the receipt on."
            add(f"query.{slug}.stable", "stable", "polling", fact, text, (pointer, name), needs)
            if name == "model":
                _hole_requirement(builder, "query", operation, success.made, pointer, name)
    for name in ("progress", "duration", "ratio", "resolution", "seed"):
        for _slug, pointer in _query_slots(contract, operation, name):
            _hole_requirement(builder, "query", operation, success.made, pointer, name)
    times = [
        (slug, pointer)
        for name in ("created", "submitted", "started", "finished", "updated", "link_expires", "task_expires")
        for slug, pointer in _query_slots(contract, operation, name)
    ]
    for slug, pointer in dict(times).items():
        fact = schema_fact(operation, success.made, pointer)
        text = f"`{slug}` is a time in the documented form."
        add(f"query.{slug}.form", "query-time", "polling", fact, text, pointer, needs)
    if times:
        fact = min((schema_fact(operation, success.made, at) for _, at in times), key=lambda fact: fact.mark.rank)
        text = "Times of one task are in order: created, started, finished; nothing ends in the future."
        add("query.times.order", "times-order", "polling", fact, text, depends=needs)
    for name, slugs in _copied(contract, operation).items():
        fact = _weakest(schema_fact(operation, success.made, pointer) for pointer in slugs)
        text = f"The copies of {name} in one answer agree: {', '.join(slugs)}."
        add(f"query.copies.{name}", "copies", "polling", fact, text, (name, tuple(slugs)), needs)
    for profile in contract.profiles.values():
        for copy in profile.copies:
            slug = slug_of(pointer_of(segments(copy.at.pointers[0])))
            text = f"`{slug}` tells the same class of status as the status itself."
            add(f"query.{slug}.agrees", "status-copy", "polling", copy.fact, text, (profile.name, copy), needs)
    for alias in contract.roles[Role.QUERY][1:]:
        text = f"{alias.method} {alias.path} tells the same of a task as {operation.path}."
        add(f"query.alias.{alias.id}", "alias-query", "polling", alias.fact, text, alias.id, needs)
    for alias in contract.roles[Role.CREATE][1:]:
        if all(len(model.operations) > 1 for model in contract.models.values()):
            text = f"{alias.method} {alias.path} creates tasks as {contract.roles[Role.CREATE][0].path} does."
            add(f"create.alias.{alias.id}", "alias-create", "receipt", alias.fact, text, alias.id, (CREATE,))


def _query_slots(contract: Contract, operation: Operation, name: str) -> list[tuple[str, str]]:
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


def _presence(builder: _Builder) -> None:
    for row in builder.contract.presence:
        receipt = row.on == ("receipt",)
        role, suite = ("create", "receipt") if receipt else ("query", "polling")
        what = "present" if row.present else "absent"
        text = row.statement or _presence_statement(row)
        name = f"{role}.{row.name}.{what}"
        depends = (CREATE,) if receipt else (CREATE, QUERY)
        builder.add(name, "presence", suite, row.fact, text, row, depends)


def _presence_statement(row: Presence) -> str:
    where = "in a receipt" if row.on == ("receipt",) else f"at {', '.join(row.on)}"
    kind = f" and of type {row.type}" if row.type else ""
    scope = f" ({row.profile})" if row.profile else ""
    return f"`{row.pointer}` is {'present' + kind if row.present else 'absent'} {where}{scope}."


# -- errors -------------------------------------------------------------------------------------------------------

_KEY_CONDITIONS = ("missing-key", "wrong-key", "forbidden-model", "insufficient-balance", "foreign-task")


def error_requirement_id(role: Role, row: ErrorRow) -> str:
    """`auth.query.missing-key`, `error.create.invalid-body`, ..."""
    group = "auth" if row.condition in _KEY_CONDITIONS else "error"
    suffix = f".{row.name or row.members[0]}" if row.members else ""
    return f"{group}.{role}.{row.condition}{suffix}"


def _errors(builder: _Builder) -> None:
    contract = builder.contract
    for row in contract.error_rows():
        for role in row.roles:
            operation = contract.operation(role)
            if operation is None or not _applies(contract, role, row.condition):
                continue
            name = error_requirement_id(role, row)
            known = [reading for reading in row.readings if not _weak(reading)] or list(row.readings)
            fact = min((reading.fact for reading in known), key=lambda fact: fact.mark.rank)
            shown = " or ".join(dict.fromkeys(str(reading.status) for reading in row.readings))
            text = f"{_CONDITIONS[row.condition].format(role=role)} is answered {shown}."
            depends = (CREATE,) if row.condition in _NEED_TASK else ()
            builder.add(name, "error-status", "errors", fact, text, ErrorCase(role, row), depends)
            shaped = [reading for reading in known if reading.body is not None]
            if shaped:
                fact = min((reading.body_fact for reading in shaped), key=lambda fact: fact.mark.rank)
                text = f"The body of that answer has the documented shape and words ({name})."
                case = ErrorCase(role, row)
                builder.add(f"{name}.body", "error-body", "errors", fact, text, case, (*depends, name))


def _weak(reading: ErrorReading) -> bool:
    return reading.tolerated and reading.fact.mark.level is Level.NOTE


def _applies(contract: Contract, role: Role, condition: str) -> bool:
    """Whether a condition can arise on a role at all."""
    operation = contract.operation(role)
    assert operation is not None
    on_create = {"malformed-json", "invalid-body", "missing-model", "unknown-model", "forbidden-model"}
    on_create |= {"wrong-content-type", "missing-header", "insufficient-balance", "too-large"}
    on_task = {"unknown-task", "foreign-task", "expired-task", "malformed-id"}
    on_bytes = {"link-expired", "bad-range", "failed-task"}
    if condition in on_create:
        return role is Role.CREATE and (condition not in {"missing-model", "unknown-model"} or contract.model_at is not None)
    if condition in on_task:
        return role in (Role.QUERY, Role.RESULT, Role.CONTENT, Role.CANCEL)
    if condition in on_bytes:
        return role is Role.CONTENT
    if condition == "not-ready":
        return role in (Role.CONTENT, Role.RESULT)
    if condition == "not-cancellable":
        return role is Role.CANCEL
    if condition in {"missing-key", "wrong-key"}:
        return operation.secured
    return True


_NEED_TASK = {"foreign-task", "expired-task", "not-ready", "failed-task", "link-expired", "bad-range", "not-cancellable"}

_CONDITIONS = {
    "missing-key": "A {role} without a key",
    "wrong-key": "A {role} with a key that does not exist",
    "malformed-json": "A {role} whose body is not JSON",
    "invalid-body": "A {role} with an invalid member",
    "missing-model": "A {role} without a model's name",
    "unknown-model": "A {role} for a model that does not exist",
    "forbidden-model": "A {role} for a model that the key may not use",
    "wrong-content-type": "A {role} whose body is declared as something else than JSON",
    "missing-header": "A {role} without a required header",
    "insufficient-balance": "A {role} by an account without balance",
    "rate-limited": "A {role} beyond the rate limit",
    "server-error": "A {role} that fails on the server's side",
    "unavailable": "A {role} while the service is unavailable",
    "unknown-task": "A {role} of a task that does not exist",
    "foreign-task": "A {role} of another account's task",
    "expired-task": "A {role} of an expired task",
    "malformed-id": "A {role} of an id that no task could have",
    "not-ready": "A {role} before the task has succeeded",
    "failed-task": "A {role} of a task that failed",
    "link-expired": "A {role} after the result's link has expired",
    "not-cancellable": "A {role} of a task that can no longer be cancelled",
    "bad-range": "A {role} with a range outside of the file",
    "unknown-path": "A {role} on a path that does not exist",
    "wrong-method": "A {role} with a wrong method",
    "too-large": "A {role} whose body is too large",
}


# -- result, list, callbacks, promises ----------------------------------------------------------------------------

ENDED = "query.ends"


def _result(builder: _Builder) -> None:
    contract, add = builder.contract, builder.add
    link = contract.link
    needs = (CREATE, QUERY, ENDED)
    add("result.link", "result-link", "result", link.facts[""], "A task that has succeeded shows its result's address.", depends=needs)
    needs = (*needs, "result.link")
    add("result.fetch", "result-fetch", "result", link.facts[""], "The result's address gives the video.", depends=needs)
    add("result.playable", "result-playable", "result", link.facts[""], "The result is a video file with a readable header.", depends=(*needs, "result.fetch"))
    text = f"The result is sent as {link.media_type}."
    add("result.media-type", "result-media-type", "result", link.facts["media_type"], text, depends=(*needs, "result.fetch"))
    for aspect in ("duration", "ratio", "resolution"):
        asking = [model for model in contract.models.values() if aspect in model.echoes]
        if asking:
            fact = min((model.echo_fact for model in asking), key=lambda fact: fact.mark.rank)
            text = f"The delivered video has the requested {aspect}. Models: {', '.join(model.name for model in asking)}."
            add(f"result.{aspect}", "result-echo", "result", fact, text, aspect, (*needs, "result.playable"))
    if link.range:
        fact = link.facts["range"]
        add("result.range", "result-range", "result", fact, "A Range request gets 206 with exactly that range.", depends=(*needs, "result.fetch"))
        add("result.range.suffix", "result-range-suffix", "result", fact.weakest(Fact(Mark.DERIVED)), "A suffix range gets the last bytes.", depends=(*needs, "result.range"))
        add("result.range.unsatisfiable", "result-range-bad", "result", fact.weakest(Fact(Mark.DERIVED)), "A range beyond the end gets 416, never other bytes.", depends=(*needs, "result.range"))
    if link.auth == "required":
        add("result.auth", "result-auth", "result", link.facts["auth"], "The result needs the key.", depends=(*needs, "result.fetch"))
    if link.life is not None:
        hours = link.life / 3600
        fact = link.facts["life"]
        add("result.link.life", "link-life", "result", fact, f"The result's address works for {hours:g} hours.", depends=(*needs, "result.fetch"))
        if link.expiry_query is not None:
            fact = fact.weakest(link.facts["expiry"])
            text = f"The end that the address states in {link.expiry_query} is {hours:g} hours after the task's."
            add("result.link.expiry", "link-expiry", "result", fact, text, depends=needs)
    if contract.retention is not None:
        text = f"A task can be queried for {contract.retention.task / 3600:g} hours after it was {contract.retention.since}."
        add("query.retention", "retention", "polling", contract.retention.fact, text, depends=needs[:3])


def _list(builder: _Builder) -> None:
    contract, add = builder.contract, builder.add
    operation = contract.operation(Role.LIST)
    if operation is None or contract.listing is None:
        return
    success = contract.success[Role.LIST]
    fact = contract.listing.fact
    add("list.status-code", "list-status-code", "list", fact, f"A list is answered {success.made}.")
    text = "A list is JSON that validates against the documented schema."
    add("list.schema", "list-schema", "list", schema_fact(operation, success.made, ""), text, depends=("list.status-code",))
    text = "A list holds the caller's newest task, with the status that its query shows."
    add("list.contains", "list-contains", "list", fact, text, depends=(CREATE, "list.status-code"))
    if contract.cancel is not None and Role.CANCEL in contract.roles:
        text = "A task that is not yet beyond it can be cancelled, and then says so."
        add("cancel.works", "cancel-works", "polling", contract.cancel.fact, text, depends=(CREATE, QUERY))


def _callbacks(builder: _Builder) -> None:
    rule = builder.contract.callback
    if rule is None:
        return
    add, fact = builder.add, rule.fact
    delivered = "callback.delivered.succeeded"
    for status_class in rule.on:
        if status_class in ("succeeded", "failed"):
            text = f"A task that has {status_class} calls back."
            add(f"callback.delivered.{status_class}", "callback-delivered", "callbacks", fact, text, status_class, (CREATE,))
    add("callback.body", "callback-body", "callbacks", fact, "A callback's body equals the query's.", depends=(CREATE, delivered))
    if rule.retries:
        waits = "/".join(f"{wait:g}" for wait in rule.retries)
        text = f"A callback that is not acknowledged is repeated after {waits} s, then given up."
        add("callback.retries", "callback-retries", "callbacks", fact, text, depends=(CREATE, delivered))
    text = "A callback that was acknowledged is not repeated."
    add("callback.once", "callback-once", "callbacks", fact, text, depends=(CREATE, delivered))


_PROMISES = {
    "create-not-idempotent": ("create.not-idempotent", "receipt", "The same body sent twice makes two tasks.", (CREATE,)),
    "progress-monotonic": ("query.progress.monotonic", "polling", "Progress never falls.", (CREATE, QUERY)),
    "progress-complete-only-at-end": (
        "query.progress.complete", "polling", "Progress is 100 percent exactly when the task has succeeded.", (CREATE, QUERY)
    ),
    "receipt-progress-zero": ("create.progress.zero", "receipt", "A receipt's progress is 0.", (CREATE,)),
    "list-newest-first": ("list.newest-first", "list", "A list is sorted by creation, newest first.", (CREATE, "list.status-code")),
    "list-limit": ("list.limit", "list", "A list holds at most as many tasks as `limit` asks for.", (CREATE, "list.status-code")),
    "owner-only": ("auth.owner-only", "errors", "Another account's key cannot see a task.", (CREATE,)),
    "link-is-content": ("result.link.content", "result", "The result's address is the content operation of the task.", (CREATE, QUERY, "result.link")),
}


def _promises(builder: _Builder) -> None:
    for name, promise in builder.contract.promises.items():
        slug, suite, text, depends = _PROMISES[name]
        builder.add(slug, f"promise-{name}", suite, promise.fact, promise.statement or text, promise, depends)
    if "progress-monotonic" not in builder.contract.promises and _has_progress(builder.contract):
        slug, suite, text, depends = _PROMISES["progress-monotonic"]
        builder.add(slug, "promise-progress-monotonic", suite, Fact(Mark.ASSUMED), text, None, depends)


def _has_progress(contract: Contract) -> bool:
    return bool(_query_slots(contract, contract.roles[Role.QUERY][0], "progress"))


def _generated(builder: _Builder) -> None:
    fact = builder.contract.roles[Role.CREATE][0].fact
    add = builder.add
    add(
        "create.generated.accepts", "generated-accepts", "generated", Fact(Mark.ASSUMED, fact.source),
        "Bodies generated from a model's schema are accepted.", depends=(CREATE,),
    )
    add(
        "create.generated.refuses", "generated-refuses", "generated", Fact(Mark.ASSUMED, fact.source),
        "Generated bodies that violate a model's schema are refused.", depends=(CREATE,),
    )
    add(
        "create.generated.conforms", "generated-conforms", "generated", fact.weakest(Fact(Mark.RECOMMENDED)),
        "Whatever the body, the answer is a documented one and no server error.", depends=(CREATE,),
    )


__all__ = ["Case", "ErrorCase", "Requirement", "constraint_slug", "own_fact", "requirements", "schema_fact"]
