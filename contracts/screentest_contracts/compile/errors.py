"""Reads the error catalogue."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import OF_MODELS, ErrorReading, ErrorRow, Operation, Role
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child


def read_errors(
    draft: Draft, nodes: Iterable[Mapping[str, Any]], roles: Mapping[Role, tuple[Operation, ...]]
) -> dict[tuple[Role, str], tuple[ErrorRow, ...]]:
    """The rows by role and condition."""
    found: dict[tuple[Role, str], list[ErrorRow]] = {}
    told = [Location(pointers) for pointers in draft.task.get("error", {}).values()]
    for index, node in enumerate(nodes):
        pointer = f"/x-task/errors/{index}"
        fact = draft.base.over(node)

        def reading(each: Mapping[str, Any], selected: bool, at: str, fact: Fact = fact) -> ErrorReading:
            own = fact.over(each)
            body = draft.template(each["body"], child(at, "body")) if "body" in each else None
            if body is not None:
                body.state(pointer for place in told for pointer in place.pointers)
            return ErrorReading(
                status=each["status"],
                body=body,
                headers={
                    name: draft.template(value, child(at, "headers", name))
                    for name, value in each.get("headers", {}).items()
                },
                optional_headers={
                    name: draft.template(value, child(at, "optional_headers", name))
                    for name, value in each.get("optional_headers", {}).items()
                },
                selected=selected,
                tolerated=bool(each.get("tolerated")),
                fact=own,
                body_fact=own.over(each, "body_"),
                headers_fact=own.over(each, "headers_"),
            )

        row = ErrorRow(
            condition=node["condition"],
            roles=tuple(Role(role) for role in node.get("on", roles)),
            members=tuple(member.strip("/").replace("/", ".") for member in node.get("for", ())),
            readings=draft.readings(node["readings"], reading, f"{pointer}/readings"),
            models=tuple(node.get("models", ())),
            name=node.get("name"),
            limit=node.get("limit"),
            request=node.get("request", {}),
            fact=fact,
        )
        _check_models(draft, row, f"{pointer}/models")
        for number, role in enumerate(row.roles):
            if role not in roles:
                draft.problem(f"{pointer}/on/{number}", f"the provider has no role {role}", "take it out")
            found.setdefault((role, row.condition), []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


def _check_models(draft: Draft, row: ErrorRow, at: str) -> None:
    """Notes a row for some models that can be of none."""
    if not row.models:
        return
    if row.roles != (Role.CREATE,) or row.condition not in OF_MODELS:
        what = f"{row.condition} on {', '.join(row.roles)} does not tell of a model"
        draft.problem(at, what, f"write `on: [create]`; conditions that can: {', '.join(sorted(OF_MODELS))}")
    known = draft.task["models"]
    for index, glob in enumerate(row.models):
        names = [*known, *(str(node["base"].get("model")) for node in known.values() if isinstance(node["base"], dict))]
        if not any(fnmatchcase(name, glob) for name in names):
            draft.problem(f"{at}/{index}", f"no model is called {glob!r}", f"known: {', '.join(known)}")
