"""A body with holes, compiled once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from screentest_contracts.location import MATCH, MISSING, group_in, pointer_of, resolve, segments
from screentest_contracts.template.forms import as_text, shaper
from screentest_contracts.template.holes import HOLE, OMIT, Hole, parse_hole


class Context(Protocol):
    """What a template is rendered from."""

    def hole(self, name: str, argument: str) -> Any:
        """The raw value: times as epoch seconds, progress as 0..100; `None` while there is none."""


Render = Callable[[Context], Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A hole at its place. `whole` tells whether it is the member's entire value or a piece of its text."""

    pointer: str
    hole: Hole
    whole: bool


_HOLE_HERE = "\ue000"
"""Stands for a hole where a text is looked at without one."""

_VOLATILE = frozenset({"random", "answer_id", "now", "items", "queue_position"})


class Template:
    """A compiled template.

    `slots`: every hole with its JSON pointer; `literals`: every literal leaf with its pointer; `volatile`: whether two
    renderings of one state may differ (`random`, `now` and the like).
    """

    __slots__ = ("_by_name", "_patterns", "_render", "_whole", "literals", "slots", "tree", "volatile")

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        slots: list[Slot] = []
        literals: list[tuple[str, Any]] = []
        self._render = _compile(tree, (), slots, literals)
        self.slots = tuple(slots)
        self._by_name: dict[tuple[str, ...], tuple[Slot, ...]] = {}
        self._whole = {slot.pointer: slot for slot in slots if slot.whole}
        self.literals = tuple(literals)
        self.volatile = any(slot.hole.name in _VOLATILE for slot in slots)

    def render(self, context: Context) -> Any:
        """The body as JSON values."""
        return self._render(context)

    def state(self, pointers: Iterable[str]) -> None:
        """Takes what stands at `~match=` places for literals, too, where no hole has a part in it."""
        for pointer in pointers:
            *outer, last = segments(pointer) or ("",)
            text = resolve(self.tree, tuple(outer))
            if last.startswith(MATCH) and isinstance(text, str):
                found = group_in(last, HOLE.sub(_HOLE_HERE, text))
                if found is not None and _HOLE_HERE not in found[1]:
                    self.literals = (*self.literals, (pointer, found[1]))

    def slots_named(self, *names: str) -> tuple[Slot, ...]:
        """The holes with one of these names, in document order."""
        found = self._by_name.get(names)
        if found is None:  # every check asks for the same few, poll after poll
            found = self._by_name[names] = tuple(slot for slot in self.slots if slot.hole.name in names)
        return found

    def slot_at(self, pointer: str) -> Slot | None:
        """The hole that is the whole value at `pointer`, if one is."""
        return self._whole.get(pointer)

    def mismatches(self, body: Any, *, ignore: frozenset[str] = frozenset()) -> list[tuple[str, Any, Any]]:
        """(pointer, expected, found) for each literal of the template that `body` does not hold."""
        found = []
        for pointer, literal in self.literals:
            value = resolve(body, segments(pointer))
            same = value == literal and isinstance(value, bool) == isinstance(literal, bool)
            if pointer not in ignore and not same:
                found.append((pointer, literal, value))
        return found


def _compile(tree: Any, at: tuple[str, ...], slots: list[Slot], literals: list[tuple[str, Any]]) -> Render:
    if isinstance(tree, Mapping):
        if set(tree) == {"~json"}:
            inner = _compile(tree["~json"], (*at, "~json"), slots, literals)
            return lambda context: orjson.dumps(inner(context)).decode()
        if not tree:
            literals.append((pointer_of(at), {}))
        return _compile_object(tree, at, slots, literals)
    if isinstance(tree, list):
        parts = [_compile(value, (*at, str(index)), slots, literals) for index, value in enumerate(tree)]
        return lambda context: [value for render in parts if (value := render(context)) is not OMIT]
    if isinstance(tree, str) and "{{" in tree:
        return _compile_text(tree, pointer_of(at), slots)
    literals.append((pointer_of(at), tree))
    return lambda context: tree


def _compile_object(
    tree: Mapping[Any, Any], at: tuple[str, ...], slots: list[Slot], literals: list[tuple[str, Any]]
) -> Render:
    renders = {str(key): _compile(value, (*at, str(key)), slots, literals) for key, value in tree.items()}
    # A copy of the literals, in which the rest keeps its place in the order, is cheaper than a call for each.
    frame = {str(key): value if _is_literal(value) else None for key, value in tree.items()}
    filled = [(str(key), renders[str(key)]) for key, value in tree.items() if not _is_literal(value)]

    def render_object(context: Context) -> Any:
        result = frame.copy()
        for key, render in filled:
            value = render(context)
            if value is OMIT:
                del result[key]
            else:
                result[key] = value
        return result

    return render_object


def _is_literal(tree: Any) -> bool:
    return not isinstance(tree, Mapping | list) and not (isinstance(tree, str) and "{{" in tree)


def _compile_text(text: str, pointer: str, slots: list[Slot]) -> Render:
    pieces: list[str | Hole] = []
    end = 0
    for match in HOLE.finditer(text):
        if match.start() > end:
            pieces.append(text[end : match.start()])
        pieces.append(parse_hole(match[0]))
        end = match.end()
    if end < len(text):
        pieces.append(text[end:])
    stray = next((piece for piece in pieces if isinstance(piece, str) and "{{" in piece), None)
    if stray is not None:
        parse_hole(stray)  # raises with the reason
    holes = [piece for piece in pieces if isinstance(piece, Hole)]
    whole = len(pieces) == 1
    slots.extend(Slot(pointer, hole, whole) for hole in holes)
    if whole:
        return _whole(holes[0])
    frame = "".join("%s" if isinstance(piece, Hole) else piece.replace("%", "%%") for piece in pieces)
    renders = [_piece(hole) for hole in holes]
    return lambda context: frame % tuple([render(context) for render in renders])


def _whole(hole: Hole) -> Render:
    name, argument = hole.name, hole.argument
    unset = None if hole.unset is MISSING else hole.unset
    if name in {"text", "any"}:
        try:
            example = orjson.loads(argument) if name == "any" else argument
        except orjson.JSONDecodeError:
            example = argument
        return lambda context: example

    shape = shaper(name, hole.form, is_time=hole.is_time)

    def render(context: Context) -> Any:
        value = context.hole(name, argument)
        if value is None:
            return unset
        return value if shape is None else shape(value)

    return render


def _piece(hole: Hole) -> Render:
    whole, name, argument = _whole(hole), hole.name, hole.argument
    unset = None if hole.unset is MISSING else hole.unset
    plain = name not in {"text", "any"} and shaper(name, hole.form, is_time=hole.is_time) is None

    def render(context: Context) -> str:
        value = context.hole(name, argument) if plain else whole(context)  # most are texts as they are
        if value is None and plain:
            value = unset
        if isinstance(value, str):
            return value
        return "" if value is None or value is OMIT else as_text(value)

    return render
