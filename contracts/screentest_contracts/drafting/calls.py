"""Which operation plays which role: by links, methods, paths and the members of bodies."""

import re
from collections.abc import Mapping
from typing import Any

from screentest_contracts.drafting.members import first, walk
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import mapping, sequence
from screentest_contracts.vocabulary import STATUS_MEMBERS

_ASKS = ("prompt", "input", "model", "text", "image_url", "video_url")
_IDS = ("id", "task_id", "job_id", "request_id", "generation_id", "video_id", "prediction_id")


def roles(document: RawDocument) -> dict[str, list[str]]:
    """Operation ids by role. Without a create and a query there is nothing to draft: then both are missing."""
    creates = [call for call in document.calls if call.method == "post" and _asks(document, call)]
    creates.sort(key=lambda call: -_score(document, call))
    if not creates:
        return {}
    create = creates[0]
    linked = [str(link.get("operationId")) for link in links(document, create)]
    queries = [
        call
        for call in document.calls
        if call.method == "get"
        and parameter_of(document, call)
        and first(_answer(document, call), STATUS_MEMBERS, "string")
    ]
    queries.sort(key=lambda call: (call.id not in linked, not call.path.startswith(create.path), len(call.path)))
    if not queries:
        return {}
    query = queries[0]
    same = [call for call in creates if _body(document, call) == _body(document, create)]
    twins = [call for call in queries if answer_of(document, call) == answer_of(document, query)]
    found = {"create": [call.id for call in same], "query": [call.id for call in twins]}
    for call in document.calls:
        own = call.path.rstrip("/")
        if call.method == "get" and own.endswith(("/content", "/download", "/file")) and parameter_of(document, call):
            found.setdefault("content", []).append(call.id)
        elif call.method == "get" and not parameter_of(document, call) and _lists(document, call, create, query):
            found.setdefault("list", []).append(call.id)
        elif (call.method == "delete" and own == query.path) or (call.method == "post" and own.endswith("/cancel")):
            found.setdefault("cancel", []).append(call.id)
    return found


def links(document: RawDocument, call: Call) -> list[Mapping[str, Any]]:
    """The links of an operation's answers."""
    found = []
    for node in mapping(call.node.get("responses")).values():
        named = mapping(mapping(document.follow(node)).get("links"))
        found += [mapping(document.follow(each)) for each in named.values()]
    return found


def good_status(call: Call) -> int:
    """The first status of 2xx that an operation declares."""
    codes = [str(code) for code in mapping(call.node.get("responses"))]
    return next((int(code) for code in sorted(codes) if re.fullmatch(r"2\d\d", code)), 200)


def answer_of(document: RawDocument, call: Call) -> Any:
    """The schema of an operation's good answer."""
    declared = document.answer_schema(call, good_status(call))
    return declared[0] if declared else {}


def request_of(document: RawDocument, call: Call) -> Any:
    """The schema of an operation's body."""
    return _body(document, call)


def parameter_of(document: RawDocument, call: Call) -> str | None:
    """The last parameter of an operation's path, or a required one of its query."""
    inside = re.findall(r"\{([^}]+)\}", call.path)
    if inside:
        return str(inside[-1])
    for node in sequence(call.node.get("parameters")):
        parameter = mapping(document.follow(node))
        if parameter.get("in") == "query" and parameter.get("required") and str(parameter.get("name")) in _IDS:
            return str(parameter["name"])
    return None


def id_of(document: RawDocument, create: Call) -> list[str]:
    """The pointers of the task's id in a receipt: by the link to the query, then by name."""
    for link in links(document, create):
        for value in mapping(link.get("parameters")).values():
            if isinstance(value, str) and value.startswith("$response.body#/"):
                return [value.removeprefix("$response.body#")]
    found = walk(document, answer_of(document, create))
    members = [each for each in found if each.name in _IDS and each.types <= {"string", "integer"}]
    members.sort(key=lambda each: (each.pointer.count("/"), _IDS.index(each.name)))
    top = [each.pointer for each in members if each.pointer.count("/") == members[0].pointer.count("/")]
    return [pointer for pointer in top if pointer.rpartition("/")[2] in ("id", "task_id")] or top[:1]


def _body(document: RawDocument, call: Call) -> Any:
    content = mapping(mapping(document.follow(call.node.get("requestBody"))).get("content"))
    return next((mapping(node).get("schema") for media, node in content.items() if "json" in media), None)


def _asks(document: RawDocument, call: Call) -> bool:
    body = _body(document, call)
    return (
        body is not None and first(list(walk(document, body)), _ASKS) is not None and bool(id_of_safe(document, call))
    )


def id_of_safe(document: RawDocument, call: Call) -> list[str]:
    """As `id_of`; nothing where the answer names no id."""
    try:
        return id_of(document, call)
    except IndexError:
        return []


def _score(document: RawDocument, call: Call) -> int:
    names = {each.name for each in walk(document, _body(document, call))}
    receipt = {each.name for each in _answer(document, call)}
    return (
        len(names & {*_ASKS, "duration", "callback_url"})
        + 2 * bool(receipt & set(STATUS_MEMBERS))
        + 2 * bool(links(document, call))
    )


def _answer(document: RawDocument, call: Call) -> list[Any]:
    return list(walk(document, answer_of(document, call)))


def _lists(document: RawDocument, call: Call, create: Call, query: Call) -> bool:
    near = call.path in (create.path, query.path.rpartition("/")[0])
    return near and any("array" in each.types for each in _answer(document, call))
