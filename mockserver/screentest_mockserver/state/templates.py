"""The bodies with which the mock answers queries, by operation, profile and status."""

from collections.abc import Mapping

from screentest_contracts.contract import Contract, Operation
from screentest_contracts.location import replaced, segments
from screentest_contracts.reading import bodies_of, selected
from screentest_contracts.template import Template


def body_templates(contract: Contract) -> Mapping[tuple[str, str], Mapping[str, Template]]:
    """The selected template of each status, by operation and profile."""

    def of(operation: Operation, name: str) -> dict[str, Template]:
        bodies = bodies_of(contract.profiles[name], operation)
        made = {status: selected(readings) for status, readings in bodies.items()}
        if operation.id not in contract.lifecycle.words:
            return made
        return {status: _with_word(contract, operation, status, template) for status, template in made.items()}

    operations = contract.operations.values()
    return {(operation.id, name): of(operation, name) for operation in operations for name in contract.profiles}


def _with_word(contract: Contract, operation: Operation, status: str, template: Template) -> Template:
    """A body with the word that an operation has for this status."""
    tree, lifecycle = template.tree, contract.lifecycle
    for pointer, _ in list(lifecycle.status_at.all(tree)):
        tree = replaced(tree, segments(pointer), lifecycle.word(status, operation.id))
    return Template(tree)
