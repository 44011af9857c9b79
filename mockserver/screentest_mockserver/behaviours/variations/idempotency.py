"""How repetitions of a create may legally be answered."""

from typing import TYPE_CHECKING

from screentest_contracts.contract import Contract, Role
from screentest_mockserver.behaviours.variations.registry import vary
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


def _is_repetition(mock: "ProviderMock", request: Request, made: Answer) -> bool:
    """Whether an accepted create names a task whose receipt was given before."""
    found = mock.route(request.method, request.path)
    if found is None or found[0].role is not Role.CREATE or not made.task_id:
        return False
    known: set[str] = mock.notes.setdefault("receipts", set())
    again = made.task_id in known
    known.add(made.task_id)
    return again


def _with_another_status(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    if _is_repetition(mock, request, made):
        made.status = next(each for each in mock.contract.success[Role.CREATE].statuses if each != made.status)
    return made


def _echoing(mock: "ProviderMock", request: Request, made: Answer) -> Answer:
    rule = mock.contract.idempotency
    key = request.header(str(rule.header).lower().encode()) if rule is not None else None
    if key is not None:
        made.headers.append((b"x-key-seen", key.encode("latin-1")))
    return made


def _many_statuses(contract: Contract) -> bool:
    return contract.idempotency is not None and len(contract.success[Role.CREATE].statuses) > 1


vary(
    "replay-with-another-status",
    "a repetition is answered with another documented status than the first create",
    applies=_many_statuses,
    answer=_with_another_status,
)
vary(
    "idempotency-key-echoed",
    "answers show the key that came with the request",
    applies=lambda contract: contract.idempotency is not None and contract.idempotency.header is not None,
    answer=_echoing,
)
