"""The section `list`: where the answer holds tasks, how one is shown there, and which parameters ask for pages."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from screentest_contracts.drafting import calls
from screentest_contracts.drafting import places as telling
from screentest_contracts.drafting.bodies import Body, leads, shown
from screentest_contracts.drafting.identity import polled_ids
from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Shape, Shapes, plain
from screentest_contracts.location import replaced, segments
from screentest_contracts.raw.document import Call
from screentest_contracts.raw.nodes import child, mapping

_HOLES: Mapping[str, tuple[str, ...]] = {
    "{{has_more}}": ("hasmore", "hasnext", "hasnextpage"),
    "{{total}}": ("total", "totalcount", "totalitems", "totalelements", "count"),
    "{{pages}}": ("pages", "totalpages", "totalpage", "pagecount"),
    "{{page}}": ("page", "pageno", "pagenum", "pagenumber", "currentpage"),
    "{{limit}}": ("limit", "pagesize", "perpage"),
    "{{first_id}}": ("firstid",),
    "{{last_id}}": ("lastid",),
    "{{next_cursor}}": ("nextcursor", "endcursor", "nextpagetoken", "cursor", "nextpage", "next"),
}
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "parameter": ("limit", "pagesize", "perpage", "count", "first", "size"),
    "page": ("page", "pagenum", "pageno", "pagenumber"),
    "offset": ("offset", "skip"),
    "after": ("after", "lastid", "startingafter"),
}
_CURSORS = ("cursor", "after", "pagetoken", "nextpagetoken", "nextcursor")
_SHOWN: Mapping[str, Any] = {
    "{{has_more}}": False,
    "{{total}}": 1,
    "{{pages}}": 1,
    "{{page}}": 1,
    "{{limit}}": 20,
    "{{first_id}}": "a",
    "{{last_id}}": "a",
    "{{next_cursor}}": None,
    "{{next_page}}": None,
}
_LEVELS, _FORMS = 4, 5


def add_list(
    shapes: Shapes, task: dict[str, Any], ops: Mapping[str, Call], asked: Any, known: str
) -> tuple[bool, list[str]]:
    """Adds `list`, and `item` to the profile where lists show tasks in a way of their own. Whether it did, and what is
    left to do. `asked`: the schema of a query's answer; `known`: an id as tasks have it."""
    call = ops["list"]
    answer, why = calls.answer_of(shapes.document, call), "no list of what has an id was found in its answer"
    for at, items in _lists(shapes, answer, "", 0):
        profile = task["profiles"]["default"]
        item, examples = None, [shown(each, known) for each in profile["bodies"].values()]
        if items != asked and shapes.of(items) != shapes.of(asked):
            item, examples = _item(shapes, task, items, known)
        body = _body(shapes, answer, at, examples) if examples else None
        if body is None:
            why = "no valid answer could be made from its schema" if examples else why
            continue
        if item is not None:
            profile["item"] = item
        task["list"] = {"body": body, **({"items": at} if at else {}), **_paging(shapes, call, body)}
        return True, ["how the list is paged and sorted is a guess by names: list"]
    return False, [f"list is not drafted: {why}"]


