"""Further files of a task, the size of its video, and values of the account."""

from typing import Any

from screentest_contracts.contract import Contract, StatusClass
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations.edit import change, in_query, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.operations.assets import asset_of
from screentest_mockserver.state.deviation import Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.wire.answer import Answer

_KIN = ("query.*", "callback.*", "list.*", "result.answer.*", "result.links", "create.alias.*")


def _without(view: BodyHookContext, body: Any) -> Any:
    for asset in view.contract.assets.values():
        body = put_at(body, asset.at, MISSING)
    return body


def _nowhere(view: BodyHookContext, body: Any) -> Any:
    return change(view, body, ("asset",), lambda hole, value: f"{value}-gone")


def _one_more(view: BodyHookContext, body: Any) -> Any:
    return change(view, body, ("file_size",), lambda hole, value: value + 1 if isinstance(value, int) else f"{value}0")


def _of_task(view: BodyHookContext, body: Any) -> Any:
    return change(view, body, ("account",), lambda hole, value: view.task.id if view.task is not None else value)


_IN_BODIES = {
    "file-size-wrong": ("an answer states another size than the file has", "result.*.size", _one_more),
    "account-value-of-the-task": ("a value of the account is another for each task", "query.*.account", _of_task),
}
for _name, (_about, _breaks, _hook) in _IN_BODIES.items():
    _hooks = Hooks(body=in_query(StatusClass.SUCCEEDED)(_hook))
    register(Deviation(_name, _about, (_breaks,), hooks=_hooks, also=_KIN))


def _not_given(call: Call, answer: Answer) -> Answer:
    """Of the content operation: the mock has nothing under these parameters."""
    asked = asset_of(call)
    gone = asked is not None and asked.parameters and answer.status == 200
    return Answer(404, [(b"content-type", b"text/plain")], b"no such file", "") if gone else answer


def _shows(contract: Contract) -> bool:
    return any(asset.at.pointers and not asset.optional for asset in contract.assets.values())


_succeeded = in_query(StatusClass.SUCCEEDED)
register(
    Deviation(
        "assets-not-shown",
        "no answer shows further files",
        ("result.asset.*",),
        _shows,
        hooks=Hooks(body=_succeeded(_without)),
        also=_KIN,
    )
)
register(
    Deviation(
        "assets-lead-nowhere",
        "the addresses of further files lead nowhere",
        ("result.asset.*.fetch",),
        hooks=Hooks(body=_succeeded(_nowhere), answer=_not_given),
        also=(*_KIN, "content.*"),
    )
)


def _as_page(call: Call, answer: Answer) -> Answer:
    if asset_of(call) is not None and answer.status == 200:
        answer.headers = [(b"content-type", b"text/html")]
    return answer


def _dies_early(call: Call, answer: Answer) -> Answer:
    """An address that has been used is over a minute later."""
    if asset_of(call) is None or answer.status != 200:
        return answer
    first = call.notes.get(call.request.path)
    if first is None:
        call.notes.put(call.request.path, str(call.now))
        return answer
    return answer if call.now - float(first) < 60 else Answer(403, [(b"content-type", b"text/plain")], b"expired", "")


def _needs_key(contract: Contract) -> bool:
    return any(asset.auth == "required" for asset in contract.assets.values())


_OF_FILES = {
    "assets-called-a-page": ("further files are sent as HTML", "media-type", Hooks(answer=_as_page), everywhere),
    "assets-die-early": ("addresses of further files work for a minute", "life", Hooks(answer=_dies_early), everywhere),
    "assets-without-key": ("further files need no key", "auth", Hooks(opens_links=True), _needs_key),
}
for _name, (_about, _aspect, _hooks, _applies) in _OF_FILES.items():
    _kin = ("result.asset.*", "result.auth")
    register(Deviation(_name, _about, (f"result.asset.*.{_aspect}",), _applies, hooks=_hooks, also=_kin))
