"""Refusals: the statuses that operations declare, as the conditions that they most likely stand for."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from screentest_contracts.drafting.bodies import shown
from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Shapes, first, walk
from screentest_contracts.location import MISSING, replaced, resolve, segments
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import mapping

CONDITIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "create": {
        "400": ("malformed-json", "invalid-body", "missing-model", "unknown-model"),
        "401": ("missing-key", "wrong-key"),
        "402": ("insufficient-balance",),
        "403": ("forbidden-model",),
        "404": ("unknown-path",),
        "405": ("wrong-method",),
        "413": ("too-large",),
        "415": ("wrong-content-type",),
        "422": ("invalid-body",),
        "429": ("rate-limited",),
        "500": ("server-error",),
        "503": ("unavailable",),
    },
    "query": {
        "400": ("malformed-id",),
        "401": ("missing-key", "wrong-key"),
        "403": ("foreign-task",),
        "404": ("unknown-task",),
        "405": ("wrong-method",),
        "429": ("rate-limited",),
        "500": ("server-error",),
        "503": ("unavailable",),
    },
}
"""By role and status: what it most likely means."""
_SURE = frozenset({"missing-key", "wrong-key", "unknown-task"})
"""What a status alone says: 401 and 404 leave no choice. 400, 403 and 422 may stand for many things."""
NEEDED = (("query", "missing-key", 401), ("query", "unknown-task", 404), ("create", "invalid-body", 400))
_NAMES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "error_code", "err_code"),
    "message": ("message", "msg", "detail", "error", "err_message", "error_message", "description"),
    "type": ("type", "error_type", "kind"),
    "param": ("param", "field"),
}


def error_places(shapes: Shapes, calls: Mapping[str, Call]) -> dict[str, str]:
    """Where refusals keep code, message, type and param."""
    for call in calls.values():
        statuses = [str(status) for status in mapping(call.node.get("responses"))]
        told = any(status.startswith("2") for status in statuses)  # then `default` is what goes wrong
        for status in statuses:
            refuses = status[:1] in "45" or (told and status == "default")
            declared = shapes.document.answer_schema(call, status) if refuses else None
            members = list(walk(shapes, declared[0])) if declared else []
            inside = [each for each in members if each.pointer.startswith("/error/")] or members
            inside = [each for each in inside if "/0" not in each.pointer]
            found = {word: first(inside, names, "string", "integer") for word, names in _NAMES.items()}
            known = {word: each.pointer for word, each in found.items() if each is not None and each.types}
            if known:
                return known
    return {}


def errors(
    shapes: Shapes, calls: Mapping[str, Call], at: Mapping[str, str], unlikely: Collection[str] = ()
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of the catalogue, and what is left to do. `unlikely`: conditions that the requests do not know."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    left: list[str] = []
    for role, table in CONDITIONS.items():
        call = calls.get(role)
        declared = _declared(call)
        if call is None:
            continue
        for status, conditions in table.items():
            for condition in conditions if status in declared else ():
                if condition in unlikely:
                    continue
                if condition in ("missing-key", "wrong-key") and not _is_secured(shapes.document, call):
                    continue
                if (role, condition) not in rows:
                    rows[role, condition] = _row(condition, role, int(status), _body(shapes, call, status, at))
    for role, condition, usual in NEEDED:
        if (role, condition) not in rows and role in calls:
            row = _row(condition, role, usual, _body(shapes, calls[role], str(usual), at))
            rows[role, condition] = {key: value for key, value in row.items() if key != "mark"}
            left.append(f"what {role} answers to {condition} is not declared: {usual} is assumed")
    return _merged(list(rows.values())), left


def undeclared(document: RawDocument, roles: Mapping[str, list[str]]) -> list[tuple[str, int]]:
    """(operation id, status) of the refusals that every x-task speaks of and that an operation does not declare."""
    found = []
    for role, condition, usual in NEEDED:
        for name in roles.get(role, ()):
            call = document.call(name)
            declared = _declared(call)
            if not any(condition in CONDITIONS[role].get(status, ()) for status in declared):
                found.append((name, usual))
    return found


def _declared(call: Call | None) -> set[str]:
    """The statuses that the description itself declares."""
    answers = mapping(call.node.get("responses")) if call else {}
    return {str(status) for status, node in answers.items() if mapping(node).get("x-mark") != "assumed"}


def _is_secured(document: RawDocument, call: Call) -> bool:
    return bool(call.node.get("security", document.raw.get("security")))


def _row(condition: str, role: str, status: int, body: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"condition": condition, "on": [role]}
    row["readings"] = {"status": status, "body_mark": "assumed", "body": body}
    if condition in _SURE:
        row["mark"] = "documented"
    return row


def _merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that differ in their role alone, as one."""
    found: list[dict[str, Any]] = []
    for row in rows:
        twin = next((e for e in found if {**e, "on": 0} == {**row, "on": 0}), None)
        if twin is None:
            found.append(row)
        else:
            twin["on"] = [*twin["on"], *row["on"]]
    return found


def _body(shapes: Shapes, call: Call, status: str, at: Mapping[str, str]) -> Any:
    """What the description shows, else the smallest body of the schema with the reason at its place."""
    document = shapes.document
    shown_one = _example(document, call, status)
    declared = document.answer_schema(call, status)
    if shown_one is not None:
        parts = segments(at.get("message", ""))
        told = isinstance(resolve(shown_one, parts), str) and bool(parts)
        return replaced(shown_one, parts, "{{detail}}") if told else shown_one
    if declared is None:
        return {"error": "{{text:error}}"}
    schema = declared[0]
    made = _opened(shapes, schema, sample(shapes, schema))
    if not isinstance(made, Mapping) or (not made and not at):
        made = _outer(shapes, schema, made)
    for word in ("message", "code"):
        parts = segments(at.get(word, ""))
        if word in at and (word == "message" or resolve(made, parts) in (MISSING, "{{text:text}}")):
            value = "{{detail}}" if word == "message" else "{{text:error}}"
            tried = replaced(made, parts, value)
            if not document.complaints(schema, shown(tried)):
                made = tried
    return made


def _outer(shapes: Shapes, schema: Any, made: Any) -> Any:
    """What a refusal says whose schema demands nothing: the members that it names, else an error in plain text."""
    document = shapes.document
    nodes = mapping(shapes.of(schema).get("properties"))
    named = {str(name): _opened(shapes, node, sample(shapes, node, str(name))) for name, node in nodes.items()}
    for tried in (named, {"error": "{{text:error}}"}):
        if tried and not document.complaints(schema, shown(tried)):
            return tried
    return made


def _opened(shapes: Shapes, schema: Any, made: Any) -> Any:
    """A body with holes where its schema leaves open what stands there: a server may say something else."""
    shape = shapes.chosen(schema, lambda forms: 0)
    if isinstance(made, Mapping):
        nodes = mapping(shape.get("properties"))
        return {name: _opened(shapes, nodes.get(name, {}), value) for name, value in made.items()}
    text = made if isinstance(made, str) and made.strip() else orjson.dumps(made).decode()
    if "const" in shape or len(shape.get("enum", ())) == 1 or made is None or re.search("[{}|]", text):
        return made
    return f"{{{{{'text' if text == made else 'any'}:{text}}}}}"


def _example(document: RawDocument, call: Call, status: str) -> Any:
    place = document.place(mapping(call.node.get("responses")).get(status, {}), f"{call.pointer}/responses/{status}")
    for each in document.samples:
        if each.pointer.startswith(f"{place}/content/") and isinstance(each.value, Mapping):
            return each.value
    return None
