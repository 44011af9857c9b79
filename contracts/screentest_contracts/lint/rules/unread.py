"""Parts of x-task that nothing reads, and rows that nothing can ever show."""

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.lint.findings import Hit, Severity, of_contract, rule
from screentest_contracts.lint.rules.statuses import member_schemas
from screentest_contracts.location import Location, segments
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence
from screentest_contracts.requirements.errors import condition_applies
from screentest_contracts.template.holes import HOLE

OF_BYTES = frozenset({"link-expired", "bad-range"})
"""Conditions that the store of the files answers, in its own way."""


def _items(task: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(pointer, node) of each row of a list of x-task."""
    for index, node in enumerate(sequence(task.get(name))):
        yield f"/x-task/{name}/{index}", mapping(node)


def texts(node: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """(pointer, text) of every text in data."""
    stack: list[tuple[Any, str]] = [(node, at)]
    while stack:
        here, at = stack.pop()
        if isinstance(here, str):
            yield at, here
        elif isinstance(here, Mapping):
            stack.extend((value, child(at, key)) for key, value in here.items())
        elif isinstance(here, list):
            stack.extend((value, child(at, index)) for index, value in enumerate(here))


@rule(
    "field.unread",
    Severity.WARNING,
    "Every part of x-task is read by something",
    "take it out, or use it where it was meant to count",
    task=True,
)
def everything_is_read(document: RawDocument) -> Iterator[Hit]:
    """Values, units, profiles and views that nothing names."""
    task = mapping(document.task)
    holes = {match[2] for _, text in texts(dict(task)) for match in HOLE.finditer(text) if match[1] == "value"}
    others = mapping(mapping(task.get("id")).get("others")).values()
    models = [mapping(model) for model in mapping(task.get("models")).values()]
    roles = {str(name) for names in mapping(task.get("roles")).values() for name in sequence(names)}
    profiles = mapping(task.get("profiles"))
    yield from _unnamed(task, "values", holes | {mapping(each).get("value") for each in others}, "no hole")
    yield from _unnamed(task, "units", {price.get("currency") for _, price in _items(task, "prices")}, "no price")
    if len(profiles) > 1:
        yield from _unnamed(task, "profiles", {model.get("profile") for model in models}, "no model")
    for name, profile in profiles.items():
        for view in mapping(mapping(profile).get("views")):
            if view not in roles:
                yield Hit(child("/x-task/profiles", name, "views", view), f"{view} plays no role")


def _unnamed(task: Mapping[str, Any], part: str, named: Iterable[Any], who: str) -> Iterator[Hit]:
    for name in mapping(task.get(part)):
        if name not in named:
            yield Hit(child("/x-task", part, name), f"{who} names {name!r}")


@rule(
    "row.unobservable",
    Severity.WARNING,
    "A row speaks of something that can be seen",
    "correct what the row names, or take it out",
    task=True,
)
def rows_can_be_seen(document: RawDocument) -> Iterator[Hit]:
    """Rows of presence, prices and errors that name what no answer, model or request has."""
    task = mapping(document.task)
    models = mapping(task.get("models"))
    named = (_on_the_wire(task, mapping(model)) for model in models.values())
    names = [*models, *(name for name in named if isinstance(name, str))]
    yield from _presence(task)
    for at, price in _items(task, "prices"):
        for index, glob in enumerate(sequence(price.get("models"))):
            if not any(fnmatchcase(str(name), str(glob)) for name in names):
                yield Hit(f"{at}/models/{index}", f"no model is called {glob}")
        for pointer in mapping(price.get("when")):
            if not _is_described(document, models.values(), str(pointer)):
                yield Hit(child(at, "when", pointer), f"no model's request has a member {pointer}")
    for at, row in _items(task, "errors"):
        for index, member in enumerate(sequence(row.get("for"))):
            if not _is_described(document, models.values(), str(member)):
                yield Hit(f"{at}/for/{index}", f"no model's request has a member {member}")


def _presence(task: Mapping[str, Any]) -> Iterator[Hit]:
    statuses = mapping(mapping(task.get("lifecycle")).get("statuses"))
    classes = {mapping(node).get("class") for node in statuses.values()}
    known = {*map(str, statuses), *classes, "receipt", "all"}
    roles = mapping(task.get("roles"))
    queries = {str(name) for role in ("query", "result") for name in sequence(roles.get(role))}
    for at, row in _items(task, "presence"):
        on = row.get("on")
        for index, name in enumerate(sequence(on)):
            if name not in known:
                where = f"{at}/on/{index}" if isinstance(on, list) else f"{at}/on"
                yield Hit(where, f"no task is ever {name}: no status has that class")
        if "profile" in row and row["profile"] not in mapping(task.get("profiles")):
            yield Hit(f"{at}/profile", f"there is no profile {row['profile']!r}")
        if "operation" in row and row["operation"] not in queries:
            yield Hit(f"{at}/operation", f"{row['operation']} is no operation that answers about a task")


def _on_the_wire(task: Mapping[str, Any], model: Mapping[str, Any]) -> Any:
    """The name that requests of a model hold."""
    at = {**mapping(task.get("request")), **mapping(model.get("request"))}.get("model")
    return None if at is None else Location(at).find(mapping(model.get("base")))


def _is_described(document: RawDocument, models: Iterable[Any], pointer: str) -> bool:
    schemas = mapping(mapping(document.raw.get("components")).get("schemas"))
    wanted = segments(pointer if pointer.startswith("/") else f"/{pointer}")
    names = [str(mapping(model).get("schema")) for model in models]
    return any(any(True for _ in member_schemas(document, schemas.get(name), wanted, "")) for name in names)


_ASKED_FOR = (Role.CREATE, Role.QUERY)
"""Roles whose refusals a scenario of the mock can order, whatever the condition."""


@of_contract("row.unobservable")
def refusals_can_arise(contract: Contract) -> Iterator[Hit]:
    """Refusals under a condition that cannot arise on any operation of the role, and that no scenario shows."""
    for at, row in _items(contract.document["x-task"], "errors"):
        roles = [Role(role) for role in row.get("on", contract.roles)]
        never = [index for index, role in enumerate(roles) if not _arises(contract, role, row["condition"])]
        if "on" in row:
            for index in never:
                yield Hit(f"{at}/on/{index}", f"{row['condition']} cannot arise on {roles[index]}")
        elif len(never) == len(roles):
            yield Hit(f"{at}/condition", f"{row['condition']} cannot arise on any operation")


def _arises(contract: Contract, role: Role, condition: str) -> bool:
    if role in _ASKED_FOR or condition in OF_BYTES:
        return True
    operations = contract.roles.get(role, ())
    if condition == "invalid-body" and any(each.parameters or each.body_schema for each in operations):
        return True  # of a parameter
    return any(condition_applies(contract, each, condition) for each in operations)
