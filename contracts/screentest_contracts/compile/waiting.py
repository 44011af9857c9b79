"""Reads how a create waits for the end of its task."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import Contract, Role, StatusClass, Success, Wait
from screentest_contracts.location import Location, replaced, segments
from screentest_contracts.raw.nodes import child

AT = "/x-task/wait"


def read_wait(draft: Draft, node: Mapping[str, Any] | None, created: Success) -> Wait | None:
    """How a create waits. `created`: what an accepted create is answered with."""
    if node is None:
        return None
    rule = Wait(
        header=node.get("header"),
        at=Location(node["at"]) if "at" in node else None,
        value=node["value"],
        longest=float(node["seconds"]),
        statuses=tuple(node.get("status", created.statuses)),
        fact=draft.base.over(node),
    )
    if rule.header is not None and not isinstance(rule.value, str):
        draft.problem(f"{AT}/value", f"a header is no {type(rule.value).__name__}", "write a text")
    return rule


def check_wait(draft: Draft, contract: Contract) -> None:
    """Notes a wait that no request can ask for, and ends of which a create could not tell."""
    rule = contract.wait
    if rule is None:
        return
    for operation in contract.roles[Role.CREATE]:
        for status in rule.statuses:
            if operation.responses and operation.response(status) is None:
                at = f"{AT}/status" if "status" in draft.task["wait"] else AT
                draft.problem(at, f"{operation.id} declares no answer {status}", "declare it under `responses`")
    if rule.at is not None:
        parts = segments(rule.at.pointers[0])
        for model in contract.models.values():
            if not model.validator.is_valid(replaced(model.base, parts, rule.written(rule.longest))):
                what = f"{model.schema_name} does not take {rule.written(rule.longest)!r} at {rule.at}"
                draft.problem(f"{AT}/value", what, f"add the member to the schema {model.schema_name}")
    for pointer, name in _silent(contract):
        what = f"a create that waits answers with the body of {name}, which shows no id at {contract.id.at}"
        draft.problem(pointer, what, "write {{id}} there, or add where it stands to id.at")


def _silent(contract: Contract) -> Iterator[tuple[str, str]]:
    """The ends whose bodies do not show the task's id where receipts have it."""
    for name, profile in contract.profiles.items():
        for status_class in StatusClass:
            end = profile.outcome(status_class) if status_class.terminal else None
            bodies = profile.bodies.get(end.status, ()) if end is not None else ()
            for body in bodies:
                slots = [body.template.slot_at(pointer) for pointer in contract.id.at.pointers]
                if end is not None and not any(slot is not None and slot.hole.name == "id" for slot in slots):
                    yield child("/x-task/profiles", name, "bodies", end.status), end.status
