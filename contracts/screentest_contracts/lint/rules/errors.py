"""Refusals: every one has a body, a declared status, and is no success."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.bodies import SampleTask
from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.lint.rules.unread import OF_BYTES, texts
from screentest_contracts.location import Location, is_empty
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence
from screentest_contracts.requirements.earlier import GOING_ON
from screentest_contracts.template import Template
from screentest_contracts.template.holes import HOLE


@rule(
    "error.no-body",
    Severity.WARNING,
    "A refusal has a body that a client can read",
    "declare the body's schema, and show the body in x-task",
)
def errors_have_bodies(document: RawDocument) -> Iterator[Hit]:
    """Responses of 4xx and 5xx without content, and refusals of x-task without a body."""
    seen: set[str] = set()
    for call in document.calls:
        for status, node in mapping(call.node.get("responses")).items():
            at = document.place(node, child(call.pointer, "responses", status))
            content = mapping(mapping(document.follow(node)).get("content"))
            if (
                str(status)[:1] in {"4", "5"}
                and at not in seen
                and not any("schema" in mapping(m) for m in content.values())
            ):
                seen.add(at)
                yield Hit(at, f"the answer {status} of {call.id} has no body, or none with a schema")
    for at, _, row, reading in _readings(document):
        if "body" not in reading and not reading.get("tolerated") and row.get("condition") not in OF_BYTES:
            yield Hit(at, f"nothing says what the body of {row.get('condition')} ({reading.get('status')}) looks like")


_OF_NO_OPERATION = frozenset({"unknown-path", "wrong-method"})
"""Conditions of requests that reach no operation, so that none declares their answers."""


def _readings(document: RawDocument) -> Iterator[tuple[str, list[str], Mapping[str, Any], Mapping[str, Any]]]:
    """(pointer, roles, row, reading) of every refusal of x-task."""
    task = mapping(document.task)
    for index, row in enumerate(sequence(task.get("errors"))):
        node, at = mapping(row).get("readings"), f"/x-task/errors/{index}/readings"
        roles = [str(role) for role in mapping(row).get("on", mapping(task.get("roles")))]
        for number, each in enumerate(sequence(node)):
            yield (child(at, number) if isinstance(node, list) else at), roles, mapping(row), mapping(each)


def _calls(document: RawDocument, roles: list[str], condition: object) -> Iterator[Call]:
    """The operations that can meet a condition."""
    names, going_on = mapping(mapping(document.task).get("roles")), _going_on(document)
    for role in roles:
        for name in sequence(names.get(role)):
            if role == "create" and condition in GOING_ON and name not in going_on:
                continue
            call = document.call(str(name))
            if call is not None:
                yield call


def _going_on(document: RawDocument) -> set[object]:
    """The creates that go on from an earlier task."""
    task = mapping(document.task)
    creates = sequence(mapping(task.get("roles")).get("create"))
    models = [mapping(node) for node in mapping(task.get("models")).values()]
    named = [node.get("operation") for node in models if "earlier" in node]
    return set(creates) if None in named else set(named)


@rule(
    "error.undeclared",
    Severity.WARNING,
    "A refusal's status is declared by the operations that answer with it",
    "add the response to the operation",
    task=True,
)
def errors_are_declared(document: RawDocument) -> Iterator[Hit]:
    """Statuses of refusals that an operation does not list."""
    for at, roles, row, reading in _readings(document):
        if row.get("condition") in OF_BYTES | _OF_NO_OPERATION:
            continue
        status = str(reading.get("status"))
        missing = [
            call.id
            for call in _calls(document, roles, row.get("condition"))
            if not {status, f"{status[0]}XX", "default"} & {str(key) for key in mapping(call.node.get("responses"))}
        ]
        if missing:
            yield Hit(
                at, f"{row.get('condition')} is answered with {status}, which {', '.join(missing)} does not declare"
            )


@rule(
    "error.body",
    Severity.ERROR,
    "The body of a refusal validates against the schema of its status",
    "widen the schema, or correct the body",
    task=True,
)
def error_bodies_fit(document: RawDocument) -> Iterator[Hit]:
    """Bodies of refusals that a client of the OpenAPI part would not understand."""
    for at, roles, row, reading in _readings(document):
        value = None if reading.get("tolerated") else _written(document, reading)
        for call in _calls(document, roles, row.get("condition")) if value is not None else ():
            declared = document.answer_schema(call, reading.get("status"))
            complaints = document.complaints(declared[0], value) if declared else []
            if declared and complaints:
                yield Hit(f"{at}/body", f"{call.id} answers what {declared[1]} forbids: {complaints[0][1]}")
                break


def _written(document: RawDocument, reading: Mapping[str, Any]) -> Any:
    try:
        return Template(reading["body"]).render(SampleTask(document)) if "body" in reading else None
    except (ValueError, TypeError, KeyError):
        return None


@rule(
    "error.looks-like-success",
    Severity.ERROR,
    "A refusal cannot be taken for a success",
    "make `success` narrower (`present`, `absent`, `equals`), or correct the refusal",
    task=True,
)
def errors_are_no_success(document: RawDocument) -> Iterator[Hit]:
    """Refusals that hold every condition of a success of their role; of a download the bytes tell."""
    success = mapping(mapping(document.task).get("success"))
    for at, roles, row, reading in _readings(document):
        if row.get("condition") in OF_BYTES:
            continue
        body = _written(document, reading)
        for role in set(roles) - {"content"} if body is not None else ():
            for node in sequence(success.get(role, {"status": [200]})):
                if reading.get("status") in sequence(node.get("status")) and _holds(node, body):
                    yield Hit(at, f"{row.get('condition')} reads as a success of {role}")


def _holds(node: Mapping[str, Any], body: Any) -> bool:
    return (
        all(Location(at).find(body) in sequence(values) for at, values in mapping(node.get("equals")).items())
        and not any(is_empty(Location(at).find(body)) for at in sequence(node.get("present")))
        and all(is_empty(Location(at).find(body)) for at in sequence(node.get("absent")))
    )


_FILLED = frozenset({"param", "detail", "model", "task_id", "status", "random", "answer_id", "now", "text", "any"})
_OF_FAILURE = ("reason", "reason_code")
"""Holes that a refusal fills in; the others tell of a task or a request, and there is none."""


@rule(
    "error.hole",
    Severity.WARNING,
    "What a refusal shows is known while it is refused",
    f"use another hole ({', '.join(sorted(_FILLED))}), or text",
    task=True,
)
def error_holes_are_filled(document: RawDocument) -> Iterator[Hit]:
    """Holes of a request or a task in the body or a header of a refusal: they are never filled in."""
    for at, _, row, reading in _readings(document):
        for place, text in texts({key: reading[key] for key in ("body", "headers") if key in reading}, at):
            for match in HOLE.finditer(text):
                why = match[1] in _OF_FAILURE and row.get("condition") == "failed-task"
                if match[1] not in _FILLED and not why:
                    yield Hit(place, f"{match[0]} in the answer to {row.get('condition')} stays empty")
