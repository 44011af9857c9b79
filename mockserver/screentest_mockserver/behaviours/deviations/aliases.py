"""Other paths to the same task."""

from typing import TYPE_CHECKING, Any

import orjson

from screentest_contracts.contract import Contract, Operation, Role, StatusClass
from screentest_contracts.requirements import requirements
from screentest_contracts.template import write_progress
from screentest_mockserver.behaviours.deviations.edit import change, has_hole, put, put_at
from screentest_mockserver.behaviours.deviations.registry import BodyHookContext, Deviation, register
from screentest_mockserver.wire.answer import Answer, Request

if TYPE_CHECKING:
    from screentest_mockserver.dispatch.provider import ProviderMock


def _alias_of(contract: Contract, kind: str) -> bool:
    return kind in {operation.id for operation in contract.roles[Role.QUERY][1:]}


def _on_alias(name: str, about: str, hook: Any, **options: Any) -> None:
    def body(view: BodyHookContext, value: Any) -> Any:
        return hook(view, value) if _alias_of(view.mock.contract, view.kind) else value

    register(Deviation(name, about, ("query.alias.*",), body=body, **options))


def _same_shape(contract: Contract) -> bool:
    """Whether an alias answers in the canonical shape."""
    return any(
        not any(operation.id in profile.views for profile in contract.profiles.values())
        for operation in contract.roles[Role.QUERY][1:]
    )


def _alias_status(view: BodyHookContext, body: Any) -> Any:
    assert view.state is not None
    lifecycle = view.mock.contract.lifecycle
    if view.state.status_class is not StatusClass.SUCCEEDED:
        return body
    word = next(status.wire for status in lifecycle.statuses.values() if status.status_class is StatusClass.RUNNING)
    return put_at(body, lifecycle.status_at, word)


_on_alias(
    "alias-status-disagrees",
    "the other path still says running when the task has succeeded",
    _alias_status,
    applies=_same_shape,
    also=("query.status.terminal", "query.*.absent", "query.progress.*", "query.schema"),
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


def _no_alias(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    found: tuple[Operation, str] | None = mock.route(request.method, request.path)
    if found is not None and _alias_of(mock.contract, found[0].id):
        return Answer(404, [(b"content-type", b"application/json")], b'{"error":{"message":"not found"}}')
    return answer


register(
    Deviation(
        "alias-unknown",
        "another documented path for queries answers 404",
        ("query.alias.*", "query.status-code"),
        answer=_no_alias,
        applies=lambda c: len(c.roles[Role.QUERY]) > 1,
        also=("query.*", "error.*", "auth.*"),
    )
)


# -- creating -----------------------------------------------------------------------------------------------------


def _creates(mock: "ProviderMock", request: Request) -> Operation | None:
    """The operation, where a request goes to another path for creating than the canonical one."""
    found = mock.route(request.method, request.path)
    return found[0] if found is not None and found[0] in mock.contract.roles[Role.CREATE][1:] else None


def _has_alias(contract: Contract) -> bool:
    return any(name.startswith("create.alias.") for name in (each.id for each in requirements(contract)))


def _on_create(name: str, about: str, hook: Any, applies: Any = lambda contract: True) -> None:
    """Changes the receipts of tasks that are made on another path."""

    def answer(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
        task = mock.store.get(answer.task_id) if answer.task_id and _creates(mock, request) else None
        if task is not None:
            view = BodyHookContext(mock, Role.CREATE, "receipt", task, task.plan.receipt)
            answer.body = orjson.dumps(hook(view, orjson.loads(answer.body)))
        return answer

    register(
        Deviation(
            name,
            about,
            ("create.alias.*",),
            answer=answer,
            applies=lambda contract: _has_alias(contract) and applies(contract),
        )
    )


_on_create(
    "create-alias-other-id-copy",
    "another documented path for creating shows two ids",
    lambda view, body: put(body, view.mock.contract.id.at.pointers[0], f"{view.task.id if view.task else ''}0"),
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
    lifecycle = view.mock.contract.lifecycle
    assert lifecycle.receipt_at is not None
    return put_at(body, lifecycle.receipt_at, _last_word(view.mock.contract))


def _last_word(contract: Contract) -> str | None:
    """A word with which a receipt may say that the task has succeeded."""
    initial = contract.lifecycle.initial
    return next((word for word, each in initial.items() if each is StatusClass.SUCCEEDED), None)


_on_create(
    "create-alias-ended",
    "another documented path for creating says that the task has succeeded",
    _ended_at_once,
    lambda contract: contract.lifecycle.receipt_at is not None and _last_word(contract) is not None,
)


def _ignored(view: BodyHookContext, body: Any) -> Any:
    assert view.task is not None
    duration, ratio, resolution = view.task.wanted
    view.task.wanted = (duration + 3, ratio, resolution)
    return body


_on_create("create-alias-other-duration", "another documented path for creating makes longer videos", _ignored)


def _anything(mock: "ProviderMock", request: Request, answer: Answer) -> Answer:
    from screentest_mockserver.operations.create import new_task, receipt
    from screentest_mockserver.state.refusals import Refusal

    operation = _creates(mock, request)
    if operation is None or answer.task_id:
        return answer
    try:
        if mock.account(request, operation) is not mock.good_account:
            return answer
        model = mock.contract.model_of(operation, orjson.loads(request.body))
    except (Refusal, orjson.JSONDecodeError):
        return answer
    if model is None:
        return answer
    return receipt(mock, new_task(mock, request, mock.good_account, model, model.base, mock.scenario))


register(
    Deviation(
        "create-alias-accepts-anything",
        "another documented path for creating takes invalid values",
        ("create.alias.*",),
        answer=_anything,
        applies=_has_alias,
    )
)
