"""How repetitions of a create may legally be answered."""

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.wire.answer import Answer


def _is_repetition(call: Call, made: Answer) -> bool:
    """Whether an accepted create names a task whose receipt was given before."""
    if call.role is not Role.CREATE or not made.task_id:
        return False
    return call.notes.count(f"receipts {made.task_id}") > 1


def _with_another_status(call: Call, made: Answer) -> Answer:
    if _is_repetition(call, made):
        made.status = next(status for status in call.contract.success[Role.CREATE].statuses if status != made.status)
    return made


def _echoing(call: Call, made: Answer) -> Answer:
    rule = call.contract.idempotency
    key = call.request.header(str(rule.header).lower().encode()) if rule is not None else None
    if key is not None:
        made.headers.append((b"x-key-seen", key.encode("latin-1")))
    return made


def _many_statuses(contract: Contract) -> bool:
    return contract.idempotency is not None and len(contract.success[Role.CREATE].statuses) > 1


vary(
    "replay-with-another-status",
    "a repetition is answered with another documented status than the first create",
    applies=_many_statuses,
    hooks=Hooks(answer=_with_another_status),
)
vary(
    "idempotency-key-echoed",
    "answers show the key that came with the request",
    applies=lambda contract: contract.idempotency is not None and contract.idempotency.header is not None,
    hooks=Hooks(answer=_echoing),
)
