"""Parameters of query and path: bad ones are taken, good ones refused, and what they ask for is not done."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

from screentest_contracts.contract import CallParameter, Contract, Role, plain
from screentest_contracts.location import MISSING, is_empty
from screentest_mockserver.behaviours.deviations.edit import put_at
from screentest_mockserver.behaviours.deviations.lists import change_items
from screentest_mockserver.behaviours.registry import register
from screentest_mockserver.operations.list import cursor_after
from screentest_mockserver.state.deviation import Deviation
from screentest_mockserver.state.hooks import BodyHookContext, Call, Hooks, Query
from screentest_mockserver.wire.answer import JSON, Answer

ROLES = (Role.LIST, Role.QUERY, Role.RESULT, Role.CONTENT, Role.UPLOAD, Role.CREATE, Role.CANCEL, Role.DELETE)
_SLUGS = (
    *("type", "enum", "minimum", "maximum", "exclusive-minimum", "exclusive-maximum", "multiple-of", "required"),
    *("min-length", "max-length", "pattern", "format", "min-items", "max-items", "unique-items"),
)
REFUSALS = ("error.*.invalid-parameter*", "error.*.invalid-body*", "error.list.schema*")


def _ids(*slugs: str) -> tuple[str, ...]:
    """The requirements on constraints of parameters."""
    topics = ["create.parameter" if role is Role.CREATE else str(role) for role in ROLES]
    return tuple(f"{topic}.*.{slug}" for topic in topics for slug in slugs)


def _own(call: Call) -> Iterator[CallParameter]:
    """The parameters of the query that a call has, without one that carries an id."""
    operation = call.operation
    if operation is not None and operation.role in ROLES:
        yield from (each for each in operation.call_parameters if each.place == "query" and not each.carries_id)


def _checked(call: Call) -> Iterator[CallParameter]:
    """Those of them whose bad values are refused."""
    return (each for each in _own(call) if each.checked)


def _without_bad(call: Call, query: Query) -> Query:
    bad = {
        each.name
        for each in _checked(call)
        if each.name in query and not each.validator.is_valid(each.read(query[each.name]))
    }
    given = {name: texts for name, texts in query.items() if name not in bad}
    for each in _checked(call):
        if each.required and each.name not in given:
            given[each.name] = [plain(_good(each))]
    return given


def _good(parameter: CallParameter) -> Any:
    """A value that the document gives."""
    schema = parameter.schema
    values = [schema[word] for word in ("default", "example", "const", "minimum") if word in schema]
    return next(iter([*values, *schema.get("enum", ())]), "1")


register(
    Deviation(
        "takes-bad-parameters",
        "a parameter of the address that breaks its schema is passed over",
        _ids(*_SLUGS),
        lambda contract: any(_refusable(contract)),
        also=REFUSALS,
        hooks=Hooks(query=_without_bad),
    )
)


def _ids_in_queries(contract: Contract) -> Iterator[tuple[Role, str]]:
    """The roles whose calls carry the task's id in the query, and the names of those parameters."""
    for role in ROLES:
        operation = contract.operation(role)
        parameter = operation.id_parameter if operation is not None else None
        if parameter is not None and parameter.get("in") == "query":
            yield role, str(parameter["name"])


def _without_id(call: Call, answer: Answer) -> Answer:
    names = {name for role, name in _ids_in_queries(call.contract) if role is call.role}
    if names and not names & parse_qs(call.request.query.decode("latin-1")).keys():
        return Answer(200, JSON, b"{}", answer.task_id)
    return answer


register(
    Deviation(
        "takes-calls-without-an-id",
        "a call whose address lacks the task's id is answered 200",
        _ids("required"),
        lambda contract: any(_ids_in_queries(contract)),
        also=REFUSALS,
        hooks=Hooks(answer=_without_id),
    )
)


def _refusable(contract: Contract) -> Iterator[bool]:
    """Whether there is a parameter of the query that a call can get wrong."""
    for role in ROLES:
        operation = contract.operation(role)
        for each in operation.checked_parameters if operation is not None else ():
            yield each.place == "query" and (each.required or not each.validator.is_valid(each.read(["no-such-value"])))


def _last(parameter: CallParameter) -> Any:
    """The greatest value of a parameter, or its last; MISSING where it has none, and where no call is without it."""
    words = parameter.schema.get("enum") or []
    if parameter.required and len(words) == 1:
        return MISSING
    return parameter.schema.get("maximum", (words or [MISSING])[-1])


def _has_last(contract: Contract) -> bool:
    operations = [operation for role in ROLES if (operation := contract.operation(role)) is not None]
    checked = [each for operation in operations for each in operation.checked_parameters]
    return any(each.place == "query" and _last(each) is not MISSING for each in checked)


def _beyond(call: Call, query: Query) -> Query:
    """A number at its maximum, or the last word of a list, becomes one that is refused."""
    changed = dict(query)
    for each in _checked(call):
        last = _last(each)
        if last is not MISSING and query.get(each.name) == [plain(last)]:
            changed[each.name] = ["no-such-value"]
    return changed


register(
    Deviation(
        "refuses-good-parameters",
        "the greatest number, or the last documented word, of a parameter of the address is refused",
        _ids("maximum", "enum", "maximum.accepted", "enum.accepted"),
        lambda contract: any(_refusable(contract)) and _has_last(contract),
        also=("list.*", "content.*", "query.*", "result.*", "create.*", "cancel.*", "delete.*"),
        hooks=Hooks(query=_beyond),
    )
)


