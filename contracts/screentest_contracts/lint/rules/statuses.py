"""The status vocabulary: every word has a class, a way in and, unless it ends the task, a way out."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.bodies import ENDED, TaskBody, task_bodies
from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.lint.rules.samples import senders
from screentest_contracts.location import MISSING, Location, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

_AT = "/x-task/lifecycle"


def _lifecycle(document: RawDocument) -> Mapping[str, Any]:
    return mapping(mapping(document.task).get("lifecycle"))


def _classes(document: RawDocument) -> dict[str, str]:
    return {
        str(name): str(mapping(node).get("class")) for name, node in mapping(_lifecycle(document)["statuses"]).items()
    }


def _moves(document: RawDocument) -> dict[str, set[str]]:
    return {str(before): set(after) for before, after in mapping(_lifecycle(document).get("transitions")).items()}


def words_of(document: RawDocument, operation: str) -> Mapping[str, Any]:
    """The words that a further query operation has of its own, by the status's name."""
    return mapping(mapping(_lifecycle(document).get("words")).get(operation))


def member_schemas(document: RawDocument, schema: Any, parts: tuple[str, ...], at: str) -> Iterator[tuple[Any, str]]:
    """The schemas of a member inside an answer's schema, through references and branches."""
    at, schema = document.place(schema, at), mapping(document.follow(schema))
    if not parts:
        yield schema, at
        return
    head = parts[0]
    for word, name in (("properties", head), ("items", None)):
        node = mapping(schema.get(word)).get(name) if name is not None else schema.get(word)
        if node is not None and (name is not None or head.isdecimal()):
            yield from member_schemas(document, node, parts[1:], child(at, word, *([name] if name else [])))
    for word in ("allOf", "anyOf", "oneOf"):
        for index, branch in enumerate(sequence(schema.get(word))):
            yield from member_schemas(document, branch, parts, child(at, word, index))


def status_enums(document: RawDocument, role: str, location: Any) -> Iterator[tuple[list[str], str, str]]:
    """(words, pointer, operation) of each enum that the answers of a role allow at a location."""
    if location is None:
        return
    seen: set[str] = set()
    body = TaskBody("", None, None, "receipt" if role == "create" else role, "", "")  # type: ignore[arg-type]
    for call, status in senders(document, body):
        declared = document.answer_schema(call, status)
        for pointer in Location(location).pointers if declared else ():
            for schema, at in member_schemas(document, declared[0], segments(pointer), declared[1]):  # type: ignore[index]
                if isinstance(schema.get("enum"), list) and at not in seen:
                    seen.add(at)
                    yield (
                        [str(word) for word in schema["enum"] if isinstance(word, str | int)],
                        child(at, "enum"),
                        call.id,
                    )


@rule(
    "status.initial",
    Severity.ERROR,
    "A receipt begins with a status that its schema allows and that `initial` names",
    "add the word to the enum or to lifecycle.initial, or correct the receipt",
    task=True,
)
def initial_is_known(document: RawDocument) -> Iterator[Hit]:
    """Words of `initial` outside of the receipt's enum, and receipts that say another word."""
    node = _lifecycle(document)
    initial = mapping(node.get("initial"))
    for words, at, _ in status_enums(document, "create", node.get("receipt")):
        for word in initial:
            if word not in words:
                yield Hit(child(_AT, "initial", word), f"the first status {word!r} is not in the enum at {at}")
    if "receipt" not in node or not initial:
        return
    for body in task_bodies(document):
        said = Location(node["receipt"]).find(body.value) if body.kind == "receipt" else MISSING
        if isinstance(said, str) and said not in initial:
            yield Hit(body.pointer, f"the receipt says {said!r}, which lifecycle.initial does not name")


@rule(
    "status.callback",
    Severity.ERROR,
    "A callback tells of statuses that exist, in words that its schema allows",
    "name the status under lifecycle.statuses, or take it out of the callback",
)
def callback_is_known(document: RawDocument) -> Iterator[Hit]:
    """Events of callbacks that no status has, and enums of callback bodies with words that the query's do not have."""
    callback = mapping(mapping(document.task).get("callback"))
    if callback:
        classes = set(_classes(document).values())
        for index, name in enumerate(sequence(callback.get("on"))):
            if name not in classes:
                yield Hit(f"/x-task/callback/on/{index}", f"calls back when a task is {name}, and no status is")
    known = {word for at, word in _answer_words(document) if "/callbacks/" not in at}
    for at, word in _answer_words(document):
        if "/callbacks/" in at and known and word not in known:
            yield Hit(at, f"a callback may say {word!r}, which no answer to a query says")


def _answer_words(document: RawDocument) -> Iterator[tuple[str, str]]:
    """(pointer, word) of status enums in answers: of queries, and inline in callbacks."""
    for at, schema in document.schemas:
        last = segments(at)[-1] if at else ""
        if last.lower().endswith(("status", "state")) and ("/callbacks/" in at or "/requestBody/" not in at):
            for word in sequence(schema.get("enum")):
                if isinstance(word, str):
                    yield child(at, "enum"), word


