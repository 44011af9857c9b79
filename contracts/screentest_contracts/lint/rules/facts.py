"""Marks and sources: what is said to be documented names the page that says so."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.facts import Fact, Mark
from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping

_BODIES = frozenset({"base", "body", "receipt", "item", "sources", "make"})
_MAPS = frozenset({"bodies", "result", "views"})
_STATED = (Mark.DOCUMENTED, Mark.RECOMMENDED)


@rule(
    "fact.no-source",
    Severity.ERROR,
    "What is documented or recommended names its source",
    "add `source` with keys of x-task.sources, or the mark `derived` or `assumed`",
    task=True,
)
def facts_have_sources(document: RawDocument) -> Iterator[Hit]:
    """The outermost objects whose mark is documented or recommended and whose list of sources is empty."""
    task = mapping(document.task)
    base = _fact(Fact(Mark.DOCUMENTED), task, "")
    yield from _walk(task, "/x-task", base, "")
    outer = _fact(Fact(base.mark, base.source), document.raw, "x-")
    for name in ("paths", "components"):
        yield from _walk(mapping(document.raw.get(name)), f"/{name}", outer, "x-")


def _fact(fact: Fact, node: Mapping[str, Any], prefix: str) -> Fact:
    try:
        return fact.over(node, prefix)
    except (ValueError, TypeError):
        return fact


def _walk(node: Any, at: str, outer: Fact, prefix: str) -> Iterator[Hit]:
    seen: set[tuple[int, Fact, bool]] = set()
    stack: list[tuple[Any, str, Fact, bool]] = [(node, at, outer, False)]
    while stack:
        node, at, outer, told = stack.pop()
        if (id(node), outer, told) in seen:
            continue
        seen.add((id(node), outer, told))
        if isinstance(node, Mapping):
            own = _fact(outer, node, prefix) if prefix or at.rpartition("/")[2] not in _MAPS else outer
            bare = own.mark in _STATED and not own.source
            own_words = any(f"{prefix}{word}" in node for word in ("mark", "source"))
            if bare and not told and (own_words or at.count("/") == 1):
                yield Hit(at, f"said to be {own.mark.value}, and no source is named")
            stack += [
                (value, child(at, key), own, told or bare)
                for key, value in reversed(list(node.items()))
                if key not in _BODIES and not str(key).endswith(("mark", "source"))
            ]
            if not prefix:
                yield from _aspects(node, at, own)
        elif isinstance(node, list):
            stack += [(value, child(at, index), outer, told) for index, value in enumerate(node)]


def _aspects(node: Mapping[str, Any], at: str, own: Fact) -> Iterator[Hit]:
    """`life_mark`, `body_source` and so on: a mark for one aspect of an object."""
    names = {str(key).rpartition("_")[0] for key in node if str(key).endswith(("_mark", "_source"))}
    for name in sorted(names - {""}):
        fact = _fact(own, node, f"{name}_")
        if fact.mark in _STATED and not fact.source:
            yield Hit(at, f"{name} is said to be {fact.mark.value}, and no source is named")
