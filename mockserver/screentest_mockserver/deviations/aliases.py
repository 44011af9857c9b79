"""Other paths to the same task."""

from typing import TYPE_CHECKING, Any

from screentest_contracts.contract import Contract, Operation, Role, StatusClass
from screentest_mockserver.answer import Answer, Request
from screentest_mockserver.deviations.edit import change, has_hole, put_at
from screentest_mockserver.deviations.registry import Deviation, View, register

if TYPE_CHECKING:
    from screentest_mockserver.provider import ProviderMock


def _alias_of(contract: Contract, kind: str) -> bool:
    return kind in {operation.id for operation in contract.roles[Role.QUERY][1:]}


def _on_alias(name: str, about: str, hook: Any, **options: Any) -> None:
    def body(view: View, value: Any) -> Any:
        return hook(view, value) if _alias_of(view.mock.contract, view.kind) else value

    register(Deviation(name, about, ("query.alias.*",), body=body, **options))


def _same_shape(contract: Contract) -> bool:
    """Whether an alias answers in the canonical shape."""
    return any(
        not any(operation.id in profile.views for profile in contract.profiles.values())
        for operation in contract.roles[Role.QUERY][1:]
    )


def _alias_status(view: View, body: Any) -> Any:
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
