"""What no schema can say: whether the parts of a document fit together."""

import re
from collections.abc import Iterator
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.compile.waiting import check_wait
from screentest_contracts.contract import Contract, Idempotency, Role, ShownId, StatusClass
from screentest_contracts.location import MATCH, segments
from screentest_contracts.raw.nodes import child
from screentest_contracts.schemas import member_schemas


def cross_check(draft: Draft, contract: Contract) -> None:
    """Notes what contradicts or misses something elsewhere in the document."""
    for name, fact_sources in _all_sources(draft):
        if name not in contract.sources:
            draft.problem(fact_sources, f"source {name!r} is not in x-task.sources", "add it there")
    for pointer, name in contract.id.addresses.items():
        if name not in contract.operations:
            draft.problem(child("/x-task/id/addresses", pointer), f"{name!r} plays no role", "name an operation")
    for role, operations in contract.roles.items():
        shown = operations[0].shown_id
        if shown is not None and not _shows(contract, shown):
            what = f"no success of a query has {{{{value:{shown.value}}}}} at {shown.at}"
            draft.problem(f"/x-task/id/others/{role}", what, "write that hole there, and its form under x-task.values")
    if contract.lifecycle.refused is not None and Role.RESULT not in contract.roles:
        draft.problem(
            child("/x-task/lifecycle/statuses", contract.lifecycle.refused.name, "result"),
            "`result: refused` needs a result operation",
            "",
        )
    if Role.LIST in contract.roles and contract.listing is None:
        draft.problem("/x-task/roles/list", "roles.list needs a `list` section", "")
    if Role.CANCEL in contract.roles and contract.cancel is None:
        draft.problem("/x-task/roles/cancel", "roles.cancel needs a `cancel` section", "")
    if (Role.DELETE in contract.roles) is (contract.delete is None):
        at = "/x-task/roles/delete" if contract.delete is None else "/x-task/delete"
        draft.problem(at, "roles.delete and a `delete` section need each other", "")
    _check_idempotency(draft, contract)
    check_wait(draft, contract)
    for pattern, place in _patterns(draft.task, "/x-task"):
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            draft.problem(place, f"no regular expression: {pattern!r} ({error})", "mend what follows `~match=`")
        else:
            if groups != 1:
                draft.problem(place, f"{pattern!r} has {groups} groups", "put what is meant in the only group: (...)")
    if (Role.UPLOAD in contract.roles) is not ("upload" in draft.task):
        at = "/x-task/upload" if "upload" in draft.task else "/x-task/roles/upload"
        draft.problem(at, "roles.upload and an `upload` section need each other", "")
    if (Role.FILE in contract.roles) is not ("read" in draft.task.get("upload", {})):
        at = "/x-task/roles/file" if Role.FILE in contract.roles else "/x-task/upload/read"
        draft.problem(at, "roles.file and `upload.read` need each other", "")
    for condition, role in (
        ("missing-key", Role.QUERY),
        ("unknown-task", Role.QUERY),
        ("invalid-body", Role.CREATE),
    ):
        if contract.error(role, condition) is None:
            draft.problem("/x-task/errors", f"nothing says how {role} answers {condition}", "add a row")


def _patterns(node: Any, at: str) -> Iterator[tuple[str, str]]:
    """Every pattern of a `~match=` segment, with where it is written."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _patterns(value, child(at, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _patterns(value, child(at, index))
    elif isinstance(node, str) and f"/{MATCH}" in node:
        yield from ((part.removeprefix(MATCH), at) for part in segments(node) if part.startswith(MATCH))


def _check_idempotency(draft: Draft, contract: Contract) -> None:
    rule = contract.idempotency
    if rule is None:
        for index, node in enumerate(draft.task["errors"]):
            if node["condition"] == "idempotency-conflict":
                mend = "add `idempotency: {header: ...}`"
                draft.problem(f"/x-task/errors/{index}/condition", "nothing says where an idempotency key stands", mend)
        return
    for shown, schema in _key_schemas(draft, contract, rule):
        key = rule.key("an example")
        if not draft.validator(schema, "/x-task/idempotency").is_valid(key):
            mend = f"let it be a text of the form that {shown} has"
            draft.problem("/x-task/idempotency/make", f"it makes {key!r}, which {shown} does not take", mend)


def _key_schemas(draft: Draft, contract: Contract, rule: Idempotency) -> Iterator[tuple[str, Any]]:
    """The declared schemas of a key: of the header, where it is declared at all, or of the member of each model."""
    if rule.at is None:
        for operation in contract.roles[Role.CREATE]:
            declared = operation.header(str(rule.header))
            if declared is not None:
                yield f"the header {declared['name']} of {operation.id}", declared.get("schema", {})
        return
    for model in contract.models.values():
        schemas = member_schemas(model.schema, rule.at)
        yield from ((f"{rule.at} of {model.schema_name}", schema) for schema in schemas)
        if not schemas:
            what = f"no request of {model.name} has a member {rule.at}"
            draft.problem("/x-task/idempotency/at", what, f"add it to the schema {model.schema_name}")


def _shows(contract: Contract, shown: ShownId) -> bool:
    """Whether some body of a task that has succeeded holds this id, itself or within the result's address."""
    made = {slot.hole.argument for slot in contract.link.make.slots_named("value")}
    for profile in contract.profiles.values():
        end = profile.outcome(StatusClass.SUCCEEDED)
        for body in profile.bodies[end.status] if end is not None else ():
            slots = [body.template.slot_at(pointer.partition(f"/{MATCH}")[0]) for pointer in shown.at.pointers]
            holes = [slot.hole for slot in slots if slot is not None]
            if any(
                (hole.name, hole.argument) == ("value", shown.value) or (hole.name == "link" and shown.value in made)
                for hole in holes
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
                    found += [(name, child(at, key)) for name in names]
                elif key not in opaque:
                    stack.append((value, child(at, key)))
        elif isinstance(node, list):
            stack.extend((value, f"{at}/{index}") for index, value in enumerate(node))
    return found
