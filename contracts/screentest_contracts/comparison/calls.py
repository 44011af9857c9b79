"""Address, key, calls, what counts as a success, and how refusals look."""

from collections.abc import Iterator

from screentest_contracts.comparison.difference import Difference, Effect, shown
from screentest_contracts.contract import EVENT_STREAM, Contract, ErrorReading, Operation, Role
from screentest_contracts.location import MISSING, Location, segments
from screentest_contracts.reading import selected


def differences(home: Contract, other: Contract) -> Iterator[Difference]:
    """What differs before any status is read."""
    if home.base_url != other.base_url:
        yield Difference("address", Effect.BREAKS, "base address", "other", home.base_url, other.base_url)
    yield from _key(home, other)
    for role in Role:
        if role is not Role.STREAM:  # `_stream` tells of it, also where it is the query
            yield from _role(home, other, role)
    yield from _headers(home, other)
    yield from _idempotency(home, other)
    yield from _wait(home, other)
    yield from _stream(home, other)
    yield from _id(home, other)
    yield from _success(home, other)
    yield from _errors(home, other)


def key_form(contract: Contract) -> str:
    """How a key travels: `authorization: Bearer KEY`, a signed token, or the name of a query parameter."""
    if contract.key_query is not None:
        return f"?{contract.key_query}=KEY"
    key = "KEY" if contract.token is None else f"TOKEN ({contract.token.algorithm}, signed for each request)"
    return f"{contract.key_header}: {contract.key_prefix}{key}"


def _key(home: Contract, other: Contract) -> Iterator[Difference]:
    if key_form(home) != key_form(other):
        yield Difference("key", Effect.BREAKS, "form of the key", "other", key_form(home), key_form(other))
    if home.key_variable != other.key_variable:
        said = home.key_variable, other.key_variable
        yield Difference("key", Effect.BREAKS, "the key itself", "other", said[0], said[1], "one of that vendor")


def call_form(contract: Contract, operation: Operation | None) -> str:
    """`POST /v1/videos`, or none."""
    return "none" if operation is None else f"{operation.method} {contract.base_path}{operation.path}"


def _role(home: Contract, other: Contract, role: Role) -> Iterator[Difference]:
    mine, theirs = home.operation(role), other.operation(role)
    if mine is None and theirs is None:
        return
    said = call_form(home, mine), call_form(other, theirs)
    if theirs is None:
        yield Difference("calls", Effect.BREAKS, f"call to {_WORDS[role]}", "missing", said[0], said[1])
    elif mine is None:
        if role is Role.RESULT:
            text = "the clip is not in the answer to a query; this call gives it"
            yield Difference(
                "calls", Effect.BREAKS, f"call to {_WORDS[role]}", "new and required", said[0], said[1], text
            )
        else:
            yield Difference("calls", Effect.INFORMS, f"call to {_WORDS[role]}", "only there", said[0], said[1])
    elif said[0] != said[1] and (mine.method, mine.path) != (theirs.method, theirs.path):  # else the address tells it
        paths = {call_form(other, each) for each in other.roles.get(role, ())}
        if said[0] in paths:
            yield Difference("calls", Effect.INFORMS, f"call to {_WORDS[role]}", "alias", said[0], said[1], "works")
        else:
            yield Difference("calls", Effect.BREAKS, f"call to {_WORDS[role]}", "other path", said[0], said[1])
    if mine is not None and theirs is not None and role is Role.CREATE and theirs.form_only is not mine.form_only:
        media = shown(tuple(mine.body_media)), shown(tuple(theirs.body_media))
        yield Difference("calls", Effect.BREAKS, "form of a request", "other", *media)


_WORDS = {
    Role.CREATE: "make a task",
    Role.QUERY: "read a task",
    Role.RESULT: "read its result",
    Role.CONTENT: "download",
    Role.LIST: "list tasks",
    Role.CANCEL: "cancel",
    Role.BATCH: "read several tasks",
    Role.DELETE: "delete",
    Role.UPLOAD: "upload a file",
    Role.FILE: "read an uploaded file",
    Role.BALANCE: "read the balance",
    Role.MODELS: "list the models",
    Role.ACCOUNT: "read the account",
}


def _headers(home: Contract, other: Contract) -> Iterator[Difference]:
    mine, theirs = _needed(home.operation(Role.CREATE)), _needed(other.operation(Role.CREATE))
    for name in sorted(theirs - mine):
        text = "a create without it is refused"
        yield Difference("calls", Effect.BREAKS, f"request header {name}", "new and required", "none", name, text)
    for name in sorted(mine - theirs):
        yield Difference("calls", Effect.INFORMS, f"request header {name}", "not needed", name, "none")
    here, there = (_sometimes_needed(each.operation(Role.CREATE)) for each in (home, other))
    for name in sorted((here | there).keys()):
        said = (here.get(name, "never"), there.get(name, "never"))
        if said[0] != said[1] and name not in mine | theirs:
            effect = Effect.CHANGES if name in there else Effect.INFORMS
            yield Difference("calls", effect, f"request header {name}", "needed for other values", *said)