@rule(
    "status.no-class",
    Severity.ERROR,
    "Every word that an answer's status may be has a class",
    "add it to lifecycle.statuses, or take it out of the enum",
    task=True,
)
def words_have_classes(document: RawDocument) -> Iterator[Hit]:
    """Words of the query's enum that `statuses` does not list."""
    node = _lifecycle(document)
    for words, at, operation in status_enums(document, "query", node.get("status")):
        own = words_of(document, operation)
        names = {
            str(own.get(name, mapping(each).get("wire", name))) for name, each in mapping(node["statuses"]).items()
        }
        if node.get("case") in ("ignore", "tolerate"):
            names |= {name.lower() for name in names}
        for word in words:
            if word not in names and not (node.get("case") in ("ignore", "tolerate") and word.lower() in names):
                yield Hit(at, f"the status {word!r} may be sent, and nothing says what it means")


@rule(
    "status.no-way-in",
    Severity.ERROR,
    "A task can get into every status",
    "name it in lifecycle.initial, as a stage, or as what may follow another status",
    task=True,
)
def ways_in(document: RawDocument) -> Iterator[Hit]:
    """Statuses that are neither first nor follow another."""
    moves = _moves(document)
    reached = {word.lower() for word in mapping(_lifecycle(document).get("initial"))}
    reached |= {after.lower() for before, follows in moves.items() for after in follows if after != before}
    for profile in mapping(mapping(document.task).get("profiles")).values():
        for stage in sequence(mapping(profile).get("stages")):
            first = mapping(next(iter(sequence(stage.get("stages"))), None)) if "stages" in stage else stage
            reached.add(str(first.get("status")).lower())
            if "stages" not in stage:
                break
    for name, node in mapping(_lifecycle(document)["statuses"]).items():
        if name.lower() not in reached and mapping(node).get("result") != "refused":
            yield Hit(
                child(_AT, "statuses", name), f"no task ever gets into {name}: it is not first and follows nothing"
            )


@rule(
    "status.no-way-out",
    Severity.ERROR,
    "A task that has not ended can go on to its end",
    "list what may follow it under lifecycle.transitions",
    task=True,
)
def ways_out(document: RawDocument) -> Iterator[Hit]:
    """Statuses that are not the end, from which no end can be reached."""
    classes, moves = _classes(document), _moves(document)
    ends = {name for name, kind in classes.items() if kind in ENDED}
    grown = True
    while grown:
        grown = False
        for name in classes:
            if name not in ends and moves.get(name, set()) & ends:
                ends.add(name)
                grown = True
    for name in classes:
        if name not in ends:
            yield Hit(child(_AT, "statuses", name), f"a task that is {name} never ends: no transition leads to an end")


@rule(
    "status.way-out-of-end",
    Severity.ERROR,
    "A task that has ended stays as it is",
    "take the transitions out, or give the status the class queued or running",
    task=True,
)
def ends_end(document: RawDocument) -> Iterator[Hit]:
    """Transitions out of statuses that end a task."""
    classes = _classes(document)
    for name, after in _moves(document).items():
        further = sorted(after - {name})
        if classes.get(name) in ENDED and further:
            yield Hit(child(_AT, "transitions", name), f"{name} ends a task, yet {', '.join(further)} may follow")


@rule(
    "status.no-body",
    Severity.WARNING,
    "A status that is expected is shown by some body",
    "write the body under profiles.<name>.bodies, or mark the status `tolerated`",
    task=True,
)
def statuses_are_shown(document: RawDocument) -> Iterator[Hit]:
    """Statuses that are not only tolerated and that no body shows."""
    profiles = mapping(mapping(document.task).get("profiles")).values()
    shown = {str(name) for profile in profiles for name in mapping(mapping(profile).get("bodies"))}
    for name, node in mapping(_lifecycle(document)["statuses"]).items():
        if name not in shown and not mapping(node).get("tolerated") and mapping(node).get("result") != "refused":
            yield Hit(child(_AT, "statuses", name), f"no body shows what a task that is {name} looks like")


@rule(
    "outcome.class",
    Severity.ERROR,
    "A task that ends well or badly has a status of that class",
    "name a status of the outcome's own class",
    task=True,
)
def outcomes_fit(document: RawDocument) -> Iterator[Hit]:
    """Outcomes whose status means something else; a cancelled or expired task may well be shown as failed."""
    classes = _classes(document)
    for name, profile in mapping(mapping(document.task).get("profiles")).items():
        for outcome, node in mapping(mapping(profile).get("outcomes")).items():
            for index, each in enumerate(sequence(node)):
                kind = classes.get(str(mapping(each).get("status")))
                allowed = {outcome} if outcome in {"succeeded", "failed"} else {outcome, "failed"}
                if kind is not None and kind not in allowed:
                    at = child("/x-task/profiles", name, "outcomes", outcome)
                    yield Hit(
                        child(at, index) if isinstance(node, list) else at,
                        f"a task that ends {outcome} has the status {each['status']}, which means {kind}",
                    )
