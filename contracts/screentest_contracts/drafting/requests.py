"""Models, their minimal bodies, and where a request keeps what: from the schema of the create's body."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.drafting.calls import request_of
from screentest_contracts.drafting.samples import sample
from screentest_contracts.drafting.shapes import Found, Shapes, first, walk
from screentest_contracts.location import MISSING, replaced, resolve, segments
from screentest_contracts.raw.document import Call
from screentest_contracts.raw.nodes import mapping

NAMES: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_name", "model_id", "ai_model_id", "engine"),
    "prompt": ("prompt", "prompt_text", "text_prompt", "text", "description"),
    "duration": ("duration", "seconds", "duration_seconds", "length", "video_length"),
    "ratio": ("aspect_ratio", "ratio"),
    "resolution": ("resolution", "quality", "size", "video_size"),
    "seed": ("seed",),
    "callback_url": ("callback_url", "webhook_url", "webhook", "callback", "notify_url"),
}


def kinds_of(shapes: Shapes, create: Call) -> list[tuple[str, Any]]:
    """(name under components.schemas, reference) of each kind of request."""
    schema = request_of(shapes.document, create)
    forms = [part for part in shapes.forms(schema) if "$ref" in mapping(part)]
    videos = [part for part in forms if "video" in str(part["$ref"]).lower()]
    forms = videos or forms  # of a call that makes images and sounds, too
    whole = "properties" in mapping(shapes.document.follow(schema))
    refs = [str(each["$ref"]) for each in ([schema] if whole or not forms else forms) if "$ref" in mapping(each)]
    prefix = "#/components/schemas/"
    return [(ref.removeprefix(prefix), {"$ref": ref}) for ref in refs if ref.startswith(prefix)]


def request_map(shapes: Shapes, kinds: list[tuple[str, Any]]) -> dict[str, str]:
    """Pointers of the values that requests commonly hold: members of their own, or of one that holds the input."""
    members = [member for _, schema in kinds for member in walk(shapes, schema, 2) if "/0" not in member.pointer]
    result = {}
    for value, names in NAMES.items():
        kinds_of_value = ("string",) if value in ("model", "prompt", "callback_url") else ()
        outer = [each for each in members if each.pointer.count("/") == 1] if value == "model" else []
        found = first(outer, names, *kinds_of_value) or first(members, names, *kinds_of_value)
        if found is not None and (found.types or found.words) and not found.types & {"object", "array", "boolean"}:
            result[value] = found.pointer
    if len(kinds) > 1 and not any(_must_name(shapes, schema, result.get("model")) for _, schema in kinds):
        result.pop("model", None)  # then their members alone tell the kinds from each other
    return result


def _must_name(shapes: Shapes, schema: Any, pointer: str | None) -> bool:
    """Whether requests of a kind name a model: they have to, or its names are known."""
    found = next((each for each in walk(shapes, schema, 2) if each.pointer == pointer), None)
    return found is not None and (found.required or bool(_names(found)))


def models(
    shapes: Shapes, create: Call, kinds: list[tuple[str, Any]], wanted: Mapping[str, str], title: str
) -> tuple[dict[str, Any], list[str]]:
    """Every model that a schema names, with a minimal valid body; and what could not be made."""
    found: dict[str, Any] = {}
    left = []
    given, whole = list(_examples(shapes, create)), request_of(shapes.document, create)
    for schema_name, schema in kinds:
        present = {member.pointer: member for member in walk(shapes, schema, 2)}
        member = present.get(wanted.get("model", ""))
        names = _names(member)
        known = bool(names) or (member is not None and member.required)
        if not names:
            names = [title if len(kinds) == 1 else schema_name.lower()]
            if member is not None:
                left.append(f"the model's name is free text in {schema_name}: {names[0]!r} is a placeholder")
        for name in names:
            if name in found:
                left.append(f"{name} has further forms of request, of which {schema_name} is one")
                continue
            base, problem = _base(shapes, schema, whole, name if known else None, wanted, given)
            if problem:
                left.append(f"models.{name}.base is not valid yet: {problem}")
            node: dict[str, Any] = {"schema": schema_name, "base": base}
            asked = {key: at for key, at in wanted.items() if key in ("duration", "ratio", "resolution")}
            gone = {key: None for key, at in asked.items() if _free(present.get(at))}
            if gone:
                node["request"] = gone
            found[name] = node
    return found, left


def _free(member: Found | None) -> bool:
    """Whether a model has no such member, or one that may hold anything and so has no effect."""
    return member is None or not ({"type", "enum", "const", "known"} & set(member.schema))


def _names(member: Found | None) -> list[str]:
    if member is None:
        return []
    words = [word for word in member.words if isinstance(word, str)]
    default = member.schema.get("default")
    return words or ([default] if isinstance(default, str) else [])


def _base(
    shapes: Shapes, schema: Any, whole: Any, model: str | None, wanted: Mapping[str, str], given: list[Any]
) -> tuple[Any, str]:
    """A minimal body for a model, with a prompt where there can be one, and why it is not valid. Where several forms
    would take it, with the members that tell its form from the others."""
    smallest = sample(shapes, schema)
    told: list[Any] = []
    fixed = {
        str(name): shapes.of(node)["const"]
        for name, node in mapping(shapes.of(schema).get("properties")).items()
        if "const" in shapes.of(node)
    }
    tries = [_asking(smallest, wanted, model), smallest, *(_asking(one, wanted, model) for one in given)]
    for each in [*tries, *({**each, **fixed} for each in tries if isinstance(each, Mapping))]:
        told = shapes.document.complaints(schema, each) or shapes.document.complaints(whole, each)
        if not told and isinstance(each, Mapping):
            return each, ""
    return tries[0], told[0][1] if told else "it is no object"


def _asking(body: Any, wanted: Mapping[str, str], model: str | None) -> Any:
    """A body with a prompt and the model's name, where it has one and what is around them is there."""
    for key, value in (("model", model), ("prompt", "A paper boat crosses a puddle.")):
        parts = segments(wanted.get(key, ""))
        fits = parts and value and isinstance(resolve(body, parts[:-1]), Mapping)
        if fits and (key == "model" or resolve(body, parts) is MISSING):
            body = replaced(body, parts, value)
    return body


def _examples(shapes: Shapes, create: Call) -> Iterator[Any]:
    for each in shapes.document.samples:
        if each.pointer.startswith(f"{create.pointer}/requestBody") or "/requestBodies/" in each.pointer:
            yield each.value


def unlikely(shapes: Shapes, kinds: list[tuple[str, Any]], wanted: Mapping[str, str]) -> set[str]:
    """The refusals for models that requests cannot earn: where the model may be left out, or may be any text."""
    found: set[str] = set()
    for _, schema in kinds:
        member = next((each for each in walk(shapes, schema, 2) if each.pointer == wanted.get("model")), None)
        found |= set() if member is not None and member.required else {"missing-model"}
        found |= set() if member is not None and "enum" in member.schema else {"unknown-model"}
    return found


def limit_of(shapes: Shapes, kinds: list[tuple[str, Any]], pointer: str) -> Any:
    """The longest text that a member of the requests may be, or None."""
    found = (
        member.schema.get("maxLength")
        for _, kind in kinds
        for member in walk(shapes, kind, 2)
        if member.pointer == pointer
    )
    return next((limit for limit in found if limit), None)