def _needed(operation: Operation | None) -> set[str]:
    parameters = operation.parameters if operation else ()
    return {str(each["name"]) for each in parameters if each.get("in") == "header" and each.get("required")}


def _sometimes_needed(operation: Operation | None) -> dict[str, str]:
    """The headers that some values need: when, by name."""
    headers = operation.needed_headers if operation else ()
    return {each.name: f"for {each.pattern.pattern} at {place(Location(each.at))}" for each in headers}


def idempotency_form(contract: Contract) -> str:
    """Where an idempotency key stands: `header Idempotency-Key`, a member of the body, or none."""
    rule = contract.idempotency
    if rule is None:
        return "none"
    return f"header {rule.header}" if rule.at is None else place(rule.at)


def _idempotency(home: Contract, other: Contract) -> Iterator[Difference]:
    said = idempotency_form(home), idempotency_form(other)
    if other.idempotency is None and home.idempotency is not None:
        text = "a create that is repeated makes a second task, which costs again"
        yield Difference("calls", Effect.CHANGES, "idempotency key", "missing", said[0], said[1], text)
    elif home.idempotency is None and other.idempotency is not None:
        text = "with it a create can be repeated safely"
        yield Difference("calls", Effect.INFORMS, "idempotency key", "only there", said[0], said[1], text)
    elif said[0].lower() != said[1].lower():
        yield Difference(
            "calls", Effect.CHANGES, "idempotency key", "moved", said[0], said[1], "one elsewhere has no effect"
        )


def wait_form(contract: Contract) -> str:
    """How a create asks to wait, and for how long: `Prefer: wait={{seconds}}, up to 60 s`, or none."""
    rule = contract.wait
    return "none" if rule is None else f"{rule.place}, up to {rule.longest:g} s"


def _wait(home: Contract, other: Contract) -> Iterator[Difference]:
    said, name = (wait_form(home), wait_form(other)), "create that waits"
    if other.wait is None and home.wait is not None:
        text = "a create is answered at once: read the task until it has ended"
        yield Difference("calls", Effect.CHANGES, name, "missing", said[0], said[1], text)
    elif home.wait is None and other.wait is not None:
        yield Difference("calls", Effect.INFORMS, name, "only there", said[0], said[1], "short tasks need no polling")
    elif said[0].lower() != said[1].lower():
        text = "ask as is documented there, and let the client's time-out be longer"
        yield Difference("calls", Effect.CHANGES, name, "other", said[0], said[1], text)


def stream_form(contract: Contract) -> str:
    """How the status comes as events: `GET /tasks/{task_id}/events`, the query with a header, or none."""
    rule = contract.stream
    if rule is None:
        return "none"
    return call_form(contract, rule.operation) + ("" if rule.apart else f" with Accept: {EVENT_STREAM}")


def _stream(home: Contract, other: Contract) -> Iterator[Difference]:
    said, name = (stream_form(home), stream_form(other)), "status as events"
    mine, theirs = home.stream, other.stream
    if theirs is None and mine is not None:
        yield Difference("calls", Effect.BREAKS, name, "missing", said[0], said[1], "read the task again and again")
    elif mine is None and theirs is not None:
        yield Difference("calls", Effect.INFORMS, name, "only there", said[0], said[1], "saves polling")
    elif mine is not None and theirs is not None:
        if said[0] != said[1]:
            yield Difference("calls", Effect.BREAKS, name, "other", said[0], said[1])
        if mine.events != theirs.events:
            text = "a client that listens for a name hears nothing"
            yield Difference("calls", Effect.BREAKS, "names of events", "other", mine.names, theirs.names, text)
        if mine.closing != theirs.closing:
            closings = str(mine.closing), str(theirs.closing)
            yield Difference("calls", Effect.CHANGES, "closing event", "other", *closings)


def _id_kind(contract: Contract) -> str:
    """Whether ids are numbers or texts in a receipt."""
    receipts = [selected(profile.receipt) for profile in contract.profiles.values()]
    slots = [slot for receipt in receipts for slot in receipt.slots_named("id") if slot.whole]
    return "a number" if any(slot.hole.form == "integer" for slot in slots) else "a text"


