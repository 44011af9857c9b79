"""Bodies written out as the example they are, with holes (openapi/README.md, "Templates").

A template is compiled once. The mock renders it; the suites read from it where each value stands and in which form.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import quote

import orjson

from screentest_contracts.frames import NAMED_SIDES
from screentest_contracts.generate import check_form
from screentest_contracts.location import MISSING, pointer_of, resolve, segments
from screentest_contracts.times import is_integer, read_time, write_time

OMIT: Final = object()
"""What a hole gives when its member is to be left out."""

TIMES: Final = frozenset(
    {"created", "submitted", "started", "finished", "updated", "now", "link_expires", "task_expires"}
)
TEXTS: Final = frozenset(
    {"id", "model", "prompt", "ratio", "resolution", "link", "reason", "reason_code", "base", "media", "task_id"}
    | {"param", "detail", "status", "upstream", "file", "filename"}
)
NUMBERS: Final = frozenset(
    {"seed", "duration", "width", "height", "frames", "tokens", "charge", "queue_position", "size"}
)
WITH_ARGUMENT: Final = frozenset({"request", "value", "random", "answer_id", "text", "any"})
MAY_HAVE_ARGUMENT: Final = frozenset({"charge"})
LISTS: Final = frozenset({"items", "total", "page", "pages", "limit", "has_more", "first_id", "last_id", "next_cursor"})
NAMES: Final = TIMES | TEXTS | NUMBERS | WITH_ARGUMENT | LISTS | {"progress"}

TIME_FORM = re.compile(r"epoch-(s|ms|ns)(-string)?|iso(-ms|-us|-offset)?|compact|naive(-ms)?([+-]\d\d:\d\d)?")
PROGRESS_FORMS: Final = frozenset({"integer", "percent", "fraction", "string"})
TEXT_FORMS: Final = frozenset({"upper", "lower", "digits", "string", "integer", "number", "seconds", "quoted"})

_HOLE = re.compile(r"\{\{\s*([a-z_]+)\s*(?::([^|}]*))?((?:\|[^|}]*){0,2})\}\}")


class Context(Protocol):
    """What a template is rendered from."""

    def hole(self, name: str, argument: str) -> Any:
        """The raw value: times as epoch seconds, progress as 0..100; `None` while there is none."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One `{{name:argument|form|unset}}`."""

    name: str
    argument: str
    form: str
    unset: Any

    @property
    def is_time(self) -> bool:
        return self.name in TIMES

    def problem(self, value: Any) -> str | None:
        """What is wrong with the form of `value` as this hole's value, or None."""
        unset = value == self.unset and isinstance(value, bool) == isinstance(self.unset, bool)  # false is not 0
        if value is MISSING or unset:
            return None
        try:
            self.read(value)
        except ValueError as error:
            return str(error)
        return None

    def read(self, value: Any) -> Any:
        """The raw value behind a written one: epoch seconds, progress 0..100, text. Raises ValueError."""
        if self.is_time:
            return read_time(value, self.form)
        if self.name == "progress":
            return read_progress(value, self.form)
        return value


def read_progress(value: Any, form: str) -> float:
    """Progress 0..100 from its written form. Raises ValueError that says what is wrong."""
    number: float
    if form in {"percent", "string"}:
        pattern = r"(\d{1,3}(?:\.\d+)?)%" if form == "percent" else r"(\d{1,3}(?:\.\d+)?)"
        match = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if match is None:
            example = '"50%"' if form == "percent" else '"50"'
            raise ValueError(f"expected progress like {example}, got {value!r}")
        number = float(match[1])
    elif form == "fraction":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected progress as a number 0..1, got {value!r}")
        if not 0 <= value <= 1:
            raise ValueError(f"progress {value!r} is not within 0..1")
        number = value * 100
    else:
        if not is_integer(value):
            raise ValueError(f"expected progress as an integer 0..100, got {value!r}")
        number = value
    if not 0 <= number <= 100:
        raise ValueError(f"progress {value!r} is not within 0..100")
    return number


