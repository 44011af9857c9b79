"""The list operation."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from screentest_contracts.contract import ListOrder, ListRule, Operation, Role, plain
from screentest_contracts.reading import respelled
from screentest_mockserver.operations.call_parameters import read_query
from screentest_mockserver.operations.find import fits_model, is_expired
from screentest_mockserver.state.effects import Outcome
from screentest_mockserver.state.hooks import NO_HOOKS, BodyHookContext, Call
from screentest_mockserver.state.render import ErrorContext, TaskContext, response_headers
from screentest_mockserver.state.stays import stays
from screentest_mockserver.state.written import written
from screentest_mockserver.tasks.task import Task
from screentest_mockserver.wire.answer import Answer

LISTED = 1000
"""The newest tasks of an account that lists know."""


def list_tasks(call: Call, operation: Operation, rule: ListRule, newest: Sequence[Task]) -> Outcome:
    """The caller's newest tasks, page by page; where the path names a model, those of that model."""
    asked = read_query(call, operation)
    query = {name: values[0] for name, values in asked.items()}
    limit = min(_positive(query.get(rule.parameter or ""), rule.default), rule.maximum)
    page = _positive(query.get(rule.page or ""), 1)
    kept = list(newest)
    if call.facts.contract.retention is not None:
        kept = [task for task in kept if not is_expired(call, task)]
    if operation.model_parameters:
        kept = [task for task in kept if fits_model(operation, task.model, call.request.path)]
    for name, fact in rule.filters.items():
        if name in asked:
            wanted = operation.call_parameter(name).read(asked[name])
            words = {plain(each) for each in wanted} if isinstance(wanted, list) else {plain(wanted)}
            kept = [task for task in kept if not words.isdisjoint(_words(call, task, fact))]
    if rule.order is not None and _first(operation, rule.order, query) == rule.order.oldest:
        kept.reverse()
    after = query.get(rule.after or "")
    if rule.cursor is not None:
        after = _uncovered(query.get(rule.cursor, ""))
    skipped = _positive(query.get(rule.offset or ""), 0)
    place = next((at for at, task in enumerate(kept, 1) if task.id == after), None) if after else None
    first = (page - 1) * limit + skipped if place is None else place
    shown = kept[first : first + limit]
    more = len(kept) > first + limit
    cursor = cursor_after(shown[-1].id) if shown and more else None
    values = {
        "items": [_item(call, rule, task) for task in shown],
        "total": len(kept),
        "page": page,
        "pages": -(-len(kept) // limit),
        "limit": limit,
        "has_more": more,
        "first_id": shown[0].id if shown else None,
        "last_id": shown[-1].id if shown else None,
        "next_cursor": cursor,
    }
    if rule.next_is_address and rule.cursor is not None and cursor is not None:
        values |= _next_page(call, rule.cursor, cursor)
    body = rule.body.render(ErrorContext(call, values))
    body = call.hooks.body(BodyHookContext(call, Role.LIST, operation.id, tasks=tuple(shown)), body)
    status = call.facts.success_statuses[Role.LIST]
    answer = Answer(status, response_headers(call, Role.LIST, status), orjson.dumps(body))
    if len(shown) == 1:  # it tells as much as a query
        answer.task_id, answer.said = shown[0].id, call.state(shown[0]).status_class
    return answer, ()


def _next_page(call: Call, parameter: str, cursor: str) -> dict[str, str]:
    """The address of the next page, whole and from the origin on: that of this one, with another cursor."""
    request = call.request
    kept = [each for each in parse_qsl(request.query.decode("latin-1"), keep_blank_values=True) if each[0] != parameter]
    query = urlencode([*kept, (parameter, cursor)])
    path = f"{urlsplit(request.base).path}{request.path}?{query}"
    return {"next_page": f"{request.base}{request.path}?{query}", "next_path": path}


def _words(call: Call, task: Task, fact: str) -> set[str]:
    """What a filter knows a task by: the word for its status, the names of its model, or its id."""
    if fact == "id":
        return {task.id}
    if fact == "model":
        return {task.named, task.model.upstream}
    return {plain(call.contract.lifecycle.word(call.state(task).status, "list"))}


def _first(operation: Operation, order: ListOrder, query: dict[str, str]) -> str:
    """The word for the end of the list that comes first."""
    default = operation.call_parameter(order.parameter).schema.get("default", order.newest)
    return query.get(order.parameter, plain(default))


def cursor_after(task_id: str) -> str:
    """A cursor that nobody can take for an id."""
    return urlsafe_b64encode(b"after " + task_id.encode()).decode().rstrip("=")


def _uncovered(cursor: str) -> str | None:
    """The id behind a cursor; None for what was never handed out."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return None
    return text.removeprefix("after ")


def _item(call: Call, rule: ListRule, task: Task) -> Any:
    """A task as lists show it, in their words, until it changes."""
    facts = call.facts
    plain = call.hooks is NO_HOOKS and "list" not in facts.contract.lifecycle.words
    if plain:
        elapsed, kept = call.elapsed(task), facts.listed.get(task.id)
        if kept is not None and kept[0].lasts(task, elapsed):
            return kept[1]
    state = call.state(task)
    profile = facts.contract.profiles[task.model.profile]
    template = next(body.template for body in profile.listed(state.status) if body.selected)
    if not plain:
        item = template.render(TaskContext(call, task, state))
        return respelled(facts.contract.lifecycle, item, rule.status_at, "list")
    item = orjson.Fragment(written(call, task, state, template))
    if task.scenario is None and not (template.volatile or facts.link_volatile):
        facts.listed.keep(task.id, (stays(task, elapsed, None), item))
    return item


def _positive(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0 else default