def _id(home: Contract, other: Contract) -> Iterator[Difference]:
    mine, theirs = home.id.at, other.id.at
    if not set(mine.pointers) & set(theirs.pointers):
        yield Difference("receipt", Effect.BREAKS, "place of the task's id", "moved", place(mine), place(theirs))
    elif mine.pointers[0] not in theirs.pointers:
        yield Difference("receipt", Effect.CHANGES, "place of the task's id", "moved", place(mine), place(theirs))
    kinds = [_id_kind(each) for each in (home, other)]
    if kinds[0] != kinds[1]:
        yield Difference("receipt", Effect.BREAKS, "type of ids", "other", kinds[0], kinds[1])
    forms = home.id.made.pattern.pattern, other.id.made.pattern.pattern
    if forms[0] != forms[1]:
        yield Difference(
            "receipt", Effect.INFORMS, "form of ids", "other", forms[0], forms[1], "better taken as opaque"
        )
    carriers = [_carrier(each) for each in (home, other)]
    if carriers[0] != carriers[1]:
        yield Difference("calls", Effect.BREAKS, "how the id is sent", "other", carriers[0], carriers[1])


def _carrier(contract: Contract) -> str:
    operation = contract.operation(Role.QUERY)
    parameter = operation.id_parameter if operation else None
    if parameter is not None and parameter["in"] == "path":
        return "in the path"
    return f"in the {'body' if parameter is None else parameter['in']}, as {operation.carrier if operation else ''}"


def _success(home: Contract, other: Contract) -> Iterator[Difference]:
    for role in (Role.CREATE, Role.QUERY):
        mine, theirs = home.success[role], other.success[role]
        if theirs.made not in mine.statuses:
            said = shown(mine.statuses), shown(theirs.made)
            effect = Effect.BREAKS if mine.made // 100 != theirs.made // 100 else Effect.CHANGES
            text = "a client that compares with one number fails"
            yield Difference("success", effect, f"status of a good {role}", "other", said[0], said[1], text)
        made = next(each for each in theirs.readings if each.selected)
        known = [(at.pointers, values) for each in mine.readings for at, values in each.equals]
        for location, values in made.equals:
            if (location.pointers, values) not in known:
                said = "no word", f"{place(location)} is {shown(values)}"
                text = "the HTTP status alone tells nothing there"
                yield Difference(
                    "success", Effect.BREAKS, f"word of a good {role}", "new and required", said[0], said[1], text
                )
        if _with_good_status(other, role) and not _with_good_status(home, role):
            said = "a status of 4xx or 5xx", f"HTTP {theirs.made} with an error, too"
            text = "a refusal is taken for a success unless the body is read"
            yield Difference("success", Effect.BREAKS, f"refusal of a {role}", "other", said[0], said[1], text)


CODE_OPEN = "with a code that the document leaves open"
"""What stands for the code of a refusal that holds one, of which no document says which."""


def _with_good_status(contract: Contract, role: Role) -> bool:
    rows = [row for (of, _), found in contract.errors.items() if of is role for row in found]
    return any(row.made.status in contract.success[role].statuses for row in rows)


def _errors(home: Contract, other: Contract) -> Iterator[Difference]:
    for name in ("code", "message"):
        mine, theirs = home.error_at.get(name), other.error_at.get(name)
        said = place(mine), place(theirs)
        if mine is None and theirs is None:
            continue
        if mine is None or theirs is None or not set(mine.pointers) >= set(theirs.pointers):
            effect = Effect.BREAKS if mine is not None else Effect.INFORMS
            yield Difference("errors", effect, f"place of an error's {name}", "moved", said[0], said[1])
    for role, condition in sorted(
        home.errors.keys() & other.errors.keys(), key=lambda each: each[0] is not Role.CREATE
    ):
        one, two = home.error(role, condition), other.error(role, condition)
        if one is None or two is None:
            continue
        codes = _refusal(home, one.made), _refusal(other, two.made)
        if codes[0] != codes[1]:
            effect = Effect.CHANGES
            yield Difference("errors", effect, f"{role}: {condition}", "other", _said(codes[0]), _said(codes[1]))


def _refusal(contract: Contract, reading: ErrorReading) -> tuple[int, str]:
    """(status, code) of the answer, the code as the template prints it."""
    location = contract.error_at.get("code", Location([]))
    literals = dict(reading.body.literals) if reading.body else {}
    code = next((literals[pointer] for pointer in location.pointers if pointer in literals), MISSING)
    if code is MISSING and reading.body is not None:
        slots = {slot.pointer for slot in reading.body.slots}
        return reading.status, CODE_OPEN if set(location.pointers) & slots else ""
    return reading.status, "" if code in (MISSING, None) else str(code)


def _said(refusal: tuple[int, str]) -> str:
    return f"{refusal[0]} {refusal[1] or 'without code'}"


def place(location: Location | None) -> str:
    """A location as a reader of the table wants it: `data.result_url`."""
    if location is None or not location.pointers:
        return "none"
    return " or ".join(".".join(segments(pointer)) for pointer in location.pointers)
