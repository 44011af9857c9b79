"""What ids may legally look like."""

from screentest_contracts.contract import Contract
from screentest_contracts.contract.bodies import IdForm
from screentest_mockserver.behaviours.registry import vary
from screentest_mockserver.state.hooks import Call, Hooks
from screentest_mockserver.state.render import TaskContext
from screentest_mockserver.tasks.task import Task


def _other(contract: Contract) -> IdForm | None:
    """The first documented form of an id that is not the mock's usual one."""
    return next((form for form in contract.id.forms if not form.selected), None)


def _other_id(call: Call, task: Task) -> Task:
    form = _other(call.contract)
    if form is not None:
        task.id = str(form.make.render(TaskContext(call, task, task.plan.receipt)))
    return task


vary(
    "other-id-form",
    "ids have another documented form",
    Hooks(task=_other_id),
    lambda contract: _other(contract) is not None,
)
