"""The parameters of a request's address, held to their schemas."""

from urllib.parse import parse_qs, unquote

from screentest_contracts.complaints import complaint
from screentest_contracts.contract import CallParameter, Operation, group_name
from screentest_mockserver.state.hooks import Call, Query
from screentest_mockserver.state.refusal import Refusal


def read_query(call: Call, operation: Operation) -> Query:
    """What the query asks for, by parameter. Raises Refusal for the first that breaks its schema, also in the path."""
    query: Query = parse_qs(call.request.query.decode("latin-1"), keep_blank_values=True)
    query = call.hooks.query(call, query)
    match = operation.pattern.fullmatch(call.request.path) if "{" in operation.path else None
    for parameter in operation.checked_parameters:
        if parameter.place == "query":
            _check(operation, parameter, query.get(parameter.name))
        elif match is not None:
            _check(operation, parameter, [unquote(match[group_name(parameter.name)])])
    return query


def _check(operation: Operation, parameter: CallParameter, texts: list[str] | None) -> None:
    if not texts:
        if parameter.required:
            raise Refusal(operation.role, "invalid-parameter", param=parameter.name, detail="missing")
        return
    for problem in parameter.validator.iter_errors(parameter.read(texts)):
        detail = complaint(problem)
        raise Refusal(operation.role, "invalid-parameter", param=parameter.name, detail=detail)
