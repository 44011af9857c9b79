"""Queries for several tasks at once."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

import orjson

from screentest_contracts.contract import BatchRule, Operation, Role
from screentest_mockserver.operations.find import check_task
from screentest_mockserver.operations.reading import parse_json
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import BodyHookContext, Call
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.render import ErrorContext, TaskContext, response_headers
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer, Request


def asked_ids(request: Request, operation: Operation) -> list[str]:
    """The ids that a request carries in its query or its body. Raises Refusal where there are none."""
    carrier = operation.carrier
    if operation.id_parameter is not None:
        texts = parse_qs(request.query.decode("latin-1")).get(carrier)
        found = operation.call_parameter(carrier).read(texts) if texts else None
    else:
        body = parse_json(request, operation) if request.body else None
        found = body.get(carrier) if isinstance(body, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(each, str | int) for each in found):
        raise Refusal(operation.role, "invalid-body", param=carrier, detail="a list of ids is missing")
    return [str(each) for each in found]


def batch(
    call: Call,
    operation: Operation,
    rule: BatchRule,
    account: Account | None,
    found: Iterable[tuple[str, Task | None]],
) -> Outcome:
    """The tasks that were asked for, each as a query shows it. Raises Refusal for an id that nobody knows, where the
    document refuses the whole call for it."""
    items, shown = [], []
    for identity, task in found:
        try:
            known = check_task(call, operation, account, identity, task)
        except Refusal:
            if rule.unknown == "refused":
                raise
            if rule.unknown_item is not None:
                items.append(rule.unknown_item.render(ErrorContext(call, {"task_id": identity})))
            continue
        shown.append(known)
        items.append(_item(call, rule, known))
    body = rule.body.render(ErrorContext(call, {"items": items, "total": len(items)}))
    body = call.hooks.body(BodyHookContext(call, Role.BATCH, operation.id, tasks=tuple(shown)), body)
    status = call.facts.success_statuses[Role.BATCH]
    answer = Answer(status, response_headers(call, Role.BATCH, status), orjson.dumps(body))
    if len(shown) == 1:  # it tells as much as a query
        answer.task_id, answer.said = shown[0].id, call.state(shown[0]).status_class
    return answer, ()


def _item(call: Call, rule: BatchRule, task: Task) -> Any:
    """A task as a query shows it now."""
    query, state = call.contract.roles[Role.QUERY][0], call.state(task)
    template = call.facts.body_templates[query.id, task.model.profile][state.status]
    body = template.render(TaskContext(call, task, state))
    return rule.item_of(call.hooks.body(BodyHookContext(call, Role.QUERY, query.id, task, state), body))
