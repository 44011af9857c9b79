"""A body as lines, those marked that a verdict speaks of: how the difference to what was expected is shown."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from screentest_contracts.control_characters import escape_control_characters, shortened

_POINTER = re.compile(r"(?<![\w:/])(/[\w~%.-]+(?:/[\w~%.-]+)*)")
_MEMBER = re.compile(r"\b([A-Za-z_][\w.]*) (?:=|is|was|fell|rose)\b")
_NAMED = re.compile(r"`([\w.]+)`")
_TEXT = re.compile(r"'((?:[^'\\]|\\.){1,400})'|\"((?:[^\"\\]|\\.){1,400})\"")
_ANSWERED = re.compile(r"\b(?:answer(?:ed|s)|with|shows it:) (\d{3})\b")
_VALUE = re.compile(r"(?:=|is|was|to) (-?\d+(?:\.\d+)?|true|false|null)\b")


@dataclass(frozen=True)
class Marks:
    """What to mark: pointers and dotted names of members, values, and statuses of answers."""

    places: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    statuses: frozenset[int] = field(default_factory=frozenset)

    def hit(self, pointer: str, value: Any) -> bool:
        """Whether a member of a body is spoken of."""
        if pointer and (
            pointer in self.places or re.sub(r"/\d+(?=/|$)", "", pointer)[1:].replace("/", ".") in self.places
        ):
            return True
        if isinstance(value, str):
            return value in self.values
        return json.dumps(value) in self.values if isinstance(value, bool | int | float) and self.values else False


def marks(seen: str) -> Marks:
    """What the words about an observation point at."""
    places = {match[1] for match in _POINTER.finditer(seen)} | {match[1] for match in _MEMBER.finditer(seen)}
    places |= {match[1] for match in _NAMED.finditer(seen)}
    values = {(match[1] or match[2]).replace("\\'", "'") for match in _TEXT.finditer(seen)}
    values |= {match[1] for match in _VALUE.finditer(seen)}
    return Marks(frozenset(places), frozenset(values), frozenset(int(match[1]) for match in _ANSWERED.finditer(seen)))


@dataclass(frozen=True)
class Line:
    """One line of a body."""

    text: str
    marked: bool = False


def lines(body: str | None, marks: Marks, limit: int) -> list[Line]:
    """A body's lines, JSON laid out; at most about `limit` characters, but never without the marked ones."""
    if not body:
        return []
    try:
        found = list(_laid_out(json.loads(body), marks, "", "", ""))
    except (ValueError, RecursionError):  # not JSON, or cut off
        texts = [shortened(text, limit) for text in body[:limit].split("\n")]
        found = [Line(text, any(value in text for value in marks.values if len(value) > 2)) for text in texts]
        return [Line(escape_control_characters(line.text, keep="\t"), line.marked) for line in found] + _rest(
            len(body) - limit
        )
    shown, size = [], 0
    for line in found:
        size += len(line.text)
        if size <= limit or line.marked:
            shown.append(Line(escape_control_characters(shortened(line.text, limit)), line.marked))
    return shown + ([Line(f"... ({len(found) - len(shown)} more lines)")] if len(found) > len(shown) else [])


def _rest(missing: int) -> list[Line]:
    return [Line(f"... ({missing} more characters)")] if missing > 0 else []


def _laid_out(value: Any, marks: Marks, pointer: str, indent: str, name: str) -> Iterator[Line]:
    if isinstance(value, dict | list) and value:
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        members = list(value.items() if isinstance(value, dict) else enumerate(value))
        yield Line(f"{indent}{name}{opening}", marks.hit(pointer, None))
        for index, (key, member) in enumerate(members):
            place = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            label = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(value, dict) else ""
            comma = "," if index < len(members) - 1 else ""
            inner = list(_laid_out(member, marks, place, indent + "  ", label))
            yield from inner[:-1]
            yield Line(inner[-1].text + comma, inner[-1].marked)
        yield Line(indent + closing)
    else:
        yield Line(f"{indent}{name}{json.dumps(value, ensure_ascii=False)}", marks.hit(pointer, value))
