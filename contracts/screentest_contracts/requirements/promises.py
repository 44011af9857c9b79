"""Requirements from promises by name (`x-task.promises`)."""

from dataclasses import dataclass
from typing import Final

from screentest_contracts.contract import Contract, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.kinds import Kind
from screentest_contracts.requirements.members import query_slots
from screentest_contracts.requirements.model import CREATE, QUERY, Builder


@dataclass(frozen=True, slots=True)
class _Row:
    """What a promise of one name asks of a server."""

    id: str
    kind: Kind[None]
    suite: str
    statement: str
    depends: tuple[str, ...]


_LISTED = (CREATE, "list.status-code")

_PROMISES: Final = {
    "create-not-idempotent": _Row(
        "create.not-idempotent",
        kinds.NOT_IDEMPOTENT,
        "receipt",
        "The same body sent twice makes two tasks.",
        (CREATE,),
    ),
    "progress-monotonic": _Row(
        "query.progress.monotonic", kinds.PROGRESS_MONOTONIC, "polling", "Progress never falls.", (CREATE, QUERY)
    ),
    "progress-complete-only-at-end": _Row(
        "query.progress.complete",
        kinds.COMPLETE_ONLY_AT_END,
        "polling",
        "Progress is not 100 percent before the task has ended.",
        (CREATE, QUERY),
    ),
    "progress-complete-at-success": _Row(
        "query.progress.success",
        kinds.COMPLETE_AT_SUCCESS,
        "polling",
        "Progress is 100 percent when the task has succeeded.",
        (CREATE, QUERY),
    ),
    "receipt-progress-zero": _Row(
        "create.progress.zero", kinds.RECEIPT_PROGRESS_ZERO, "receipt", "A receipt's progress is 0.", (CREATE,)
    ),
    "list-newest-first": _Row(
        "list.newest-first",
        kinds.LIST_NEWEST_FIRST,
        "list",
        "A list is sorted by creation, newest first.",
        _LISTED,
    ),
    "list-limit": _Row(
        "list.limit", kinds.LIST_LIMIT, "list", "A list holds at most as many tasks as `limit` asks for.", _LISTED
    ),
    "owner-only": _Row(
        "auth.owner-only", kinds.OWNER_ONLY, "errors", "Another account's key cannot see a task.", (CREATE,)
    ),
    "restricted-owns": _Row(
        "auth.restricted-owns",
        kinds.RESTRICTED_OWNS,
        "errors",
        "A key that may use some models only can query, and download, what it has made.",
        (CREATE, QUERY),
    ),
    "list-owner-only": _Row(
        "auth.list.owner-only",
        kinds.LIST_OWNER_ONLY,
        "errors",
        "A list shows no other account's tasks.",
        _LISTED,
    ),
    "link-is-content": _Row(
        "result.link.content",
        kinds.LINK_IS_CONTENT,
        "result",
        "The result's address is the content operation of the task.",
        (CREATE, QUERY, "result.link"),
    ),
}

_IMPLIED: Final = {"owner-only": "list-owner-only", "progress-complete-only-at-end": "progress-complete-at-success"}
"""What goes with a promise, by the same fact, unless the document promises it with a fact of its own."""


def add_promises(builder: Builder) -> None:
    """The promises of the document, those that they imply, and that progress never falls."""
    promises = builder.contract.promises
    for name, promise in promises.items():
        _add(builder, _PROMISES[name], promise.fact, promise.statement)
    for name, implied in _IMPLIED.items():
        if name in promises and implied not in promises and _possible(builder.contract, implied):
            _add(builder, _PROMISES[implied], promises[name].fact)
    if "progress-monotonic" not in promises and _has_progress(builder.contract):
        _add(builder, _PROMISES["progress-monotonic"], Fact(Mark.ASSUMED))


def _add(builder: Builder, row: _Row, fact: Fact, statement: str | None = None) -> None:
    builder.add(row.id, row.kind, row.suite, fact, statement or row.statement, depends=row.depends)


def _possible(contract: Contract, promise: str) -> bool:
    return promise != "list-owner-only" or Role.LIST in contract.roles


def _has_progress(contract: Contract) -> bool:
    return bool(query_slots(contract, contract.roles[Role.QUERY][0], "progress"))
