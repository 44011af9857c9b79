"""Modes of one model: the wrong one is served, or the rules of the wrong one."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import Contract, Mode, Model, Role
from screentest_contracts.location import replaced
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Hooks


def _later(contract: Contract) -> Iterator[tuple[Model, Mode]]:
    """Each mode of a model but the first, with the first."""
    for model in contract.models.values():
        if model.modes and model.modes[0].model != model.name:
            yield model, model.modes[0]


def _refuses_later(model: Model, body: Any) -> str | None:
    return "model" if model.modes and model.modes[0].model != model.name else None


register(
    Deviation(
        "first-mode-only",
        "of the modes of a model only the first is served, the others are refused",
        ("create.accepted", "create.accepted.*"),
        applies=lambda contract: any(True for _ in _later(contract)),
        hooks=Hooks(refuses=_refuses_later),
        also=("*",),
    )
)


def _by_first_mode(contract: Contract, member: str, keyword: str, body: Any) -> bool:
    """Whether the first mode of the model allows what a request holds."""
    for operation in contract.roles[Role.CREATE]:
        model = contract.model_of(operation, body)
        if model is not None and model.modes and model.modes[0].model != model.name:
            return model.modes[0].takes(body)
    return False


_WRONG = {"string": 12345, "object": "text"}


def _differs(contract: Contract) -> bool:
    """Whether the first mode takes a value of the wrong type that another one refuses."""
    for model, first in _later(contract):
        for each in model.constraints:
            if each.kind == "type" and len(each.path) == 1 and not {"x-tolerates", "x-ignored"} & each.schema.keys():
                body = replaced(model.base, each.path, _WRONG.get(str(each.value), "text"))
                if model.refuses(body) and first.takes(body):
                    return True
    return False


register(
    Deviation(
        "rules-of-the-first-mode",
        "each mode of a model takes what the first allows, whatever its own rules are",
        ("create.*",),
        applies=_differs,
        hooks=Hooks(accepts=_by_first_mode),
        also=("error.create.invalid-body*", "list.schema"),
    )
)
