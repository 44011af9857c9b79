"""Requirements on parameters of query and path: their constraints, their defaults, and what those of a list do."""

import re
from collections.abc import Iterator
from dataclasses import replace

from screentest_contracts.contract import CallParameter, Constraint, Contract, Operation, Role
from screentest_contracts.facts import Fact, Mark
from screentest_contracts.parameters import NUMERIC_TEXT, constraints_of, own_fact
from screentest_contracts.requirements import kinds
from screentest_contracts.requirements.model import CREATE, DELETES, ENDED, QUERY, Builder, there
from screentest_contracts.requirements.parameters import constraint_slug
from screentest_contracts.requirements.subjects import HeaderCase, ParameterCase, ParameterName
from screentest_contracts.requirements.uploads import UPLOAD

_SUITES = {
    Role.LIST: "list",
    Role.QUERY: "polling",
    Role.RESULT: "result",
    Role.CONTENT: "result",
    Role.UPLOAD: "receipt",
    Role.CREATE: "parameters",
    Role.CANCEL: "polling",
    Role.DELETE: "polling",
}
"""The roles whose parameters are judged."""
_CHANGING = (Role.CREATE, Role.CANCEL, Role.DELETE)
"""Those whose calls make or end a task."""
_LISTED = (CREATE, "list.status-code")
_NEEDS = {
    Role.LIST: ("list.status-code",),
    Role.QUERY: (CREATE, QUERY),
    Role.RESULT: (CREATE, QUERY, ENDED, there(Role.RESULT)),
    Role.CONTENT: (CREATE, QUERY, ENDED, "result.fetch"),
    Role.UPLOAD: (UPLOAD,),
    Role.CREATE: (CREATE,),
    Role.CANCEL: (CREATE, QUERY, there(Role.CANCEL), "cancel.works"),
    Role.DELETE: (CREATE, QUERY, there(Role.DELETE), DELETES),
}
_OPAQUE = ("type", "pattern", "format", "minLength", "maxLength", "required")
"""What an id can be held to without knowing others."""


def judged_constraints(contract: Contract, operation: Operation) -> Iterator[tuple[CallParameter, Constraint]]:
    """The constraints of an operation's parameters that a request can break, and a server be blamed for taking."""
    rule = contract.ending(operation.role)
    if operation.role not in _SUITES or (rule is not None and not rule.usual(operation.role)):
        return
    paging = contract.listing.paging if contract.listing is not None else ()
    numbered = contract.listing.page if contract.listing is not None else None
    for parameter in operation.call_parameters:
        if not parameter.checked or (parameter.name in paging and parameter.name != numbered):
            continue  # where a further page begins is what the page before said
        if operation.role in _CHANGING and (parameter.place != "query" or _is_of_tasks(contract, parameter)):
            continue
        required = [parameter.name] if parameter.required and parameter.place == "query" else []
        whole = {"type": "object", "properties": {parameter.name: parameter.schema}, "required": required}
        for constraint in constraints_of(whole, parameter.fact):
            if _can_break(parameter, constraint):
                yield parameter, constraint


def _is_of_tasks(contract: Contract, parameter: CallParameter) -> bool:
    """Whether a parameter names a task, or where to call back: what these may be is judged by what becomes of it."""
    callback = contract.callback.parameter if contract.callback is not None else None
    return parameter.carries_id or parameter.name == callback


def _operations(contract: Contract, role: Role) -> Iterator[Operation]:
    """The operations of a role whose parameters are judged: of creates, each by which a model is asked for."""
    if role is Role.CREATE:
        models = (model for model in contract.models.values() if model.earlier is None)
        yield from {model.operations[0].id: model.operations[0] for model in models}.values()
    elif (operation := contract.operation(role)) is not None:
        yield operation


def _can_break(parameter: CallParameter, constraint: Constraint) -> bool:
    if constraint.side == "accept" and (parameter.carries_id or constraint.kind not in ("enum", "maximum")):
        return False
    if (
        constraint.kind == NUMERIC_TEXT
        or constraint.kind.startswith("x-")
        or (parameter.carries_id and constraint.kind not in _OPAQUE)
    ):
        return False
    if constraint.kind == "type":  # all that is written is text, and whatever is no text is no value of a list either
        return (
            not {"string", "array"} & {*_types(constraint.value)} and not {"enum", "const"} & constraint.schema.keys()
        )
    return not (constraint.kind in ("minLength", "minItems") and constraint.value < 2)  # nothing is mostly not written


def _slug(text: str) -> str:
    """A name as a part of an id: `filter[state]` is `filter-state`."""
    return re.sub(r"[^\w.-]+", "-", text).replace("-.", ".").strip("-")


