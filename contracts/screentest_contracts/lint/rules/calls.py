"""Operations, their addresses and their parameters: what is written in them counts."""

import re
from collections.abc import Iterator

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import is_ignored, mapping, sequence, server_urls

_INSTEAD = {
    "content-type": "the media types under `content` say what a body is",
    "accept": "the media types of the responses say what is answered",
    "authorization": "`security` says how a key travels",
}


@rule(
    "parameter.header-of-http",
    Severity.WARNING,
    "Content-Type, Accept and Authorization are no header parameters: OpenAPI ignores them",
    "take the parameter out",
)
def header_parameters(document: RawDocument) -> Iterator[Hit]:
    """Header parameters that OpenAPI says shall be ignored."""
    seen: set[str] = set()
    for call in document.calls:
        for at, node in document.all_parameters(call):
            if is_ignored(node) and at not in seen:
                seen.add(at)
                instead = _INSTEAD[str(node["name"]).lower()]
                yield Hit(at, f"the header parameter {node['name']} of {call.id} is not read: {instead}")


@rule(
    "operation.no-role",
    Severity.WARNING,
    "Every operation plays a role: only those are served and judged",
    "name it under x-task.roles, or take it out of the document",
    task=True,
)
def operations_have_roles(document: RawDocument) -> Iterator[Hit]:
    """Operations that x-task does not name."""
    roles = mapping(mapping(document.task).get("roles"))
    known = {str(name) for names in roles.values() for name in sequence(names)}
    for call in document.calls:
        if call.id not in known:
            yield Hit(call.pointer, f"{call.id} plays no role")


@rule(
    "server.variables",
    Severity.WARNING,
    "A server's address is the address itself",
    "write the address as most callers have it; other hosts are servers of their own",
    task=True,
)
def addresses_are_whole(document: RawDocument) -> Iterator[Hit]:
    """Addresses with variables."""
    whole = server_urls(document.raw)
    for index, server in enumerate(sequence(document.raw.get("servers"))):
        names = re.findall(r"\{[^{}]*\}", str(mapping(server).get("url", "")))
        if names:
            open_ = re.findall(r"\{[^{}]*\}", whole[index])
            end = f"nothing fills {', '.join(open_)} in" if open_ else f"only {whole[index]} is served and judged"
            yield Hit(f"/servers/{index}/url", f"the address has {', '.join(names)} in it: {end}")
