"""What answers show beside what they must: values of headers, addresses in queries, optional members, words."""

from functools import lru_cache
from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING, resolve, segments
from screentest_contracts.template import tells_value
from screentest_mockserver.behaviours.deviations.edit import put
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.wire.answer import Answer


def _names(contract: Contract) -> set[bytes]:
    """The headers of which the document tells a value."""
    told = {header.name for header in contract.headers if tells_value(header.name, header.make)}
    readings = (reading for row in contract.error_rows() for reading in row.readings)
    told |= {name for reading in readings for name, make in reading.all_headers.items() if tells_value(name, make)}
    return {name.lower().encode() for name in told}


def _other_values(call: Call, answer: Answer) -> Answer:
    names = _names(call.contract)
    answer.headers = [(name, b"other!" if name.lower() in names else value) for name, value in answer.headers]
    return answer


register(
    Deviation(
        "headers-other-values",
        "headers have other values than the document tells",
        ("*.header.*.value", "error.*.headers.values", "auth.*.headers.values"),
        hooks=Hooks(answer=_other_values),
        also=("create.idempotent.replayed",),
    )
)


def _elsewhere(view: BodyHookContext, body: Any) -> Any:
    if view.role is not Role.QUERY:
        return body
    for pointer in view.contract.id.addresses:
        if isinstance(resolve(body, segments(pointer)), str):
            body = put(body, pointer, "https://elsewhere.example/nothing")
    return body


register(
    Deviation(
        "query-address-elsewhere",
        "an address that queries hand out leads elsewhere",
        ("query.*.answers",),
        hooks=Hooks(body=_elsewhere),
        also=("callback.body",),
    )
)


@lru_cache(8)
def _shown(contract: Contract) -> dict[Role, tuple[str, ...]]:
    """The optional members that the document shows, by role."""
    from screentest_contracts.requirements import ShownMembers, requirements  # a mock seldom needs them

    found: dict[Role, tuple[str, ...]] = {}
    for each in requirements(contract):
        if isinstance(each.subject, ShownMembers):
            found[each.subject.role] = (*found.get(each.subject.role, ()), *each.subject.pointers)
    return found


def _hidden(view: BodyHookContext, body: Any) -> Any:
    for pointer in _shown(view.contract).get(view.role, ()) if view.task is not None else ():
        if resolve(body, segments(pointer)) is not MISSING:
            body = put(body, pointer, MISSING)
    return body


register(
    Deviation(
        "optional-members-never-shown",
        "optional members are in no answer",
        ("create.members.shown*", "query.members.shown*", "result.answer.members.shown*"),
        hooks=Hooks(body=_hidden),
        also=("create.*", "query.*", "result.answer.*", "list.*", "callback.body"),
    )
)


@lru_cache(8)
def _weak_words(contract: Contract) -> tuple[str, ...]:
    from screentest_contracts.requirements import ErrorWords, requirements  # a mock seldom needs them

    subjects = (each.subject for each in requirements(contract))
    return tuple(sorted({at for each in subjects if isinstance(each, ErrorWords) for at in each.pointers}))


def _reworded(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    for pointer in _weak_words(call.contract):
        if isinstance(resolve(body, segments(pointer)), str):
            body = put(body, pointer, "another-word")
    return status, body, headers


register(
    Deviation(
        "refusals-other-weak-words",
        "refusals have other words where the document is not sure of them",
        ("error.*.body.words.*", "auth.*.body.words.*"),
        hooks=Hooks(refusal=_reworded),
    )
)
