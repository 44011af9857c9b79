"""Models: their names on the wire, and what tells the modes of one apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.contract import Contract, meant
from screentest_contracts.lint.findings import Hit, Severity, of_contract, rule
from screentest_contracts.lint.rules.unread import texts
from screentest_contracts.location import MISSING, Location
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence

_SCHEMAS = "#/components/schemas/"
_CHOICES = ("oneOf", "anyOf")


def _named(document: RawDocument) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """(key, node, name on the wire) of each model whose requests hold its name."""
    task = mapping(document.task)
    for key, node in mapping(task.get("models")).items():
        location = {**mapping(task.get("request")), **mapping(mapping(node).get("request"))}.get("model")
        name = MISSING if location is None else Location(location).find(mapping(node).get("base"))
        if name is not MISSING and name is not None:
            yield str(key), mapping(node), str(name)


def _is_mode(key: str, node: Mapping[str, Any], same: list[tuple[str, Mapping[str, Any]]]) -> bool:
    """Whether an entry is told from the others of its name."""
    others = [each for name, each in same if name != key]
    return bool(others) and ("told_by" in node or any(each.get("schema") != node.get("schema") for each in others))


@rule(
    "model.name",
    Severity.WARNING,
    "A model is listed by the name that its requests hold",
    "use the name on the wire as the key: it is what people look for",
    task=True,
)
def keys_are_names(document: RawDocument) -> Iterator[Hit]:
    """Keys of `models` that their own base contradicts, beside modes of one name and examples of open sets."""
    named = list(_named(document))
    for key, node, name in named:
        same = [(other, each) for other, each, wire in named if wire == name]
        if name != key and "names" not in node and not _is_mode(key, node, same):
            yield Hit(child("/x-task/models", key), f"the requests of {key!r} ask for {name!r}")


@rule(
    "model.two-schemas",
    Severity.WARNING,
    "Several entries of one name are told apart by their requests",
    "write what tells them apart, as `told_by: {required: [image]}`, or one schema that holds both forms",
    task=True,
)
def one_schema(document: RawDocument) -> Iterator[Hit]:
    """Entries of one name on one operation with different schemas, whose examples have the same members."""
    known: dict[tuple[str, Any], tuple[str, Any, Any]] = {}
    for key, node, name in _named(document):
        members = set(mapping(node.get("base")))
        first, schema, there = known.setdefault((name, node.get("operation")), (key, node.get("schema"), members))
        if schema != node.get("schema") and members == there and "told_by" not in node:
            at = child("/x-task/models", key, "schema")
            yield Hit(at, f"{name!r} has the schema {node.get('schema')} here, and {schema} at {first!r}")


@rule(
    "model.earlier",
    Severity.WARNING,
    "Creates that go on from an earlier task say how wrong ones are refused, and answers name it",
    "add a row `unknown-task` on create, and `earlier` to the models whose creates name a task",
    task=True,
)
def earlier_tasks_are_told(document: RawDocument) -> Iterator[Hit]:
    """Models that go on from earlier tasks without a refusal of unknown ones; `{{earlier}}` without such a model."""
    task = mapping(document.task)
    models = mapping(task.get("models"))
    going_on = [str(key) for key, node in models.items() if "earlier" in mapping(node)]
    rows = [mapping(row) for row in sequence(task.get("errors"))]
    rows = [row for row in rows if row.get("condition") == "unknown-task"]
    if going_on and "create" not in [role for row in rows for role in sequence(row.get("on", "create"))]:
        at = child("/x-task/models", going_on[0], "earlier")
        yield Hit(at, f"nothing says how {going_on[0]} answers to the id of a task that nobody has")
    if not going_on:
        for at, text in texts(task.get("profiles"), "/x-task/profiles"):
            if "{{earlier" in text:
                yield Hit(at, "{{earlier}} is never set: no model goes on from an earlier task")


@of_contract("model.two-schemas")
def bases_mean_their_own(contract: Contract) -> Iterator[Hit]:
    """Modes whose own example may mean another mode of the name."""
    for model in contract.models.values():
        for mode in meant(model.modes, model.base) if model.modes else ():
            other = contract.models[mode.model]
            if other.schema_name != model.schema_name and set(other.base) != set(model.base):
                at = child("/x-task/models", model.name)
                yield Hit(at, f"a request like the base of {model.name!r} may mean {mode.model!r}, too")


@rule(
    "model.unused-schema",
    Severity.WARNING,
    "Every choice of a create's body is the schema of a model",
    "remove the choice (in an overlay by an action of its own), or add the model that uses its schema",
    task=True,
)
def choices_are_models(document: RawDocument) -> Iterator[Hit]:
    """Branches of a create's body, and targets of its discriminator, whose schema no model has: often of a model that
    an overlay has removed."""
    task = mapping(document.task)
    used = {str(mapping(node).get("schema")) for node in mapping(task.get("models")).values()}
    for name in sequence(mapping(task.get("roles")).get("create")):
        call = document.call(str(name))
        body = {} if call is None else call.node.get("requestBody")
        at = "" if call is None else document.place(body, child(call.pointer, "requestBody"))
        for media, node in mapping(mapping(document.follow(body)).get("content")).items():
            schema, where = mapping(node).get("schema"), child(at, "content", media, "schema")
            yield from _unused_choices(document, schema, where, used, frozenset())


def _unused_choices(
    document: RawDocument, node: Any, at: str, used: set[str], followed: frozenset[str]
) -> Iterator[Hit]:
    """Choices at or below a schema, through references and `allOf`, of which no schema on the way is one of `used`."""
    where = document.place(node, at)
    schema = mapping(document.follow(node))
    if where in followed or where.rpartition("/")[2] in used:
        return
    known = followed | {where}
    choices = [(each, child(where, word, i)) for word in _CHOICES for i, each in enumerate(sequence(schema.get(word)))]
    mapped = mapping(mapping(schema.get("discriminator")).get("mapping"))
    for value, target in mapped.items():
        each = {"$ref": target if "/" in str(target) else f"#/components/schemas/{target}"}
        choices.append((each, child(where, "discriminator", "mapping", value)))
    for each, pointer in choices:
        name = _component(each)
        if name and not _is_used(document, each, pointer, used, known):
            yield Hit(pointer, f"no model has the schema {name!r}, so nothing asks for it")
        else:
            yield from _unused_choices(document, each, pointer, used, known)
    for i, each in enumerate(sequence(schema.get("allOf"))):
        yield from _unused_choices(document, each, child(where, "allOf", i), used, known)


def _component(node: Any) -> str:
    """The name of the schema that a node refers to; "" for another node."""
    target = str(mapping(node).get("$ref", ""))
    return target.removeprefix(_SCHEMAS) if target.startswith(_SCHEMAS) else ""


def _is_used(document: RawDocument, node: Any, at: str, used: set[str], followed: frozenset[str]) -> bool:
    """Whether a schema is one of `used`, or is made of one: by references, `allOf` and choices."""
    where = document.place(node, at)
    if where in followed:
        return False
    if where.rpartition("/")[2] in used:
        return True
    schema = mapping(document.follow(node))
    return any(
        _is_used(document, each, child(where, word, i), used, followed | {where})
        for word in ("allOf", *_CHOICES)
        for i, each in enumerate(sequence(schema.get(word)))
    )
