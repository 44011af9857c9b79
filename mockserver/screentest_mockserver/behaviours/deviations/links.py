"""Relative addresses of results that lead from somewhere else than documented."""

from typing import Any

from screentest_contracts.contract import Contract
from screentest_mockserver.behaviours.deviations.edit import change
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.refusals import plain
from screentest_mockserver.wire.answer import Answer


def _is_relative(contract: Contract) -> bool:
    """Whether addresses begin with a slash, and it makes a difference from where they lead."""
    link = contract.link
    shown = str(link.make.tree)
    within = f"{contract.base_path}/" if link.from_origin else "/"
    return bool(link.at.pointers) and bool(contract.base_path) and shown.startswith(within)


def _from_elsewhere(view: BodyHookContext, body: Any) -> Any:
    within = view.contract.base_path

    def other(hole: Any, address: Any) -> Any:
        if not isinstance(address, str) or not address.startswith("/"):
            return address
        return address.removeprefix(within) if view.contract.link.from_origin else within + address

    return change(view, body, ("link",), other)


def _nothing_there(call: Call, answer: Answer) -> Answer:
    """Nothing is at the origin but the API below its path."""
    at_origin = not call.request.base.endswith(call.contract.base_path)
    return plain(404, "not found") if at_origin and call.operation is None else answer


register(
    Deviation(
        "link-leads-from-elsewhere",
        "relative addresses of results lead from the origin where they should lead from the API's address, or the other"
        " way round",
        ("result.fetch",),
        applies=_is_relative,
        hooks=Hooks(body=_from_elsewhere, answer=_nothing_there),
        also=("result.*", "*.stable", "list.items"),
    )
)
