"""JSONPath as RFC 9535 has it: where it leads in a document, and what was near where it leads nowhere."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import jsonpath
from jsonpath.segments import JSONPathRecursiveDescentSegment

from screentest_contracts.suggestions import nearest

_LITERAL: Final = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_ERRORS = (jsonpath.JSONPathError, OverflowError, RecursionError, ValueError)
"""What the library says of a query that is none; numbers beyond all bounds and deep nesting slip through."""
_SHOWN, _MOST = 12, 20_000
"""Names that are shown, and texts that are looked at, for a hint."""


class QueryError(Exception):
    """A JSONPath that is none, or that matches nothing: its text, what is wrong, and what would mend it."""

    def __init__(self, text: str, what: str, mend: str) -> None:
        super().__init__(what)
        self.text, self.what, self.mend = text, what, mend


class _Lexer(jsonpath.Lexer):
    """Names without brackets as the RFC has them: the library takes `$.x-task`, too, which other tools refuse."""

    key_pattern = r"[\u0080-\uD7FF\uE000-\U0010FFFFa-zA-Z_][\u0080-\uD7FF\uE000-\U0010FFFFa-zA-Z0-9_]*"


class _Environment(jsonpath.JSONPathEnvironment):
    lexer_class = _Lexer


@cache
def _environment() -> jsonpath.JSONPathEnvironment:
    return _Environment(strict=True)


class Query:
    """A JSONPath. Raises QueryError for what is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            compiled = _environment().compile(text)
        except _ERRORS as error:
            mend = "names with other characters than letters, digits and _ stand in brackets: $['x-task'].models"
            raise QueryError(text, f"`{text}` is no JSONPath of RFC 9535 ({_words(error)})", mend) from None
        if not isinstance(compiled, jsonpath.JSONPath):  # a union, which strict environments do not have
            raise QueryError(text, f"`{text}` is no JSONPath of RFC 9535", "write an action for each target")
        self._path = compiled

    def places(self, data: Any) -> list[tuple[str | int, ...]]:
        """Where it leads in `data`, each place once: the names and indices on the way there. Raises QueryError."""
        try:
            return list(dict.fromkeys(match.parts for match in self._path.finditer(data)))
        except _ERRORS as error:
            what = f"`{self.text}` cannot be evaluated ({_words(error)})"
            raise QueryError(self.text, what, "compare values of one kind") from None

    def missed(self, data: Any) -> QueryError:
        """The error for a query that matches nothing in `data`, with what is nearest where it fails."""
        parts = self._path.segments
        for count in reversed(range(len(parts))):
            head = jsonpath.JSONPath(env=_environment(), segments=parts[:count])
            nodes = [match.obj for match in head.finditer(data)]
            if nodes:
                break
        wanted = [_text(match) for match in _LITERAL.finditer(str(parts[count]))]
        deep = isinstance(parts[count], JSONPathRecursiveDescentSegment)
        filtered = "?" in str(parts[count])
        known = _known(nodes, deep=deep, filtered=filtered) or _known(nodes, deep=False, filtered=False)
        near = next((found for each in wanted if (found := nearest(each, known))), None)
        where = f"`{head}`" if count else "the document"
        shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
        mend = f"{where} has {near!r}: did you mean that?" if near else f"{where} has {shown or 'nothing like it'}"
        return QueryError(self.text, f"`{self.text}` matches nothing", mend)


def _words(error: Exception) -> object:
    return error.message if isinstance(error, jsonpath.JSONPathError) else error


def _text(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2])


def _known(nodes: list[Any], *, deep: bool, filtered: bool) -> list[str]:
    """The names of members, and for a filter the texts that the members or items hold; `deep`: of everything inside."""
    found: dict[str, None] = {}
    for text in _texts(nodes, deep=deep, filtered=filtered):
        found[text] = None
        if len(found) > _MOST:
            break
    return list(found)


def _texts(nodes: list[Any], *, deep: bool, filtered: bool) -> Iterator[str]:
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
        if isinstance(node, dict) and not filtered:
            yield from node
        for each in children if filtered or isinstance(node, list) else ():
            texts = each.values() if isinstance(each, dict) else [each]
            yield from (text for text in texts if isinstance(text, str))
        if deep:
            stack += reversed(children)
