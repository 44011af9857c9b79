"""What no schema can say: whether the parts of a document fit together."""

from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import Contract, Role, ShownId, StatusClass


def cross_check(draft: Draft, contract: Contract) -> None:
    """Notes what contradicts or misses something elsewhere in the document."""
    for name, fact_sources in _all_sources(draft):
        if name not in contract.sources:
            draft.problem(fact_sources, f"source {name!r} is not in x-task.sources", "add it there")
    for pointer, name in contract.id.addresses.items():
        if name not in contract.operations:
            draft.problem(f"/x-task/id/addresses/{pointer}", f"{name!r} plays no role", "name an operation")
    for role, operations in contract.roles.items():
        shown = operations[0].shown_id
        if shown is not None and not _shows(contract, shown):
            what = f"no success of a query has {{{{value:{shown.value}}}}} at {shown.at}"
            draft.problem(f"/x-task/id/others/{role}", what, "write that hole there, and its form under x-task.values")
    if contract.lifecycle.refused is not None and Role.RESULT not in contract.roles:
        draft.problem("/x-task/lifecycle/statuses", "`result: refused` needs a result operation", "")
    if Role.LIST in contract.roles and contract.listing is None:
        draft.problem("/x-task/list", "roles.list needs a `list` section", "")
    if Role.CANCEL in contract.roles and contract.cancel is None:
        draft.problem("/x-task/cancel", "roles.cancel needs a `cancel` section", "")
    if (Role.UPLOAD in contract.roles) is not ("upload" in draft.task):
        draft.problem("/x-task/upload", "roles.upload and an `upload` section need each other", "")
    for condition, role in (
        ("missing-key", Role.QUERY),
        ("unknown-task", Role.QUERY),
        ("invalid-body", Role.CREATE),
    ):
        if contract.error(role, condition) is None:
            draft.problem("/x-task/errors", f"nothing says how {role} answers {condition}", "add a row")


def _shows(contract: Contract, shown: ShownId) -> bool:
    """Whether some body of a task that has succeeded holds this id."""
    for profile in contract.profiles.values():
        end = profile.outcome(StatusClass.SUCCEEDED)
        for body in profile.bodies[end.status] if end is not None else ():
            slots = [body.template.slot_at(pointer) for pointer in shown.at.pointers]
            if any(
                slot is not None and (slot.hole.name, slot.hole.argument) == ("value", shown.value) for slot in slots
            ):
                return shown.value in contract.values
    return False


def _all_sources(draft: Draft) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    stack: list[tuple[Any, str]] = [(draft.task, "/x-task")]
    opaque = {"base", "bodies", "body", "receipt", "result", "item", "views", "sources"}
    while stack:
        node, at = stack.pop()
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "source" or key.endswith("_source"):
                    names = [value] if isinstance(value, str) else value
                    found += [(name, f"{at}/{key}") for name in names]
                elif key not in opaque:
                    stack.append((value, f"{at}/{key}"))
        elif isinstance(node, list):
            stack.extend((value, f"{at}/{index}") for index, value in enumerate(node))
    return found
