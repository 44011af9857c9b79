"""Reads how the status of a task comes as server-sent events."""

from collections.abc import Mapping
from typing import Any

from screentest_contracts.compile.draft import Draft
from screentest_contracts.contract import EVENT_STREAM, Operation, Role, StatusClass, Stream
from screentest_contracts.raw.nodes import child


def read_stream(
    draft: Draft, node: Mapping[str, Any] | None, roles: Mapping[Role, tuple[Operation, ...]]
) -> Stream | None:
    """How the status comes as events; None where it does not."""
    operations = roles.get(Role.STREAM, ())
    if node is None:
        if operations:
            draft.problem("/x-task/roles/stream", "roles.stream needs a `stream` section", "add `stream: {}`")
        return None
    operation = (operations or roles[Role.QUERY])[0]
    declared = operation.response(200)
    if declared is None or EVENT_STREAM not in declared.validators:
        at = child("/paths", operation.path, operation.method.lower(), "responses")
        mend = f"add `{EVENT_STREAM}: {{schema: {{type: string}}}}` to the content of its answer 200"
        draft.problem(at, f"{operation.id} declares no {EVENT_STREAM}", mend)
    names = node.get("event", "")
    events = dict.fromkeys(StatusClass, names) if isinstance(names, str) else {}
    for status_class in StatusClass if isinstance(names, Mapping) else ():
        events[status_class] = names.get(status_class, "")
    return Stream(operation, events, node.get("closing"), node.get("longest"), draft.base.over(node))
