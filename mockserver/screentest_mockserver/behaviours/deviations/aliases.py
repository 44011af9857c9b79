"""Other paths to the same task."""

from typing import Any

from screentest_contracts.contract import Contract, Role, StatusClass
from screentest_contracts.template import write_progress
from screentest_mockserver.behaviours.deviations.edit import BodyHook, change, has_hole, put, put_at
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.state.deviation import Applies, Deviation, everywhere
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer


def _alias_of(contract: Contract, kind: str) -> bool:
    return kind in {operation.id for operation in contract.roles[Role.QUERY][1:]}


def _on_alias(name: str, about: str, hook: Any, applies: Applies = everywhere, also: tuple[str, ...] = ()) -> None:
    def body(view: BodyHookContext, value: Any) -> Any:
        return hook(view, value) if _alias_of(view.contract, view.kind) else value

    register(Deviation(name, about, ("query.alias.*",), hooks=Hooks(body=body), applies=applies, also=also))


def _same_shape(contract: Contract) -> bool:
    """Whether an alias answers in the canonical shape."""
    return any(
        not any(operation.id in profile.views for profile in contract.profiles.values())
        for operation in contract.roles[Role.QUERY][1:]
    )


def _alias_status(view: BodyHookContext, body: Any) -> Any:
    lifecycle = view.contract.lifecycle
    if view.state is None or view.state.status_class is not StatusClass.SUCCEEDED:
        return body
    word = next(status.wire for status in lifecycle.statuses.values() if status.status_class is StatusClass.RUNNING)
    return put_at(body, lifecycle.status_at, word)


_on_alias(
    "alias-status-disagrees",
    "the other path still says running when the task has succeeded",
    _alias_status,
    applies=_same_shape,
    also=("query.status.terminal", "query.*.absent", "query.*.unset", "query.progress.*", "query.schema"),
)
_on_alias(
    "alias-id-disagrees",
    "the other path shows another id",
    lambda v, b: change(v, b, ("id",), lambda h, x: f"{x}0"),
    applies=_same_shape,
    also=("query.*.stable",),
)
_on_alias(
    "alias-link-disagrees",
    "the other path shows another address",
    lambda v, b: change(
        v, b, ("link",), lambda h, x: x.replace("/", "/x", 1) if "://" not in x else x.replace("://", "://x", 1)
    ),
    applies=lambda c: _same_shape(c) and has_hole(Role.QUERY, "link")(c),
    also=("query.status.terminal", "result.*"),
)


def _no_alias(call: Call, answer: Answer) -> Answer:
    if call.operation is not None and _alias_of(call.contract, call.operation.id):
        return Answer(404, [(b"content-type", b"application/json")], b'{"error":{"message":"not found"}}')
    return answer


register(
    Deviation(
        "alias-unknown",
        "another documented path for queries answers 404",
        ("query.alias.*", "query.status-code"),
        hooks=Hooks(answer=_no_alias),
        applies=lambda c: len(c.roles[Role.QUERY]) > 1,
        also=("query.*", "error.*", "auth.*"),
    )
)


# -- creating -----------------------------------------------------------------------------------------------------


def _creates(call: Call) -> bool:
    """Whether a request goes to another path for creating than the canonical one."""
    return call.operation in call.contract.roles[Role.CREATE][1:]


def _has_alias(contract: Contract) -> bool:
    from screentest_contracts.requirements import requirements  # a mock seldom needs them to start

    return any(requirement.id.startswith("create.alias.") for requirement in requirements(contract))


def _on_create(name: str, about: str, hook: BodyHook, applies: Applies = everywhere) -> None:
    """Changes the receipts of tasks that are made on another path."""

    def body(view: BodyHookContext, value: Any) -> Any:
        return hook(view, value) if view.kind == "receipt" and _creates(view.call) else value

    register(
        Deviation(
            name,
            about,
            ("create.alias.*",),
            lambda contract: _has_alias(contract) and applies(contract),
            hooks=Hooks(body=body),
        )
    )


_on_create(
    "create-alias-other-id-copy",
    "another documented path for creating shows two ids",
    lambda view, body: put(body, view.contract.id.at.pointers[0], f"{view.task.id if view.task else ''}0"),
    lambda contract: len(contract.id.at.pointers) > 1,
)
_on_create(
    "create-alias-other-model",
    "another documented path for creating names another model",
    lambda view, body: change(view, body, ("model",), lambda hole, value: "x"),
    has_hole(Role.CREATE, "model"),
)
_on_create(
    "create-alias-other-progress",
    "another documented path for creating shows progress at once",
    lambda view, body: change(view, body, ("progress",), lambda hole, value: write_progress(55, hole.form)),
    lambda contract: "receipt-progress-zero" in contract.promises and has_hole(Role.CREATE, "progress")(contract),
)


def _ended_at_once(view: BodyHookContext, body: Any) -> Any:
    at = view.contract.lifecycle.receipt_at
    return body if at is None else put_at(body, at, _last_word(view.contract))


def _last_word(contract: Contract) -> str | None:
    """A word with which a receipt may say that the task has succeeded."""
    initial = contract.lifecycle.initial
    return next((word for word, of in initial.items() if of is StatusClass.SUCCEEDED), None)


_on_create(
    "create-alias-ended",
    "another documented path for creating says that the task has succeeded",
    _ended_at_once,
    lambda contract: contract.lifecycle.receipt_at is not None and _last_word(contract) is not None,
)


def _longer(call: Call, task: Task) -> Task:
    """A new task of another path is three seconds longer than asked for."""
    if _creates(call):
        duration, ratio, resolution = task.wanted
        task.wanted = (duration + 3, ratio, resolution)
    return task


register(
    Deviation(
        "create-alias-other-duration",
        "another documented path for creating makes longer videos",
        ("create.alias.*",),
        _has_alias,
        hooks=Hooks(task=_longer),
    )
)
register(
    Deviation(
        "create-alias-accepts-anything",
        "another documented path for creating takes invalid values",
        ("create.alias.*",),
        _has_alias,
        hooks=Hooks(forgives=lambda call, refusal: refusal.condition == "invalid-body" and _creates(call)),
    )
)