def _types(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def add_call_parameters(builder: Builder) -> None:
    """One requirement per constraint of a parameter, and one per default of what changes no task: list, query, result
    and content."""
    contract = builder.contract
    for role in _SUITES:
        known: set[str] = set()
        for operation in _operations(contract, role):
            _add_operation(builder, operation, known)
            known |= {parameter.name for parameter in operation.call_parameters}


def add_needed_headers(builder: Builder) -> None:
    """Two per header that some values of a create need: with it such a create is accepted, without it refused."""
    known: set[str] = set()
    for operation in _operations(builder.contract, Role.CREATE):
        for header in operation.needed_headers:
            if header.name in known:
                continue
            known.add(header.name)
            name, value = f"create.parameter.{_slug(header.name.lower())}", f"a text like {header.pattern.pattern}"
            subject, kind = f"A create with {value} at {header.at}", kinds.NEEDED_HEADER
            case = HeaderCase(operation.id, header.name, accept=True)
            text = f"{subject} is accepted with the header {header.name}."
            builder.add(f"{name}.accepted", kind, "parameters", header.accept, text, case, (CREATE,))
            text = f"{subject} is refused without the header {header.name}."
            builder.add(
                f"{name}.needed", kind, "parameters", header.refuse, text, replace(case, accept=False), (CREATE,)
            )


def _add_operation(builder: Builder, operation: Operation, known: set[str]) -> None:
    """Those of one operation, without parameters that are known from another one of its role."""
    contract, role = builder.contract, operation.role
    suite, topic = _SUITES[role], "create.parameter" if role is Role.CREATE else str(role)  # members have `create.*`
    for parameter, constraint in judged_constraints(contract, operation):
        if parameter.name in known:
            continue
        fact = constraint.fact
        if constraint.side != "accept" and not _tells_of_refusals(contract, operation, parameter):
            fact = fact.weakest(Fact(Mark.DERIVED, fact.source))
        case = ParameterCase(role, parameter.name, constraint)
        text = _statement(role, parameter, constraint)
        name, needs = f"{topic}.{_slug(constraint_slug(constraint))}", _NEEDS[role]
        if parameter.carries_id:  # who shows a task for any id does so for these, too
            needs = (*needs, f"error.{role}.unknown-task")
        builder.add(name, kinds.CALL_PARAMETER, suite, fact, text, case, needs)
    for parameter in operation.call_parameters:
        if role not in (Role.UPLOAD, *_CHANGING) and "default" in parameter.schema and not parameter.required:
            text = f"A {role} without `{parameter.name}` is answered as with {parameter.schema['default']!r}."
            subject = ParameterName(role, parameter.name)
            name, kind = f"{role}.{_slug(parameter.name)}.default", kinds.CALL_PARAMETER_DEFAULT
            needs = _LISTED if role is Role.LIST else _NEEDS[role]
            fact = own_fact(parameter.schema, "default", parameter.fact)
            builder.add(name, kind, suite, fact, text, subject, needs)


def _tells_of_refusals(contract: Contract, operation: Operation, parameter: CallParameter) -> bool:
    """Whether the document says that such a call may be refused. Else a server may well take the nearest value. A
    status of creates and cancels says nothing of it: they have it for bodies, and for tasks that have ended."""
    statuses = (400, 404, 422) if parameter.place == "path" else (400, 422)
    told = (operation.role, "invalid-parameter") in contract.errors
    return told or (operation.role not in _CHANGING and any(operation.response(each) for each in statuses))


def _statement(role: Role, parameter: CallParameter, constraint: Constraint) -> str:
    name = constraint.name
    if constraint.side == "accept":
        return f"What the {constraint.kind} {constraint.value} of `{name}` allows is accepted by a {role}."
    match constraint.kind:
        case "required":
            return f"A {role} without `{name}` is refused."
        case "enum" | "const":
            values = constraint.value if constraint.kind == "enum" else [constraint.value]
            return f"`{name}` of a {role} takes each documented value and refuses others: {values}."
        case "type":
            return f"`{name}` of a {role} must be of type {constraint.value}; what is none is refused."
    if parameter.carries_id:
        return f"A {role} is refused whose `{name}` does not keep {constraint.kind} {constraint.value}."
    return f"`{name}` of a {role} is held to {constraint.kind} {constraint.value}: taken within, refused beyond."


def add_list_parameters(builder: Builder) -> None:
    """What the parameters of a list do: filters, order, number of tasks, and pages that hold everything once."""
    contract, add = builder.contract, builder.add
    operation, rule = contract.operation(Role.LIST), contract.listing
    if operation is None or rule is None:
        return
    for name, what in rule.filters.items():
        if what == "model" and len(contract.models) < 2:
            continue  # nothing could be left out
        parameter = operation.call_parameter(name)
        known = "enum" in parameter.schema or "enum" in parameter.schema.get("items", {})
        fact = parameter.fact if known else parameter.fact.weakest(Fact(Mark.DERIVED, parameter.fact.source))
        text = f"A list that is asked for one `{name}` shows the tasks whose {what} it is, and no others."
        subject = ParameterName(Role.LIST, name)
        needs = (*_LISTED, "list.contains")
        add(f"list.{_slug(name)}.filter", kinds.LIST_FILTER, "list", fact, text, subject, needs)
    if rule.order is not None:
        order = rule.order
        text = f"A list begins with the newest task for `{order.parameter}` {order.newest}, else with the oldest."
        subject = ParameterName(Role.LIST, order.parameter)
        add(f"list.{_slug(order.parameter)}.order", kinds.LIST_ORDER, "list", order.fact, text, subject, _LISTED)
    limit = next((each for each in operation.call_parameters if each.name == rule.parameter), None)
    if limit is not None and "list-limit" not in contract.promises:
        text = f"A list holds at most as many tasks as `{limit.name}` asks for."
        add("list.limit", kinds.LIST_LIMIT, "list", limit.fact, text, depends=_LISTED)
    if rule.paging and rule.parameter:
        text = "The pages of a list hold all of its tasks, and each of them once."
        if rule.next_at is not None:
            text = f"{text} The last one tells no further page."
        add("list.pages.whole", kinds.LIST_PAGES_WHOLE, "list", rule.fact, text, depends=(*_LISTED, "list.pages"))
