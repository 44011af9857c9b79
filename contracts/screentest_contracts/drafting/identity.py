"""The section `id`: where answers hold a task's id, and how one is made that every schema takes."""

import re
from collections.abc import Iterator
from typing import Any

from screentest_contracts.drafting import calls
from screentest_contracts.drafting.bodies import sample_id
from screentest_contracts.drafting.id_forms import makes_of
from screentest_contracts.drafting.shapes import Found, Shape, Shapes, plain, walk
from screentest_contracts.raw.document import Call
from screentest_contracts.raw.nodes import mapping

_TRIES = 8
"""How many ids of a form are held against the schemas: some take nearly all of them only."""
ANY_ID = "^.+$"
_USUAL = ("{{random:hex:24}}", "{{random:uuid}}", "{{random:digits:15}}", "{{random:digits:9}}")


def identity(shapes: Shapes, query: Call, ids: list[str], made: Any, asked: Any) -> tuple[dict[str, Any], list[str]]:
    """The section, and what is left to do. `ids`: where the receipt (`made`) has the id; `asked`: of the query."""
    document = shapes.document
    name = calls.parameter_of(document, query) or "task_id"
    described = [
        mapping(node.get("schema"))
        for _, node in document.all_parameters(query)
        if node.get("name") == name and node.get("in") in ("path", "query")
    ]
    described += [each.schema for each in walk(shapes, made) if each.pointer in ids]
    polled = list(walk(shapes, asked))
    named = polled_ids(polled, ids, name)
    described += [each.schema for each in polled if each.pointer in named]
    told = [shapes.of(each) for each in described]
    pattern = next((str(each["pattern"]) for each in told if each.get("pattern")), "")
    make = next((each for each in _makes(told) if _fits(shapes, described, each)), None)
    left = []
    if make is None:
        left.append("no id could be made that the schemas take: id.forms")
    elif not pattern:
        left.append("what ids look like is not declared: id.forms takes any text")
    numbers = any("integer" in each.get("type", ()) and "string" not in each.get("type", ()) for each in told)
    forms = {"make": make or _USUAL[0], "pattern": pattern or ("^[0-9]+$" if numbers else ANY_ID)}
    return {"at": ids, "parameter": name, "forms": forms}, left


def polled_ids(members: list[Found], ids: list[str], parameter: str, near: Found | None = None) -> list[str]:
    """The pointers of the task's id in an answer that shows a task: called as in the receipt or as the parameter, at
    or above the place of the status (`near`), the nearest; else what is called an id."""
    around = near.pointer.rpartition("/")[0] if near is not None else None
    texts = [each for each in members if each.types <= {"string", "integer"} and "/0" not in each.pointer]
    for names in ({plain(at.rpartition("/")[2]) for at in ids} | {plain(parameter)}, {"id", "taskid"}):
        found = [each for each in texts if plain(each.name) in names]
        if around is not None:
            found = [each for each in found if f"{around}/".startswith(f"{each.pointer.rpartition('/')[0]}/")]
        if found:
            depths = [each.pointer.count("/") for each in found]
            deep = max(depths) if around is not None else min(depths)
            return [each.pointer for each in found if each.pointer.count("/") == deep]
    return []


def _makes(told: list[Shape]) -> Iterator[str]:
    """Ways to make an id, the likeliest first."""
    patterns = [str(each["pattern"]) for each in told if each.get("pattern")]
    prefix = re.match(r"\^([A-Za-z0-9_-]+)(?![{*?+])", patterns[0]) if patterns else None
    yield (prefix[1] if prefix else "") + _USUAL[0]
    yield from _USUAL[1:]
    for pattern in patterns:
        yield from makes_of(pattern)
    most = min((int(each["maxLength"]) for each in told if "maxLength" in each), default=0)
    least = max((int(each["minLength"]) for each in told if "minLength" in each), default=0)
    for length in (most, least):
        if 0 < length <= 256:
            yield f"{{{{random:hex:{length}}}}}"


def _fits(shapes: Shapes, described: list[Any], make: str) -> bool:
    for schema in described:
        kinds = shapes.of(schema).get("type", ("string",))
        for seed in range(1, _TRIES + 1):
            value = sample_id(make, seed)
            number = "integer" in kinds and "string" not in kinds and value.isdecimal()
            if shapes.document.complaints(schema, int(value) if number else value):
                return False
    return True
