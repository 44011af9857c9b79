"""Operations and members that are said to be the same thing under two names."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.lint.rules.statuses import member_schemas
from screentest_contracts.location import Location, segments
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

_WORDS = ("enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "default", "maxLength")


@rule(
    "alias.operation",
    Severity.ERROR,
    "Operations of one role take and give the same",
    "let both refer to one schema, or give the alias bodies of its own under profiles.<name>.views",
    task=True,
)
def operations_agree(document: RawDocument) -> Iterator[Hit]:
    """Aliases of a role with other requests, answers or keys than the first operation."""
    task = mapping(document.task)
    views = {
        view for profile in mapping(task.get("profiles")).values() for view in mapping(mapping(profile).get("views"))
    }
    views |= {*mapping(mapping(task.get("lifecycle")).get("words"))}
    chosen = {mapping(model).get("operation") for model in mapping(task.get("models")).values()}
    for role, names in mapping(task.get("roles")).items():
        calls = [call for name in sequence(names) if (call := document.call(str(name))) is not None]
        for index, call in enumerate(calls[1:], 1):
            if call.id in chosen or calls[0].id in chosen:
                continue
            for what in _differences(document, calls[0], call, call.id in views):
                yield Hit(f"/x-task/roles/{role}/{index}", f"{call.id} is an alias of {calls[0].id}, yet {what} differ")


def _differences(document: RawDocument, one: Call, other: Call, has_view: bool) -> Iterator[str]:
    bodies = [_request(document, call) for call in (one, other)]
    if all(body is not None for body in bodies) and bodies[0] != bodies[1]:
        yield "their requests"
    codes = [{str(key) for key in mapping(call.node.get("responses"))} for call in (one, other)]
    if codes[0] != codes[1]:
        yield f"their answers ({', '.join(sorted(codes[0] ^ codes[1]))} on one side only)"
    elif not has_view:
        for status in sorted(codes[0]):
            schemas = [document.answer_schema(call, status) for call in (one, other)]
            if next(found and document.follow(found[0]) for found in schemas) != (
                schemas[1] and document.follow(schemas[1][0])
            ):
                yield f"their answers {status}"
                break
    if one.node.get("security") != other.node.get("security"):
        yield "their keys"


def _request(document: RawDocument, call: Call) -> Any:
    body = mapping(document.follow(call.node.get("requestBody")))
    if not body:
        return None
    return {media: document.follow(mapping(node).get("schema")) for media, node in mapping(body.get("content")).items()}


@rule(
    "alias.member",
    Severity.WARNING,
    "Members that hold the same thing have the same range",
    "write the range once and refer to it",
    task=True,
)
def members_agree(document: RawDocument) -> Iterator[Hit]:
    """Places of one request value (`duration: [/duration, /seconds]`) whose ranges differ where both state one."""
    task = mapping(document.task)
    schemas = mapping(mapping(document.raw.get("components")).get("schemas"))
    seen: set[str] = set()
    for model in mapping(task.get("models")).values():
        name = str(mapping(model).get("schema"))
        wanted = {**mapping(task.get("request")), **mapping(mapping(model).get("request"))}
        for value, location in wanted.items():
            found = [] if location is None else list(_members(document, schemas.get(name), name, location))
            for (first, _), (second, at) in itertools.pairwise(found):
                differ = [word for word in _WORDS if word in first and word in second and first[word] != second[word]]
                if differ and at not in seen:
                    seen.add(at)
                    yield Hit(at, f"holds the {value} as another member does, with another {', '.join(differ)}")


def _members(document: RawDocument, schema: Any, name: str, location: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    for pointer in Location(location).pointers:
        yield from list(member_schemas(document, schema, segments(pointer), child("/components/schemas", name)))[:1]