def write_progress(progress: float, form: str) -> Any:
    """Progress 0..100 in its written form."""
    match form:
        case "percent":
            return f"{int(progress)}%"
        case "fraction":
            return round(progress / 100, 4)
        case "string":
            return str(int(progress))
    return int(progress)


def digits(value: Any) -> int | None:
    """720 for "720p", 2160 for "4k", 3 for "3s"; None when there is no number."""
    if isinstance(value, int | float):
        return int(value)
    match = re.search(r"\d+", str(value))
    if match is None:
        return None
    number = int(match[0])
    return NAMED_SIDES.get(f"{number}k", number) if str(value).lower().endswith("k") else number


def _shaper(hole: Hole) -> Callable[[Any], Any] | None:
    """What brings a raw value into the hole's form; None where it stays as it is."""
    form = hole.form
    if hole.is_time:
        return int if form == "epoch-s" else lambda value: write_time(value, form)
    if hole.name == "progress":
        return int if form == "integer" else lambda value: write_progress(value, form)
    shapers: dict[str, Callable[[Any], Any]] = {
        "upper": lambda value: str(value).upper(),
        "lower": lambda value: str(value).lower(),
        "digits": digits,
        "string": _text,
        "integer": _integer,
        "number": float,
        "quoted": lambda value: quote(_text(value), safe=""),
        "seconds": lambda value: f"{_text(value)}s",
    }
    return shapers.get(form)


def _integer(value: Any) -> Any:
    try:
        return int(value)
    except ValueError:  # a deviation's id need not be a number
        return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()


@lru_cache(1024)
def parse_hole(text: str) -> Hole:
    """The hole written as `text`. Raises ValueError that names the mistake."""
    match = _HOLE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a hole: write {{{{name:argument|form|unset}}}}")
    name, argument = match[1], match[2]
    extra = [part.strip() for part in match[3].split("|")[1:]] if match[3] else []
    form, unset_text = [*extra, "", ""][:2]
    if name not in NAMES:
        raise ValueError(f"unknown hole {name!r}; known: {', '.join(sorted(NAMES))}")
    if name not in MAY_HAVE_ARGUMENT and (name in WITH_ARGUMENT) != (argument is not None):
        raise ValueError(f"hole {name!r} {'needs' if name in WITH_ARGUMENT else 'takes no'} argument after ':'")
    if name in TIMES:
        if not TIME_FORM.fullmatch(form):
            raise ValueError(f"time {name!r} needs a form such as epoch-s or iso-ms, not {form!r}")
    elif name == "progress":
        form = form or "integer"
        if form not in PROGRESS_FORMS:
            raise ValueError(f"progress has no form {form!r}; known: {', '.join(sorted(PROGRESS_FORMS))}")
    elif form and form not in TEXT_FORMS:
        raise ValueError(f"unknown form {form!r}; known: {', '.join(sorted(TEXT_FORMS))}")
    if name in {"random", "answer_id"}:
        check_form(argument or "")
    if name == "charge" and argument is not None and not re.fullmatch(r"\d+(\.\d+)?", argument):
        raise ValueError(f"charge:{argument} is not a factor such as charge:100")
    unset: Any = MISSING
    if unset_text == "omit":
        unset = OMIT
    elif unset_text:
        try:
            unset = orjson.loads(unset_text)
        except orjson.JSONDecodeError:
            raise ValueError(f"unset value {unset_text!r} is neither JSON nor omit") from None
    return Hole(name, argument or "", form, unset)


Render = Callable[[Context], Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A hole at its place. `whole` tells whether it is the member's entire value or a piece of its text."""

    pointer: str
    hole: Hole
    whole: bool


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
    for match in _HOLE.finditer(text):
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

    shape = _shaper(hole)

    def render(context: Context) -> Any:
        value = context.hole(name, argument)
        if value is None:
            return unset
        return value if shape is None else shape(value)

    return render


def _piece(hole: Hole) -> Render:
    whole = _whole(hole)

    def render(context: Context) -> str:
        value = whole(context)
        if isinstance(value, str):
            return value
        return "" if value is None or value is OMIT else _text(value)

    return render
