"""Requirements that operations are there at all, and that answers can be read: all else rests on these."""

from screentest_contracts.contract import RESOURCES, Operation, Role
from screentest_contracts.facts import Level
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, ENCODING, Builder, there
from screentest_contracts.requirements.subjects import OperationName

_SUITES = {
    Role.CREATE: "receipt",
    Role.QUERY: "polling",
    Role.BATCH: "polling",
    Role.STREAM: "polling",
    Role.CANCEL: "polling",
    Role.DELETE: "polling",
    Role.RESULT: "result",
    Role.CONTENT: "result",
    Role.LIST: "list",
    Role.UPLOAD: "receipt",
    Role.FILE: "receipt",
    **dict.fromkeys(RESOURCES, "resources"),
}
"""The roles whose operation can be missed, and the suite to which that belongs."""


def add_operations(builder: Builder) -> None:
    """One per role: whatever else the document says of a role rests on its operation being there."""
    for role, operations in builder.contract.roles.items():
        if role in _SUITES:
            _add_there(builder, role, operations[0])


def _add_there(builder: Builder, role: Role, operation: Operation) -> None:
    of_a_task = " for a task that exists" if role.names_task else ""
    text = f"{operation.method} {operation.path} is there: it is not answered{of_a_task} as a path that nobody knows."
    depends = (CREATE,) if role.names_task else ()
    subject = OperationName(operation.id)
    builder.add(there(role), kinds.OPERATION_THERE, _SUITES[role], operation.fact, text, subject, depends)


def add_answers(builder: Builder) -> None:
    """What holds of every answer, whatever was asked."""
    fact = builder.contract.roles[Role.CREATE][0].fact
    text = (
        "Every answer that is called JSON is JSON in UTF-8, without a byte order mark, `NaN` or `Infinity` (RFC 8259)."
    )
    builder.add(ENCODING, kinds.ANSWER_ENCODING, "answers", fact, text, level=Level.MUST)
