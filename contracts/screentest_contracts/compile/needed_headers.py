"""Reads which request headers some values of a body need."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import NeededHeader, Role
from screentest_contracts.facts import Fact
from screentest_contracts.location import Location
from screentest_contracts.parameters import own_fact
from screentest_contracts.schemas import member_schemas

_WORD = "x-required-when"


def read_needed_headers(
    draft: Draft, nodes: Iterable[Mapping[str, Any]], role: Role, schema: Any, fact: Fact, at: str
) -> tuple[NeededHeader, ...]:
    """The headers of an operation that say when they are needed."""
    return tuple(_headers(draft, nodes, role, schema, fact, at))


def _headers(
    draft: Draft, nodes: Iterable[Mapping[str, Any]], role: Role, schema: Any, fact: Fact, at: str
) -> Iterator[NeededHeader]:
    for node in nodes:
        rule = node.get(_WORD)
        if rule is None:
            continue
        name, where = str(node.get("name")), f"{at}/parameters"
        if node.get("in") != "header" or role is not Role.CREATE or node.get("required"):
            what = f"{name} is no optional header of a create"
            draft.problem(where, what, f"`{_WORD}` is for those; `required: true` says that it is always needed")
            continue
        if not member_schemas(schema, Location(rule["at"].replace("/*", "/0"))):
            draft.problem(where, f"{_WORD} of {name}: no request has a member at {rule['at']}", "name one that it has")
        try:
            pattern = re.compile(rule["pattern"])
        except re.error as error:
            draft.problem(where, f"{_WORD} of {name}: no regular expression ({error})", "mend the pattern")
            continue
        example = rule.get("example")
        if example is not None and not pattern.search(example):
            draft.problem(where, f"{_WORD} of {name}: the example does not fit the pattern", "write one that does")
        own = fact.over(node, "x-")
        allowed = node.get("schema", {}).get("enum") or [node.get("schema", {}).get("const")]
        yield NeededHeader(
            name=name,
            allowed=tuple(str(each) for each in allowed if each is not None),
            at=rule["at"],
            pattern=pattern,
            example=example,
            accept=own_fact(node, _WORD, own, "accept"),
            refuse=own_fact(node, _WORD, own, "refuse"),
        )
