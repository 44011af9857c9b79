"""Where a JSON pointer stands in a YAML or JSON file: line and column, from the YAML nodes."""

from typing import Any

import yaml

from screentest_contracts.location import segments

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Places:
    """Lines and columns (from 1) of a text's members. One that leads nowhere has its parent's place."""

    def __init__(self, text: str) -> None:
        try:
            self._root: Any = yaml.compose(text, Loader=_Loader)
        except (yaml.YAMLError, RecursionError):  # JSON that is no YAML, such as one with tabs
            self._root = None

    def of(self, pointer: str) -> tuple[int, int]:
        """The place where the member's key (or the list's item) begins."""
        node, mark = self._root, self._root.start_mark if self._root is not None else None
        for part in segments(pointer):
            found = _child(node, part)
            if found is None:
                break
            key, node = found
            mark = key.start_mark
        return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _child(node: Any, part: str) -> tuple[Any, Any] | None:
    """The (key node, value node) of a member; an own key comes before a merged one."""
    if isinstance(node, yaml.SequenceNode):
        index = int(part) if part.isdecimal() and len(part) < 10 else -1
        return (node.value[index], node.value[index]) if 0 <= index < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    merged: list[Any] = []
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif key.value == part:
            return key, value
    for each in merged:
        found = _child(each, part)
        if found is not None:
            return found
    return None
