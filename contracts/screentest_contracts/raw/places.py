"""Where a JSON pointer stands in a YAML or JSON file: line and column, from the YAML nodes."""

from functools import cached_property
from typing import Any

import yaml

from screentest_contracts.location import segments

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Member = tuple[Any, Any]
"""The nodes of a key and of its value."""


class Places:
    """Lines and columns (from 1) of a text's members. One that leads nowhere has its parent's place.

    The text is read at the first question, the members of a node are sorted at the first question about them.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._members: dict[int, dict[str, _Member]] = {}

    def of(self, pointer: str) -> tuple[int, int]:
        """The place where the member's key (or the list's item) begins."""
        node, mark = self._root, self._root.start_mark if self._root is not None else None
        for part in segments(pointer):
            found = self._child(node, part)
            if found is None:
                break
            key, node = found
            mark = key.start_mark
        return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)

    @cached_property
    def _root(self) -> Any:
        try:
            return yaml.compose(self._text, Loader=_Loader)
        except (yaml.YAMLError, RecursionError):  # JSON that is no YAML, such as one with tabs
            return None

    def _child(self, node: Any, part: str) -> _Member | None:
        if isinstance(node, yaml.SequenceNode):
            index = int(part) if part.isdecimal() and len(part) < 10 else -1
            return (node.value[index], node.value[index]) if 0 <= index < len(node.value) else None
        return self._members_of(node).get(part) if isinstance(node, yaml.MappingNode) else None

    def _members_of(self, node: Any) -> dict[str, _Member]:
        """A mapping's members by name; an own key comes before a merged one."""
        known = self._members.get(id(node))
        if known is None:
            merged: list[Any] = []
            known = {}
            for key, value in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
                else:
                    known.setdefault(key.value, (key, value))
            for each in merged:
                for name, member in self._members_of(each).items():
                    known.setdefault(name, member)
            self._members[id(node)] = known
        return known
