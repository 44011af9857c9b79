"""Refusals: the statuses that operations declare, as the conditions that they most likely stand for."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.drafting.members import first, walk
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import mapping, sequence

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
NEEDED = (("query", "missing-key", 401), ("query", "unknown-task", 404), ("create", "invalid-body", 400))


def error_places(document: RawDocument, calls: Mapping[str, Call]) -> dict[str, str]:
    """Where refusals keep code, message, type and param."""
    for call in calls.values():
        for status in mapping(call.node.get("responses")):
            if str(status)[:1] not in "45":
                continue
            declared = document.answer_schema(call, status)
            members = list(walk(document, declared[0])) if declared else []
            names = {
                "code": ("code", "error_code"),
                "message": ("message", "msg", "detail", "error"),
                "type": ("type", "error_type"),
                "param": ("param", "field"),
            }
            found = {}
            for word, candidates in names.items():
                inside = [each for each in members if each.pointer.startswith("/error/")] or members
                each = first(inside, candidates, "string", "integer")
                if each is not None:
                    found[word] = each.pointer
            if found:
                return found
    return {}


def errors(
    document: RawDocument, calls: Mapping[str, Call], at: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of the catalogue, and what had to be made up."""
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for role, table in CONDITIONS.items():
        call = calls.get(role)
        if call is None:
            continue
        responses = {str(status) for status in mapping(call.node.get("responses"))}
        for status, conditions in table.items():
            for condition in conditions if status in responses else ():
                body = _body(document, call, status, at)
                if condition == "invalid-body" and status == "422" and ("create", condition, 400) in rows:
                    continue
                rows[role, condition, int(status)] = _row(condition, [role], int(status), body, "documented")
    left = []
    for role, condition, needed in NEEDED:
        if not any(key[:2] == (role, condition) for key in rows):
            call = calls.get(role)
            body = _body(document, call, str(needed), at) if call else None
            rows[role, condition, needed] = _row(condition, [role], needed, body, "assumed")
            left.append(f"no answer {needed} of {role} is declared: that {condition} gets one is a guess")
    return _merged(list(rows.values())), left


def _row(condition: str, on: list[str], status: int, body: Any, mark: str) -> dict[str, Any]:
    reading: dict[str, Any] = {"status": status}
    if body is not None:
        reading |= {"body_mark": "assumed", "body": body}
    row: dict[str, Any] = {"condition": condition, "on": on, "readings": reading}
    if mark != "assumed":
        row["mark"] = mark
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


def _body(document: RawDocument, call: Call, status: str, at: Mapping[str, str]) -> Any:
    declared = document.answer_schema(call, status)
    shown = _example(document, call, status)
    if shown is not None:
        return shown
    if declared is None:
        return None
    schema = mapping(document.follow(declared[0]))
    made = _skeleton(document, schema, at, "")
    return made or None


def _example(document: RawDocument, call: Call, status: str) -> Any:
    place = document.place(mapping(call.node.get("responses")).get(status, {}), f"{call.pointer}/responses/{status}")
    for each in document.samples:
        if each.pointer.startswith(f"{place}/content/") and isinstance(each.value, Mapping):
            return each.value
    return None


def _skeleton(document: RawDocument, schema: Mapping[str, Any], at: Mapping[str, str], here: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, node in mapping(schema.get("properties")).items():
        member = mapping(document.follow(node))
        pointer = f"{here}/{name}"
        inner = _skeleton(document, member, at, pointer)
        types = sequence(member.get("type"))
        if inner:
            result[str(name)] = inner
        elif "const" in member or member.get("enum"):
            result[str(name)] = member["const"] if "const" in member else member["enum"][0]
        elif "null" in types and name not in sequence(schema.get("required")):
            continue
        elif "string" in types:
            result[str(name)] = "{{detail}}" if pointer == at.get("message") else "{{text:error}}"
        elif {"integer", "number"} & set(types):
            result[str(name)] = 1
    return result
