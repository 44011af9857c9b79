"""Entries of lists that stand for several: what they have in common, and `each` with what differs."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.errors import DocumentError, Problem
from screentest_contracts.raw.nodes import child, measured
from screentest_contracts.raw.overlay import Traced
from screentest_contracts.raw.text import MAX_NODES

LISTS = (
    *((name,) for name in ("contradictions", "presence", "failures", "errors", "prices", "promises", "unobservable")),
    ("errors", "*", "readings"),
    ("profiles", "*", "receipt"),
    *(("profiles", "*", word, "*") for word in ("outcomes", "bodies", "result")),
    ("profiles", "*", "views", "*", "*"),
)
"""The lists of `x-task` whose entries may have `each`: facts, and the readings of a refusal, a body, an end."""


def spread(whole: Traced) -> Traced:
    """The document with every entry that stands for several replaced by these; each value keeps its origin.

    An `each` that is no list of objects stays, for the schema to tell. Raises DocumentError for more than a document
    may hold.
    """
    if not (isinstance(whole.value, dict) and isinstance(whole.value.get("x-task"), dict)):
        return whole
    task = Traced(whole.value["x-task"], whole.origin.child("x-task"))
    result = task
    for path in LISTS:
        result = _spread_at(result, path)
    if result is task:
        return whole
    return Traced({**whole.value, "x-task": result.value}, whole.origin.moving({"x-task": result.origin}))


def _spread_at(node: Traced, path: tuple[str, ...]) -> Traced:
    """A node with the lists at a path inside of it spread; the node itself where there is nothing to do."""
    if not path:
        return _spread_list(node)
    value = node.value
    if isinstance(value, dict):
        names = [name for name in value if path[0] in ("*", name)]
    elif isinstance(value, list) and path[0] == "*":
        names = list(range(len(value)))
    else:
        return node
    changed = {}
    for name in names:
        member = Traced(value[name], node.origin.child(str(name)))
        if (new := _spread_at(member, path[1:])) is not member:
            changed[name] = new
    if not changed:
        return node
    copy = value.copy()
    for name, new in changed.items():
        copy[name] = new.value
    return Traced(copy, node.origin.moving({str(name): new.origin for name, new in changed.items()}))


def _spread_list(node: Traced) -> Traced:
    if not (isinstance(node.value, list) and any(map(_stands_for_several, node.value))):
        return node
    _check_size(node)
    entries = [Traced(entry, node.origin.child(str(index))) for index, entry in enumerate(node.value)]
    rows = [row for entry in entries for row in _rows(entry)]
    return Traced([row.value for row in rows], node.origin.moving({str(i): row.origin for i, row in enumerate(rows)}))


def _stands_for_several(entry: Any) -> bool:
    each = entry.get("each") if isinstance(entry, dict) else None
    return isinstance(each, list) and bool(each) and all(isinstance(item, dict) for item in each)


def _rows(entry: Traced) -> Iterator[Traced]:
    if not _stands_for_several(entry.value):
        yield entry
        return
    common = Traced({name: value for name, value in entry.value.items() if name != "each"}, entry.origin)
    each = entry.origin.child("each")
    for index, item in enumerate(entry.value["each"]):
        yield from _rows(_joined(common, Traced(item, each.child(str(index)))))


def _joined(common: Traced, own: Traced) -> Traced:
    """Objects are joined member by member; any other value of `own` replaces that of `common`."""
    result = dict(common.value)
    moved = {name: common.origin.child(name) for name in result}
    for name, value in own.value.items():
        member = Traced(value, own.origin.child(name))
        if isinstance(value, dict) and isinstance(result.get(name), dict):
            member = _joined(Traced(result[name], moved[name]), member)
        result[name], moved[name] = member.value, member.origin
    return Traced(result, own.origin.moving(moved))


def _check_size(node: Traced) -> None:
    """That the rows of a list stay within the bounds of a document, before they are made."""
    for index, entry in enumerate(node.value):
        if _stands_for_several(entry) and measured(entry)[1] * len(entry["each"]) > MAX_NODES:
            what = f"the document would have more than {MAX_NODES} nodes"
            place = node.origin.at(child("", index)).place
            raise DocumentError(node.origin.source.file, [Problem("", what, "say less in common", place)])
