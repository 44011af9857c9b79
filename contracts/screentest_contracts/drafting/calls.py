"""What an operation takes and answers."""

import re
from collections.abc import Mapping
from typing import Any

from screentest_contracts.drafting.shapes import Found, plain
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import mapping, sequence

IDS = (
    *("id", "taskid", "jobid", "requestid", "generationid", "videoid", "predictionid", "renderid", "generateid"),
    *("uuid", "executionid"),
)
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def media_of(document: RawDocument, call: Call) -> tuple[str, Mapping[str, Any]] | None:
    """The media type of an operation's body with its node: JSON where there is a choice, else a form."""
    content = mapping(mapping(document.follow(call.node.get("requestBody"))).get("content"))
    listed = [(str(media), mapping(node)) for media, node in content.items()]
    known = [each for each in listed if "json" in each[0]] + [each for each in listed if each[0] in _FORMS]
    return known[0] if known else None


def has_body(document: RawDocument, call: Call) -> bool:
    """Whether an operation takes JSON or a form."""
    return media_of(document, call) is not None


def request_of(document: RawDocument, call: Call) -> Any:
    """The schema of an operation's body."""
    found = media_of(document, call)
    return found[1].get("schema", {}) if found else {}


def good_status(call: Call) -> int:
    """The first status of 2xx that an operation declares."""
    codes = [str(code) for code in mapping(call.node.get("responses"))]
    return next((int(code) for code in sorted(codes) if re.fullmatch(r"2\d\d", code)), 200)


def good_statuses(call: Call) -> list[int]:
    """Every status of 2xx that an operation declares with one and the same answer; 200 where there is none."""
    answers = {str(code): node for code, node in mapping(call.node.get("responses")).items()}
    own = mapping(answers.get(str(good_status(call)))).get(
        "content", mapping(answers.get(str(good_status(call)))).get("$ref")
    )
    codes = [code for code in sorted(answers) if re.fullmatch(r"2\d\d", code)]
    alike = [int(c) for c in codes if mapping(answers[c]).get("content", mapping(answers[c]).get("$ref")) == own]
    return alike or [good_status(call)]


def answer_of(document: RawDocument, call: Call) -> Any:
    """The schema of an operation's good answer."""
    declared = document.answer_schema(call, good_status(call))
    return declared[0] if declared else {}


def links(document: RawDocument, call: Call) -> list[Mapping[str, Any]]:
    """The links of an operation's answers."""
    found = []
    for node in mapping(call.node.get("responses")).values():
        named = mapping(mapping(document.follow(node)).get("links"))
        found += [mapping(document.follow(each)) for each in named.values()]
    return found


def parameter_of(document: RawDocument, call: Call) -> str | None:
    """What carries the task's id: the last parameter of the path, else one of the query or the body by its name."""
    inside = re.findall(r"\{([^}]+)\}", call.path)
    if inside:
        return str(inside[-1])
    for _, node in document.all_parameters(call):
        if node.get("in") == "query" and plain(str(node.get("name"))) in IDS:
            return str(node["name"])
    if call.method == "post":
        schema = mapping(document.follow(request_of(document, call)))
        names = [str(name) for name in mapping(schema.get("properties"))]
        return next((name for name in names if plain(name) in IDS and name in sequence(schema.get("required"))), None)
    return None


def ids_in(members: list[Found]) -> list[str]:
    """The pointers of members that are called like a task's id, outermost first, and those of one level together."""
    found = [each for each in members if plain(each.name) in IDS and each.types <= {"string", "integer"}]
    found = [each for each in found if not re.search(r"/\d+(/|$)", each.pointer)]
    found.sort(key=lambda each: (each.pointer.count("/"), IDS.index(plain(each.name))))
    top = [each.pointer for each in found if each.pointer.count("/") == found[0].pointer.count("/")]
    return [pointer for pointer in top if plain(pointer.rpartition("/")[2]) in ("id", "taskid")] or top[:1]


def ids_of(document: RawDocument, create: Call, query: Call, members: list[Found]) -> list[str]:
    """The pointers of the task's id in a receipt: by the link to the query, by the parameter's name, then by others."""
    for link in links(document, create):
        for value in mapping(link.get("parameters")).values():
            if isinstance(value, str) and value.startswith("$response.body#/"):
                return [value.removeprefix("$response.body#")]
    wanted = plain(parameter_of(document, query) or "")
    named = [each.pointer for each in members if plain(each.name) == wanted and wanted != "id"]
    return ids_in(members) or named[:1]
