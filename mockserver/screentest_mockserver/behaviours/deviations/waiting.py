"""Creates that wait for the end of their task, and do not."""

from typing import Any

from screentest_contracts.contract import Contract, Role
from screentest_contracts.location import MISSING
from screentest_mockserver.behaviours.deviations.edit import put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks


def _has(contract: Contract) -> bool:
    return contract.wait is not None


def _not_at_all(call: Call, seconds: float) -> float:
    return 0.0


def _three_times(call: Call, seconds: float) -> float:
    return 3 * seconds


def _without_result(view: BodyHookContext, body: Any) -> Any:
    return put_at(body, view.contract.link.at, MISSING) if view.kind == "end" else body


register(
    Deviation(
        "wait-ignored",
        "a create that asks to wait is answered at once",
        ("create.wait.time",),
        _has,
        hooks=Hooks(waits=_not_at_all),
    )
)
register(
    Deviation(
        "wait-too-long",
        "a create waits three times as long as it was asked to",
        ("create.wait.time",),
        _has,
        ("create.wait.answer",),
        Hooks(waits=_three_times),
    )
)
register(
    Deviation(
        "wait-hides-the-end",
        "a create that has waited for the end of its task is answered with a receipt",
        ("create.wait.answer",),
        _has,
        ("create.wait.time",),
        Hooks(hides_end=True),
    )
)
register(
    Deviation(
        "wait-without-result",
        "a create that has waited shows the end of its task without the result's address",
        ("create.wait.answer",),
        lambda contract: _has(contract) and bool(contract.link.at.pointers) and not contract.operation(Role.RESULT),
        hooks=Hooks(body=_without_result),
    )
)
