"""Members of answers: the fact that one rests on, its slug, where queries show a value, what that is held to."""

from typing import Any

from screentest_contracts.contract import Contract, Operation
from screentest_contracts.facts import Fact
from screentest_contracts.location import MATCH, segments
from screentest_contracts.reading import bodies_of, slots_by_pointer
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, QUERY, Builder
from screentest_contracts.requirements.subjects import Member, MemberValue


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
        if part == "~json" or part.startswith(MATCH):
            continue
        nodes = [child for node in nodes for child in _schema_children(node, part)]
        if not nodes:
            return fact
        best = [fact.over(node, "x-") for node in nodes]
        fact = min(best, key=lambda each: each.mark.rank)
    return fact


def is_required(operation: Operation, status: int, pointer: str) -> bool:
    """Whether a response's schema demands the member at `pointer`, and all that is around it."""
    response = operation.response(status)
    nodes = list(response.schemas.values())[:1] if response is not None else []
    for part in segments(pointer):
        if not any(_demands(node, part) for node in nodes):
            return False
        nodes = [child for node in nodes for child in _schema_children(node, part)]
    return bool(nodes)


def _demands(node: Any, part: str) -> bool:
    if not isinstance(node, dict):
        return False
    return part in node.get("required", ()) or any(_demands(branch, part) for branch in node.get("allOf", ()))


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


def slug_of(pointer: str) -> str:
    """A dotted slug for a pointer: `/data/data/output/task_status` -> `data.data.output.task_status`."""
    names = (part for part in segments(pointer) if part != "~json" and not part.startswith(MATCH))
    return ".".join(part for part in names if not part.isdecimal()) or "body"


def query_slots(contract: Contract, operation: Operation, name: str) -> list[tuple[str, str]]:
    """(slug, pointer) of each place of a value in the bodies that a query operation answers with."""
    found: dict[str, str] = {}
    for profile in contract.profiles.values():
        for pointer in slots_by_pointer(bodies_of(profile, operation), name):
            found.setdefault(slug_of(pointer), pointer)
    return list(found.items())


def add_shown_value(builder: Builder, role: str, operation: Operation, status: int, pointer: str, name: str) -> None:
    """That a receipt (`role` create) or a query shows progress in its form, or a value of the request unchanged."""
    suite = "receipt" if role == "create" else "polling"
    fact, slug = schema_fact(operation, status, pointer), slug_of(pointer)
    depends = (CREATE,) if role == "create" else (CREATE, QUERY)
    where = "a receipt" if role == "create" else "every answer"
    if name == "progress":
        text = f"`{slug}` of {where} is progress in the documented form, within 0 to 100 percent."
        kind = kinds.CREATE_PROGRESS if role == "create" else kinds.QUERY_PROGRESS
        builder.add(f"{role}.{slug}.form", kind, suite, fact, text, Member(pointer), depends)
        return
    text = f"`{slug}` of {where} {'names' if name == 'model' else 'shows'} the {name} that was asked for."
    echo = kinds.CREATE_ECHO if role == "create" else kinds.QUERY_ECHO
    builder.add(f"{role}.{slug}.echo", echo, suite, fact, text, MemberValue(pointer, name), depends)
