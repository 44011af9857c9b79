"""Samples against their own schemas, and against the outcome that they show."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from screentest_contracts.contract import RESOURCES
from screentest_contracts.lint.bodies import ENDED, TaskBody, batch_bodies, resource_bodies, task_bodies, upload_bodies
from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.location import MISSING, Location, is_empty, replaced, resolve, segments
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence
from screentest_contracts.vocabulary import ERROR_MEMBERS, RESULT_MEMBERS, STATUS_MEMBERS, class_of_word

_MOST = 3
"""So many complaints about one sample are told."""


@rule(
    "sample.schema",
    Severity.ERROR,
    "An example validates against its own schema",
    "correct the example or the schema, whichever the vendor's server contradicts",
)
def examples_against_schema(document: RawDocument) -> Iterator[Hit]:
    """Examples of bodies, parameters and headers."""
    for sample in document.samples:
        if "/schemas/" in sample.pointer or sample.pointer.startswith(sample.schema_pointer + "/"):
            continue  # range.example
        for place, reason in document.complaints(sample.schema, sample.value)[:_MOST]:
            yield Hit(child(sample.pointer, *place), f"the example violates {sample.schema_pointer}: {reason}")


@rule(
    "sample.body",
    Severity.ERROR,
    "A body of x-task validates against the response schema of its operation",
    "the schema is what a client must accept, so widen it, or correct the body",
    task=True,
)
def bodies_against_schema(document: RawDocument) -> Iterator[Hit]:
    """Bodies of profiles and uploads, rendered for an ordinary task, against every operation that may send them."""
    for body in (*task_bodies(document), *upload_bodies(document), *resource_bodies(document), *batch_bodies(document)):
        for call, status in (*senders(document, body), *_waiting_creates(document, body)):
            declared = document.answer_schema(call, status)
            if declared is None:
                continue
            schema, where = declared
            complaints = document.complaints(schema, _in_words_of(document, call, body))
            for place, reason in complaints[:_MOST]:
                yield Hit(child(body.pointer, *place), f"{call.id} sends what {where} forbids: {reason}")
            if complaints:
                break


def _in_words_of(document: RawDocument, call: Call, body: TaskBody) -> Any:
    """A body with the word that this operation has for its status."""
    lifecycle, value = mapping(mapping(document.task).get("lifecycle")), body.value
    word = mapping(mapping(lifecycle.get("words")).get(call.id)).get(body.status, MISSING)
    for pointer, _ in list(Location(lifecycle.get("status", [])).all(value)) if word is not MISSING else ():
        value = replaced(value, segments(pointer), word)
    return value


def senders(document: RawDocument, body: TaskBody) -> list[tuple[Call, int]]:
    """The operations that answer with a body, each with the first of its success statuses."""
    task = mapping(document.task)
    roles, success = mapping(task.get("roles")), mapping(task.get("success"))
    of_their_own = {name: name for name in ("result", "upload", "batch", "file", *RESOURCES)}
    role = {"receipt": "create", **of_their_own}.get(body.kind, "query")
    first = mapping(next(iter(sequence(success.get(role))), None))
    status = next(iter(sequence(first.get("status"))), 200)
    own = {
        view for profile in mapping(task.get("profiles")).values() for view in mapping(mapping(profile).get("views"))
    }
    names = [body.kind] if body.kind in own else [name for name in sequence(roles.get(role)) if name not in own]
    return [(call, status) for name in names if (call := document.call(str(name))) is not None]


def _waiting_creates(document: RawDocument, body: TaskBody) -> list[tuple[Call, int]]:
    """The creates that answer with the body of a task that ended while they waited, each with its status."""
    task = mapping(document.task)
    wait = mapping(task.get("wait"))
    if not wait or body.kind != "query" or _classes(document).get(body.status) not in ENDED:
        return []
    creates = senders(document, replace(body, kind="receipt"))
    status = next(iter(sequence(wait.get("status"))), None)
    return [(call, status or own) for call, own in creates]


@rule(
    "sample.failed-with-result",
    Severity.ERROR,
    "A failed task's sample holds no result",
    "take the result out, or name the reading under `contradictions` when the vendor really sends it",
)
def failed_with_result(document: RawDocument) -> Iterator[Hit]:
    """A failed, cancelled or expired task with an address, or with whatever a finished one alone has."""
    task = mapping(document.task)
    link = mapping(task.get("link")).get("at")
    for body, kind in _by_class(document):
        if kind in {"failed", "cancelled", "expired"} and link is not None:
            for pointer, value in Location(link).all(body.value):
                if not is_empty(value):
                    yield Hit(child(body.pointer, *segments(pointer)), f"a task that is {kind} has a result: {value!r}")
    for at, value, kind in _plain_tasks(document):
        if kind in {"failed", "cancelled", "expired"}:
            for name in RESULT_MEMBERS:
                if not is_empty(value.get(name, MISSING)):
                    yield Hit(child(at, name), f"the sample of a task that is {kind} has a result: {value[name]!r}")


@rule(
    "sample.succeeded-with-error",
    Severity.ERROR,
    "A finished task's sample holds no error",
    "take the error out of the sample, or give the sample the status of a failed task",
)
def succeeded_with_error(document: RawDocument) -> Iterator[Hit]:
    """A succeeded task that says why it failed."""
    for body, kind in _by_class(document):
        if kind != "succeeded":
            continue
        for slot in body.template.slots_named("reason", "reason_code"):
            yield Hit(child(body.pointer, *segments(slot.pointer)), "a task that succeeded gives a reason for failing")
    for at, value, kind in _plain_tasks(document):
        for name in ERROR_MEMBERS if kind == "succeeded" else ():
            if not is_empty(value.get(name, MISSING)):
                yield Hit(child(at, name), f"the sample of a task that succeeded has an error: {value[name]!r}")


@rule(
    "sample.presence",
    Severity.ERROR,
    "A body holds what `presence` says of its status, and nothing that it denies",
    "correct the body or the row of `presence`",
    task=True,
)
def bodies_against_presence(document: RawDocument) -> Iterator[Hit]:
    """Rows of presence against the body that the mock sends: the first reading of each status."""
    seen: set[tuple[str, str, str]] = set()
    classes = _classes(document)
    for body in task_bodies(document):
        key = (body.profile, body.kind, body.status)
        if key in seen or body.kind not in {"receipt", "query"}:
            continue
        seen.add(key)
        for row in sequence(mapping(document.task).get("presence")):
            on = set(sequence(row["on"]))
            names = {"receipt"} if body.kind == "receipt" else {body.status, classes.get(body.status), "all"}
            if not on & names or row.get("profile", body.profile) != body.profile or "operation" in row:
                continue
            value, wanted = resolve(body.value, segments(row["at"])), row["is"] == "present"
            wrong = value is MISSING or value is None if wanted else not is_empty(value)
            if wrong:
                what = "lacks" if wanted else "holds"
                shown = body.status or "the receipt"
                yield Hit(body.pointer, f"the body of {shown} {what} {row['at']}, which presence says is {row['is']}")


@rule(
    "sample.ids",
    Severity.WARNING,
    "Two members of a sample that both name the task agree",
    "print one task's sample",
)
def ids_agree(document: RawDocument) -> Iterator[Hit]:
    """`id` and `task_id` side by side, both texts, with different values."""
    for at, value, _ in _plain_tasks(document):
        one, other = value.get("id"), value.get("task_id")
        if isinstance(one, str) and isinstance(other, str) and one != other:
            yield Hit(child(at, "task_id"), f"id is {one!r} and task_id {other!r} in one sample")


def _classes(document: RawDocument) -> dict[str, str]:
    statuses = mapping(mapping(mapping(document.task).get("lifecycle")).get("statuses"))
    return {str(name): str(mapping(node).get("class")) for name, node in statuses.items()}


def _by_class(document: RawDocument) -> Iterator[tuple[TaskBody, str]]:
    classes = _classes(document)
    for body in task_bodies(document):
        if body.status in classes and not (body.kind == "query" and _result_call(document)):
            yield body, classes[body.status]


def _result_call(document: RawDocument) -> bool:
    return "result" in mapping(mapping(document.task).get("roles"))


def _plain_tasks(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """(pointer, object, class) of every object inside of an answer's example; class by its status' word."""
    for sample in document.samples:
        stack = [(sample.value, sample.pointer)] if sample.answer else []
        while stack:
            node, at = stack.pop()
            if isinstance(node, Mapping):
                word = next((node[name] for name in STATUS_MEMBERS if isinstance(node.get(name), str)), "")
                yield at, node, class_of_word(word) or ""
                stack.extend((value, child(at, name)) for name, value in node.items())
            elif isinstance(node, list):
                stack.extend((value, child(at, index)) for index, value in enumerate(node))
