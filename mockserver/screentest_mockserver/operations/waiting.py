"""A create that waits for the end of its task."""

from typing import Any

import orjson

from screentest_contracts.contract import Role
from screentest_mockserver.state.hooks import BodyHookContext, Call
from screentest_mockserver.state.render import rendered, response_headers
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def wait_of(call: Call, task: Task, body: Any) -> float | None:
    """Seconds on the clock after which a create is answered that asks to wait; None for one that does not ask. As with
    callbacks the time that a document gives a caller is the clock's, whatever the pace of tasks."""
    rule = call.contract.wait
    asked = None if rule is None else rule.asked(lambda name: call.request.header(name.encode("latin-1")), body)
    if asked is None:
        return None
    # a moment later: not before the end, by rounding
    return min(call.hooks.waits(call, asked), task.plan.end / call.speed + 1e-6)


def end_of(call: Call, task: Task) -> Answer | None:
    """The answer to a create that has waited for the end of its task: what a query shows of it. None before the end,
    and where the create hides it."""
    rule, operation, state = call.contract.wait, call.contract.roles[Role.QUERY][0], call.state(task)
    if rule is None or not state.status_class.terminal or call.hooks.hides_end:
        return None
    view = BodyHookContext(call, Role.QUERY, "end", task, state)
    body = call.hooks.body(view, rendered(call, operation, task, state))
    status = rule.statuses[0]
    headers = response_headers(call, Role.CREATE, status, task, state)
    return Answer(status, headers, orjson.dumps(body), task.id)
