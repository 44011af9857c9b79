"""Lists of tasks."""

from collections.abc import Callable
from typing import Any

from screentest_contracts.contract import Role, StatusClass
from screentest_contracts.location import MISSING, Location
from screentest_mockserver.answer import Answer
from screentest_mockserver.deviations.edit import put_at
from screentest_mockserver.deviations.registry import Deviation, View, register


def _items(view: View, body: Any, new: Callable[[list[Any]], Any]) -> Any:
    """The list's items, changed."""
    rule = view.mock.contract.listing
    if view.role is not Role.LIST or rule is None:
        return body
    items = rule.items.find(body)
    return put_at(body, rule.items, new(items)) if isinstance(items, list) else body


def _list(name: str, about: str, breaks: tuple[str, ...], new: Callable[[list[Any]], Any], **options: Any) -> None:
    register(Deviation(name, about, breaks, body=lambda view, body: _items(view, body, new), **options))


_list(
    "list-without-newest",
    "a list lacks the newest task",
    ("list.contains",),
    lambda items: items[1:],
    also=("list.limit", "list.newest-first"),
)
_list("list-oldest-first", "a list begins with the oldest task", ("list.newest-first",), lambda items: items[::-1])
_list(
    "list-empty",
    "a list is always empty",
    ("list.contains",),
    lambda items: [],
    also=("list.limit", "list.newest-first"),
)
_list(
    "list-as-object",
    "a list is an object by number",
    ("list.schema", "list.contains"),
    lambda items: {str(index): item for index, item in enumerate(items)},
    also=("list.*",),
)
_list(
    "list-exceeds-limit", "a list has one task more than `limit`", ("list.limit",), lambda items: [*items, *items[-1:]]
)


def _ended(view: View, body: Any) -> Any:
    contract = view.mock.contract
    if contract.listing is None:
        return body
    at: Location = contract.listing.status_at
    word = next(
        status.wire for status in contract.lifecycle.statuses.values() if status.status_class is StatusClass.FAILED
    )
    return _items(view, body, lambda items: [put_at(item, at, word) for item in items])


register(
    Deviation(
        "list-other-status", "a list shows every task as failed", ("list.contains",), body=_ended, also=("list.schema",)
    )
)


def _no_ids(view: View, body: Any) -> Any:
    rule = view.mock.contract.listing
    if rule is None:
        return body
    return _items(view, body, lambda items: [put_at(item, rule.id_at, MISSING) for item in items])


register(
    Deviation(
        "list-without-ids", "listed tasks have no id", ("list.contains", "list.schema"), body=_no_ids, also=("list.*",)
    )
)


def _broken(mock: Any, request: Any, answer: Answer) -> Answer:
    found = mock.route(request.method, request.path)
    if found is not None and found[0].role is Role.LIST and answer.status < 300:
        return Answer(500, answer.headers, b'{"error":"internal"}')
    return answer


register(
    Deviation(
        "list-server-error", "the list answers 500", ("list.status-code",), answer=_broken, also=("error.list.schema",)
    )
)
