"""Reads paths, roles and what counts as a success."""

from collections.abc import Iterable, Mapping
from typing import Any

from screentest_contracts.compile.call_parameters import read_call_parameters
from screentest_contracts.compile.draft import Draft
from screentest_contracts.compile.earlier import earlier_parameter
from screentest_contracts.compile.needed_headers import read_needed_headers
from screentest_contracts.contract import Conditions, Operation, Response, Role, ShownId, Success, TokenRule
from screentest_contracts.location import Location
from screentest_contracts.raw.nodes import child, is_ignored
from screentest_contracts.tokens import rule_problems

METHODS = ("get", "post", "put", "delete", "patch", "head", "options")

Found = tuple[str, str, Mapping[str, Any]]
"""Path, method and node of an operation."""


def read_roles(draft: Draft) -> dict[Role, tuple[Operation, ...]]:
    """The operations of each role, the canonical one first."""
    found = _operations(draft)
    roles: dict[Role, tuple[Operation, ...]] = {}
    for role, ids in draft.task["roles"].items():
        operations = []
        for index, name in enumerate(ids):
            if name not in found:
                known = ", ".join(found)
                draft.problem(child("/x-task/roles", role, index), f"no operationId {name!r}", f"known: {known}")
                continue
            operations.append(_operation(draft, name, found[name], Role(role)))
        roles[Role(role)] = tuple(operations)
    return roles


def _operations(draft: Draft) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for path, item in draft.document.resolved.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                node = item[method]
                declared = [*item.get("parameters", []), *node.get("parameters", [])]
                parameters = [parameter for parameter in declared if not is_ignored(parameter)]
                found[node.get("operationId", f"{method} {path}")] = (
                    path,
                    method.upper(),
                    {**node, "parameters": parameters},
                )
    return found


def _carrier(draft: Draft, name: str, role: Role) -> str:
    """The parameter or member that says of which task or file an operation speaks; "" where nothing does."""
    task = draft.task
    if role is Role.CREATE:
        return earlier_parameter(draft, name) or ""
    if role is Role.BATCH:
        return str(task.get("batch", {}).get("ids", ""))
    if role is Role.FILE:
        read = task.get("upload", {}).get("read")
        return "" if read is None else str(read.get("parameter", "file_id"))
    if role.names_task:
        return str(task["id"].get("others", {}).get(role, task["id"]).get("parameter", "task_id"))
    return ""


def _operation(draft: Draft, name: str, found: Found, role: Role) -> Operation:
    path, method, node = found
    fact = draft.api.over(node, "x-")
    content = node.get("requestBody", {}).get("content", {})
    schema = next((media.get("schema") for media in content.values() if media.get("schema") is not None), None)
    other = draft.task["id"].get("others", {}).get(role)
    carrier = _carrier(draft, name, role)
    security = node.get("security", draft.document.raw.get("security", []))
    parameters = tuple({**parameter, "x-task-id": parameter.get("name") == carrier} for parameter in node["parameters"])
    if role.names_task and carrier:  # none for several tasks where nothing says how they are asked for
        in_body = carrier in (schema or {}).get("properties", {})
        if not in_body and not any(parameter["x-task-id"] for parameter in parameters):
            draft.problem(
                child("/paths", path, method.lower()),
                f"no parameter {carrier!r} carries the task's id",
                "batch.ids" if role is Role.BATCH else "id.parameter",
            )
    elif role is Role.FILE and carrier and not any(parameter["x-task-id"] for parameter in parameters):
        at, what = child("/paths", path, method.lower()), f"no parameter {carrier!r} carries the file's reference"
        draft.problem(at, what, "upload.read.parameter")
    at = child("/paths", path, method.lower(), "responses")
    responses = {
        str(status): Response(
            str(status),
            {
                media: draft.answer_validator(each["schema"], child(at, status, "content", media, "schema"))
                for media, each in _content(response)
                if "schema" in each
            },
            {media: each["schema"] for media, each in _content(response) if "schema" in each},
            fact.over(response, "x-"),
        )
        for status, response in node.get("responses", {}).items()
    }
    return Operation(
        id=name,
        role=role,
        method=method,
        path=path,
        parameters=parameters,
        call_parameters=read_call_parameters(draft, parameters, carrier, fact, f"/paths/{path}/{method.lower()}"),
        needed_headers=read_needed_headers(
            draft, parameters, role, schema, fact, child("/paths", path, method.lower())
        ),
        body_schema=schema,
        body_media={media: fact.over(each, "x-") for media, each in content.items()},
        body_required=bool(node.get("requestBody", {}).get("required")),
        responses=responses,
        secured=any(security) if isinstance(security, list) else False,
        carrier=carrier,
        shown_id=None if other is None else ShownId(Location(other["at"]), other["value"]),
        fact=fact,
    )


def _content(response: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    content: Mapping[str, Mapping[str, Any]] = response.get("content", {})
    return content.items()


def read_success(draft: Draft, node: Any, pointer: str) -> Success:
    """When an answer of one role is a success."""
    return Success(draft.readings(node, lambda each, selected, _: _conditions(draft, each, selected), pointer))


def _conditions(draft: Draft, node: Mapping[str, Any], selected: bool) -> Conditions:
    return Conditions(
        selected=selected,
        statuses=tuple(node["status"]),
        equals=tuple((Location(at), tuple(values)) for at, values in node.get("equals", {}).items()),
        present=tuple(Location(at) for at in node.get("present", [])),
        absent=tuple(Location(at) for at in node.get("absent", [])),
        fact=draft.base.over(node),
    )


def _key_scheme(draft: Draft) -> tuple[str, Mapping[str, Any]]:
    """The scheme by which keys travel: its name, and what the document says of it."""
    schemes = draft.document.resolved.get("components", {}).get("securitySchemes", {})
    wanted = [name for each in draft.document.raw.get("security", []) for name in each] or list(schemes)
    return (wanted[0], schemes.get(wanted[0], {})) if wanted else ("", {})


def read_key(draft: Draft) -> tuple[str, str, str | None]:
    """Where the key goes: header and prefix, or the query's parameter."""
    _, scheme = _key_scheme(draft)
    prefix = scheme.get("x-prefix")
    if scheme.get("type") == "apiKey":
        if scheme.get("in") == "query":
            return "", "", str(scheme["name"])
        return str(scheme.get("name", "")).lower(), prefix or "", None
    word = str(scheme.get("scheme", "bearer"))
    return "authorization", prefix if prefix is not None else ("Bearer " if word == "bearer" else f"{word} "), None


def read_token_rule(draft: Draft) -> TokenRule | None:
    """How each request is signed, where a key is a pair."""
    name, scheme = _key_scheme(draft)
    node = scheme.get("x-jwt")
    if node is None:
        return None
    at = child("/components/securitySchemes", name, "x-jwt")
    for member, what, mend in rule_problems(node):
        draft.problem(f"{at}/{member}", what, mend)
    if scheme.get("in") == "query":
        draft.problem(at, "a token does not travel in an address", "in: header")
    return TokenRule(node["algorithm"], node["claims"], node.get("header", {}), draft.api.over(scheme, "x-"))