def _lists(shapes: Shapes, schema: Any, at: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every list in an answer with the schema of its items, outermost first; not those inside of lists."""
    level: list[tuple[str, Any]] = [(at, schema)]
    for _ in range(_LEVELS):
        below: list[tuple[str, Any]] = []
        for place, node in level:
            shape = shapes.of(node)
            if "items" in shape:
                yield place, shape["items"]
            else:
                below += [(child(place, name), each) for name, each in mapping(shape.get("properties")).items()]
        level = below


def _item(shapes: Shapes, task: Mapping[str, Any], items: Any, known: str) -> tuple[Any, list[Any]]:
    """How lists show a task, and that with each word of its status; nothing where they show something else, or where
    no one way fits every status."""
    found = telling.places(shapes, items, [])
    ids = polled_ids(list(found.members), task["id"]["at"], task["id"]["parameter"], found.status)
    told = set(found.status.words) if found.status is not None else set()
    words = {word: mapping(each)["class"] for word, each in task["lifecycle"]["statuses"].items()}
    words = {word: kind for word, kind in words.items() if not told or word in told}
    if not ids or not words:
        return None, []
    first = next(iter(words))
    made, _ = Body(shapes, replace(found, ids=tuple(ids)), first, "queued", known).of(items)
    if found.status is not None:
        made = replaced(made, segments(found.status.pointer), "{{status}}")
    examples = [shown(_filled(made, word), known) for word in words]
    return (None, []) if any(shapes.document.complaints(items, each) for each in examples) else (made, examples)


def _filled(body: Any, word: str) -> Any:
    if isinstance(body, Mapping):
        return {key: _filled(value, word) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(each, word) for each in body]
    return word if body == "{{status}}" else body


def _body(shapes: Shapes, answer: Any, at: str, items: list[Any]) -> Any:
    """The answer, with the holes that the names of its members suggest, in the first of its forms that holds these
    `items` at `at`; None where none does."""
    made = (_formed(shapes, answer, at, index) for index in range(_FORMS))
    fitting = (
        each for each in made if not any(shapes.document.complaints(answer, _shown(each, [item])) for item in items)
    )
    return next(fitting, None)


def _formed(shapes: Shapes, answer: Any, at: str, index: int) -> Any:
    """The answer in the form with this index, of those that have a list at `at`."""
    way = segments(at)

    def chosen(place: str) -> Any:
        rest = segments(at.removeprefix(place)) if at.startswith(f"{place}/") or not place else ()

        def choose(forms: list[Shape]) -> int:
            leading = [each for each, form in enumerate(forms) if leads(shapes, form, rest)] or [0]
            return leading[min(index, len(leading) - 1)]

        return choose

    whole = _holes(shapes, answer, sample(shapes, answer, chosen=chosen), way, chosen, "")
    return replaced(whole, way, "{{items}}") if way else "{{items}}"


def _holes(shapes: Shapes, schema: Any, body: Any, way: tuple[str, ...], chosen: Any, at: str) -> Any:
    """A body whose members have holes by their names, at every level outside of lists; what leads to the list is
    there."""
    shape = shapes.chosen(schema, chosen(at))
    if not isinstance(body, Mapping):
        if body is not None or not way:
            return body
        body = {}
    made: dict[str, Any] = dict(body)
    for name, node in mapping(shape.get("properties")).items():
        kinds = set(shapes.of(node).get("type", ())) - {"null"}
        rest = way[1:] if way[:1] == (name,) else ()
        if way == (name,):
            made[name] = []
        elif rest or "object" in kinds or isinstance(made.get(name), Mapping):
            if rest or name in made or _tells(shapes, node):
                made[name] = _holes(shapes, node, made.get(name, {}), rest, chosen, child(at, name))
        elif not kinds & {"array"} and "const" not in shapes.of(node):
            hole = _hole(str(name), kinds)
            if hole == "{{next_cursor}}" and shapes.of(node).get("format") in ("uri", "url"):
                hole = "{{next_page}}"
            if hole is not None and not shapes.document.complaints(node, _SHOWN[hole]):
                made[name] = hole
            elif name in made and kinds == {"boolean"} and plain(str(name)) in ("success", "ok"):
                made[name] = True
    return made


def _tells(shapes: Shapes, node: Any) -> bool:
    """Whether an object tells of pages."""
    return any(_hole(str(name), set()) for name in mapping(shapes.of(node).get("properties")))


def _hole(name: str, kinds: set[str]) -> str | None:
    hole = next((hole for hole, names in _HOLES.items() if plain(name) in names), None)
    texts = hole in ("{{first_id}}", "{{last_id}}", "{{next_cursor}}")
    fits = not kinds or (kinds <= {"string"} if texts else kinds <= {"integer", "number", "boolean"})
    return hole if fits else None


def _shown(value: Any, items: list[Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _shown(each, items) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each, items) for each in value]
    return items if value == "{{items}}" else _SHOWN.get(value, value) if isinstance(value, str) else value


def _paging(shapes: Shapes, call: Call, body: Any) -> dict[str, Any]:
    """The parameters for the number of tasks and for further pages, by their names."""
    names = [str(node.get("name")) for _, node in shapes.document.all_parameters(call) if node.get("in") == "query"]
    found = {key: name for key, known in _PARAMETERS.items() for name in reversed(names) if plain(name) in known}
    following = next(_at(body, "{{next_cursor}}", ""), None)
    cursor = next((name for name in names if plain(name) in _CURSORS), None)
    own = {"parameter": found["parameter"]} if "parameter" in found else {}
    if following is not None and cursor is not None:
        return {**own, "cursor": {"parameter": cursor, "next": following}}
    further = next((key for key in ("page", "offset", "after") if key in found), None)
    return {**own, **({further: found[further]} if further else {})}


def _at(body: Any, hole: str, at: str) -> Iterator[str]:
    if body == hole:
        yield at
    for name, each in body.items() if isinstance(body, Mapping) else ():
        yield from _at(each, hole, child(at, name))
