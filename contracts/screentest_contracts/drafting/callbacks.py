"""How a vendor calls back: from the request's member with an address, and from `callbacks` of the create."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from screentest_contracts.drafting import requests
from screentest_contracts.drafting.shapes import Shapes, walk
from screentest_contracts.errors import UsageError
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import METHODS, mapping
from screentest_contracts.suggestions import did_you_mean

_ENDED = ("succeeded", "failed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class NamedCallback:
    """What the user names: an operation that the vendor calls (`method`, `node`), or the request's member `member`."""

    member: str = ""
    method: str = ""
    node: Mapping[str, Any] = field(default_factory=dict)


def named_callback(document: RawDocument, create: Call, name: str) -> NamedCallback:
    """The operation with an operationId or a method and path, among callbacks, webhooks and paths; else a member."""
    groups = [mapping(document.raw.get("webhooks")), mapping(document.raw.get("paths"))]
    groups += [mapping(document.follow(each)) for each in mapping(create.node.get("callbacks")).values()]
    method, _, path = name.partition(" ")
    for group in groups:
        for key, item in group.items():
            for verb, node in mapping(document.follow(item)).items():
                if verb in METHODS and (
                    mapping(node).get("operationId") == name or (verb, key) == (method.lower(), path)
                ):
                    return NamedCallback(method=verb, node=mapping(node))
    return NamedCallback(member=name)


def callback_of(
    shapes: Shapes,
    create: Call,
    kinds: list[tuple[str, Any]],
    wanted: Mapping[str, str],
    words: Mapping[str, str],
    named: NamedCallback | None,
) -> dict[str, Any] | None:
    """The section `callback`; None where nothing tells of one.

    Raises UsageError where the user names what is neither an operation nor a member of a request, or an operation
    although no request has a member for its address.
    """
    url = _member(shapes, kinds, named.member) if named is not None and named.member else wanted.get("callback_url")
    found: dict[str, Any] = {"url": url} if url else {}
    for each in mapping(create.node.get("callbacks")).values():
        for expression, item in mapping(shapes.document.follow(each)).items():
            match = re.fullmatch(r"\{\$request\.body#(/[^}]+)\}", str(expression))
            if match is not None and not (named is not None and named.member):
                found["url"] = match[1]
            method = next((name for name in ("post", "put", "get") if name in mapping(item)), "post")
            found |= _called(method, mapping(mapping(item).get(method)))
    if named is not None and named.method:
        found |= _called(named.method, named.node)
    if "url" not in found:
        if named is not None:
            raise UsageError("no request has a member for the callback's address", "name it: --callback MEMBER")
        return None
    found["on"] = [kind for kind in _ENDED if kind in words.values()]
    limit = requests.limit_of(shapes, kinds, found["url"])
    return {**found, "max_length": limit} if limit else found


def _called(method: str, node: Mapping[str, Any]) -> dict[str, Any]:
    codes = [str(code) for code in mapping(node.get("responses")) if re.fullmatch(r"2(\d\d|XX)", str(code))]
    return {"method": method.upper(), "body": "query", **({"success": codes} if codes else {})}


def _member(shapes: Shapes, kinds: list[tuple[str, Any]], named: str) -> str:
    members = [member for _, kind in kinds for member in walk(shapes, kind, 2)]
    for member in members:
        if named in (member.name, member.pointer):
            return member.pointer
    names = list(dict.fromkeys(member.pointer for member in members))
    otherwise = "give an operationId, `METHOD path`, or the member of the request that takes the address"
    raise UsageError(
        f"neither an operation nor a member of a request is called {named!r}", did_you_mean(named, names, otherwise)
    )
