"""How a task moves: words, order, end."""

from dataclasses import replace
from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.location import MISSING, is_empty
from screentest_mockserver.behaviours.deviations.edit import RUNNING, in_query, operation_of, put, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.state.render import rendered
from screentest_mockserver.tasks.plan import Plan, State
from screentest_mockserver.tasks.task import Task


def _words(contract: Contract) -> bool:
    """Whether statuses are plain words (and not told by other members)."""
    return all(isinstance(status.wire, str) and not status.present for status in contract.lifecycle.statuses.values())


def _says_while_it_runs(contract: Contract) -> bool:
    """Whether a task that runs has a status, and not the absence of one."""
    found = contract.lifecycle.statuses.values()
    return any(status.status_class in RUNNING and status.wire is not MISSING for status in found)


def _word(view: BodyHookContext, body: Any, new: Any) -> Any:
    at = view.contract.lifecycle.status_at
    if new is not MISSING and at.find(body) is MISSING:
        return put(body, at.pointers[0], new)
    return put_at(body, at, new)


def _unlisted(*classes: StatusClass, word: str) -> Hooks:
    """Shows tasks of these classes in a word that the document does not have: the given one, or longer."""

    def show(view: BodyHookContext, body: Any) -> Any:
        known, shown = {str(status.wire).lower() for status in view.contract.lifecycle.statuses.values()}, word
        while shown in known:
            shown += "_2"
        return _word(view, body, shown)

    return Hooks(body=in_query(*classes)(show))


register(
    Deviation(
        "unknown-status",
        "while it runs, a task's status is a word of no list",
        ("query.status.known",),
        hooks=_unlisted(StatusClass.RUNNING, word="mystery"),
        also=("query.schema", "query.status-code", "query.alias.*", "list.*"),
    )
)
register(
    Deviation(
        "unknown-terminal-status",
        "a task that has succeeded says so in a word of no list",
        ("query.status.known", "query.ends"),
        hooks=_unlisted(StatusClass.SUCCEEDED, word="wrapped"),
        also=("query.*", "create.*", "result.*", "callback.*", "list.*", "error.*", "auth.*"),
    )
)
register(
    Deviation(
        "unknown-failure-status",
        "a task that has failed says so in a word of no list",
        ("query.status.known", "query.ends"),
        hooks=_unlisted(StatusClass.FAILED, word="aborted"),
        also=("query.*", "callback.*"),
    )
)
register(
    Deviation(
        "status-in-other-case",
        "status words are written in the other case",
        ("query.status.known", "query.status.case"),
        applies=lambda contract: (
            (not contract.lifecycle.ignore_case or contract.lifecycle.case_tolerated) and _words(contract)
        ),
        hooks=Hooks(
            body=in_query(StatusClass.RUNNING)(
                lambda view, body: _word(view, body, str(view.contract.lifecycle.status_at.find(body)).swapcase())
            )
        ),
        also=("query.schema", "query.alias.*", "list.*"),
    )
)
register(
    Deviation(
        "status-missing",
        "while a task runs its status is missing",
        ("query.status.known", "query.status-code"),
        applies=_says_while_it_runs,
        hooks=Hooks(body=in_query(*RUNNING)(lambda view, body: _word(view, body, MISSING))),
        also=("query.*", "callback.*", "list.*"),
    )
)


def _shown_as(view: BodyHookContext, body: Any, state: State) -> Any:
    """The body that the same query has for another state; a separate result has none."""
    if view.role is not Role.QUERY or view.task is None:
        return body
    operation = operation_of(view)
    return rendered(view.call, operation, view.task, state)


def _phase(plan: Plan, index: int) -> State:
    phase = plan.phases[index]
    return State(phase.status, phase.status_class, phase.first, None, None)


def _last_phase(task: Task) -> State:
    phase = task.plan.phases[-1]
    return State(phase.status, phase.status_class, phase.last, task.plan.started, None)


def _looks(view: BodyHookContext) -> int:
    """How often this task was shown as ended, this time included; callbacks are no looks."""
    looks = view.kind != "callback" and view.role is Role.QUERY
    return 0 if view.task is None else view.call.notes.count(view.task.id, 1 if looks else 0)


def _back(view: BodyHookContext, body: Any) -> Any:
    """From half of its running time on a task is shown as it began."""
    task = view.task
    if task is None:
        return body
    first = task.plan.phases[0]
    if view.state is not None and view.state.status != first.status and view.call.elapsed(task) > task.plan.end * 0.6:
        return _shown_as(view, body, _phase(task.plan, 0))
    return body


def _goes_back(contract: Contract) -> bool:
    """Whether every task has two stages of which the first may not follow the last."""
    return all(
        len(profile.stages) > 1 and not contract.lifecycle.allows(profile.stages[-1].status, profile.stages[0].status)
        for profile in contract.profiles.values()
    )


