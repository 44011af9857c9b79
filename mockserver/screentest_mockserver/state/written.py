"""Bodies about tasks as bytes, where no hook changes them. What tasks share is written once."""

import orjson

from screentest_contracts.template import OMIT, Frame, Template
from screentest_mockserver.state.hooks import NO_HOOKS, Call
from screentest_mockserver.state.render import TaskContext
from screentest_mockserver.tasks.plan import State
from screentest_mockserver.tasks.task import Task


def written(call: Call, task: Task, state: State, template: Template) -> bytes:
    """A task in this state as JSON."""
    facts, context = call.facts, TaskContext(call, task, state)
    if call.hooks is not NO_HOOKS:
        return orjson.dumps(template.render(context))
    # with `shared` holes in mind: what their values follow from
    key = (
        template,
        task.model.name,
        task.name,
        task.wanted,
        state.status,
        task.plan.failure,
        task.account.name,
    )
    frame = facts.frames.get(key)
    if frame is None:
        frame = facts.frames.keep(key, _frame(context, template, facts.shared_holes))
    body = frame.write(context) if isinstance(frame, Frame) else None
    return orjson.dumps(template.render(context)) if body is None else body


def _frame(context: TaskContext, template: Template, shared: frozenset[str]) -> Frame | bool:
    """The frame of a template; False for one whose random values would be drawn again for a member that is left out."""
    holes = [slot.hole for slot in template.slots if slot.hole.name not in shared]
    if template.volatile and any(hole.unset is OMIT for hole in holes):
        return False
    return Frame(template, context, shared)


def shown(call: Call, view: str, task: Task, state: State, template: Template) -> tuple[bytes, bool]:
    """A task as `view` (an operation) shows it in this state, and whether it was shown so before: states are shared, so
    most polls see the state of the poll before."""
    facts, key = call.facts, (view, task.id)
    before = facts.shown.get(key)
    if before is not None and before[1] is template and (before[0] is state or before[0] == state):
        return before[2], True
    body = written(call, task, state, template)
    if not (template.volatile or facts.link_volatile or (task.scenario is not None and task.scenario.stale)):
        facts.shown.keep(key, (state, template, body))
    return body, False
