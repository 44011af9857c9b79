"""Cancels and deletes: of which tasks they speak, and what is answered about all others."""

from collections.abc import Iterator, Mapping
from typing import Any

from screentest_contracts.contract import StatusClass
from screentest_contracts.lint.findings import Hit, Severity, rule
from screentest_contracts.raw.document import RawDocument
from screentest_contracts.raw.nodes import child, mapping, sequence


@rule(
    "ending.class",
    Severity.ERROR,
    "A cancel or a delete speaks of tasks that there are",
    "give a status that class under lifecycle.statuses, or take the class out",
    task=True,
)
def classes_exist(document: RawDocument) -> Iterator[Hit]:
    """Classes of `cancel` and `delete` that no status has, that of cancelled tasks among them."""
    known = _classes(document)
    if not known <= set(StatusClass):
        return  # the word that is no class is told: it may stand for any
    for at, role, node in _rules(document):
        member = "from" if role == "cancel" else "cancels"
        if node.get(member) and "cancelled" not in known:
            yield Hit(child(at, member), f"a {role} may cancel a task: no status has the class cancelled")
        for member in ("from", "deletes", "cancels"):
            for index, name in enumerate(sequence(node.get(member))):
                if name not in known:
                    yield Hit(child(at, member, index), f"a {role} of a task that is {name}: no status has this class")


@rule(
    "ending.refusal",
    Severity.WARNING,
    "A delete that is refused is answered as documented",
    "add a row `not-deletable` to errors, or name the other classes in `from` or `cancels`",
    task=True,
)
def refusals_are_told(document: RawDocument) -> Iterator[Hit]:
    """Deletes that some tasks do not allow, and no row that says how these are refused."""
    rows = (mapping(each) for each in sequence(mapping(document.task).get("errors")))
    if any(row.get("condition") == "not-deletable" for row in rows):
        return
    for at, role, node in _rules(document):
        left = _classes(document) - {*sequence(node.get("from")), *sequence(node.get("cancels"))}
        if role == "delete" and left:
            yield Hit(at, f"nothing says how a delete of a task that is {' or '.join(sorted(left))} is answered")


def _classes(document: RawDocument) -> set[str]:
    statuses = mapping(mapping(mapping(document.task).get("lifecycle")).get("statuses"))
    return {str(mapping(each).get("class")) for each in statuses.values()}


def _rules(document: RawDocument) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Pointer, role and node of what a cancel does, and of each reading of what a delete does."""
    for role in ("cancel", "delete"):
        node, at = mapping(document.task).get(role), f"/x-task/{role}"
        if isinstance(node, list):
            yield from ((child(at, index), role, mapping(each)) for index, each in enumerate(node))
        elif node is not None:
            yield at, role, mapping(node)