register(
    Deviation(
        "goes-backwards",
        "a running task is queued again",
        ("query.status.transitions",),
        applies=_goes_back,
        hooks=Hooks(body=in_query(StatusClass.RUNNING)(_back)),
        also=("query.progress.monotonic", "query.alias.*", "list.*"),
    )
)


def _reopens(view: BodyHookContext, body: Any) -> Any:
    if view.task is None:
        return body
    return _shown_as(view, body, _last_phase(view.task)) if _looks(view) == 2 and view.kind != "callback" else body


register(
    Deviation(
        "ended-task-runs-again",
        "a task that has ended is shown as running once more",
        ("query.status.terminal", "query.status.terminal.*"),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED, StatusClass.FAILED)(_reopens)),
        also=(
            *("create.*.answers", "create.earlier.kept", "query.alias.*", "query.progress.monotonic"),
            *("list.contains", "callback.body"),
        ),
    )
)


def _reopens_later(view: BodyHookContext, body: Any) -> Any:
    task = view.task
    late = task is not None and view.call.elapsed(task) > task.plan.end * 1.4
    return _shown_as(view, body, _last_phase(task)) if task is not None and late else body


register(
    Deviation(
        "ended-task-runs-again-later",
        "some time after its end a task is shown as running again, for ever",
        ("query.status.terminal", "query.status.terminal.*"),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED, StatusClass.FAILED)(_reopens_later)),
        applies=lambda contract: all(profile.typical > 0 for profile in contract.profiles.values()),
        also=("query.*", "create.*.answers", "create.earlier.kept", "list.*", "callback.body", "error.*", "result.*"),
    )
)


def _other_end(view: BodyHookContext, body: Any) -> Any:
    task, state = view.task, view.state
    if task is None or state is None or _looks(view) < 2 or view.kind == "callback":
        return body
    wanted = StatusClass.FAILED if state.status_class is StatusClass.SUCCEEDED else StatusClass.SUCCEEDED
    outcome = view.contract.profiles[task.model.profile].outcome(wanted)
    if outcome is None:
        return body
    return _shown_as(view, body, replace(state, status=outcome.status, status_class=wanted))


register(
    Deviation(
        "ended-task-ends-otherwise",
        "a success becomes a failure at the second look, and the other way round",
        ("query.status.terminal", "query.status.terminal.*"),
        hooks=Hooks(body=in_query(StatusClass.SUCCEEDED, StatusClass.FAILED)(_other_end)),
        applies=lambda contract: contract.lifecycle.refused is None,  # else both ends look alike
        also=("query.alias.*", "query.progress.*", "callback.body", "result.*", "error.*", "create.*.answers"),
    )
)


def _for_ever(call: Call, task: Task, state: State) -> State:
    return _last_phase(task) if state.status_class.terminal else state


register(
    Deviation(
        "never-ends",
        "no task ever ends",
        ("query.ends",),
        hooks=Hooks(state=_for_ever),
        also=(
            "callback.delivered.*",
            "error.content.*",
            "error.result.*",
            "query.times.order",
            "cancel.works",
            "delete.cancels",
        ),
    )
)
register(
    Deviation(
        "failure-never-shown",
        "a task that fails is shown as running for ever",
        ("query.ends",),
        hooks=Hooks(
            state=lambda call, task, state: (
                _for_ever(call, task, state) if state.status_class is StatusClass.FAILED else state
            )
        ),
        also=("callback.delivered.failed", "error.content.*", "error.result.*"),
    )
)
register(
    Deviation(
        "asked-failure-succeeds",
        "a task succeeds whose request is documented to make it fail",
        ("query.failed.asked", "query.failed.asked.*"),
        hooks=Hooks(fails=lambda call, failure: False),
        applies=lambda contract: any(each.request for each in contract.failures),
    )
)


def _nested(view: BodyHookContext, body: Any) -> Any:
    """Each nested copy of the status says the opposite: ended while it runs, running when it has ended."""
    if view.task is None or view.state is None:
        return body
    for copy in view.contract.profiles[view.task.model.profile].copies:
        if is_empty(copy.at.find(body)):
            continue
        ended = view.state.status_class.terminal
        word = next((word for word, each in copy.classes.items() if each.terminal is not ended), "ODD")
        body = put_at(body, copy.at, word)
    return body


register(
    Deviation(
        "nested-status-disagrees",
        "a nested copy of the status says otherwise",
        ("query.*.agrees", "query.*.agrees.*"),
        hooks=Hooks(body=in_query()(_nested)),
        applies=lambda contract: any(profile.copies for profile in contract.profiles.values()),
        also=("query.schema",),
    )
)
