"""Refusals that differ by the model: every model is refused as the others are."""

from typing import Any

from screentest_contracts.contract import Contract
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.refusal import Refusal
from screentest_mockserver.state.refusals import row_of
from screentest_mockserver.state.render import ErrorContext


def _of_models(contract: Contract) -> bool:
    """Whether some refusal of some models is another one than that of the others."""
    for row in contract.error_rows():
        for role in row.roles if row.models else ():
            plain = contract.error(role, row.condition)
            if plain is not None and (plain.made.status, plain.made.body) != (row.made.status, row.made.body):
                return True
    return False


def _as_others(call: Call, refusal: Refusal, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
    own, plain = row_of(call, refusal), call.contract.error(refusal.role, refusal.condition)
    if own is None or not own.models or plain is None:
        return status, body, headers
    made = plain.made
    return made.status, None if made.body is None else made.body.render(ErrorContext(call, refusal.values)), headers


register(
    Deviation(
        "refusals-of-models-alike",
        "a model that has refusals of its own is refused as the others are",
        ("error.create.*.body", "error.create.*", "auth.create.*"),
        hooks=Hooks(refusal=_as_others),
        applies=_of_models,
        also=("create.*",),
    )
)
