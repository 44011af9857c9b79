"""How much of an x-task a draft has recovered: fact by fact, by pointer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screentest_contracts.raw.nodes import child, mapping, sequence

_PROSE = frozenset({"statement", "note", "title", "url", "read", "reason", "message", "mark", "source", "sources"})
BEYOND = (
    "settings",
    "contradictions",
    "prices",
    "promises",
    "unobservable",
    "retention",
    "polling",
    "values",
    "headers",
)
"""Sections that no OpenAPI description can hold."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Facts by section: (recovered, all)."""

    sections: Mapping[str, tuple[int, int]]

    def total(self, *, within: bool = False) -> tuple[int, int]:
        """(recovered, all); `within`: only of the sections that a description could hold."""
        rows = [counts for name, counts in self.sections.items() if not (within and name in BEYOND)]
        return sum(found for found, _ in rows), sum(count for _, count in rows)


def recovery(original: Mapping[str, Any], drafted: Mapping[str, Any]) -> Recovery:
    """Compares two x-task objects. A fact is a value at a pointer; rows of lists are known by what they are about."""
    mine, theirs = dict(_facts(original)), dict(_facts(drafted))
    sections: dict[str, tuple[int, int]] = {}
    for pointer, value in mine.items():
        name = pointer.split("/")[1]
        found, count = sections.get(name, (0, 0))
        same = (
            pointer in theirs
            and theirs[pointer] == value
            and isinstance(theirs[pointer], bool) is isinstance(value, bool)
        )
        sections[name] = found + same, count + 1
    return Recovery(sections)


def _facts(task: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    stack: list[tuple[str, Any]] = [("", task)]
    while stack:
        at, node = stack.pop()
        if isinstance(node, Mapping) and node:
            for key, value in node.items():
                if not _is_prose(at, str(key)):  # one reading is a list of one
                    one = key == "readings" and isinstance(value, Mapping) and at.startswith("/errors")
                    stack.append((child(at, key), [value] if one else value))
        elif isinstance(node, list) and node:
            stack += [(child(at, _key(each, index)), each) for index, each in enumerate(node)]
        elif at.startswith(("/success/", "/id/", "/lifecycle/", "/link/", "/error/", "/request/")):
            found.append((at.removesuffix("/0"), node))  # one pointer, or a list of one
        else:
            found.append((at, node))
    return found


def _is_prose(at: str, key: str) -> bool:
    in_body = "/bodies/" in at or "/receipt" in at or at.endswith("/body") or "/body/" in at or "/statuses" in at
    return (key in _PROSE and not in_body) or key.endswith(("_mark", "_source"))


def _key(each: Any, index: int) -> str:
    """What a row is about: rows may stand in any order."""
    node = mapping(each)
    if "condition" in node:
        return f"{node['condition']}:{','.join(sorted(map(str, sequence(node.get('on')))))}:{node.get('name', '')}"
    if "at" in node and "is" in node:
        return f"{node['at']}:{node['is']}:{','.join(sorted(map(str, sequence(node.get('on')))))}"
    for word in ("code", "name", "statement"):
        if word in node:
            return str(node[word])
    return str(each) if isinstance(each, str) and "{{" not in each and not each.startswith("/") else str(index)
