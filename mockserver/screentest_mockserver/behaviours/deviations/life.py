"""Who gets the bytes of a result and for how long, and what is said of that."""

import math
from functools import partial
from typing import Any
from urllib.parse import quote

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, in_query, put_at
from screentest_mockserver.behaviours.deviations.result import FILE
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.accounts import Account
from screentest_mockserver.wire.answer import Answer


def _anybody(call: Call, account: Account | None, given: bool) -> Account | None:
    return call.facts.good_account if account is None and call.role is Role.CONTENT else account


register(
    Deviation(
        "bytes-without-key",
        "the bytes are given without a key",
        ("result.auth", "auth.content.missing-key"),
        hooks=Hooks(account=_anybody, opens_links=True),
        applies=lambda c: c.link.auth == "required" and c.key_query is None,
        also=("auth.content.*",),
    )
)


register(
    Deviation(
        "short-link-life",
        "the result's address works half as long as documented, by the shortest reading",
        ("result.link.life",),
        hooks=Hooks(link_life=lambda call, seconds: (call.contract.link.shortest or seconds) / 2),
        applies=lambda c: c.link.shortest is not None,
        also=FILE,
    )
)


def _noted_end(call: Call, task: Task) -> Task:
    if not math.isinf(task.plan.end):
        call.notes.put("end of the newest task", call.now + task.plan.end / call.speed)
    return task


def _as_if_never_renewed(call: Call, answer: Answer, whole: bytes) -> Answer:
    end, life = call.notes.get("end of the newest task"), call.contract.link.life
    if end is not None and life is not None and call.now > end + life:
        answer.status, answer.body = 403, b""
    return answer


register(
    Deviation(
        "link-not-renewed",
        "when the life of the first address is over, no other works",
        ("result.link.renewed",),
        hooks=Hooks(task=_noted_end, download=_as_if_never_renewed),
        applies=lambda c: c.link.renewed,
        also=FILE,
    )
)


def _short_retention(call: Call, task_id: str, task: Task | None) -> Task | None:
    rule = call.contract.retention
    return None if task is not None and rule is not None and call.elapsed(task) > rule.task / 2 else task


register(
    Deviation(
        "short-retention",
        "a task is forgotten after half of the documented time",
        ("query.retention",),
        hooks=Hooks(find=_short_retention),
        applies=lambda c: c.retention is not None,
        also=("result.link.life", "error.*.link-expired", "error.*.expired-task", "auth.*.foreign-task"),
    )
)


def _states_its_end(contract: Contract) -> bool:
    return contract.link.expiry_query is not None and (contract.link.expiry_form or "epoch").startswith("epoch")


def _stated(view: BodyHookContext, body: Any, share: float = 1 / 3) -> Any:
    """The link states an end that is a third, or another share, of its life too early."""
    link = view.contract.link

    def earlier(hole: Any, value: Any) -> Any:
        head, _, tail = value.partition(f"{link.expiry_query}=")
        stated, amp, rest = tail.partition("&")
        if not stated.isdecimal():
            return value
        unit = 1000 if link.expiry_form == "epoch-ms" else 1
        return f"{head}{link.expiry_query}={int(stated) - int((link.life or 0) * share) * unit}{amp}{rest}"

    return change(view, body, ("link",), earlier)


register(
    Deviation(
        "link-states-other-end",
        "the address states another end than the documented one",
        ("result.link.expiry",),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED)(_stated)),
        applies=lambda c: _states_its_end(c) and c.link.shortest is not None,
        also=("result.link.life", "result.link.renewed"),  # where the mock goes by what an address states
    )
)


register(
    Deviation(
        "link-states-past-end",
        "the address, whose life nobody states, tells that it has ended before it was shown",
        ("result.link.expiry",),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED)(partial(_stated, share=2))),
        applies=lambda c: _states_its_end(c) and c.link.shortest is None,
        also=(*FILE, "result.link.renewed"),  # where the mock goes by what an address states
    )
)


def _elsewhere(view: BodyHookContext, body: Any) -> Any:
    return change(
        view,
        body,
        ("link",),
        lambda hole, value: (
            f"{view.task.base if view.task else ''}/media/{view.task.id if view.task else ''}/video.mp4"
        ),
    )


register(
    Deviation(
        "link-is-not-content",
        "the result's address is not the content operation",
        ("result.link.content",),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED)(_elsewhere)),
        also=("query.schema", "result.auth"),
    )
)


def _renewed(view: BodyHookContext, body: Any) -> Any:
    """Another path at every look: whoever kept the first address holds a dead one."""
    if view.task is None:
        return body
    count = view.call.notes.count(view.task.id)
    name = quote(view.task.id, safe="")
    return change(
        view,
        body,
        ("link",),
        lambda hole, value: value.replace(name, f"{name}-{count}") if name in value else _ending(value, count),
    )


def _ending(address: str, count: int) -> str:
    """An address without the task's id, its path with another end."""
    path, mark, query = address.partition("?")
    return f"{path}-{count}{mark}{query}"


register(
    Deviation(
        "result-changes",
        "an ended task shows another address at every look",
        ("query.status.terminal", "query.status.terminal.*"),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED)(_renewed)),
        applies=has_hole(Role.QUERY, "link"),
        also=("result.*", "callback.body", "query.alias.*", "error.*", "content.*"),
    )
)


def _reason_changes(view: BodyHookContext, body: Any) -> Any:
    if view.task is None:
        return body
    count = view.call.notes.count(view.task.id)
    return change(view, body, ("reason",), lambda hole, value: f"{value} ({count})")


register(
    Deviation(
        "reason-changes",
        "a failed task gives another reason at every look",
        ("query.status.terminal", "query.status.terminal.*"),
        hooks=Hooks(body=in_query(StatusClass.FAILED)(_reason_changes)),
        applies=has_hole(Role.QUERY, "reason"),
        also=("query.alias.*",),
    )
)


def _other_file(view: BodyHookContext, body: Any) -> Any:
    """A query's success with ids beside the task's own that lead nowhere."""
    for operations in view.contract.roles.values():
        shown = operations[0].shown_id
        if shown is not None:
            body = put_at(body, shown.at, "1")
    return body


register(
    Deviation(
        "result-id-leads-nowhere",
        "the id with which a finished task's result is asked for is nobody's",
        ("result.link", "result.fetch"),
        hooks=Hooks(
            body=in_query(StatusClass.SUCCEEDED)(
                lambda view, body: body if view.role is Role.RESULT else _other_file(view, body)
            )
        ),
        applies=lambda contract: any(operations[0].shown_id for operations in contract.roles.values()),
        also=("query.schema", "result.answer.*", "content.there"),
    )
)
