"""Models, their minimal bodies, and where a request keeps what: from the schema of the create's body."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.drafting.members import Found, first, walk
from screentest_contracts.location import MISSING, replaced, resolve, segments
from screentest_contracts.raw.document import Call, RawDocument
from screentest_contracts.raw.nodes import mapping, sequence

NAMES: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_name", "model_id"),
    "prompt": ("prompt", "text", "text_prompt", "description"),
    "duration": ("duration", "seconds", "duration_seconds", "length", "video_length"),
    "ratio": ("aspect_ratio", "ratio"),
    "resolution": ("resolution", "quality", "size", "video_size"),
    "seed": ("seed",),
    "callback_url": ("callback_url", "webhook_url", "webhook", "callback", "notify_url"),
}
_TEXTS = {"prompt": "A paper boat crosses a puddle.", "text": "A paper boat crosses a puddle."}


def branches(document: RawDocument, schema: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """(name under components.schemas, schema) of each kind of request; nothing for one written in place."""
    node = mapping(schema)
    body = mapping(document.follow(node))
    parts = sequence(body.get("oneOf")) or sequence(body.get("anyOf"))
    refs = [mapping(part).get("$ref") for part in parts]
    if not parts or not all(refs):
        refs = [node.get("$ref")]
    prefix = "#/components/schemas/"
    named = [str(ref).removeprefix(prefix) for ref in refs if str(ref).startswith(prefix)]
    return [(name, mapping(document.follow({"$ref": prefix + name}))) for name in named]


def request_map(document: RawDocument, schemas: list[Mapping[str, Any]]) -> dict[str, str]:
    """Pointers of the values that requests commonly hold."""
    result = {}
    members = [member for schema in schemas for member in walk(document, schema)]
    for value, names in NAMES.items():
        found = first(members, names)
        if found is not None:
            result[value] = found.pointer
    return result


def models(
    document: RawDocument,
    create: Call,
    kinds: list[tuple[str, Mapping[str, Any]]],
    wanted: Mapping[str, str],
    title: str,
) -> tuple[dict[str, Any], list[str]]:
    """Every model that an enum names, with a minimal valid body; and what could not be made."""
    found: dict[str, Any] = {}
    left = []
    given = list(_examples(document, create))
    for schema_name, schema in kinds:
        names = _model_names(document, schema, wanted.get("model"))
        if not names:
            names = [title if len(kinds) == 1 else schema_name.lower()]
            left.append(f"the model's name is free text in {schema_name}: {names[0]!r} is a placeholder")
        present = {member.pointer: member for member in walk(document, schema)}
        for name in names:
            base = _base(document, schema, name, wanted.get("model"))
            if document.complaints(schema, base):
                base = next((each for each in given if not document.complaints(schema, each)), base)
            if document.complaints(schema, base):
                left.append(f"models.{name}.base is not valid yet: {document.complaints(schema, base)[0][1]}")
            node: dict[str, Any] = {"schema": schema_name, "base": base}
            asked = {key: at for key, at in wanted.items() if key in ("duration", "ratio", "resolution")}
            gone = {key: None for key, at in asked.items() if _free(present, at)}
            if gone:
                node["request"] = gone
            found[name] = node
    return found, left


def _free(present: Mapping[str, Found], at: str) -> bool:
    """Whether a model has no such member, or one that may hold anything and so has no effect."""
    member = present.get(at)
    return member is None or not ({"type", "enum", "const"} & set(member.schema))


def _model_names(document: RawDocument, schema: Mapping[str, Any], at: str | None) -> list[str]:
    for member in walk(document, schema):
        if member.pointer == at:
            values = [member.schema["const"]] if "const" in member.schema else sequence(member.schema.get("enum"))
            if not values and isinstance(member.schema.get("default"), str):
                values = [member.schema["default"]]
            return [value for value in values if isinstance(value, str)]
    return []


def _base(document: RawDocument, schema: Any, model: str, at: str | None) -> Any:
    base = sample(document, schema, "")
    if at is not None and resolve(base, segments(at)) is not MISSING:
        base = replaced(base, segments(at), model)
    return base


def sample(document: RawDocument, schema: Any, name: str, depth: int = 0) -> Any:
    """The smallest value that a schema lets through, as far as it can be told."""
    schema = mapping(document.follow(schema))
    for word in ("const", "default", "example"):
        if word in schema:
            return schema[word]
    for word in ("enum", "examples"):
        if isinstance(schema.get(word), list) and schema[word]:
            return schema[word][0]
    kind = next(iter(each for each in sequence(schema.get("type")) if each != "null"), None)
    if kind == "array":
        return [sample(document, schema.get("items"), name, depth + 1)] * max(int(schema.get("minItems", 0)), 0)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    if kind == "string":
        return _text(schema, name)
    if depth > 6:
        return {}
    result = {}
    parts = [schema, *(mapping(document.follow(part)) for part in sequence(schema.get("allOf")))]
    for part in parts:
        needed = list(sequence(part.get("required")))
        choices = sequence(part.get("anyOf")) or sequence(part.get("oneOf"))
        needed += sequence(mapping(document.follow(choices[0])).get("required")) if choices else []
        for member in dict.fromkeys(needed):
            node = mapping(part.get("properties")).get(member) or mapping(schema.get("properties")).get(member)
            result[str(member)] = sample(document, node, str(member), depth + 1)
    return result


def _text(schema: Mapping[str, Any], name: str) -> str:
    if schema.get("format") in ("uri", "url") or name.endswith(("url", "urls", "uri", "image", "video")):
        kind = "mp4" if "video" in name else "jpg"
        return f"https://media.example.com/sample.{kind}"
    return _TEXTS.get(name, "text")[: schema.get("maxLength", 100)]


def _examples(document: RawDocument, create: Call) -> Iterator[Any]:
    for each in document.samples:
        if each.pointer.startswith(f"{create.pointer}/requestBody") or "/requestBodies/" in each.pointer:
            yield each.value
