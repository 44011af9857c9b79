"""Modes of one model, of which the wrong one is served, or the rules of the wrong one; and open sets of names."""

from collections.abc import Iterator
from typing import Any

from screentest_contracts.contract import Contract, Mode, Model, Role
from screentest_contracts.location import replaced
from screentest_mockserver.behaviours.deviations.edit import has_hole
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.tasks.task import Task


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


# -- names that are an open set -----------------------------------------------------------------------------------


def _has_open_names(contract: Contract) -> bool:
    return any(model.names is not None for model in contract.models.values())


def _closed(model: Model, body: Any) -> str | None:
    return "model" if model.names is not None else None


register(
    Deviation(
        "open-names-refused",
        "names of an open set are refused as unknown",
        ("create.accepted", "create.accepted.*"),
        applies=_has_open_names,
        hooks=Hooks(refuses=_closed),
        also=("create.*",),
    )
)


def _renamed(call: Call, task: Task) -> Task:
    if task.model.names is not None:
        task.name = f"{task.model.name}-behind-the-name"
    return task


register(
    Deviation(
        "open-names-replaced",
        "answers tell what stands behind a name of an open set, not the name that was asked for",
        ("create.*.echo", "query.*.echo", "query.*.stable"),
        applies=lambda contract: _has_open_names(contract) and has_hole(Role.CREATE, "model")(contract),
        hooks=Hooks(task=_renamed),
        also=("*.schema", "list.items"),
    )
)
