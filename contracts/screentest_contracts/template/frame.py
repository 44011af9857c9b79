"""Bodies written as bytes: what several of them share is written once."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from screentest_contracts.template.holes import OMIT
from screentest_contracts.template.template import Context, Render, Template

_MARK = "\ue000%d\ue001"
"""Stands for a value that is still to be written."""

_MARKS = re.compile('"\ue000(\\d+)\ue001"'.encode())


class Frame:
    """A template of which the values in `shared` holes are written already: `context` gives them, and what else is
    written with the frame must have the same."""

    __slots__ = ("_first", "_rest")

    def __init__(self, template: Template, context: Context, shared: frozenset[str]) -> None:
        renders: list[Render] = []
        written = orjson.dumps(_filled(template.tree, context, shared, renders))
        first, *rest = _MARKS.split(written)
        self._first = first
        self._rest = [(renders[int(number)], text) for number, text in zip(rest[::2], rest[1::2], strict=True)]

    def write(self, context: Context) -> bytes | None:
        """The body as JSON; None where a member is to be left out, which only a template can do."""
        pieces = [self._first]
        for render, text in self._rest:
            value = render(context)
            if value is OMIT:
                return None
            pieces += (orjson.dumps(value), text)
        return b"".join(pieces)


def _filled(tree: Any, context: Context, shared: frozenset[str], renders: list[Render]) -> Any:
    """The tree with shared values, and with a mark for each value that is not."""
    if isinstance(tree, Mapping) and set(tree) != {"~json"}:
        rows = {str(key): _filled(value, context, shared, renders) for key, value in tree.items()}
        return {key: value for key, value in rows.items() if value is not OMIT}
    if isinstance(tree, list):
        parts = [_filled(value, context, shared, renders) for value in tree]
        return [value for value in parts if value is not OMIT]
    part = Template(tree)
    if all(slot.hole.name in shared for slot in part.slots):
        return part.render(context)
    renders.append(part.render)
    return _MARK % (len(renders) - 1)
