"""The list and cancel operations."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from screentest_contracts.contract import Operation, Role
from screentest_mockserver.behaviours.deviations import BodyHookContext
from screentest_mockserver.operations.query import expired, find
from screentest_mockserver.state.refusals import Refusal
from screentest_mockserver.state.render import ListContext
from screentest_mockserver.tasks.plan import cut_short
from screentest_mockserver.tasks.store import Task
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


LISTED = 1000
"""The newest tasks of an account that lists know."""


def list_tasks(mock: "ProviderMock", request: Request, operation: Operation) -> Answer:
    """The caller's newest tasks, page by page."""
    account = mock.account(request, operation) if operation.secured else mock.good_account
    rule = mock.contract.listing
    assert rule is not None
    assert account is not None
    asked = {name: values[0] for name, values in parse_qs(request.query.decode("latin-1")).items()}
    limit = min(_positive(asked.get(rule.parameter or ""), rule.default), rule.maximum)
    page = _positive(asked.get(rule.page or ""), 1)
    kept = [task for task in mock.store.newest(account, LISTED) if not expired(mock, task)]
    ids = [task.id for task in kept]
    after = asked.get(rule.after or "")
    if rule.cursor is not None:
        after = _uncovered(asked.get(rule.cursor, ""))
    first = ids.index(after) + 1 if after in ids else (page - 1) * limit
    shown = kept[first : first + limit]
    values = {
        "items": [_item(mock, task) for task in shown],
        "total": len(kept),
        "page": page,
        "pages": -(-len(kept) // limit),
        "limit": limit,
        "has_more": len(kept) > first + limit,
        "first_id": shown[0].id if shown else None,
        "last_id": shown[-1].id if shown else None,
        "next_cursor": _cursor(shown[-1].id) if shown and len(kept) > first + limit else None,
    }
    context = ListContext(mock.clock.now(), mock.random, values)
    body = rule.body.render(context)
    if mock.deviation is not None and mock.deviation.body is not None:
        body = mock.deviation.body(BodyHookContext(mock, Role.LIST, operation.id, None, None), body)
    status = mock.success_statuses[Role.LIST]
    return Answer(status, mock.response_headers(Role.LIST, status), orjson.dumps(body))


def _cursor(task_id: str) -> str:
    """A cursor that nobody can take for an id."""
    return urlsafe_b64encode(b"after " + task_id.encode()).decode().rstrip("=")


def _uncovered(cursor: str) -> str | None:
    """The id behind a cursor; None for what was never handed out."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return None
    return text.removeprefix("after ")


def _item(mock: "ProviderMock", task: Task) -> Any:
    """A task as lists show it."""
    state = mock.state(task)
    profile = mock.contract.profiles[task.model.profile]
    shown = profile.item or profile.bodies[state.status]
    return mock.render(next(body.template for body in shown if body.selected), task, state)


def cancel(mock: "ProviderMock", request: Request, operation: Operation, task_id: str) -> Answer:
    """Cancels or deletes a task, where its status allows."""
    task = find(mock, request, operation, task_id)
    rule = mock.contract.cancel
    assert rule is not None
    state = mock.state(task)
    if state.status_class in rule.deletes:
        mock.store.remove(task.id)
    elif state.status_class in rule.classes:
        profile = mock.contract.profiles[task.model.profile]
        task.plan = cut_short(mock.contract, profile, task.plan, mock.elapsed(task))
        if task.callback_url:
            mock.created.append(task)
    else:
        raise Refusal(Role.CANCEL, "not-cancellable", task_id=task.id, status=state.status)
    status, state = mock.success_statuses[Role.CANCEL], mock.state(task)
    if rule.body is None:
        return Answer(status, mock.document_headers(Role.CANCEL, task, state), b"", task.id)
    body = rule.body.render(mock.context(task, state))
    headers = mock.response_headers(Role.CANCEL, status, task, state)
    return Answer(status, headers, orjson.dumps(body), task.id)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0 else default
