"""Only what some operations of a description need: their paths, and what these refer to."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from screentest_contracts.location import MISSING, pointer_of, resolve, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.inlined import target_of
from screentest_contracts.raw.nodes import METHODS, child, mapping, references, sequence, server_urls
from screentest_contracts.raw.specification import unknown_members

_OURS = frozenset({"x-mark", "x-marks", "x-source"})


def pruned(whole: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """A copy with the operations of these ids alone, the components they reach, the tags and security they name,
    and servers whose variables have their defaults.

    Time and memory are those of the description. References that leave it stay as they are.
    """
    paths: dict[str, Any] = {}
    for path, item in mapping(whole.get("paths")).items():
        calls = {m: item[m] for m in METHODS if mapping(mapping(item).get(m)).get("operationId") in kept}
        if calls:
            beside = {key: value for key, value in item.items() if key not in METHODS}
            paths[path] = {**_without_extensions(beside), **{m: _call(node, kept) for m, node in calls.items()}}
    made = {
        key: value for key, value in _without_extensions(whole).items() if key not in ("components", "tags", "webhooks")
    }
    made["paths"] = paths
    calls_of = [mapping(item[m]) for item in paths.values() for m in METHODS if m in item]
    used = {str(tag) for call in calls_of for tag in sequence(call.get("tags"))}
    tags = [tag for tag in sequence(whole.get("tags")) if mapping(tag).get("name") in used]
    components = _components(whole, paths, [made, *calls_of])
    if tags:
        made["tags"] = tags
    if components:
        made["components"] = components
    if any("variables" in mapping(server) for server in sequence(whole.get("servers"))):
        made["servers"] = [{"url": url} for url in server_urls(whole)]
    if not whole.get("servers"):
        made["servers"] = [{"url": "https://example.com"}]
    copy: dict[str, Any] = _copy(made)
    return {**copy, "openapi": whole["openapi"]}


def _call(node: Mapping[str, Any], kept: Collection[str]) -> dict[str, Any]:
    """An operation without links to what is gone."""
    made = _without_extensions(node)
    responses = {}
    for status, answer in mapping(node.get("responses")).items():
        links = mapping(mapping(answer).get("links"))
        if links:
            left = {n: each for n, each in links.items() if mapping(each).get("operationId", next(iter(kept))) in kept}
            answer = {**{k: v for k, v in answer.items() if k != "links"}, **({"links": left} if left else {})}
        responses[status] = answer
    return {**made, "responses": responses} if responses else made


def _without_extensions(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if not str(key).startswith("x-") or key in _OURS}


def _components(whole: Mapping[str, Any], paths: Any, secured: list[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    stack: list[Any] = [paths]
    while stack:
        for _, reference in references(stack.pop()):
            if isinstance(reference, str) and reference.startswith("#/components/"):
                _, group, name = (unquote(part) for part in segments(reference[1:])[:3])
                target = target_of(whole, f"#{pointer_of(('components', group, name))}")
                if target is not MISSING and name not in found.setdefault(group, {}):
                    found[group][name] = target
                    stack.append(target)
    schemes = mapping(mapping(whole.get("components")).get("securitySchemes"))
    names = {name for node in secured for row in sequence(node.get("security")) for name in mapping(row)}
    if names & set(schemes):
        found["securitySchemes"] = {name: schemes[name] for name in schemes if name in names}
    order = {key: list(mapping(group)) for key, group in mapping(whole.get("components")).items()}
    return {key: {n: found[key][n] for n in order[key] if n in found[key]} for key in order if found.get(key)}


def _copy(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _copy(value) for key, value in node.items()}
    return [_copy(each) for each in node] if isinstance(node, list) else node


def name_bodies(whole: dict[str, Any], document: RawDocument, ids: Collection[str]) -> None:
    """Gives the kinds of request that are written in place names under `components.schemas`."""
    for call in document.calls:
        content = mapping(mapping(document.follow(call.node.get("requestBody"))).get("content"))
        for node in content.values() if call.id in ids else ():
            schema = mapping(node).get("schema")
            if not isinstance(schema, dict) or not isinstance(node, dict):
                continue
            stem = "".join(part[:1].upper() + part[1:] for part in _words(call.id)) + "Request"
            forms = mapping(document.follow(schema))
            word = next((word for word in ("oneOf", "anyOf") if forms.get(word) and "properties" not in forms), None)
            if word is not None and all(_is_object(document, part) for part in sequence(forms[word])):
                parts = forms[word]
                for index, part in enumerate(parts):
                    if "$ref" not in part:
                        parts[index] = _named(whole, f"{stem}{_form_of(part) or index + 1}", part)
            elif "$ref" not in schema:
                node["schema"] = _named(whole, stem, schema)


def _is_object(document: RawDocument, part: Any) -> bool:
    node = mapping(document.follow(part))
    return bool({"properties", "allOf"} & set(node)) or node.get("type") in ("object", ["object"])


def _form_of(part: Mapping[str, Any]) -> str:
    """What a form of request is called by the member that tells it from the others, or by its title."""
    fixed = [mapping(node) for node in mapping(part.get("properties")).values() if "const" in mapping(node)]
    said = str(part.get("title") or (fixed[0]["const"] if fixed else ""))
    return "".join(word[:1].upper() + word[1:] for word in _words(said))


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in text).split()


def _named(whole: dict[str, Any], name: str, schema: Any) -> dict[str, Any]:
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    free, number = name, 2
    while free in schemas and schemas[free] is not schema:
        free, number = f"{name}{number}", number + 1
    schemas[free] = schema
    return {"$ref": f"#{pointer_of(('components', 'schemas', free))}"}


def drop_bad_values(whole: dict[str, Any], document: RawDocument) -> int:
    """Removes examples and defaults that their own schema refuses: clients must not learn from them. How many."""
    bad = [each.pointer for each in document.samples if document.complaints(each.schema, each.value)]
    for at, schema in document.schemas:
        rest = {key: value for key, value in schema.items() if key not in ("default", "example", "examples")}
        if "default" in schema and document.complaints(rest, schema["default"]):
            bad.append(child(at, "default"))
    _removed(whole, bad)
    return len(set(bad))


def drop_unknown(whole: dict[str, Any]) -> list[str]:
    """Removes members that OpenAPI does not know where they stand: their names."""
    pointers = unknown_members(whole)
    _removed(whole, pointers)
    return sorted({segments(pointer)[-1] for pointer in pointers})


def drop_samples_of_answers(whole: dict[str, Any], document: RawDocument) -> None:
    """Removes the examples of answers: the bodies of x-task say the same, and what they say is judged."""
    _removed(whole, [each.pointer for each in document.samples if each.answer and "/responses/" in each.pointer])


def _removed(whole: dict[str, Any], pointers: list[str]) -> None:
    """The last first, so that the places in lists stay what they are."""
    for pointer in reversed(list(dict.fromkeys(pointers))):
        *path, last = segments(pointer)
        if last == "value":
            *path, last = path
        holder = resolve(whole, tuple(path))
        if isinstance(holder, dict):
            holder.pop(last, None)
        elif isinstance(holder, list):
            del holder[int(last)]
        if isinstance(holder, dict | list) and not holder and path and path[-1] == "examples":
            around = resolve(whole, tuple(path[:-1]))
            around.pop("examples", None)


def declare_bodies(whole: dict[str, Any], document: RawDocument) -> list[str]:
    """Gives refusals without a described body one that may be anything. The statuses for which it did."""
    found: list[str] = []
    for call in document.calls:
        for status, node in mapping(call.node.get("responses")).items():
            answer = document.follow(node)
            content = mapping(answer).get("content")
            if str(status)[:1] in "45" and isinstance(answer, dict):
                if any("schema" in mapping(each) for each in mapping(content).values()):
                    continue
                answer["content"] = {"application/json": {"schema": {}}}
                found.append(str(status))
    return found


def declare_refusals(document: RawDocument, refusals: Iterable[tuple[str, int]]) -> None:
    """Adds the refusals (operation id, status) that x-task speaks of and that nobody declares, marked as assumed."""
    for name, status in refusals:
        call = document.call(name)
        responses = mapping(call.node if call else {}).get("responses")
        if isinstance(responses, dict) and not {str(status), f"{status // 100}XX", "default"} & set(responses):
            answer = {"description": "Assumed, not declared", "x-mark": "assumed"}
            responses[str(status)] = {**answer, "content": {"application/json": {"schema": {}}}}