def _drops(names: Callable[[Contract], tuple[str, ...]]) -> Callable[[Call, Query], Query]:
    """A list that passes over some of its parameters, where they are valid."""

    def drop(call: Call, query: Query) -> Query:
        dropped = names(call.contract) if call.role is Role.LIST else ()
        valid = {each.name for each in _own(call) if each.name in query and _is_valid(each, query)}
        return {name: texts for name, texts in query.items() if name not in dropped or name not in valid}

    return drop


def _is_valid(parameter: CallParameter, query: Query) -> bool:
    return parameter.validator.is_valid(parameter.read(query[parameter.name]))


def _filters(contract: Contract) -> tuple[str, ...]:
    return () if contract.listing is None else tuple(contract.listing.filters)


def _order(contract: Contract) -> tuple[str, ...]:
    rule = contract.listing
    return () if rule is None or rule.order is None else (rule.order.parameter,)


def _limit(contract: Contract) -> tuple[str, ...]:
    rule = contract.listing
    return () if rule is None or rule.parameter is None else (rule.parameter,)


for _name, _about, _names, _breaks, _also in (
    ("list-without-filters", "a list passes over its filters", _filters, ("list.*.filter",), ()),
    ("list-in-one-order", "a list passes over the order that is asked for", _order, ("list.*.order",), ()),
    ("list-without-limit", "a list passes over the number of tasks", _limit, ("list.limit",), ("list.*",)),
):
    register(Deviation(_name, _about, _breaks, also=_also, hooks=Hooks(query=_drops(_names))))


def _filtered_less(view: BodyHookContext, body: Any) -> Any:
    names = _filters(view.contract) if view.role is Role.LIST else ()
    if not parse_qs(view.call.request.query.decode()).keys().isdisjoint(names):
        return change_items(view, body, lambda items: items[1:])
    return body


register(
    Deviation(
        "list-filter-loses-one",
        "a list with a filter lacks a task that it should show",
        ("list.*.filter",),
        hooks=Hooks(body=_filtered_less),
    )
)


def _other_default(call: Call, query: Query) -> Query:
    """What is left out counts as another value than the default."""
    given = dict(query)
    for each in _own(call):
        if each.name not in query and "default" in each.schema:
            other = _other_value(each)
            given |= {} if other is MISSING else {each.name: [plain(other)]}
    return given


def _other_value(parameter: CallParameter) -> Any:
    default = parameter.schema["default"]
    near = (default - 1, default + 1) if isinstance(default, int) and not isinstance(default, bool) else ()
    values = (each for each in (*near, *parameter.schema.get("enum", ())) if each != default)
    return next((each for each in values if parameter.validator.is_valid(each)), MISSING)


def _other_bytes(call: Call, answer: Answer) -> Answer:
    """A download without a parameter that has a default is no video."""
    operation = call.operation
    if operation is None or operation.role is not Role.CONTENT or answer.status != 200:
        return answer
    names = [each.name for each in operation.call_parameters if "default" in each.schema]
    if not parse_qs(call.request.query.decode()).keys() >= set(names):
        answer.body = answer.body[:-1]
    return answer


register(
    Deviation(
        "list-other-default",
        "a list without a parameter is answered as with another value than its default",
        ("list.*.default",),
        also=("list.*",),
        hooks=Hooks(query=_other_default),
    )
)
register(
    Deviation(
        "content-other-default",
        "a download without a parameter gives other bytes than with its default",
        ("content.*.default",),
        also=("result.*",),
        hooks=Hooks(answer=_other_bytes),
    )
)


def _loses_one(view: BodyHookContext, body: Any) -> Any:
    """A short page without its last task, where another page follows."""
    rule = view.contract.listing
    if rule is None or view.role is not Role.LIST or len(view.tasks) != 2:
        return body
    return change_items(view, body, lambda items: items[:1])


def _repeats_one(view: BodyHookContext, body: Any) -> Any:
    if view.role is not Role.LIST or len(view.tasks) != 2:
        return body
    return change_items(view, body, lambda items: [items[0], items[0]])


for _name, _about, _body in (
    ("list-page-loses-one", "a page of two shows the first task only", _loses_one),
    ("list-page-repeats-one", "a page of two shows the first task twice", _repeats_one),
):
    register(Deviation(_name, _about, ("list.pages.whole",), also=("list.*",), hooks=Hooks(body=_body)))


def _goes_on(view: BodyHookContext, body: Any) -> Any:
    """The last page tells one beyond it."""
    rule = view.contract.listing
    if rule is None or rule.next_at is None or view.role is not Role.LIST or not view.tasks:
        return body
    return put_at(body, rule.next_at, cursor_after(view.tasks[-1].id)) if is_empty(rule.next_at.find(body)) else body


register(
    Deviation(
        "list-goes-on",
        "the last page of a list tells a further one",
        ("list.pages.whole",),
        also=("list.*",),
        hooks=Hooks(body=_goes_on),
        applies=lambda contract: (
            contract.listing is not None
            and contract.listing.cursor is not None
            and contract.listing.parameter is not None
            and not contract.listing.next_is_address
        ),
    )
)
